/**
 * Every action with a world in which it can be done and nothing has been done yet: for the test that plays a death inside
 * the process (crash-points) and for the one that kills the real worker (crash-process). A new action needs one line in
 * `crashScenes`, or both fail by its name.
 */
import type { Cluster } from '../../src/integrations/integration.ts';
import { pushCommit, runApp } from '../../src/sandbox/argo-cd.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';
import type { Target } from '../../src/schema/remediation.ts';
import { aBench, type Bench, until } from './kube/a-remediation.ts';
import { inNamespace, listRaw, onKind } from './kube/each-cluster.ts';
import { aNode, aPool, onNode, removeNode } from './kube/nodes.ts';
import { make } from './kube/planes.ts';
import { type ProductionDatabase, until as untilSo } from './replica.ts';

/** The points of the protocol at which MUSTER_FAILPOINT can end a worker, in their order. */
export const failpoints = ['before-intent', 'after-intent', 'after-effect', 'after-record'].map(
  (name) => `apply:${name}`,
);

/** What is to be done, once the world is as it should be. */
export interface Prepared {
  target: Target;
  params?: object;
  /** Takes away what is not of the scene's own namespace or database. */
  close?(): Promise<unknown>;
}

export interface ClusterStage {
  system: 'kubernetes';
  /** `namespace`: nothing is there yet. */
  prepare(cluster: Cluster, namespace: string): Promise<Prepared & { given: Bench }>;
}

export interface EndpointStage {
  system: 'http';
  /** `pass` lets this much time pass in the sandbox. */
  prepare(sandbox: Sandbox, pass: (ms: number) => void): Prepared;
}

export interface DatabaseStage {
  system: 'postgres';
  /** `database`: it belongs to role `shop`, and nobody else is in it. */
  prepare(server: ProductionDatabase, database: string): Promise<Prepared>;
}

export type CrashScene = (ClusterStage | EndpointStage | DatabaseStage) & {
  action: string;
  on: string;
  /** In its plan. */
  requests: number;
  /** Nothing can be read that would prove it: a person is asked instead of a second request being sent. */
  blind?: true;
};

type More = Partial<Prepared> | undefined;

const inCluster = (
  bench: Parameters<typeof aBench>[2] = {},
  prepare: (given: Bench) => Promise<More> = async () => undefined,
): ClusterStage => ({
  system: 'kubernetes',
  async prepare(cluster, namespace) {
    const given = await aBench(cluster, namespace, bench);
    return { given, target: given.target, ...(await prepare(given)) };
  },
});

const afterRelease = async (given: Bench): Promise<undefined> => {
  await given.release('shop/checkout:2.4.0');
  await given.rolledOut();
};

const ranOutOfMemory = async (given: Bench): Promise<More> => {
  const pods = inNamespace(given, '/api/v1', 'pods');
  await until('two pods ran out of memory', async () => {
    const killed = (await listRaw(given.cluster, pods)).filter((pod) => JSON.stringify(pod).includes('OOMKilled'));
    return killed.length >= 2;
  });
  return { params: { container: 'checkout', cap: '1Gi' } };
};
const shortOfMemory = {
  template: {
    metadata: { labels: { app: 'checkout' } },
    spec: {
      containers: [{ name: 'checkout', image: 'shop/checkout:2.3.1-oom', resources: { limits: { memory: '64Mi' } } }],
    },
  },
};

const onItsPod = async (given: Bench): Promise<More> => {
  const [pod] = await listRaw(given.cluster, inNamespace(given, '/api/v1', 'pods'), 'app=checkout');
  return { target: onKind(given, 'Pod', pod?.metadata.name ?? '') };
};

const aSpareNode = async (given: Bench): Promise<More> => {
  const name = await aNode(given.cluster, `${given.target.namespace}-node`);
  return { target: onNode(name), close: () => removeNode(given.cluster, name) };
};

/** Our cordon and two evictions. */
const aNodeWithTwoPods: ClusterStage = {
  system: 'kubernetes',
  async prepare(cluster, namespace) {
    const made: string[] = [];
    const { given, full } = await aPool(cluster, (more) => aBench(cluster, namespace, more), made);
    return {
      given,
      target: onNode(full),
      close: () => Promise.all(made.map((name) => removeNode(cluster, name))),
    };
  },
};

const aService = async (given: Bench): Promise<More> => {
  const object = { metadata: { name: 'shop' }, spec: { selector: { app: 'cart' }, ports: [{ port: 80 }] } };
  await make(given.cluster, inNamespace(given, '/api/v1', 'services'), {
    kind: 'Service',
    apiVersion: 'v1',
    ...object,
  });
  return { params: { selector: { app: 'checkout' } }, target: onKind(given, 'Service', 'shop') };
};

