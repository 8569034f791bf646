/** The clusters that remediations are tried on: the sandbox's and a real control plane. Both must pass the same cases. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { sandboxToken } from '../../../src/domain/sandbox-token.ts';
import { createHealthProbe } from '../../../src/integrations/health-page/probe.ts';
import type { Cluster, EvidenceSources, Metrics } from '../../../src/integrations/integration.ts';
import { createCluster, createSandboxCluster } from '../../../src/integrations/kubernetes/index.ts';
import { createMetrics } from '../../../src/integrations/prometheus/client.ts';
import { startSandbox } from '../../../src/sandbox/server.ts';
import { Organisation } from '../../../src/schema/organisation.ts';
import { sandboxFile } from '../sandbox-organisation.ts';

export interface Plane {
  cluster: Cluster;
  /** The same cluster for somebody who may only do what the rules say, in that namespace. */
  restricted(namespace: string, rules: object[], name?: string): Promise<Cluster>;
  stop(): Promise<void>;
}

const kubeUp = fileURLToPath(new URL('./kube-up', import.meta.url));

/** Why there is no real control plane to start; null when there is one. */
export const whyNoControlPlane = (): string | null => {
  try {
    execFileSync(kubeUp, ['--find'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'the control plane is not built; run test/support/kube/kube-up --build once';
  }
};

/** Takes about 5 s. Everything it started ends with `stop`, or with this process. */
export const startControlPlane = async (): Promise<Plane> => {
  const child = spawn(kubeUp, [], { stdio: ['ignore', 'pipe', 'pipe'] });
  const kubeconfigFile = await firstLine(child);
  const cluster = createCluster({ kubeconfigFile });
  return {
    cluster,
    restricted: (namespace, rules, name = 'muster-restricted') =>
      restrictedTo(cluster, kubeconfigFile, { namespace, rules, name }),
    stop: () => ended(child),
  };
};

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let trouble = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      trouble = `${trouble}${chunk.toString()}`.slice(-2_000);
    });
    child.once('exit', (code) => reject(new Error(`kube-up ended with ${code}: ${trouble}`)));
    if (child.stdout) createInterface(child.stdout).once('line', resolve);
  });

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.removeAllListeners('exit');
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });

/** A service account with one Role, and a client with its token. */
const restrictedTo = async (
  admin: Cluster,
  kubeconfigFile: string,
  { namespace, rules, name }: { namespace: string; rules: object[]; name: string },
): Promise<Cluster> => {
  await make(admin, `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  await make(admin, `${rbac}/roles`, { metadata: { name }, rules });
  await make(admin, `${rbac}/rolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
  const answer = await make(admin, `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    spec: { expirationSeconds: 3_600 },
  });
  const folder = await mkdtemp(join(tmpdir(), 'muster-kubeconfig-'));
  try {
    const file = join(folder, 'kubeconfig');
    const { token } = (answer as { status: { token: string } }).status;
    const adminConfig = await readFile(kubeconfigFile, 'utf8');
    await writeFile(file, adminConfig.replace(/token: \S+/, `token: ${token}`), { mode: 0o600 });
    return createCluster({ kubeconfigFile: file });
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Creates an object and returns it. */
export const make = async (cluster: Cluster, path: string, body: object): Promise<unknown> => {
  const answer = await cluster.request({ method: 'POST', path, body });
  if (answer.status !== 201) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};

/** For `make`: keeps that Deployment between `least` and `most` replicas. */
export const anAutoscaler = (name: string, deployment: string, [least, most]: [least: number, most: number]) => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment },
    minReplicas: least,
    maxReplicas: most,
  },
});

/** The sandbox's cluster over its wire protocol. */
export const startSandboxPlane = async (): Promise<
  Plane & {
    organisation: Organisation;
    metrics: Metrics;
    /** As drills have them: health pages and no cloud. */
    sources: EvidenceSources;
    faults(fault: object): Promise<void>;
    /** Takes a right away from the token. */
    deny(denial: object): Promise<void>;
    /** Gives all rights back. */
    allowAll(): Promise<void>;
    /** Breaks something, on a clock sixty times as fast. */
    scenario(name: string): Promise<void>;
  }
> => {
  const secret = 'a-secret-of-this-test';
  const file = sandboxFile;
  const organisation = Organisation.parse(parse(await readFile(file, 'utf8')));
  // This sandbox has a cluster and no PostgreSQL.
  for (const service of Object.values(organisation.services)) delete service.database;
  const order = async (path: string, body: object, method = 'POST'): Promise<void> => {
    const answer = await fetch(`${sandbox.url}${path}`, { method, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`the sandbox answered ${answer.status} to ${path}`);
  };
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, secret, apiUrl: 'http://127.0.0.1:9', organisation });
  return {
    cluster: createSandboxCluster({ url: `${sandbox.url}/kube`, token: sandboxToken(secret, 'kube') }),
    restricted: async (namespace, rules, name = 'muster-restricted') => {
      const account = `${namespace}-${name}`;
      await order('/denials', { account, namespace, rules });
      return createSandboxCluster({ url: `${sandbox.url}/kube`, token: `${sandboxToken(secret, 'kube')}@${account}` });
    },
    organisation,
    metrics: createMetrics({ url: `${sandbox.url}/prometheus` }),
    sources: { alarms: null, logs: null, cloudMetrics: null, health: createHealthProbe({ sandboxUrl: sandbox.url }) },
    faults: (fault) => order('/faults', fault),
    deny: (denial) => order('/denials', denial),
    allowAll: () => order('/denials', {}, 'DELETE'),
    scenario: (name) => order(`/scenarios/${name}`, { drill: 'a-drill', speed: 60, people: false }),
    stop: () => sandbox.close(),
  };
};
