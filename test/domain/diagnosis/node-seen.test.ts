import { describe, expect, test } from 'vitest';
import { nodeSeen, nodesWorstFirst } from '../../../src/domain/diagnosis/node-seen.ts';
import { Node, Pod } from '../../../src/schema/kubernetes.ts';

const aNode = (conditions: Record<string, string>, unschedulable?: boolean): Node =>
  Node.parse({
    metadata: { name: 'node-1', uid: 'n', creationTimestamp: '2026-05-04T10:00:00Z' },
    spec: { unschedulable },
    status: { conditions: Object.entries(conditions).map(([type, status]) => ({ type, status })) },
  });
let pods = 0;
const aPod = (
  ready: boolean,
  more: { owner?: string; hash?: string; phase?: string; node?: string; ending?: true } = {},
): Pod => {
  pods += 1;
  return Pod.parse({
    metadata: {
      name: `pod-${pods}`,
      namespace: 'shop',
      uid: `uid-${pods}`,
      creationTimestamp: '2026-05-04T10:00:00Z',
      labels: more.hash ? { 'pod-template-hash': more.hash } : {},
      ...(more.ending ? { deletionTimestamp: '2026-05-04T11:00:00Z' } : {}),
      ownerReferences: more.owner ? [{ kind: 'ReplicaSet', name: more.owner, uid: more.owner, controller: true }] : [],
    },
    spec: { nodeName: more.node ?? 'node-1' },
    status: {
      phase: more.phase ?? 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  });
};

describe('a node', () => {
  test('that is ready and under no pressure has no troubles', () => {
    expect(nodeSeen(aNode({ Ready: 'True', DiskPressure: 'False' }), [], [])).toMatchObject({
      ready: true,
      troubles: [],
      unschedulable: false,
    });
  });
  test.each([
    [{ Ready: 'Unknown' }, ['NotReady']],
    [{ Ready: 'True', MemoryPressure: 'True' }, ['MemoryPressure']],
    [{ Ready: 'False', DiskPressure: 'True', PIDPressure: 'True' }, ['NotReady', 'DiskPressure', 'PIDPressure']],
    [{}, ['NotReady']],
  ])('tells what it reports against itself: %j', (conditions, troubles) => {
    expect(nodeSeen(aNode(conditions), [], []).troubles).toEqual(troubles);
  });
  test('tells that somebody has cordoned it', () => {
    expect(nodeSeen(aNode({ Ready: 'True' }, true), [], []).unschedulable).toBe(true);
  });
  test('counts other workloads with bad pods, replicas and releases of one workload once', () => {
    const others = [
      aPod(false, { owner: 'cart-5d8f', hash: '5d8f' }),
      aPod(false, { owner: 'cart-77aa', hash: '77aa' }),
      aPod(false, { owner: 'search-1', hash: '1' }),
      aPod(true, { owner: 'catalog-2', hash: '2' }),
    ];
    expect(nodeSeen(aNode({ Ready: 'True' }), [aPod(true), aPod(false)], others)).toMatchObject({
      own: { pods: 2, bad: 1 },
      others: { pods: 4, bad: 3, workloadsBad: 2 },
    });
  });
  test('takes no pod for bad that ends, or that has done its work', () => {
    const own = [aPod(false, { ending: true }), aPod(false, { phase: 'Succeeded' })];
    expect(nodeSeen(aNode({ Ready: 'True' }), own, []).own).toEqual({ pods: 2, bad: 0 });
  });
  test('says that others could not be seen, instead of none', () => {
    expect(nodeSeen(aNode({ Ready: 'True' }), [], null).others).toBeNull();
  });
});

test('nodes with the most bad pods come first, and a pod that is not placed names none', () => {
  const unplaced = { ...aPod(false), spec: { containers: [] } };
  const given = [aPod(true, { node: 'a' }), aPod(false, { node: 'b' }), aPod(true, { node: 'c' }), unplaced];
  expect(nodesWorstFirst(given)).toEqual(['b', 'a', 'c']);
});