const aConfigMap = async (given: Bench): Promise<More> => {
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'shop' }, data: { mode: 'normal' } };
  await make(given.cluster, inNamespace(given, '/api/v1', 'configmaps'), object);
  return { params: { key: 'mode', value: 'careful' }, target: onKind(given, 'ConfigMap', 'shop') };
};

const behind = (endpoint: string, kind: string, name: string): Target => ({
  cluster: endpoint,
  kind,
  namespace: '',
  name,
});

const aSwitch = (endpoint: string, name: string, to: string): EndpointStage => ({
  system: 'http',
  prepare: () => ({ target: behind(endpoint, 'Switch', name), params: { to } }),
});

/** Git has a bad commit, and auto-sync has deployed it: auto-sync is taken off first. */
const anApplication: EndpointStage = {
  system: 'http',
  prepare(sandbox, pass) {
    const [app] = sandbox.world.state.endpoints.apps;
    if (!app) throw new Error('the sandbox has an application');
    pushCommit(app, 'e0ff5badbad1', { broken: true });
    for (let turns = 0; turns < 5; turns += 1) {
      runApp(sandbox.world, app);
      pass(10_000);
    }
    return { target: behind('argo-cd', 'Application', 'storefront') };
  },
};

/** Each of them is a request of its own; `$id` is 1 and 2. */
const twoSessions = (statement: string, state: string): DatabaseStage => ({
  system: 'postgres',
  async prepare(server, database) {
    const clients = [await server.connect({ database }), await server.connect({ database })];
    await clients[0]?.query(
      "create table if not exists orders as select id, 'new' as state from generate_series(1, 100) id",
    );
    for (const [at, client] of clients.entries()) {
      const begun = client.start(statement.replace('$id', String(at + 1)));
      void begun;
      await untilSo('it is in the way', async () => {
        const [row] = await server.ask(`select state from pg_stat_activity where pid = ${client.pid}`);
        return row?.state === state;
      });
    }
    const pids = clients.map(({ pid }) => pid).join(',');
    return {
      target: { cluster: 'shop-db', kind: 'Database', namespace: '', name: database },
      params: { olderThan: '0s' },
      close: async () => {
        await server.ask(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid = any('{${pids}}')`);
        await Promise.all(clients.map(({ ended }) => ended));
      },
    };
  },
});

/** Several of one action where what can be read of the target differs. */
export const crashScenes: readonly CrashScene[] = [
  { action: 'roll-back-deployment', on: 'a Deployment', requests: 1, ...inCluster({}, afterRelease) },
  {
    action: 'roll-back-statefulset',
    on: 'a StatefulSet',
    requests: 1,
    ...inCluster({ kind: 'StatefulSet' }, afterRelease),
  },
  { action: 'roll-back-daemonset', on: 'a DaemonSet', requests: 1, ...inCluster({ kind: 'DaemonSet' }, afterRelease) },
  {
    action: 'scale-workload',
    on: 'a Deployment',
    requests: 1,
    ...inCluster({}, async () => ({ params: { replicas: 4 } })),
  },
  { action: 'restart-workload', on: 'a Deployment', requests: 1, ...inCluster() },
  { action: 'set-resources', on: 'a Deployment', requests: 1, ...inCluster({ spec: shortOfMemory }, ranOutOfMemory) },
  { action: 'evict-pod', on: 'a pod', requests: 1, ...inCluster({}, onItsPod) },
  { action: 'cordon-node', on: 'a node', requests: 1, ...inCluster({}, aSpareNode) },
  { action: 'drain-node', on: 'a node with two pods', requests: 3, ...aNodeWithTwoPods },
  { action: 'switch-service-selector', on: 'a Service', requests: 1, ...inCluster({}, aService) },
  { action: 'set-configmap-key', on: 'a ConfigMap', requests: 1, ...inCluster({}, aConfigMap) },
  {
    action: 'http-switch',
    on: 'a flag that reads back',
    requests: 1,
    ...aSwitch('flags', 'recommendations', 'off'),
  },
  {
    action: 'http-switch',
    on: 'a switch of which nothing can be read',
    requests: 1,
    blind: true,
    ...aSwitch('edge', 'clear-catalog-cache', 'cleared'),
  },
  { action: 'argo-cd-roll-back', on: 'an application', requests: 2, ...anApplication },
  {
    action: 'terminate-session',
    on: 'two sessions that hold locks',
    requests: 2,
    ...twoSessions("begin; update orders set state = 'paid' where id = $id", 'idle in transaction'),
  },
  {
    action: 'cancel-query',
    on: 'two long reads',
    requests: 2,
    ...twoSessions('select pg_sleep(60) from orders', 'active'),
  },
];
