/** switch-service-selector: all traffic of a Service goes elsewhere, in one step and only where somebody can take it. */
import { describe, expect, test } from 'vitest';
import { type Bench, until } from '../support/kube/a-remediation.ts';
import {
  changeRaw,
  inNamespace,
  listRaw,
  onEachCluster,
  onKind,
  readRaw,
  withhold,
} from '../support/kube/each-cluster.ts';
import { make } from '../support/kube/planes.ts';

const action = 'switch-service-selector';
const old = { app: 'checkout' };
const stable = { app: 'checkout-stable' };

onEachCluster(({ bench, plane }) => {
  const path = (given: Bench): string => `${inNamespace(given, '/api/v1', 'services')}/checkout`;
  const selectorNow = async (given: Bench) => (await readRaw(given.cluster, path(given)))?.spec.selector;
  const on = (given: Bench) => onKind(given, 'Service', 'checkout');

  /** Service `checkout` in front of the Deployment of that name, and pods of an earlier release beside it. */
  const aService = async (spec: object = {}, stablePods = 3): Promise<Bench> => {
    const given = await bench();
    await make(given.cluster, inNamespace(given, '/api/v1', 'services'), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'checkout' },
      spec: { selector: old, ports: [{ port: 80, targetPort: 8080 }], ...spec },
    });
    if (stablePods > 0) {
      await make(given.cluster, inNamespace(given, '/apis/apps/v1', 'deployments'), {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'checkout-stable' },
        spec: {
          replicas: stablePods,
          selector: { matchLabels: stable },
          template: {
            metadata: { labels: stable },
            spec: {
              containers: [
                { name: 'checkout', image: 'shop/checkout:2.3.0', ports: [{ name: 'http', containerPort: 8080 }] },
              ],
            },
          },
        },
      });
    }
    await until('the pods are ready and the endpoints known', async () => {
      const names = await endpoints(given);
      const pods = await listRaw(given.cluster, inNamespace(given, '/api/v1', 'pods'), 'app=checkout-stable');
      return (
        (names.length === 3 || 'type' in spec || 'clusterIP' in spec) && pods.filter(isReady).length === stablePods
      );
    });
    return given;
  };

  const endpoints = async (given: Bench): Promise<string[]> => {
    const slices = (await listRaw(
      given.cluster,
      inNamespace(given, '/apis/discovery.k8s.io/v1', 'endpointslices'),
      'kubernetes.io/service-name=checkout',
    )) as unknown as { endpoints?: { conditions: { ready: boolean }; targetRef: { name: string } }[] }[];
    return slices
      .flatMap((slice) => slice.endpoints ?? [])
      .flatMap((one) => (one.conditions.ready ? [one.targetRef.name] : []));
  };

  describe('switching the selector of a Service', () => {
    test('replaces the whole map, and is settled once only the new pods take traffic', async () => {
      const given = await aService();
      const plan = await given.plan(action, { selector: stable }, on(given));
      expect(plan.blastClass).toBe('B3');
      expect(plan.sentence).toMatch(
        /^Send the traffic of checkout in shop-\d+ to pods with app=checkout-stable instead of app=checkout$/,
      );
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(await given.settled(plan)).toMatchObject({
        state: 'settled',
        finding: '3 of 3 ready pods with app=checkout-stable take traffic',
      });
      expect((await endpoints(given)).every((name) => name.startsWith('checkout-stable-'))).toBe(true);
    });

    test('never merges: a label that only the old selector had is gone', async () => {
      const given = await aService();
      await changeRaw(given.cluster, path(given), [{ op: 'add', path: '/spec/selector/track', value: 'canary' }]);
      // Nothing takes traffic any more, so a single ready pod is better than that.
      const plan = await given.plan(action, { selector: stable }, on(given));
      await given.apply(plan);
      expect(await selectorNow(given)).toEqual(stable);
    });

    test('is refused for labels that no pod carries together, as a merge would have asked for', async () => {
      const given = await aService();
      expect(await given.refusal(action, { selector: { ...old, version: 'stable' } }, on(given))).toMatch(
        /0 ready pods have app=checkout, version=stable, and 3 take the traffic now: at least 3 must be ready/,
      );
    });

    test('is refused while fewer than eight in ten could take over', async () => {
      const given = await aService({}, 2);
      expect(await given.refusal(action, { selector: stable }, on(given))).toMatch(/scale them up first/);
    });

    test('twice is one effect', async () => {
      const given = await aService();
      const plan = await given.plan(action, { selector: stable }, on(given));
      await given.apply(plan);
      expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: true });
      expect(given.wire.writes).toHaveLength(1);
    });

    test('with an answer that gets lost is one effect, and it is known that it happened', async () => {
      const given = await aService();
      const plan = await given.plan(action, { selector: stable }, on(given));
      given.wire.loseAnswer = true;
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(given.wire.writes).toHaveLength(1);
    });

    test('leaves a selector alone that somebody changed between our look and our request', async () => {
      const given = await aService();
      const plan = await given.plan(action, { selector: stable }, on(given));
      const theirs = { app: 'checkout', track: 'canary' };
      given.wire.beforeWrite = () =>
        changeRaw(given.cluster, path(given), [{ op: 'replace', path: '/spec/selector', value: theirs }]);
      expect(await given.apply(plan)).toMatchObject({ outcome: 'superseded' });
      expect(await selectorNow(given)).toEqual(theirs);
    });

    test('is taken back byte for byte, and not over a change by somebody else', async () => {
      const given = await aService();
      const before = JSON.stringify((await readRaw(given.cluster, path(given)))?.spec);
      const plan = await given.plan(action, { selector: stable }, on(given));
      await given.apply(plan);
      expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'applied' });
      expect(JSON.stringify((await readRaw(given.cluster, path(given)))?.spec)).toBe(before);
      expect(await given.settled(plan, { revert: true })).toMatchObject({ state: 'settled' });

      const again = await given.plan(action, { selector: stable }, on(given));
      await given.apply(again);
      await changeRaw(given.cluster, path(given), [{ op: 'add', path: '/spec/selector/track', value: 'canary' }]);
      expect(await given.apply(again, { revert: true })).toMatchObject({ outcome: 'superseded' });
      expect(await selectorNow(given)).toEqual({ ...stable, track: 'canary' });
    });

    test('names the rule to grant when it may not', async () => {
      const given = await aService();
      withhold(given, 'PATCH', /services/);
      expect(await given.refusal(action, { selector: stable }, on(given))).toContain(
        `Muster may not patch services in ${given.target.namespace}: grant its Role apiGroups [""], resources ["services"], verbs ["patch"]`,
      );
    });

    test('needs no more than the permissions it names', async () => {
      const { restricted } = plane();
      const given = await aService();
      const limited = await restricted(given.target.namespace, [
        { apiGroups: [''], resources: ['services'], verbs: ['get', 'patch'] },
        { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list'] },
      ]);
      given.wire.request = (request) => limited.request(request);
      const plan = await given.plan(action, { selector: stable }, on(given));
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
      expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
    });

    test('is refused for an empty selector, for the present one, and for a Service that is not there', async () => {
      const given = await aService({}, 0);
      expect(await given.refusal(action, { selector: {} }, on(given))).toMatch(/an empty selector selects no pod/);
      expect(await given.refusal(action, { selector: old }, on(given))).toMatch(/already; nothing to change/);
      const nowhere = onKind(given, 'Service', 'absent');
      expect(await given.refusal(action, { selector: stable }, nowhere)).toMatch(/there is no Service absent in shop-/);
    });

    test.each([
      ['it is headless', { clusterIP: 'None' }, /headless/],
      ['it is an ExternalName', { type: 'ExternalName', externalName: 'pay.example.com' }, /ExternalName/],
      ['somebody else writes its endpoints', { selector: null, type: 'ClusterIP' }, /has no selector/],
    ])('is refused when %s', async (_, spec, words) => {
      const given = await aService(spec, 0);
      expect(await given.refusal(action, { selector: stable }, on(given))).toMatch(words);
    });

    test('is refused when the new pods lack the port that the Service knows by name', async () => {
      const given = await aService({ ports: [{ port: 80, targetPort: 'web' }] });
      expect(await given.refusal(action, { selector: stable }, on(given))).toMatch(/do not all have a port called web/);
    });
  });
});

const isReady = (pod: { status?: Record<string, unknown> }): boolean =>
  ((pod.status?.conditions ?? []) as { type: string; status: string }[]).some(
    (one) => one.type === 'Ready' && one.status === 'True',
  );
