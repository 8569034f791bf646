/**
 * One world per action in which it can be done and nothing has been done yet, for the test that dies at every point.
 * A new action needs one line in `crashWorlds`, or that test fails by its name.
 */
import type { ApplyResult } from '../../activities/index.ts';
import { readConfig } from '../../src/config.ts';
import { connectEndpoints } from '../../src/integrations/registry.ts';
import { pushCommit, runApp } from '../../src/sandbox/argo-cd.ts';
import type { Plan, Target } from '../../src/schema/remediation.ts';
import { anEndpointBench } from './endpoint-bench.ts';
import { aBench, type Bench, until } from './kube/a-remediation.ts';
import { inNamespace, listRaw, onKind } from './kube/each-cluster.ts';
import { aNode, aPool, onNode, removeNode } from './kube/nodes.ts';
import { make, type Plane } from './kube/planes.ts';
import { productionDatabase, until as untilSo } from './replica.ts';
import { aSessionBench } from './session-bench.ts';
import { sandboxOrganisation, vendorSecret } from './vendors.ts';

/** Stands around every request that could change something: `send` carries it out at the target. */
export type Around = <Answer>(send: () => Promise<Answer>) => Promise<Answer>;

export interface CrashWorld {
  plan: Plan;
  apply(attempt: number): Promise<ApplyResult>;
  intercept(around: Around): void;
  /** What the ledger says of it; null while it says nothing. */
  ledger(): string | null;
  close(): Promise<unknown>;
}

export interface CrashFixture {
  build(sandbox: Plane): Promise<CrashWorld>;
  /** Nothing can be read that would prove it: a person is asked instead of a second request being sent. */
  blind?: boolean;
  /** Several at once would see each other. */
  alone?: boolean;
}

let worlds = 0;

type Prepared = { params?: object; on?: Target; close?(): Promise<unknown> } | undefined;

const inCluster = (
  action: string,
  more: Parameters<typeof aBench>[2],
  prepare: (given: Bench) => Promise<Prepared> = async () => undefined,
): CrashFixture => ({
  async build({ cluster }) {
    worlds += 1;
    const given = await aBench(cluster, `crash-${worlds}`, more);
    const { params, on, close } = (await prepare(given)) ?? {};
    return clusterWorld(given, await given.plan(action, params, on), close);
  },
});

const clusterWorld = (given: Bench, plan: Plan, close: () => Promise<unknown> = async () => undefined): CrashWorld => ({
  plan,
  apply: (attempt) => given.apply(plan, { attempt }),
  intercept(around) {
    const honest = given.wire.request.bind(given.wire);
    given.wire.request = (request) =>
      request.method === 'GET' || request.query?.dryRun ? honest(request) : around(() => honest(request));
  },
  ledger: () => [...given.store.rows.values()][0]?.status ?? null,
  close,
});

const afterRelease = async (given: Bench): Promise<undefined> => {
  await given.release('shop/checkout:2.4.0');
  await given.rolledOut();
};

const ranOutOfMemory = async (given: Bench): Promise<Prepared> => {
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

const onItsPod = async (given: Bench): Promise<Prepared> => {
  const [pod] = await listRaw(given.cluster, inNamespace(given, '/api/v1', 'pods'), 'app=checkout');
  return { on: onKind(given, 'Pod', pod?.metadata.name ?? '') };
};

const aSpareNode = async (given: Bench): Promise<Prepared> => {
  const name = await aNode(given.cluster, `${given.target.namespace}-node`);
  return { on: onNode(name), close: () => removeNode(given.cluster, name) };
};

/** Three requests: our cordon and two evictions. */
const drain: CrashFixture = {
  async build({ cluster }) {
    const made: string[] = [];
    worlds += 1;
    const namespace = `crash-${worlds}`;
    const { given, full } = await aPool(cluster, (more) => aBench(cluster, namespace, more), made);
    const plan = await given.plan('drain-node', {}, onNode(full));
    return clusterWorld(given, plan, () => Promise.all(made.map((name) => removeNode(cluster, name))));
  },
};

const aService = async (given: Bench): Promise<Prepared> => {
  const object = { metadata: { name: 'shop' }, spec: { selector: { app: 'cart' }, ports: [{ port: 80 }] } };
  await make(given.cluster, inNamespace(given, '/api/v1', 'services'), {
    kind: 'Service',
    apiVersion: 'v1',
    ...object,
  });
  return { params: { selector: { app: 'checkout' } }, on: onKind(given, 'Service', 'shop') };
};

const aConfigMap = async (given: Bench): Promise<Prepared> => {
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'shop' }, data: { mode: 'normal' } };
  await make(given.cluster, inNamespace(given, '/api/v1', 'configmaps'), object);
  return { params: { key: 'mode', value: 'careful' }, on: onKind(given, 'ConfigMap', 'shop') };
};

