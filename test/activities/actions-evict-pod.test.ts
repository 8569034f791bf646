/** evict-pod: one pod goes, its controller makes another one, and no disruption budget is broken. */
import { describe, expect, test } from 'vitest';
import { planHash } from '../../src/domain/remediation/plan-hash.ts';
import type { Target } from '../../src/schema/remediation.ts';
import { type Bench, until } from '../support/kube/a-remediation.ts';
import {
  changeRaw,
  inNamespace,
  listRaw,
  onEachCluster,
  onKind,
  type Raw,
  readRaw,
  withhold,
} from '../support/kube/each-cluster.ts';
import { make } from '../support/kube/planes.ts';

const action = 'evict-pod';

onEachCluster(({ bench, plane }) => {
  const podsPath = (given: Bench): string => inNamespace(given, '/api/v1', 'pods');
  const podsNow = async (given: Bench): Promise<Raw[]> =>
    (await listRaw(given.cluster, podsPath(given), 'app=checkout,!sick')).filter(
      (pod) => !pod.metadata.deletionTimestamp,
    );
  const aPod = async (given: Bench): Promise<{ on: Target; uid: string; path: string }> => {
    const [pod] = await podsNow(given);
    if (!pod) throw new Error('there is no pod');
    const { name, uid } = pod.metadata;
    return { on: onKind(given, 'Pod', name), uid, path: `${podsPath(given)}/${name}` };
  };
  /** What the worker reads of these pods from now on; the cluster itself knows better. */
  const asIfNotReady = (given: Bench, which: (pod: Raw) => boolean): void => {
    const asTheyAre = given.wire.request.bind(given.wire);
    given.wire.request = async (request) => {
      const answer = await asTheyAre(request);
      if (request.method !== 'GET' || request.path !== podsPath(given)) return answer;
      const { items } = structuredClone(answer.body) as { items: Raw[] };
      for (const pod of items.filter(which)) pod.status = { ...pod.status, conditions: [] };
      return { ...answer, body: { items } };
    };
  };
  const budgets = (given: Bench): string => inNamespace(given, '/apis/policy/v1', 'poddisruptionbudgets');
  const aBudget = async (given: Bench, minAvailable: number, name = 'checkout', covers = 3): Promise<void> => {
    await make(given.cluster, budgets(given), {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name },
      spec: { minAvailable, selector: { matchLabels: { app: 'checkout' } } },
    });
    await until('the budget counts its pods', async () => {
      const status = (await readRaw(given.cluster, `${budgets(given)}/${name}`))?.status;
      return status?.expectedPods === covers && status.currentHealthy === 3;
    });
  };
  /** Wants the three pods that are healthy, of five that it covers: nothing to give now, and it may have later. */
  const aSpentBudget = async (given: Bench): Promise<void> => {
    const labels = { app: 'checkout', sick: 'yes' };
    await make(given.cluster, inNamespace(given, '/apis/apps/v1', 'deployments'), {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'checkout-sick' },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { ...template('shop/checkout:2.4.0-bad'), metadata: { labels } },
      },
    });
    await until(
      'the sick pods are there',
      async () => (await listRaw(given.cluster, podsPath(given), 'sick')).length === 2,
    );
    await aBudget(given, 3, 'checkout', 5);
  };
  /** A pod made by hand, as a node or a person would make it. */
  const aPodByHand = async (given: Bench, name: string, metadata: object): Promise<Target> => {
    const at = '2026-05-04T10:00:00Z';
    await make(given.cluster, podsPath(given), {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { app: name }, ...metadata },
      spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'shop/agent:1.0.0' }] },
      status: {
        phase: 'Running',
        qosClass: 'BestEffort',
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at }],
      },
    });
    return onKind(given, 'Pod', name);
  };
  const ownedBy = (kind: string, owner: Raw) => ({
    ownerReferences: [
      {
        apiVersion: kind === 'Node' ? 'v1' : 'apps/v1',
        kind,
        name: owner.metadata.name,
        uid: owner.metadata.uid,
        controller: true,
      },
    ],
  });
  const aSet = async (given: Bench, plural: string, kind: string, name: string): Promise<Raw> =>
    (await make(given.cluster, inNamespace(given, '/apis/apps/v1', plural), {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name },
      spec: {
        ...(kind === 'StatefulSet' ? { serviceName: name, replicas: 2 } : {}),
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: 'main', image: 'shop/agent:1.0.0' }] },
        },
      },
    })) as Raw;

  describe('evicting a pod', () => {
    test('ends this one, and is settled once its controller has made another one that is ready', async () => {
      const given = await bench();
      const { on, uid } = await aPod(given);
      const plan = await given.plan(action, {}, on);
      expect(plan).toMatchObject({ blastClass: 'B2', inverse: null, dryRun: { accepted: true } });
      expect((await podsNow(given)).map((pod) => pod.metadata.uid)).toContain(uid);
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(await given.settled(plan)).toMatchObject({ state: 'settled', observed: 'applied' });
      const uids = (await podsNow(given)).map((pod) => pod.metadata.uid);
      expect(uids).toHaveLength(3);
      expect(uids).not.toContain(uid);
      expect((await given.read()).spec.replicas).toBe(3);
    });

    test('is not settled by the pods that were there before', async () => {
      const given = await bench();
      const before = (await podsNow(given)).map((pod) => pod.metadata.uid);
      const plan = await given.plan(action, {}, (await aPod(given)).on);
      await given.apply(plan);
      asIfNotReady(given, (pod) => !before.includes(pod.metadata.uid));
      await until('another pod is there', async () => (await podsNow(given)).length === 3);
      expect(await given.look(plan)).toMatchObject({
        state: 'moving',
        finding: expect.stringMatching(
          /^2 of 3 pods of ReplicaSet checkout-\w+ are ready; the replacement of checkout-/,
        ),
      });
    });

    test('twice is one effect, and the second time is found done', async () => {
      const given = await bench();
      const plan = await given.plan(action, {}, (await aPod(given)).on);
      await given.apply(plan);
      expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: true });
      expect(given.wire.writes).toHaveLength(1);
    });

    test('with an answer that gets lost is one effect, and it is known that it happened', async () => {
      const given = await bench();
      const plan = await given.plan(action, {}, (await aPod(given)).on);
      given.wire.loseAnswer = true;
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(given.wire.writes).toHaveLength(1);
      await until('three pods are there again', async () => (await podsNow(given)).length === 3);
    });

    test('that went by itself meanwhile touches no other', async () => {
      const given = await bench();
      const { on, path } = await aPod(given);
      const plan = await given.plan(action, {}, on);
      await given.cluster.request({ method: 'DELETE', path });
      await until('it is gone', async () => (await readRaw(given.cluster, path)) === null);
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: true });
      expect(given.wire.writes).toHaveLength(0);
    });

    test('spares a namesake that came between our look and our request', async () => {
      const given = await bench();
      const set = await aSet(given, 'statefulsets', 'StatefulSet', 'ledger');
      const pods = await podsOfSet(given, set, 2);
      const path = `${podsPath(given)}/ledger-0`;
      const plan = await given.plan(action, {}, onKind(given, 'Pod', 'ledger-0'));
      given.wire.beforeWrite = async () => {
        await given.cluster.request({ method: 'DELETE', path });
        await until(
          'the name is free or taken anew',
          async () => (await readRaw(given.cluster, path))?.metadata.uid !== pods[0],
        );
        await podsOfSet(given, set, 2);
      };
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
      const namesake = await readRaw(given.cluster, path);
      expect(namesake?.metadata.uid).not.toBe(pods[0]);
      expect(namesake?.metadata.deletionTimestamp).toBeUndefined();
      expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
    });

    test('of a StatefulSet is settled once the same name is ready under another uid', async () => {
      const given = await bench();
      const set = await aSet(given, 'statefulsets', 'StatefulSet', 'ledger');
      const before = await podsOfSet(given, set, 2);
      const plan = await given.plan(action, {}, onKind(given, 'Pod', 'ledger-1'));
      expect(plan.sentence).toMatch(/^Evict pod ledger-1 in shop-\d+; StatefulSet ledger makes another one$/);
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
      const after = await podsOfSet(given, set, 2);
      expect(after[0]).toBe(before[0]);
      expect(after[1]).not.toBe(before[1]);
      expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
    });

    test('that another controller adopted meanwhile is left alone', async () => {
      const given = await bench();
      const { on } = await aPod(given);
      const plan = await given.plan(action, {}, on);
      const owner = { ...(plan.before as { controller: object }).controller, uid: 'another' };
      const adopted = { ...plan, before: { ...(plan.before as object), controller: owner } };
      const theirs = { ...adopted, planHash: planHash(adopted) };
      expect(await given.apply(theirs)).toMatchObject({ outcome: 'superseded' });
      expect(given.wire.writes).toHaveLength(0);
    });

    test('waits while a disruption budget does not allow it, and then goes on', async () => {
      const given = await bench();
      const { on } = await aPod(given);
      await aSpentBudget(given);
      const plan = await given.plan(action, {}, on);
      expect(plan.dryRun).toMatchObject({
        accepted: true,
        finding: expect.stringContaining('The disruption budget checkout'),
      });
      await expect(given.apply(plan)).rejects.toThrow(/not allowed yet: .*disruption budget checkout.*asked again/);
      expect([...given.store.rows.values()].map((row) => row.status)).toEqual(['notApplied']);
      const budget = `${budgets(given)}/checkout`;
      await changeRaw(given.cluster, budget, [{ op: 'replace', path: '/spec/minAvailable', value: 2 }]);
      await until(
        'the budget can give',
        async () => (await readRaw(given.cluster, budget))?.status?.disruptionsAllowed === 1,
      );
      expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: false });
    });

    test('that a disruption budget still forbids when time is up is refused by the name of the budget', async () => {
      const given = await bench();
      const { on, path, uid } = await aPod(given);
      await aSpentBudget(given);
      const plan = await given.plan(action, {}, on);
      expect(await given.apply(plan, { attempt: 9, leftMs: 30_000 })).toMatchObject({
        outcome: 'refused',
        finding: expect.stringContaining('disruption budget checkout'),
      });
      expect((await readRaw(given.cluster, path))?.metadata.uid).toBe(uid);
    });

    test('is refused at once where the budget wants every pod, or two budgets cover it', async () => {
      const given = await bench();
      const { on } = await aPod(given);
      await aBudget(given, 3);
      expect(await given.refusal(action, {}, on)).toMatch(/disruption budget checkout wants all 3 pods healthy/);
      const other = await bench();
      await aBudget(other, 1);
      await aBudget(other, 1, 'second');
      expect(await other.refusal(action, {}, (await aPod(other)).on)).toMatch(
        /budgets checkout and second both cover it/,
      );
    });

    test('names the rule to grant when it may not', async () => {
      const given = await bench();
      withhold(given, 'POST', /eviction/);
      expect(await given.refusal(action, {}, (await aPod(given)).on)).toContain(
        `Muster may not create pods/eviction in ${given.target.namespace}: grant its Role apiGroups [""], resources ["pods/eviction"], verbs ["create"]`,
      );
    });

    test('needs no more than the permissions it names, and not to delete pods', async () => {
      const { restricted } = plane();
      const given = await bench();
      const limited = await restricted(given.target.namespace, [
        { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
        { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
        { apiGroups: ['apps'], resources: ['replicasets', 'statefulsets'], verbs: ['get'] },
        { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
      ]);
      given.wire.request = (request) => limited.request(request);
      const plan = await given.plan(action, {}, (await aPod(given)).on);
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
      expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
    });

    test('is refused for pods that nobody replaces, and for those that come back where they were', async () => {
      const given = await bench();
      const bare = await aPodByHand(given, 'bare', {});
      expect(await given.refusal(action, {}, bare)).toMatch(/no controller: nobody would make another one/);

      const node = (await readRaw(given.cluster, '/api/v1/nodes/node-1')) as Raw;
      const annotations = { 'kubernetes.io/config.mirror': 'x', 'kubernetes.io/config.source': 'file' };
      const mirror = await aPodByHand(given, 'static-node-1', { ...ownedBy('Node', node), annotations });
      expect(await given.refusal(action, {}, mirror)).toMatch(/static pod/);

      await aSet(given, 'daemonsets', 'DaemonSet', 'agent');
      const [daemon] = await podsOfDaemons(given);
      expect(await given.refusal(action, {}, onKind(given, 'Pod', daemon ?? ''))).toMatch(/DaemonSet agent.*same node/);

      expect(await given.refusal(action, {}, onKind(given, 'Pod', 'absent'))).toMatch(/there is no Pod absent/);
    });

    test('is refused for the last healthy replica, and allowed where the pod is not healthy itself', async () => {
      const one = {
        replicas: 1,
        selector: { matchLabels: { app: 'checkout' } },
        template: template('shop/checkout:2.3.1'),
      };
      const given = await bench({ spec: one });
      expect(await given.refusal(action, {}, (await aPod(given)).on)).toMatch(/last healthy replica/);
      await given.release('shop/checkout:2.4.0-stuck');
      await until('a pod of the new release is there', async () => (await podsNow(given)).some((pod) => !isReady(pod)));
      const sick = (await podsNow(given)).find((pod) => !isReady(pod));
      const plan = await given.plan(action, {}, onKind(given, 'Pod', sick?.metadata.name ?? ''));
      expect(plan.guards).toContainEqual(expect.objectContaining({ name: 'availability', passed: true }));
    });

    test('is refused while others of its workload are missing already', async () => {
      const given = await bench();
      const { on, uid } = await aPod(given);
      const plan = await given.plan(action, {}, on);
      const other = (await podsNow(given)).find((pod) => pod.metadata.uid !== uid);
      asIfNotReady(given, (pod) => pod.metadata.uid === other?.metadata.uid);
      expect(await given.apply(plan)).toMatchObject({
        outcome: 'refused',
        finding: expect.stringMatching(/1 of 3 pods are ready beside it: at most 1 may be missing at once/),
      });
      expect(given.wire.writes).toHaveLength(0);
    });

    test('takes a refusal that comes as a success for what it says', async () => {
      const given = await bench();
      const { on, uid } = await aPod(given);
      const plan = await given.plan(action, {}, on);
      const honest = given.wire.request.bind(given.wire);
      const message =
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
      given.wire.request = async (request) =>
        request.method === 'POST'
          ? { status: 201, body: { kind: 'Status', status: 'Failure', code: 500, message } }
          : honest(request);
      await expect(given.apply(plan)).rejects.toThrow(/more than one PodDisruptionBudget/);
      expect((await podsNow(given)).map((pod) => pod.metadata.uid)).toContain(uid);
    });
  });

  /** Uids by ordinal, once all of them are ready. */
  const podsOfSet = async (given: Bench, set: Raw, replicas: number): Promise<string[]> => {
    const read = (ordinal: number) => readRaw(given.cluster, `${podsPath(given)}/${set.metadata.name}-${ordinal}`);
    const ordinals = Array.from({ length: replicas }, (_, ordinal) => ordinal);
    await until(`the pods of ${set.metadata.name} are ready`, async () =>
      (await Promise.all(ordinals.map(read))).every((pod) => isReady(pod) && !pod?.metadata.deletionTimestamp),
    );
    return (await Promise.all(ordinals.map(read))).map((pod) => pod?.metadata.uid ?? '');
  };
  const podsOfDaemons = async (given: Bench): Promise<string[]> => {
    const read = () => listRaw(given.cluster, podsPath(given), 'app=agent');
    await until('a pod of the DaemonSet is there', async () => (await read()).length > 0);
    return (await read()).map((pod) => pod.metadata.name);
  };
});

const template = (image: string) => ({
  metadata: { labels: { app: 'checkout' } },
  spec: { containers: [{ name: 'checkout', image }] },
});

const isReady = (pod: Raw | null): boolean =>
  ((pod?.status?.conditions ?? []) as { type: string; status: string }[]).some(
    (one) => one.type === 'Ready' && one.status === 'True',
  );
