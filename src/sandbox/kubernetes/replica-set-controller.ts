/** Keeps as many pods as each ReplicaSet wants, and its status true. */
import { asFields } from '../wire.ts';
import { randomSuffix } from './names.ts';
import {
  canonical,
  controlledBy,
  isControlledBy,
  isReady,
  type KubeObject,
  kubeTime,
  type Pod,
  type PodTemplate,
  type ReplicaSet,
} from './objects.ts';
import { behaviourOf, isNodeUp } from './pod-life.ts';
import { matchesSelector } from './selectors.ts';
import type { ClusterStore } from './store.ts';

const component = 'replicaset-controller';

/** Returns whether anything changed. */
export const syncReplicaSet = (store: ClusterStore, set: ReplicaSet, atMs: number): boolean => {
  const active = podsOf(store, set).filter((pod) => !pod.metadata.deletionTimestamp);
  const difference = set.spec.replicas - active.length;
  for (let made = 0; made < difference; made += 1) {
    const name = `${set.metadata.name}-${randomSuffix()}`;
    createPod(
      store,
      set,
      { name, template: set.spec.template, node: leastUsedNode(store, set.spec.template.spec), component },
      atMs,
    );
  }
  for (const pod of [...active].sort(expendableFirst).slice(0, Math.max(0, -difference))) {
    const message = `Deleted pod: ${pod.metadata.name}`;
    store.recordEvent(set, { reason: 'SuccessfulDelete', message, component }, atMs);
    deletePod(store, pod, atMs);
  }
  const statusChanged = updateStatus(store, set);
  return difference !== 0 || statusChanged;
};

export const podsOf = (store: ClusterStore, owner: KubeObject): Pod[] =>
  store.pods().filter((pod) => isControlledBy(pod, owner));

/** Not ready before ready, younger before older: the real controller's order in short. */
const expendableFirst = (left: Pod, right: Pod): number =>
  Number(isReady(left)) - Number(isReady(right)) ||
  (left.metadata.creationTimestamp > right.metadata.creationTimestamp ? -1 : 1);

/** Gone at once, unless its image lingers. */
export const deletePod = (store: ClusterStore, pod: Pod, atMs: number): void => {
  if (behaviourOf(pod) !== 'linger') {
    store.remove('/pods', pod);
    return;
  }
  if (pod.metadata.deletionTimestamp) return;
  pod.metadata.deletionTimestamp = kubeTime(atMs + 30_000);
  pod.metadata.deletionGracePeriodSeconds = 30;
  store.put('/pods', pod);
};

interface NewPod {
  name: string;
  template: PodTemplate;
  labels?: Record<string, string>;
  node: string | null;
  component: string;
}

/** A pod under a controller; without a node it waits for one. */
export const createPod = (store: ClusterStore, owner: KubeObject, wanted: NewPod, atMs: number): void => {
  const { template, node, component } = wanted;
  const pod = store.create<Pod>(
    '/pods',
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: wanted.name,
        generateName: `${owner.metadata.name}-`,
        namespace: owner.metadata.namespace ?? 'default',
        labels: { ...template.metadata.labels, ...wanted.labels },
        ...(template.metadata.annotations ? { annotations: { ...template.metadata.annotations } } : {}),
        ownerReferences: [controlledBy(owner)],
      },
      spec: { ...structuredClone(template.spec), ...(node ? { nodeName: node } : {}) },
      status: {
        phase: 'Pending',
        conditions: [
          node
            ? { type: 'PodScheduled', status: 'True', lastTransitionTime: kubeTime(atMs) }
            : {
                type: 'PodScheduled',
                status: 'False',
                reason: 'Unschedulable',
                message: 'no node is ready',
                lastTransitionTime: kubeTime(atMs),
              },
        ],
        qosClass: 'Burstable',
      },
    },
    atMs,
  );
  const created = `Created pod: ${pod.metadata.name}`;
  store.recordEvent(owner, { reason: 'SuccessfulCreate', message: created, component }, atMs);
  if (!node) return;
  const assigned = `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${node}`;
  store.recordEvent(pod, { reason: 'Scheduled', message: assigned, component: 'default-scheduler' }, atMs);
};

/** Pods that found no node get one as soon as there is one again. Returns whether any did. */
export const schedulePending = (store: ClusterStore, atMs: number): boolean => {
  let changed = false;
  for (const pod of store.pods()) {
    const node = pod.spec.nodeName ? null : leastUsedNode(store, pod.spec);
    if (!node) continue;
    pod.spec.nodeName = node;
    pod.status.conditions = [{ type: 'PodScheduled', status: 'True', lastTransitionTime: kubeTime(atMs) }];
    store.put('/pods', pod);
    changed = true;
  }
  return changed;
};

/** Of the nodes that take pods and have the labels that this one asks for. */
export const leastUsedNode = (store: ClusterStore, { nodeSelector }: PodTemplate['spec']): string | null => {
  const matchLabels = asTexts(nodeSelector);
  const pods = store.pods();
  const load = (name: string) => pods.filter((pod) => pod.spec.nodeName === name).length;
  const nodes = store
    .nodes()
    .filter(
      (node) =>
        isNodeUp(node) && !node.spec.unschedulable && matchesSelector({ matchLabels }, node.metadata.labels ?? {}),
    );
  const names = nodes.map((node) => node.metadata.name).sort((left, right) => load(left) - load(right));
  return names[0] ?? null;
};

const asTexts = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(asFields(value) ?? {}).map(([key, text]) => [key, String(text)]));

const updateStatus = (store: ClusterStore, set: ReplicaSet): boolean => {
  const pods = podsOf(store, set).filter((pod) => !pod.metadata.deletionTimestamp);
  const ready = pods.filter(isReady).length;
  const status: ReplicaSet['status'] = {
    replicas: pods.length,
    ...(pods.length > 0 ? { fullyLabeledReplicas: pods.length } : {}),
    ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
    observedGeneration: set.metadata.generation ?? 1,
  };
  if (canonical(status) === canonical(set.status)) return false;
  set.status = status;
  store.put('apps/replicasets', set);
  return true;
};
