/** What policies require of every change: the label that allows it, replicas that stay, and that both are looked at again. */
import { describe, expect, test } from 'vitest';
import type { Bench } from '../support/kube/a-remediation.ts';
import { changeRaw, inNamespace, listRaw, onEachCluster, onKind } from '../support/kube/each-cluster.ts';
import { ownPolicy } from '../support/policies.ts';

const restart = 'restart-workload';
const rolling = (maxUnavailable: number) => ({
  replicas: 4,
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge: 1 } },
});

onEachCluster(({ bench }) => {
  const pathOf = (given: Bench) => `${inNamespace(given, '/apis/apps/v1', 'deployments')}/checkout`;

  describe('a label that a policy asks for', () => {
    const labelled = ownPolicy('labelled', 'require: { allowLabel: muster.dev/allow }');
    test('is missed by name, with what to write where', async () => {
      const given = await bench({ policies: [labelled] });
      expect(await given.refusal(restart)).toContain('it has no muster.dev/allow; add restart-workload to it');
    });
    test('allows what it names and nothing else', async () => {
      const labels = { 'muster.dev/allow': 'restart-workload.evict-pod' };
      const given = await bench({ policies: [labelled], metadata: { labels } });
      expect((await given.plan(restart)).dryRun.accepted).toBe(true);
      expect(await given.refusal('scale-workload', { replicas: 5 })).toContain(
        'allows only restart-workload, evict-pod',
      );
    });
    test('is not asked for by a policy about another namespace', async () => {
      const elsewhere = ownPolicy('elsewhere-only', 'select: { namespaces: [other] }', 'require: { allowLabel: a/b }');
      const given = await bench({ policies: [elsewhere] });
      expect((await given.plan(restart)).dryRun.accepted).toBe(true);
    });
    test('that was taken away after the yes stops the change', async () => {
      const annotations = { 'muster.dev/allow': 'all' };
      const given = await bench({ policies: [labelled], metadata: { annotations } });
      const plan = await given.plan(restart);
      await changeRaw(given.cluster, pathOf(given), [
        { op: 'remove', path: '/metadata/annotations/muster.dev~1allow' },
      ]);
      expect(await given.apply(plan)).toMatchObject({
        outcome: 'refused',
        finding: expect.stringContaining('it has no muster.dev/allow'),
      });
      expect(given.wire.writes).toHaveLength(0);
    });
  });

  describe('replicas that a policy wants to stay available', () => {
    const most = ownPolicy('most', 'require: { minAvailable: 75% }');
    test('stay so in a rolling change, or it is refused with the figures', async () => {
      const careless = await bench({ policies: [most], spec: rolling(2) });
      expect(await careless.refusal(restart)).toContain(
        '4 of 4 replicas are available and at least 2 stay so meanwhile, but the disruption budget or a policy wants 3',
      );
      const careful = await bench({ policies: [most], spec: rolling(1) });
      expect((await careful.plan(restart)).dryRun.accepted).toBe(true);
    });
    test('stay so when one pod is evicted', async () => {
      const podOf = async (given: Bench) => {
        const [pod] = await listRaw(given.cluster, inNamespace(given, '/api/v1', 'pods'), 'app=checkout');
        return onKind(given, 'Pod', pod?.metadata.name ?? '');
      };
      const all = await bench({ policies: [ownPolicy('all', 'require: { minAvailable: 100% }')], spec: rolling(1) });
      expect(await all.refusal('evict-pod', {}, await podOf(all))).toContain('a policy wants 4');
      const three = await bench({ policies: [most], spec: rolling(1) });
      expect((await three.plan('evict-pod', {}, await podOf(three))).dryRun.accepted).toBe(true);
    });
  });
});
