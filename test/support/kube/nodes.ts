/** Nodes of their own for tests that take one out of service, with pods that may run there and nowhere else. */
import type { Cluster } from '../../../src/integrations/integration.ts';
import type { Target } from '../../../src/schema/remediation.ts';
import { type Bench, until } from './a-remediation.ts';
import { changeRaw, inNamespace, listRaw, type Raw, readRaw } from './each-cluster.ts';
import { make } from './planes.ts';

const nodes = '/api/v1/nodes';
const room = { cpu: '8', memory: '16Gi', pods: '110' };

export const onNode = (name: string): Target => ({ cluster: 'test', kind: 'Node', namespace: '', name });

export const nodeNow = async (cluster: Cluster, name: string): Promise<Raw> =>
  (await readRaw(cluster, `${nodes}/${name}`)) as Raw;

export const changeNode = (cluster: Cluster, name: string, operations: object[]): Promise<void> =>
  changeRaw(cluster, `${nodes}/${name}`, operations);

export const removeNode = (cluster: Cluster, name: string): Promise<unknown> =>
  cluster.request({ method: 'DELETE', path: `${nodes}/${name}` });

/** Returns once it takes pods. */
export const aNode = async (
  cluster: Cluster,
  name: string,
  more: { labels?: Record<string, string>; spec?: object } = {},
): Promise<string> => {
  await make(cluster, nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, ...more.labels },
      annotations: { 'shop.example/rack': '7' },
    },
    spec: more.spec ?? {},
    status: {
      capacity: room,
      allocatable: room,
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-05-04T10:00:00Z' }],
    },
  });
  await until(`${name} is ready`, async () => {
    const { status, spec } = await nodeNow(cluster, name);
    const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
    const taints = (spec.taints ?? []) as { key: string }[];
    return (
      conditions.some((one) => one.type === 'Ready' && one.status === 'True') &&
      !taints.some((one) => one.key === 'node.kubernetes.io/not-ready')
    );
  });
  return name;
};

/** A Deployment's spec whose pods run on the nodes of one pool alone. */
const pinnedTo = (pool: string, replicas: number, podSpec: object = {}) => ({
  replicas,
  selector: { matchLabels: { app: 'checkout' } },
  template: {
    metadata: { labels: { app: 'checkout' } },
    spec: {
      nodeSelector: { pool },
      containers: [{ name: 'checkout', image: 'shop/checkout:2.3.1' }],
      ...podSpec,
    },
  },
});

export interface Pool {
  given: Bench;
  /** Carries two pods of Deployment `checkout`. */
  full: string;
  /** May take them. */
  spare: string;
}

let pools = 0;

/**
 * Two pods on one node and, unless said otherwise, a third on the other, so that nothing but the node is in the way of
 * a drain. `made` gets the names of the nodes, for whoever cleans up.
 */
export const aPool = async (
  cluster: Cluster,
  bench: (more: { spec: object }) => Promise<Bench>,
  made: string[],
  { podSpec = {}, elsewhere = 1 }: { podSpec?: object; elsewhere?: number } = {},
): Promise<Pool> => {
  pools += 1;
  const pool = `pool-${pools}`;
  const labels = { pool };
  const full = await aNode(cluster, `${pool}-full`, { labels });
  made.push(full);
  const given = await bench({ spec: pinnedTo(pool, 2, podSpec) });
  const spare = await aNode(cluster, `${pool}-spare`, { labels });
  made.push(spare);
  if (elsewhere > 0) {
    await changeNode(cluster, full, [{ op: 'add', path: '/spec/unschedulable', value: true }]);
    await given.patch([{ op: 'replace', path: '/spec/replicas', value: 2 + elsewhere }]);
    await given.rolledOut();
    await changeNode(cluster, full, [{ op: 'remove', path: '/spec/unschedulable' }]);
  }
  return { given, full, spare };
};

/** Pods of Deployment `checkout` that are not ending, by the node they are on. */
export const podsOn = async (given: Bench, node: string): Promise<Raw[]> =>
  (await listRaw(given.cluster, inNamespace(given, '/api/v1', 'pods'), 'app=checkout')).filter(
    (pod) => pod.spec.nodeName === node && !pod.metadata.deletionTimestamp,
  );

export const aBudget = async (given: Bench, minAvailable: number, name = 'checkout'): Promise<void> => {
  const budgets = inNamespace(given, '/apis/policy/v1', 'poddisruptionbudgets');
  await make(given.cluster, budgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name },
    spec: { minAvailable, selector: { matchLabels: { app: 'checkout' } } },
  });
  const { spec } = await given.read();
  await until('the budget counts its pods', async () => {
    const status = (await readRaw(given.cluster, `${budgets}/${name}`))?.status;
    return status?.expectedPods === spec.replicas && status.currentHealthy === spec.replicas;
  });
};
