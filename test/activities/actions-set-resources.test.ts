/** Raising the memory limit of one container that ran out of it. */
import { describe, expect, test } from 'vitest';
import { type aBench, type Bench, until } from '../support/kube/a-remediation.ts';
import { type Given, onEachCluster } from '../support/kube/each-cluster.ts';
import { make } from '../support/kube/planes.ts';

const action = 'set-resources';
const params = { container: 'checkout', cap: '1Gi' };

onEachCluster(({ plane, bench }) => {
  /** Three pods of a Deployment with an init container and a sidecar; those of the main container ran out of memory. */
  const afterKills = async (more: Parameters<typeof short>[1] = {}): Promise<Bench> => {
    const given = await short(bench, more);
    await ranOut(given);
    return given;
  };

  describe.concurrent('raising memory', () => {
    test('gives the named container half as much again, and no other container anything', async () => {
      const given = await afterKills();
      const before = await given.read();
      const plan = await given.plan(action, params);
      expect(plan.sentence).toMatch(
        /^Raise the memory limit of container checkout of checkout in shop-\d+ from 64Mi to 96Mi$/,
      );
      expect(plan.blastClass).toBe('B2');
      expect(plan.dryRun.accepted).toBe(true);
      expect(given.wire.writes).toHaveLength(0);
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
      const after = await given.read();
      const expected = JSON.stringify(before.spec.template).replace(
        '"limits":{"memory":"64Mi"}',
        '"limits":{"memory":"96Mi"}',
      );
      expect(JSON.stringify(after.spec.template)).toBe(expected);
      expect(await given.settled(plan)).toMatchObject({ observed: 'applied' });
    });

    test('goes by the measured peak where that is more, and never above the cap', async () => {
      const given = await afterKills();
      const limit = async (more: object) => (await given.plan(action, { ...params, ...more })).differences[0]?.after;
      expect(await limit({ peak: '120Mi' })).toBe('150Mi');
      expect(await limit({ peak: '60Mi' })).toBe('96Mi');
      expect(await limit({ cap: '80Mi' })).toBe('80Mi');
      expect(await given.refusal(action, { ...params, cap: '64Mi' })).toMatch(/64Mi already, and the cap is 64Mi/);
    });

    for (const [kind, blastClass] of [
      ['StatefulSet', 'B2'],
      ['DaemonSet', 'B3'],
    ] as const) {
      test(`is done to a ${kind} as well, as ${blastClass}`, async () => {
        const given = await afterKills({ kind });
        const plan = await given.plan(action, params);
        expect(plan.blastClass).toBe(blastClass);
        expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
        expect(await limitNow(given)).toBe('96Mi');
      });
    }

    test('lets the request grow only when that is asked for', async () => {
      const given = await afterKills();
      expect((await given.plan(action, params)).differences).toHaveLength(1);
      const plan = await given.plan(action, { ...params, request: 'follow' });
      expect(plan.differences[1]).toEqual({ path: 'memory request of checkout', before: '32Mi', after: '48Mi' });
    });

    test('the same plan twice is one effect, and the second time is found done', async () => {
      const given = await afterKills();
      const plan = await given.plan(action, params);
      await given.apply(plan);
      expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: true });
      expect(given.wire.writes).toHaveLength(1);
    });

    test('an answer that gets lost is one effect, and it is known that it happened', async () => {
      const given = await afterKills();
      const plan = await given.plan(action, params);
      given.wire.loseAnswer = true;
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(given.wire.writes).toHaveLength(1);
      expect(await limitNow(given)).toBe('96Mi');
    });

    test('a release that comes between our look and our request is left alone', async () => {
      const given = await afterKills();
      const plan = await given.plan(action, params);
      given.wire.beforeWrite = () => given.release('shop/checkout:2.4.1');
      expect(await given.apply(plan)).toMatchObject({ outcome: 'superseded' });
      expect(await limitNow(given)).toBe('64Mi');
    });

    test('the inverse restores the template byte for byte', async () => {
      const given = await afterKills();
      const before = await given.read();
      const plan = await given.plan(action, params);
      await given.apply(plan);
      expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(JSON.stringify((await given.read()).spec.template)).toBe(JSON.stringify(before.spec.template));
    });

    test("the inverse does not undo somebody else's change", async () => {
      const given = await afterKills();
      const plan = await given.plan(action, params);
      await given.apply(plan);
      await given.release('shop/checkout:2.4.1');
      expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'superseded' });
      expect(await limitNow(given)).toBe('96Mi');
    });

    test('is refused before anything ran out of memory, and for containers it must not touch', async () => {
      const given = await short(bench, { image: 'shop/checkout:2.3.1' });
      expect(await given.refusal(action, params)).toMatch(/OOMKilled 0 times on 0 of its pods.*needs that on two pods/);
      expect(await given.refusal(action, { ...params, container: 'migrate' })).toMatch(
        /migrate is an init container; those are left as they are/,
      );
      expect(await given.refusal(action, { ...params, container: 'all' })).toMatch(
        /no container all; there are checkout, proxy/,
      );
      expect(await given.refusal(action, { ...params, container: 'proxy' })).toMatch(/has no memory limit/);
      expect(await given.refusal(action, { cap: '1Gi' })).toMatch(/container/);
      expect(await given.refusal(action, { ...params, cap: 'lots' })).toMatch(/is no amount of memory/);
    });

    test('is refused after two raises within a week: a leak is suspected', async () => {
      const given = await afterKills();
      for (const limit of ['96Mi', '144Mi']) {
        const plan = await given.plan(action, params);
        expect(plan.differences[0]?.after).toBe(limit);
        await given.apply(plan);
        await ranOut(given);
        await until('the rollout is over', async () => !/in progress/.test(await given.refusal(action, params)));
      }
      expect(await given.refusal(action, params)).toMatch(/leak suspected: .* 2 times in the last 7 days/);
      for (const row of given.store.rows.values()) row.updatedAt = '2026-01-01T00:00:00.000Z';
      expect((await given.plan(action, params)).differences[0]?.after).toBe('216Mi');
    });

    test('a raise that was taken back counts once, and the taking back does not', async () => {
      const given = await afterKills();
      const plan = await given.plan(action, params);
      await given.apply(plan);
      await given.apply(plan, { revert: true });
      await ranOut(given);
      await until('the rollout is over', async () => (await given.refusal(action, params)) === 'nothing was refused');
      const again = await given.plan(action, params);
      expect(again.guards.find((guard) => guard.name === 'leak')?.finding).toMatch(/raised once in the last 7 days/);
    });

    test('is refused when the namespace or every node is too small for it', async () => {
      const given = await afterKills();
      const { namespace } = given.target;
      expect(await given.refusal(action, { ...params, cap: '64Gi', peak: '40Gi' })).toMatch(
        /a pod may use 51200Mi and the largest node has 16384Mi to give/,
      );
      await make(given.cluster, `/api/v1/namespaces/${namespace}/limitranges`, {
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'small' },
        spec: { limits: [{ type: 'Container', max: { memory: '90Mi' } }] },
      });
      expect(await given.refusal(action, params)).toMatch(
        /LimitRange small allows a container 90Mi of memory, 96Mi would be needed/,
      );
      expect((await given.plan(action, { ...params, cap: '90Mi' })).differences[0]?.after).toBe('90Mi');
      await make(given.cluster, `/api/v1/namespaces/${namespace}/resourcequotas`, {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'shared' },
        spec: { hard: { 'limits.memory': '300Mi' } },
      });
      await until('the quota is counted', async () =>
        /quota shared has 108Mi of limits.memory left, 168Mi more are needed/.test(
          await given.refusal(action, { ...params, cap: '90Mi' }),
        ),
      );
      expect((await given.plan(action, { ...params, cap: '70Mi' })).differences[0]?.after).toBe('70Mi');
    });

    test('is refused while a release is rolling out', async () => {
      const given = await afterKills();
      await given.release('shop/checkout:2.4.0-stuck');
      await until('the rollout is seen', async () => /in progress/.test(await given.refusal(action, params)));
    });

    test('names the rule that is missing', async () => {
      const { restricted } = plane();
      const given = await afterKills();
      const { namespace } = given.target;
      const lacking =
        'Muster may not list nodes in the cluster: grant its ClusterRole apiGroups [""], resources ["nodes"], verbs ["list"]';
      const limited = await restricted(namespace, [
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'patch'] },
        { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['list'] },
        { apiGroups: [''], resources: ['pods', 'limitranges', 'resourcequotas'], verbs: ['list'] },
        { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
      ]);
      given.wire.request = (request) => limited.request(request);
      expect(await given.refusal(action, params)).toContain(lacking);
    });
  });
});

