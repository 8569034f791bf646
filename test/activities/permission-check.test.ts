/** What the remediation worker says of its rights when it starts: on the sandbox cluster and on a real control plane. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { InvalidInput, VendorError } from '../../src/domain/errors.ts';
import type { Cluster } from '../../src/integrations/integration.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import type { Target } from '../../src/schema/remediation.ts';
import { needs } from '../../worker/needs.ts';
import { checkPermissions, missingPermissions } from '../../worker/permission-check.ts';
import { roleFiles } from '../../worker/roles.ts';
import { aBench, type Bench, until } from '../support/kube/a-remediation.ts';
import { inNamespace, listRaw, onKind } from '../support/kube/each-cluster.ts';
import { aPool, onNode, removeNode } from '../support/kube/nodes.ts';
import { make, type Plane, startControlPlane, startSandboxPlane, whyNoControlPlane } from '../support/kube/planes.ts';

type SandboxPlane = Awaited<ReturnType<typeof startSandboxPlane>>;
let sandbox: SandboxPlane;
beforeAll(async () => {
  sandbox = await startSandboxPlane();
});
afterAll(() => sandbox?.stop());
afterEach(() => sandbox?.allowAll());

const workloadIn = (namespace: string, cluster = 'blue') => ({
  workload: { cluster, kind: 'Deployment', namespace, name: 'checkout' },
});
const catalogue = (...services: object[]) => ({ services: { ...services } }) as unknown as Organisation;

/** Runs the check of a start, and returns what is in the log. */
const logOf = async (given: {
  organisation: Organisation;
  cluster?: (name: string) => Cluster;
  signal?: AbortSignal;
}): Promise<{ warned: string[]; informed: string[] }> => {
  const [warned, informed]: [string[], string[]] = [[], []];
  await checkPermissions({
    organisation: given.organisation,
    cluster: given.cluster ?? (() => sandbox.cluster),
    needs,
    log: { info: (_, text) => void informed.push(text), warn: (_, text) => void warned.push(text) },
    signal: given.signal ?? new AbortController().signal,
    pauseMs: 10,
  });
  return { warned, informed };
};

