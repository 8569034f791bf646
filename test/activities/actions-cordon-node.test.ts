/** cordon-node: a node takes no new pods, by our mark, and only our own cordon is ever lifted. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Target } from '../../src/schema/remediation.ts';
import type { Bench } from '../support/kube/a-remediation.ts';
import { until } from '../support/kube/a-remediation.ts';
import { changeRaw, onEachCluster, type Raw, readRaw, withhold } from '../support/kube/each-cluster.ts';
import { make } from '../support/kube/planes.ts';

const action = 'cordon-node';
const mark = 'muster.dev/cordoned-by';
const nodes = '/api/v1/nodes';
const on = (name: string): Target => ({ cluster: 'test', kind: 'Node', namespace: '', name });

onEachCluster(({ bench, plane }) => {
  let count = 0;
  const made: string[] = [];
  const nodeNow = async (name: string): Promise<Raw> => (await readRaw(plane().cluster, `${nodes}/${name}`)) as Raw;
  const change = (name: string, operations: object[]) => changeRaw(plane().cluster, `${nodes}/${name}`, operations);

  /** A node of its own for each test, ready to take pods. */
  const aNode = async (labels: Record<string, string> = {}, spec: object = {}): Promise<string> => {
    count += 1;
    const name = `spare-${count}`;
    await make(plane().cluster, nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: { 'kubernetes.io/hostname': name, ...labels },
        annotations: { 'shop.example/rack': '7' },
      },
      spec,
      status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-05-04T10:00:00Z' }] },
    });
    made.push(name);
    await until(`${name} is ready`, async () => {
      const { status, spec: now } = await nodeNow(name);
      const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
      const taints = (now.taints ?? []) as { key: string }[];
      return (
        conditions.some((one) => one.type === 'Ready' && one.status === 'True') &&
        !taints.some((one) => one.key === 'node.kubernetes.io/not-ready')
      );
    });
    return name;
  };
  let given: Bench;
  beforeAll(async () => {
    if (!plane()) return;
    given = await bench();
    // Enough beside the one that a test cordons.
    for (let extra = 0; extra < 3; extra += 1) await aNode();
    made.length = 0;
  });
  afterEach(async () => {
    if (!plane()) return;
    for (const name of made.splice(0)) await plane().cluster.request({ method: 'DELETE', path: `${nodes}/${name}` });
    given.wire.writes.length = 0;
  });

  describe('cordoning a node', () => {
    test('keeps new pods away and says whose cordon it is', async () => {
      const name = await aNode();
      const plan = await given.plan(action, {}, on(name));
      expect(plan).toMatchObject({ blastClass: 'B3', target: { kind: 'Node', namespace: '', name } });
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(await given.settled(plan)).toMatchObject({ state: 'settled', finding: `no new pod is placed on ${name}` });
      const now = await nodeNow(name);
      expect(now.spec.unschedulable).toBe(true);
      expect(now.metadata.annotations).toMatchObject({ [mark]: plan.operationId, 'shop.example/rack': '7' });
    });

    test('twice is one effect', async () => {
      const plan = await given.plan(action, {}, on(await aNode()));
      await given.apply(plan);
      expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: true });
      expect(given.wire.writes).toHaveLength(1);
    });

    test('with an answer that gets lost is one effect, and it is known that it happened', async () => {
      const plan = await given.plan(action, {}, on(await aNode()));
      given.wire.loseAnswer = true;
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(given.wire.writes).toHaveLength(1);
    });

    test('puts no mark on a node that somebody cordoned between our look and our request', async () => {
      const name = await aNode();
      const plan = await given.plan(action, {}, on(name));
      given.wire.beforeWrite = () => change(name, [{ op: 'add', path: '/spec/unschedulable', value: true }]);
      expect(await given.apply(plan)).toMatchObject({ outcome: 'superseded' });
      expect((await nodeNow(name)).metadata.annotations).not.toHaveProperty([mark]);
      expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'superseded' });
      expect((await nodeNow(name)).spec.unschedulable).toBe(true);
    });

    test('is refused for a node that somebody else cordoned, as nothing is to do and it is not ours', async () => {
      const name = await aNode();
      await change(name, [{ op: 'add', path: '/spec/unschedulable', value: true }]);
      expect(await given.refusal(action, {}, on(name))).toBe(
        `${name} is cordoned already, by somebody else: nothing to do, and not ours to lift`,
      );
    });

    test('is refused for a node that another run cordoned', async () => {
      const name = await aNode();
      const plan = await given.plan(action, {}, on(name));
      await given.apply(plan);
      expect(await given.refusal(action, {}, on(name))).toContain(`by run ${plan.operationId}`);
    });

    test('is taken back byte for byte', async () => {
      const name = await aNode();
      const before = await nodeNow(name);
      const plan = await given.plan(action, {}, on(name));
      await given.apply(plan);
      expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(await given.settled(plan, { revert: true })).toMatchObject({ finding: `${name} takes new pods again` });
      // The cluster's own taint for cordoned nodes goes a moment later.
      await until('nothing of the cordon is left', async () => {
        const now = await nodeNow(name);
        return (
          JSON.stringify(now.spec) === JSON.stringify(before.spec) &&
          JSON.stringify(now.metadata.annotations) === JSON.stringify(before.metadata.annotations)
        );
      });
    });

    test('is not taken back once somebody has taken it over', async () => {
      const name = await aNode();
      const plan = await given.plan(action, {}, on(name));
      await given.apply(plan);
      await change(name, [{ op: 'remove', path: '/metadata/annotations/muster.dev~1cordoned-by' }]);
      expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'superseded' });
      expect((await nodeNow(name)).spec.unschedulable).toBe(true);
    });

    test('is not done again after somebody has lifted it', async () => {
      const name = await aNode();
      const plan = await given.plan(action, {}, on(name));
      await given.apply(plan);
      await change(name, [{ op: 'remove', path: '/spec/unschedulable' }]);
      expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'superseded' });
      expect((await nodeNow(name)).spec.unschedulable).toBeUndefined();
      // The mark that was left behind is nobody's cordon.
      const again = await given.plan(action, {}, on(name));
      expect(await given.apply(again)).toMatchObject({ outcome: 'applied', foundDone: false });
      expect((await nodeNow(name)).metadata.annotations?.[mark]).toBe(again.operationId);
    });

    test('names the ClusterRole to grant when it may not', async () => {
      const name = await aNode();
      const limited = await bench();
      withhold(limited, 'PATCH', /nodes/);
      expect(await limited.refusal(action, {}, on(name))).toContain(
        'Muster may not patch nodes in the cluster: grant its ClusterRole apiGroups [""], resources ["nodes"], verbs ["patch"]',
      );
    });

    test('is never tried with the rights of a namespace alone', async () => {
      const { restricted } = plane();
      const limited = await bench();
      const rules = [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'patch'] }];
      const client = await restricted(limited.target.namespace, rules);
      limited.wire.request = (request) => client.request(request);
      expect(await limited.refusal(action, {}, on(await aNode()))).toContain('Muster may not get nodes in the cluster');
    });

    test('is refused for a node of the control plane, by label or by taint', async () => {
      const role = 'node-role.kubernetes.io/control-plane';
      const byLabel = await aNode({ [role]: '' });
      expect(await given.refusal(action, {}, on(byLabel))).toMatch(/control plane/);
      const byTaint = await aNode({}, { taints: [{ key: role, effect: 'NoSchedule' }] });
      expect(await given.refusal(action, {}, on(byTaint))).toMatch(/control plane/);
    });

    test('is refused for the node that the worker itself runs on, and for no other', async () => {
      const [ours, other] = [await aNode(), await aNode()];
      const worker = await bench({ ownNode: ours });
      expect(await worker.refusal(action, {}, on(ours))).toMatch(/the worker that would do it runs there/);
      expect((await worker.plan(action, {}, on(other))).guards).toContainEqual(
        expect.objectContaining({ name: 'own node', passed: true }),
      );
    });

    test('is refused when too few nodes would be left, counting those that are cordoned already', async () => {
      const name = await aNode();
      const { body } = await plane().cluster.request({ method: 'GET', path: nodes });
      const others = (body as { items: Raw[] }).items.map((node) => node.metadata.name).filter((one) => one !== name);
      const cordoned = others.slice(0, Math.ceil(others.length / 2));
      for (const other of cordoned) await change(other, [{ op: 'add', path: '/spec/unschedulable', value: true }]);
      expect(await given.refusal(action, {}, on(name))).toMatch(
        new RegExp(
          `${others.length - cordoned.length} of ${others.length + 1} nodes would still be ready.*at least 51 % must`,
        ),
      );
      for (const other of cordoned) await change(other, [{ op: 'remove', path: '/spec/unschedulable' }]);
      expect((await given.plan(action, {}, on(name))).dryRun.accepted).toBe(true);
    });

    test('takes a target without a namespace, and a Deployment never does', async () => {
      const name = await aNode();
      expect(await given.refusal(action, {}, { ...on(name), namespace: 'shop' })).toBe(
        'a Node has no namespace; leave it empty',
      );
      expect(await given.refusal('restart-workload', {}, { ...given.target, namespace: '' })).toBe(
        'a Deployment needs its namespace',
      );
    });
  });
});