const short = (
  bench: Given['bench'],
  { image = 'shop/checkout:2.3.1-oom', ...more }: Parameters<typeof aBench>[2] = {},
): Promise<Bench> =>
  bench({
    ...more,
    spec: {
      template: {
        metadata: { labels: { app: 'checkout' } },
        spec: {
          initContainers: [{ name: 'migrate', image: 'shop/migrate:1', resources: { limits: { memory: '32Mi' } } }],
          containers: [
            {
              name: 'checkout',
              image,
              resources: { limits: { memory: '64Mi' }, requests: { memory: '32Mi' } },
            },
            { name: 'proxy', image: 'shop/proxy:1' },
          ],
        },
      },
    },
  });

const ranOut = (given: Bench): Promise<void> =>
  until('its pods ran out of memory', async () => {
    const { body } = await given.cluster.request({
      method: 'GET',
      path: `/api/v1/namespaces/${given.target.namespace}/pods`,
    });
    const { items } = body as {
      items: {
        spec: { containers: { resources?: object }[] };
        status: { containerStatuses?: { lastState?: object }[] };
      }[];
    };
    const limit = JSON.stringify((await given.read()).spec.template.spec.containers[0]?.resources);
    const killed = items.filter(
      (pod) =>
        JSON.stringify(pod.spec.containers[0]?.resources) === limit &&
        JSON.stringify(pod.status.containerStatuses?.[0]?.lastState ?? {}).includes('OOMKilled'),
    );
    return killed.length >= 2;
  });

const limitNow = async (given: Bench) => {
  const { resources } = (await given.read()).spec.template.spec.containers[0] as { resources?: { limits?: object } };
  return (resources?.limits as { memory?: string } | undefined)?.memory;
};