const behindEndpoint = (
  action: string,
  target: Target,
  params: object,
  prepare: (bench: Awaited<ReturnType<typeof anEndpointBench>>) => void = () => undefined,
): CrashFixture => ({
  async build() {
    let around: Around = (send) => send();
    let url = '';
    const bench = await anEndpointBench({
      instead: (name) => {
        const config = readConfig({ MUSTER_SANDBOX_URL: url, MUSTER_SANDBOX_SECRET: vendorSecret });
        const honest = connectEndpoints(config, sandboxOrganisation.endpoints)(name, true);
        return {
          request: (request) =>
            request.method === 'GET' ? honest.request(request) : around(() => honest.request(request)),
        };
      },
    });
    url = bench.sandbox.url;
    prepare(bench);
    const plan = await bench.plan(action, target, params);
    return {
      plan,
      apply: (attempt) => bench.apply(plan, { attempt }),
      intercept: (given) => {
        around = given;
      },
      ledger: () => [...bench.store.rows.values()][0]?.status ?? null,
      close: bench.close,
    };
  },
});

/** Two sessions in the way: each is a request of its own. */
const inDatabase = (action: string, statement: string, state: string): CrashFixture => ({
  alone: true,
  async build() {
    const server = await productionDatabase();
    const clients = [await server.connect(), await server.connect()];
    for (const [at, client] of clients.entries()) {
      const begun = client.start(statement.replace('$id', String(at + 1)));
      void begun;
      await untilSo('it is in the way', async () => {
        const [row] = await server.ask(`select state from pg_stat_activity where pid = ${client.pid}`);
        return row?.state === state;
      });
    }
    const bench = aSessionBench(server.url);
    const plan = await bench.plan(action, { olderThan: '0s' });
    return {
      plan,
      apply: (attempt) => bench.apply(plan, { attempt }),
      intercept(around) {
        const honest = bench.wire.signal.bind(bench.wire);
        bench.wire.signal = (how, key) => around(() => honest(how, key));
      },
      ledger: () => [...bench.store.rows.values()][0]?.status ?? null,
      close: () => server.disconnect(),
    };
  },
});

const applicationOf = (endpoint: string, kind: string, name: string): Target => ({
  cluster: endpoint,
  kind,
  namespace: '',
  name,
});

/** Several worlds of one action where what can be read of the target differs. */
export const crashWorlds: Record<string, Record<string, CrashFixture>> = {
  'roll-back-deployment': { 'a Deployment': inCluster('roll-back-deployment', {}, afterRelease) },
  'roll-back-statefulset': {
    'a StatefulSet': inCluster('roll-back-statefulset', { kind: 'StatefulSet' }, afterRelease),
  },
  'roll-back-daemonset': { 'a DaemonSet': inCluster('roll-back-daemonset', { kind: 'DaemonSet' }, afterRelease) },
  'scale-workload': { 'a Deployment': inCluster('scale-workload', {}, async () => ({ params: { replicas: 4 } })) },
  'restart-workload': { 'a Deployment': inCluster('restart-workload', {}) },
  'set-resources': { 'a Deployment': inCluster('set-resources', { spec: shortOfMemory }, ranOutOfMemory) },
  'evict-pod': { 'a pod': inCluster('evict-pod', {}, onItsPod) },
  'cordon-node': { 'a node': inCluster('cordon-node', {}, aSpareNode) },
  'drain-node': { 'a node with two pods': drain },
  'switch-service-selector': { 'a Service': inCluster('switch-service-selector', {}, aService) },
  'set-configmap-key': { 'a ConfigMap': inCluster('set-configmap-key', {}, aConfigMap) },
  'http-switch': {
    'a flag that reads back': behindEndpoint('http-switch', applicationOf('flags', 'Switch', 'recommendations'), {
      to: 'off',
    }),
    'a switch of which nothing can be read': {
      blind: true,
      ...behindEndpoint('http-switch', applicationOf('edge', 'Switch', 'clear-catalog-cache'), { to: 'cleared' }),
    },
  },
  'argo-cd-roll-back': {
    'an application': behindEndpoint(
      'argo-cd-roll-back',
      applicationOf('argo-cd', 'Application', 'storefront'),
      {},
      ({ sandbox, pass }) => {
        const [app] = sandbox.world.state.endpoints.apps;
        if (!app) throw new Error('the sandbox has an application');
        pushCommit(app, 'e0ff5badbad1', { broken: true });
        for (let turns = 0; turns < 5; turns += 1) {
          runApp(sandbox.world, app);
          pass(10_000);
        }
      },
    ),
  },
  'terminate-session': {
    'two sessions that hold locks': inDatabase(
      'terminate-session',
      "begin; update orders set state = 'paid' where id = $id",
      'idle in transaction',
    ),
  },
  'cancel-query': { 'two long reads': inDatabase('cancel-query', 'select pg_sleep(60) from orders', 'active') },
};
