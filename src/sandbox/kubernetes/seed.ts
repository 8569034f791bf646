/** The healthy cluster: two nodes, one shop, and releases of the last days, played through the real controllers. */
import { Cluster } from './cluster.ts';
import { changeCauseAnnotation, type Deployment, type KubeObject, kubeTime } from './objects.ts';
import { type ClusterState, emptyCluster } from './store.ts';
import { defaultDeployment } from './validation.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

interface Workload {
  name: string;
  replicas: number;
  port: number;
  memory: string;
  releases: { version: string; agoMs: number; by: string }[];
}

const workloads: Workload[] = [
  {
    name: 'checkout',
    replicas: 4,
    port: 8080,
    memory: '256Mi',
    releases: [
      { version: '2.1.0', agoMs: 9 * dayMs, by: 'Hugo Barreto' },
      { version: '2.2.4', agoMs: 5 * dayMs, by: 'Nadia Okafor' },
      { version: '2.3.0', agoMs: 2 * dayMs, by: 'Hugo Barreto' },
      { version: '2.3.1', agoMs: 26 * hourMs, by: 'Tomas Lindqvist' },
    ],
  },
  {
    name: 'payments',
    replicas: 3,
    port: 8081,
    memory: '256Mi',
    releases: [
      { version: '5.8.2', agoMs: 12 * dayMs, by: 'Tomas Lindqvist' },
      { version: '5.9.0', agoMs: 3 * dayMs, by: 'Tomas Lindqvist' },
    ],
  },
  {
    name: 'catalog',
    replicas: 3,
    port: 8082,
    memory: '256Mi',
    releases: [
      { version: '1.7.3', agoMs: 8 * dayMs, by: 'Hugo Barreto' },
      { version: '1.8.0', agoMs: 4 * dayMs, by: 'Mei Tanaka' },
    ],
  },
  {
    name: 'search',
    replicas: 2,
    port: 8083,
    memory: '512Mi',
    releases: [
      { version: '0.41.0', agoMs: 15 * dayMs, by: 'Mei Tanaka' },
      { version: '0.42.1', agoMs: 6 * dayMs, by: 'Mei Tanaka' },
    ],
  },
];

export const imageOf = (name: string, version: string): string =>
  `registry.lanternfish.example/shop/${name}:${version}`;

export const seedCluster = (nowMs: number): ClusterState => {
  const state = emptyCluster();
  const cluster = new Cluster(state, () => 1);
  const { store } = cluster;
  const beginning = nowMs - 30 * dayMs;
  for (const name of ['default', 'kube-system', 'shop']) {
    const labels = { 'kubernetes.io/metadata.name': name };
    const status = { phase: 'Active' };
    store.create(
      '/namespaces',
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels }, status } as unknown as KubeObject,
      beginning,
    );
  }
  for (const name of ['node-1', 'node-2', 'node-3']) store.create('/nodes', node(name, beginning), beginning);
  for (const workload of workloads) addWorkload(cluster, workload, nowMs);
  // The real server forgets events after an hour; the history's are older than that.
  state.objects['/events'] = {};
  return state;
};

const addWorkload = (cluster: Cluster, workload: Workload, nowMs: number): void => {
  const { store } = cluster;
  const [first, ...later] = workload.releases;
  if (!first) return;
  const startMs = nowMs - first.agoMs;
  const labels = { app: workload.name };
  store.create(
    '/services',
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: workload.name, namespace: 'shop', labels },
      spec: {
        type: 'ClusterIP',
        selector: labels,
        ports: [{ name: 'http', port: 80, targetPort: workload.port, protocol: 'TCP' }],
      },
    } as unknown as KubeObject,
    startMs,
  );
  store.create(
    'policy/poddisruptionbudgets',
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: workload.name, namespace: 'shop', labels },
      spec: { minAvailable: Math.max(1, workload.replicas - 1), selector: { matchLabels: labels } },
    } as unknown as KubeObject,
    startMs,
  );
  const deployment = store.create<Deployment>('apps/deployments', deploymentOf(workload, first), startMs);
  cluster.settle(startMs);
  letHappen(cluster);
  for (const release of later) {
    const cause = causeOf(workload.name, release.version, release.by);
    cluster.release(deployment, imageOf(workload.name, release.version), cause, nowMs - release.agoMs);
    letHappen(cluster);
  }
};

export const causeOf = (name: string, version: string, by: string): string => `release ${name} ${version} by ${by}`;

/** Runs the cluster until nothing more happens by itself. */
const letHappen = (cluster: Cluster): void => {
  for (let due = cluster.nextDueMs(); Number.isFinite(due); due = cluster.nextDueMs()) cluster.runDue(due);
};

const deploymentOf = (workload: Workload, first: { version: string; by: string }): Deployment =>
  defaultDeployment({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: workload.name,
      namespace: 'shop',
      labels: { app: workload.name },
      annotations: { [changeCauseAnnotation]: causeOf(workload.name, first.version, first.by) },
    },
    spec: {
      replicas: workload.replicas,
      selector: { matchLabels: { app: workload.name } },
      template: {
        metadata: { labels: { app: workload.name } },
        spec: {
          containers: [
            {
              name: workload.name,
              image: imageOf(workload.name, first.version),
              ports: [{ containerPort: workload.port, protocol: 'TCP' }],
              env: [{ name: 'DATABASE_POOL', value: '10' }],
              resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: workload.memory } },
              readinessProbe: {
                httpGet: { path: '/ready', port: workload.port, scheme: 'HTTP' },
                periodSeconds: 5,
                timeoutSeconds: 1,
                successThreshold: 1,
                failureThreshold: 3,
              },
            },
          ],
        },
      },
    },
  } as unknown as KubeObject);

const node = (name: string, atMs: number): KubeObject => {
  const at = kubeTime(atMs);
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: at,
    lastTransitionTime: at,
  });
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${name.at(-1)}` },
    },
    spec: {},
    status: {
      capacity: { cpu: '8', memory: '16Gi', pods: '110' },
      allocatable: { cpu: '8', memory: '16Gi', pods: '110' },
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
      ],
      addresses: [{ type: 'Hostname', address: name }],
      nodeInfo: { architecture: 'amd64', operatingSystem: 'linux', kubeletVersion: 'v1.37.0', osImage: 'sandbox' },
    },
  } as unknown as KubeObject;
};