describe('at its start the remediation worker', () => {
  test('says in one line that nothing is missing', async () => {
    const { warned, informed } = await logOf({ organisation: catalogue(workloadIn('shop'), workloadIn('shop')) });
    expect(warned).toEqual([]);
    expect(informed).toEqual(['Muster may do all that its actions need in the cluster blue']);
  });

  test('names each action that cannot work, where, and the rule to grant', async () => {
    await sandbox.deny({ verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'shop' });
    const { warned } = await logOf({ organisation: catalogue(workloadIn('shop'), workloadIn('search')) });
    const [rollBack] = warned.filter((line) => line.startsWith('roll-back-deployment '));
    expect(rollBack).toBe(
      'roll-back-deployment cannot work in the cluster blue: Muster may not patch deployments in shop: grant its Role apiGroups ["apps"], resources ["deployments"], verbs ["patch"] (or: kubectl apply -n shop -f deploy/kubernetes/rbac/roll-back-deployment.yaml)',
    );
    expect(warned.some((line) => line.startsWith('restart-workload '))).toBe(true);
    expect(warned.some((line) => line.startsWith('evict-pod ') || line.includes('in search'))).toBe(false);
  });

  test('asks for rights over nodes in the whole cluster, and for a part of a resource by its name', async () => {
    await sandbox.deny({ resource: 'nodes' });
    await sandbox.deny({ resource: 'pods/eviction' });
    const { warned } = await logOf({ organisation: catalogue(workloadIn('shop')) });
    expect(warned).toContainEqual(expect.stringContaining('list, patch nodes in the cluster: grant its ClusterRole'));
    expect(warned).toContainEqual(expect.stringContaining('-f deploy/kubernetes/rbac/cluster/cordon-node.yaml'));
    expect(warned).toContainEqual(expect.stringContaining('may not create pods/eviction in shop'));
  });

  test('says so when a cluster cannot be asked, and asks the others', async () => {
    const away = new VendorError('no answer from kubernetes', { vendor: 'kubernetes', status: null, terminal: false });
    const clusters: Record<string, () => Cluster> = {
      blue: () => ({ request: () => Promise.reject(away), text: () => Promise.reject(away) }),
      green: () => sandbox.cluster,
      red: () => {
        throw new InvalidInput('there is no way to the cluster red: set MUSTER_KUBECONFIG');
      },
    };
    const { warned, informed } = await logOf({
      organisation: catalogue(workloadIn('shop', 'blue'), workloadIn('shop', 'red'), workloadIn('shop', 'green')),
      cluster: (name) => clusters[name]?.() ?? sandbox.cluster,
    });
    expect(warned).toEqual([
      'nobody knows yet what Muster may do in the cluster blue: no answer from kubernetes',
      'nobody knows yet what Muster may do in the cluster red: there is no way to the cluster red: set MUSTER_KUBECONFIG',
    ]);
    expect(informed).toEqual(['Muster may do all that its actions need in the cluster green']);
  });

  test('looks again at a cluster that starts at the same time', async () => {
    let refusals = 2;
    const late: Cluster = {
      ...sandbox.cluster,
      request: (request) =>
        refusals-- > 0 ? Promise.reject(new Error('connection refused')) : sandbox.cluster.request(request),
    };
    expect(await logOf({ organisation: catalogue(workloadIn('shop')), cluster: () => late })).toMatchObject({
      warned: [],
      informed: [expect.any(String)],
    });
  });

  test('asks about each right once and a few at a time, and says nothing when it is stopped', async () => {
    const stopping = new AbortController();
    const [asked, open]: [string[], number[]] = [[], [0]];
    let now = 0;
    const counted: Cluster = {
      ...sandbox.cluster,
      async request(request) {
        asked.push(JSON.stringify(request.body));
        open.push(++now);
        const answer = await sandbox.cluster.request(request);
        now--;
        stopping.abort();
        return answer;
      },
    };
    const organisation = catalogue(workloadIn('shop'), workloadIn('search'));
    const said = await logOf({ organisation, cluster: () => counted, signal: stopping.signal });
    expect(said).toEqual({ warned: [], informed: [] });
    expect(new Set(asked).size).toBe(asked.length);
    expect(Math.max(...open)).toBeLessThanOrEqual(8);
  });
});

describe('on the sandbox cluster', () => {
  test('what a review denies is refused, in the words of the API server', async () => {
    await sandbox.deny({ verb: 'patch', resource: 'deployments', namespace: 'shop' });
    const path = '/apis/apps/v1/namespaces/shop/deployments/checkout';
    const contentType = 'application/merge-patch+json';
    const patch = { method: 'PATCH' as const, path, body: {}, contentType };
    expect(await sandbox.cluster.request(patch)).toMatchObject({
      status: 403,
      body: {
        message: expect.stringContaining('cannot patch resource "deployments" in API group "apps" in the names'),
      },
    });
    expect((await sandbox.cluster.request({ method: 'GET', path })).status).toBe(200);
    await sandbox.allowAll();
    expect((await sandbox.cluster.request(patch)).status).toBe(200);
  });
});

