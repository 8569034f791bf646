/** set-configmap-key: one value of a ConfigMap, never a secret, and the plan says who has to be restarted. */
import { describe, expect, test } from 'vitest';
import type { Bench } from '../support/kube/a-remediation.ts';
import { changeRaw, inNamespace, onEachCluster, onKind, readRaw, withhold } from '../support/kube/each-cluster.ts';
import { make } from '../support/kube/planes.ts';

const action = 'set-configmap-key';
const primary = 'postgres://primary.shop:5432/shop?sslmode=require';
const replica = 'postgres://replica.shop:5432/shop?sslmode=require';

onEachCluster(({ bench, plane }) => {
  const path = (given: Bench): string => `${inNamespace(given, '/api/v1', 'configmaps')}/shop-config`;
  const dataNow = async (given: Bench) => (await readRaw(given.cluster, path(given)))?.data;
  const on = (given: Bench) => onKind(given, 'ConfigMap', 'shop-config');

  const aConfigMap = async (more: object = {}): Promise<Bench> => {
    const given = await bench();
    await make(given.cluster, inNamespace(given, '/api/v1', 'configmaps'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'shop-config' },
      data: { 'read.url': primary, mode: 'normal', 'flags.json': '{"a": 1}\n' },
      ...more,
    });
    return given;
  };
  const toReplica = { key: 'read.url', value: replica };

  /** A workload whose pods are never wanted: only its template matters. */
  const aReader = (given: Bench, plural: string, kind: string, name: string, pod: object): Promise<unknown> =>
    make(given.cluster, inNamespace(given, '/apis/apps/v1', plural), {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: name } },
        ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
        template: { metadata: { labels: { app: name } }, spec: pod },
      },
    });

  describe('setting a key of a ConfigMap', () => {
    test('changes this one key and no other', async () => {
      const given = await aConfigMap();
      const plan = await given.plan(action, toReplica, on(given));
      expect(plan.blastClass).toBe('B3');
      expect(plan.differences).toEqual([
        { path: 'data.read.url', before: JSON.stringify(primary), after: JSON.stringify(replica) },
      ]);
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
      expect(await dataNow(given)).toEqual({ 'read.url': replica, mode: 'normal', 'flags.json': '{"a": 1}\n' });
    });

    test('names the workloads that read it when they start, and those that have it as a file', async () => {
      const given = await aConfigMap();
      const container = { name: 'main', image: 'shop/search:1.0.0' };
      const reference = { name: 'shop-config', key: 'read.url' };
      await aReader(given, 'deployments', 'Deployment', 'search', {
        containers: [{ ...container, env: [{ name: 'URL', valueFrom: { configMapKeyRef: reference } }] }],
      });
      await aReader(given, 'deployments', 'Deployment', 'other-key', {
        containers: [
          { ...container, env: [{ name: 'M', valueFrom: { configMapKeyRef: { ...reference, key: 'mode' } } }] },
        ],
      });
      await aReader(given, 'statefulsets', 'StatefulSet', 'ledger', {
        initContainers: [{ ...container, name: 'first', envFrom: [{ configMapRef: { name: 'shop-config' } }] }],
        containers: [container],
      });
      await aReader(given, 'deployments', 'Deployment', 'files', {
        containers: [{ ...container, volumeMounts: [{ name: 'config', mountPath: '/config' }] }],
        volumes: [{ name: 'config', configMap: { name: 'shop-config' } }],
      });
      const { risks } = await given.plan(action, toReplica, on(given));
      expect(risks[0]).toBe(
        'Deployment search, StatefulSet ledger read it when a container starts: the new value counts only after a restart.',
      );
      expect(risks[1]).toMatch(/^Deployment files mount it: files follow within minutes/);
    });

    test('says so where nobody of the namespace reads it', async () => {
      const given = await aConfigMap();
      const plan = await given.plan(action, toReplica, on(given));
      expect(plan.risks[0]).toBe('No workload of the namespace names it.');
    });

    test('twice is one effect', async () => {
      const given = await aConfigMap();
      const plan = await given.plan(action, toReplica, on(given));
      await given.apply(plan);
      expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: true });
      expect(given.wire.writes).toHaveLength(1);
    });

    test('with an answer that gets lost is one effect, and it is known that it happened', async () => {
      const given = await aConfigMap();
      const plan = await given.plan(action, toReplica, on(given));
      given.wire.loseAnswer = true;
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(given.wire.writes).toHaveLength(1);
    });

    test('leaves a value alone that somebody changed between our look and our request', async () => {
      const given = await aConfigMap();
      const plan = await given.plan(action, toReplica, on(given));
      given.wire.beforeWrite = () =>
        changeRaw(given.cluster, path(given), [{ op: 'replace', path: '/data/read.url', value: 'theirs' }]);
      expect(await given.apply(plan)).toMatchObject({ outcome: 'superseded' });
      expect((await dataNow(given))?.['read.url']).toBe('theirs');
    });

    test('does not mind that another key changes meanwhile', async () => {
      const given = await aConfigMap();
      const plan = await given.plan(action, toReplica, on(given));
      await changeRaw(given.cluster, path(given), [{ op: 'replace', path: '/data/mode', value: 'degraded' }]);
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
      expect(await dataNow(given)).toMatchObject({ 'read.url': replica, mode: 'degraded' });
    });

    test('is taken back byte for byte, and not over a change by somebody else', async () => {
      const given = await aConfigMap();
      const before = JSON.stringify(await dataNow(given));
      const plan = await given.plan(action, { key: 'flags.json', value: '{"a":2}' }, on(given));
      await given.apply(plan);
      expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'applied' });
      expect(JSON.stringify(await dataNow(given))).toBe(before);

      const again = await given.plan(action, toReplica, on(given));
      await given.apply(again);
      await changeRaw(given.cluster, path(given), [{ op: 'replace', path: '/data/read.url', value: 'theirs' }]);
      expect(await given.apply(again, { revert: true })).toMatchObject({ outcome: 'superseded' });
      expect((await dataNow(given))?.['read.url']).toBe('theirs');
    });

    test('names the rule to grant when it may not', async () => {
      const given = await aConfigMap();
      withhold(given, 'PATCH', /configmaps/);
      expect(await given.refusal(action, toReplica, on(given))).toContain(
        `Muster may not patch configmaps in ${given.target.namespace}: grant its Role apiGroups [""], resources ["configmaps"], verbs ["patch"]`,
      );
    });

    test('needs no more than the permissions it names', async () => {
      const { restricted } = plane();
      const given = await aConfigMap();
      const limited = await restricted(given.target.namespace, [
        { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'patch'] },
        { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs: ['list'] },
      ]);
      given.wire.request = (request) => limited.request(request);
      const plan = await given.plan(action, toReplica, on(given));
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
      expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
    });

    test('is refused for what looks like a secret, new or old, and no plan repeats it', async () => {
      const given = await aConfigMap({
        data: { 'db.password': 'hunter2', url: 'postgres://shop:hunter2@primary/shop', 'read.url': primary },
      });
      for (const params of [
        { key: 'read.url', value: 'postgres://shop:hunter2@replica/shop' },
        { key: 'url', value: replica },
        { key: 'db.password', value: 'other' },
      ]) {
        const because = await given.refusal(action, params, on(given));
        expect(because).toMatch(/looks like a secret/);
        expect(because).not.toContain('hunter2');
      }
    });

    test('is for ConfigMaps, never for Secrets', async () => {
      const given = await aConfigMap();
      const because = await given.refusal(action, toReplica, onKind(given, 'Secret', 'shop-config'));
      expect(because).toBe('set-configmap-key is for ConfigMap, not for a Secret');
    });

    test('is refused where the ConfigMap is immutable', async () => {
      const given = await aConfigMap({ immutable: true });
      expect(await given.refusal(action, toReplica, on(given))).toMatch(/immutable/);
    });

    test('is refused for a key that is not there, is binary, or has the value already', async () => {
      const given = await aConfigMap({ data: { mode: 'normal' }, binaryData: { cert: 'AAAA' } });
      expect(await given.refusal(action, { key: 'absent', value: 'x' }, on(given))).toMatch(
        /no key absent; it has mode/,
      );
      expect(await given.refusal(action, { key: 'cert', value: 'x' }, on(given))).toMatch(/is binary/);
      expect(await given.refusal(action, { key: 'mode', value: 'normal' }, on(given))).toMatch(/nothing to change/);
      expect(await given.refusal(action, { key: '/data', value: 'x' }, on(given))).toMatch(/cannot take these params/);
    });

    test('is refused where GitOps owns it', async () => {
      const labels = { 'kustomize.toolkit.fluxcd.io/name': 'shop' };
      const given = await aConfigMap({ metadata: { name: 'shop-config', labels } });
      expect(await given.refusal(action, toReplica, on(given))).toMatch(/Flux owns it/);
    });

    test('shows a long value by its length and hash, and refuses one that no plan can carry', async () => {
      const given = await aConfigMap();
      const plan = await given.plan(action, { key: 'flags.json', value: 'x'.repeat(1_234) }, on(given));
      expect(plan.differences[0]?.after).toMatch(/^\[1,234 characters, sha256 [0-9a-f]{12}\]$/);
      const long = { key: 'flags.json', value: 'x'.repeat(9_000) };
      expect(await given.refusal(action, long, on(given))).toMatch(/longer than 8192 bytes/);
    });
  });
});
