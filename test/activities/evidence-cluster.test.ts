/** What a diagnosis sees around a workload, on the sandbox cluster and on a real control plane. */
import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../src/schema/evidence.ts';
import { type Bench, until } from '../support/kube/a-remediation.ts';
import { changeRaw, inNamespace, onEachCluster, withhold } from '../support/kube/each-cluster.ts';
import { anAutoscaler, make } from '../support/kube/planes.ts';

onEachCluster(({ plane, bench }) => {
  /** Diagnoses again and again, until what is looked for shows. */
  const evidenceOf = async (given: Bench, shows: (evidence: Evidence) => boolean = () => true): Promise<Evidence> => {
    let found: Evidence | undefined;
    await until('the evidence shows it', async () => {
      await given.diagnose();
      found = given.store.saved.get('INC-2026-014');
      return found !== undefined && shows(found);
    });
    return found as Evidence;
  };
  const labels = { app: 'checkout' };
  const aService = (given: Bench, selector: object) =>
    make(given.cluster, inNamespace(given, '/api/v1', 'services'), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'front' },
      spec: { selector, ports: [{ port: 80 }] },
    });

  describe('around the workload', () => {
    test('disruption budgets and quotas are told with what they have left', async () => {
      const given = await bench();
      await make(given.cluster, inNamespace(given, '/apis/policy/v1', 'poddisruptionbudgets'), {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'keep-two' },
        spec: { minAvailable: 2, selector: { matchLabels: labels } },
      });
      await make(given.cluster, inNamespace(given, '/apis/policy/v1', 'poddisruptionbudgets'), {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'of-others' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'cart' } } },
      });
      await make(given.cluster, inNamespace(given, '/api/v1', 'resourcequotas'), {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'team' },
        spec: { hard: { pods: '4' } },
      });
      const evidence = await evidenceOf(
        given,
        ({ budgets, quotas }) => budgets[0]?.allowed === 1 && quotas[0]?.used === '3',
      );
      expect(evidence.budgets).toEqual([{ name: 'keep-two', allowed: 1, healthy: 3, wanted: 2, pods: 3 }]);
      expect(evidence.quotas).toEqual([{ name: 'team', resource: 'pods', used: '3', hard: '4', share: 0.75 }]);
      expect(evidence.missing).toEqual([]);
    });

    test('an autoscaler is told to be at its maximum, and that of another workload is not told', async () => {
      const given = await bench();
      const path = inNamespace(given, '/apis/autoscaling/v2', 'horizontalpodautoscalers');
      await make(given.cluster, path, anAutoscaler('ours', 'checkout', [1, 2]));
      await make(given.cluster, path, anAutoscaler('theirs', 'cart', [1, 2]));
      const { autoscalers } = await evidenceOf(given, (evidence) => evidence.autoscalers[0]?.atMaximum === true);
      expect(autoscalers).toMatchObject([{ name: 'ours', min: 1, max: 2, desired: 2 }]);
    }, 60_000);

    test('a Service tells how many of its endpoints take traffic', async () => {
      const given = await bench();
      await aService(given, labels);
      const { endpoints } = await evidenceOf(given, (evidence) => evidence.endpoints[0]?.ready === 3);
      expect(endpoints).toEqual([{ service: 'front', ready: 3, notReady: 0 }]);
    });

    test('a Service that selects others is not told', async () => {
      const given = await bench();
      await aService(given, { app: 'cart' });
      expect((await evidenceOf(given)).endpoints).toEqual([]);
    });

    test('the nodes are told with the pods on them, and whether somebody has cordoned them', async () => {
      const given = await bench();
      const before = await evidenceOf(given, ({ nodes }) => nodes.length > 0);
      expect(before.nodes.every((node) => node.ready && node.troubles.length === 0)).toBe(true);
      expect(before.nodes.reduce((sum, node) => sum + node.own.pods, 0)).toBe(3);
      expect(before.nodes.map((node) => node.others?.pods ?? -1).every((others) => others >= 0)).toBe(true);
      expect(before.pods.every((pod) => before.nodes.some((node) => node.name === pod.node))).toBe(true);

      const [node] = before.nodes;
      const path = `/api/v1/nodes/${node?.name}`;
      await changeRaw(plane().cluster, path, [{ op: 'add', path: '/spec/unschedulable', value: true }]);
      const after = await evidenceOf(given);
      expect(after.nodes.find(({ name }) => name === node?.name)?.unschedulable).toBe(true);
      await changeRaw(plane().cluster, path, [{ op: 'remove', path: '/spec/unschedulable' }]);
    });
  });

  describe('of the pods', () => {
    test('the owners are told up to the workload', async () => {
      const { pods } = await evidenceOf(await bench());
      expect(pods[0]?.owners).toEqual([expect.stringMatching(/^ReplicaSet checkout-\w+$/), 'Deployment checkout']);
    });

    test('the last end is told with its exit code, also while the container runs again', async () => {
      const given = await bench({ image: 'shop/checkout:2.3.1-oom' });
      const { pods } = await evidenceOf(given, (evidence) => evidence.pods.some((pod) => pod.lastEnd !== null));
      expect(pods.find((pod) => pod.lastEnd)?.lastEnd).toMatchObject({
        container: 'checkout',
        reason: 'OOMKilled',
        exitCode: 137,
      });
    });
  });

  test('each revision tells what it changed, environment and ConfigMaps by name alone', async () => {
    const given = await bench();
    await given.patch([
      { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'shop/checkout:2.4.0' },
      { op: 'replace', path: '/spec/template/spec/containers/0/env/0/value', value: 'a-value-of-ours' },
      {
        op: 'add',
        path: '/spec/template/spec/containers/0/envFrom',
        value: [{ configMapRef: { name: 'limits', optional: true } }],
      },
    ]);
    const { revisions } = await evidenceOf(given, (evidence) => evidence.revisions.length === 2);
    expect(revisions[0]?.differences).toEqual([
      { path: 'image of checkout', before: 'shop/checkout:2.3.1', after: 'shop/checkout:2.4.0' },
      { path: 'environment POOL of checkout', before: 'set', after: 'set to another value' },
      { path: 'environment sources of checkout', before: null, after: 'set' },
      { path: 'ConfigMap limits', before: null, after: 'used' },
    ]);
    expect(revisions[1]?.differences).toEqual([]);
    expect(JSON.stringify(revisions)).not.toContain('a-value-of-ours');
  });

  test.each([
    ['the autoscalers', /horizontalpodautoscalers$/],
    ['the disruption budgets', /poddisruptionbudgets$/],
    ['the quotas', /resourcequotas$/],
    ['the Services', /services$/],
    ['the nodes', /nodes\/[^/]+$/],
    ['the other pods on the nodes', /^\/api\/v1\/pods$/],
    ['the events', /events$/],
    ['the rollout history', /replicasets$/],
  ])('%s that may not be read are named with the rule to grant, and the rest is there', async (name, path) => {
    const given = await bench();
    withhold(given, 'GET', path);
    const { missing, pods } = await evidenceOf(given);
    expect(missing).toEqual([expect.stringMatching(new RegExp(`^${name}: Muster may not \\w+ .* grant its `))]);
    if (name !== 'the rollout history') expect(pods).toHaveLength(3);
  });
});