describe('on a real control plane', () => {
  const missing = whyNoControlPlane();
  let plane: Plane;
  beforeAll(async () => {
    if (missing === null) plane = await startControlPlane();
  });
  afterAll(() => plane?.stop());

  interface Manifest {
    kind: string;
    rules?: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
  }
  const documentsOf = (path: string): Manifest[] =>
    parseAllDocuments(roleFiles(needs).get(path) ?? '').map((one) => one.toJS() as Manifest);
  const rulesOf = (path: string) => documentsOf(path).flatMap(({ rules = [] }) => rules);
  const isWrite = (verb: string): boolean => !['get', 'list'].includes(verb);
  const only = (name: string) => needs.filter((one) => one.name === name);
  const restricted = (namespace: string, rules: object[]): Promise<Cluster> => plane.restricted(namespace, rules);
  /** The committed ClusterRole, for the restricted account of one namespace. */
  const grantInCluster = async (need: string, namespace: string): Promise<void> => {
    const [role, binding] = documentsOf(`rbac/cluster/${need}.yaml`);
    const renamed = { metadata: { name: namespace } };
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    await make(plane.cluster, `${rbac}/clusterroles`, { ...role, ...renamed });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: namespace };
    const subjects = [{ kind: 'ServiceAccount', name: 'muster-restricted', namespace }];
    await make(plane.cluster, `${rbac}/clusterrolebindings`, { ...binding, ...renamed, roleRef, subjects });
  };

  test('an account without rights lacks every rule, and may still ask', async ({ skip }) => {
    if (missing) return skip(missing);
    await make(plane.cluster, '/api/v1/namespaces', { metadata: { name: 'bare' } });
    const found = await missingPermissions(await restricted('bare', []), ['bare'], needs);
    expect(new Set(found.map(({ need }) => need))).toEqual(new Set(needs.map(({ name }) => name)));
  });

  const afterRelease = async (given: Bench): Promise<Target> => {
    await given.release('shop/checkout:2.4.0');
    await given.rolledOut();
    return given.target;
  };
  const cases: {
    action: string;
    kind?: 'StatefulSet' | 'DaemonSet';
    params: object;
    prepare?: (given: Bench) => Promise<Target>;
  }[] = [
    { action: 'roll-back-deployment', params: {}, prepare: afterRelease },
    { action: 'roll-back-statefulset', kind: 'StatefulSet', params: {}, prepare: afterRelease },
    { action: 'roll-back-daemonset', kind: 'DaemonSet', params: {}, prepare: afterRelease },
    { action: 'scale-workload', params: { replicas: 4 } },
    { action: 'restart-workload', params: {} },
    {
      action: 'evict-pod',
      params: {},
      prepare: async (given) => {
        const [pod] = await listRaw(given.cluster, inNamespace(given, '/api/v1', 'pods'), 'app=checkout');
        return onKind(given, 'Pod', pod?.metadata.name ?? '');
      },
    },
    {
      action: 'switch-service-selector',
      params: { selector: { app: 'checkout' } },
      prepare: async (given) => {
        const object = { metadata: { name: 'shop' }, spec: { selector: { app: 'cart' }, ports: [{ port: 80 }] } };
        await make(given.cluster, inNamespace(given, '/api/v1', 'services'), object);
        return onKind(given, 'Service', 'shop');
      },
    },
    {
      action: 'set-configmap-key',
      params: { key: 'mode', value: 'careful' },
      prepare: async (given) => {
        const object = { metadata: { name: 'shop-config' }, data: { mode: 'normal' } };
        await make(given.cluster, inNamespace(given, '/api/v1', 'configmaps'), object);
        return onKind(given, 'ConfigMap', 'shop-config');
      },
    },
  ];
  test.for(cases)(
    '$action lacks the rule that is taken away, and with its own Role nothing: it works',
    async ({ action, kind, params, prepare }, { skip }) => {
      if (missing) return skip(missing);
      const namespace = `only-${action}`;
      const given = await aBench(plane.cluster, namespace, kind ? { kind } : {});
      const target = (await prepare?.(given)) ?? given.target;
      const rules = rulesOf(`rbac/${action}.yaml`);

      const reading = rules.map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => !isWrite(verb)) }));
      const account = await restricted(
        namespace,
        reading.filter(({ verbs }) => verbs.length > 0),
      );
      const [lacking, ...others] = await missingPermissions(account, [namespace], only(action));
      expect(others).toEqual([]);
      expect(lacking?.permissions.length).toBeGreaterThan(0);
      expect(lacking?.permissions.flatMap(({ verbs }) => verbs).every(isWrite)).toBe(true);
      given.wire.request = (request) => account.request(request);
      expect(await given.refusal(action, params, target)).toContain('grant its Role');

      await plane.cluster.request({
        method: 'PATCH',
        path: `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles/muster-restricted`,
        contentType: 'application/merge-patch+json',
        body: { rules },
      });
      await expect.poll(() => missingPermissions(account, [namespace], only(action)), { timeout: 10_000 }).toEqual([]);
      const plan = await given.plan(action, params, target);
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
      expect((await given.settled(plan)).finding).not.toContain('may not');
    },
  );

  test('Role and ClusterRole of the evidence are all that a diagnosis reads, and without a rule its part is named', async ({
    skip,
  }) => {
    if (missing) return skip(missing);
    const given = await aBench(plane.cluster, 'only-evidence');
    await given.release('shop/checkout:2.4.0-bad');
    const rules = rulesOf('rbac/evidence.yaml');
    const account = await restricted('only-evidence', rules);
    await grantInCluster('evidence', 'only-evidence');
    given.wire.request = (request) => account.request(request);
    given.wire.text = (path, query) => account.text(path, query);
    await until('there are logs', async () => {
      await given.diagnose();
      return (given.store.saved.get('INC-2026-014')?.logs.length ?? 0) > 0;
    });
    expect((await given.diagnose()).missing).toEqual([]);

    const role = '/apis/rbac.authorization.k8s.io/v1/namespaces/only-evidence/roles/muster-restricted';
    const contentType = 'application/merge-patch+json';
    const body = { rules: rules.filter(({ resources }) => !resources.includes('events')) };
    await plane.cluster.request({ method: 'PATCH', path: role, contentType, body });
    await expect
      .poll(async () => (await given.diagnose()).missing.join('; '), { timeout: 10_000 })
      .toContain('grant its Role apiGroups [""], resources ["events"], verbs ["list"]');
  });

  test('drain-node works with its ClusterRole alone, and names it when it is not there', async ({ skip }) => {
    if (missing) return skip(missing);
    const made: string[] = [];
    const { given, full } = await aPool(plane.cluster, (more) => aBench(plane.cluster, 'only-drain-node', more), made);
    const account = await restricted('only-drain-node', []);
    given.wire.request = (request) => account.request(request);
    expect(await given.refusal('drain-node', {}, onNode(full))).toContain('grant its ClusterRole');

    await grantInCluster('drain-node', 'only-drain-node');
    await expect.poll(() => missingPermissions(account, [], only('drain-node')), { timeout: 10_000 }).toEqual([]);
    const plan = await given.plan('drain-node', {}, onNode(full));
    expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
    expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
    expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'applied' });
    for (const name of made) await removeNode(plane.cluster, name);
  });

  test('cordon-node works with its ClusterRole, and names it when it is not there', async ({ skip }) => {
    if (missing) return skip(missing);
    const given = await aBench(plane.cluster, 'only-cordon-node');
    const target = { ...given.target, kind: 'Node', namespace: '', name: 'node-1' };
    const account = await restricted('only-cordon-node', []);
    given.wire.request = (request) => account.request(request);
    expect(await given.refusal('cordon-node', {}, target)).toContain('grant its ClusterRole');

    await grantInCluster('cordon-node', 'only-cordon-node');
    await expect.poll(() => missingPermissions(account, [], only('cordon-node')), { timeout: 10_000 }).toEqual([]);
    // Of two nodes none is taken away.
    for (const name of ['spare-1', 'spare-2']) {
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-05-04T10:00:00Z' }];
      await make(plane.cluster, '/api/v1/nodes', { metadata: { name }, status: { conditions } });
    }
    await until('enough nodes are ready', async () => !/51 %/.test(await given.refusal('cordon-node', {}, target)));
    const plan = await given.plan('cordon-node', {}, target);
    expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
  });

  test('the committed manifests are taken as they are', async ({ skip }) => {
    if (missing) return skip(missing);
    await make(plane.cluster, '/api/v1/namespaces', { metadata: { name: 'manifests' } });
    const paths: Record<string, string> = {
      Role: 'roles',
      RoleBinding: 'rolebindings',
      ClusterRole: 'clusterroles',
      ClusterRoleBinding: 'clusterrolebindings',
    };
    for (const [path, text] of roleFiles(needs)) {
      if (!path.startsWith('rbac/')) continue;
      for (const document of parseAllDocuments(text)) {
        const object = document.toJS() as { kind: string };
        const scope = object.kind.startsWith('Cluster') ? '' : '/namespaces/manifests';
        await make(plane.cluster, `/apis/rbac.authorization.k8s.io/v1${scope}/${paths[object.kind]}`, object);
      }
    }
  });
});
