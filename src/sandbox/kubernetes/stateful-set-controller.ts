/**
 * Keeps the pods of each StatefulSet, by ordinal, as the real controller does: made from the lowest up, replaced from
 * the highest down, and with OrderedReady waiting for every pod - also for a broken one that only its own deletion helps.
 * Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/statefulset/stateful_set_control.go
 */
import {
  type ControllerRevision,
  canonical,
  isReady,
  type Pod,
  revisionHashLabel,
  type StatefulSet,
} from './objects.ts';
import { createPod, deletePod, leastUsedNode, podsOf } from './replica-set-controller.ts';
import { adoptRevision, forgetRevisions, revisionsOf, templateOf } from './revisions.ts';
import type { ClusterStore } from './store.ts';

const component = 'statefulset-controller';

interface Turn {
  store: ClusterStore;
  set: StatefulSet;
  current: ControllerRevision;
  update: ControllerRevision;
  atMs: number;
}

/** One level-triggered pass. Returns whether anything changed; call again until nothing does. */
export const syncStatefulSet = (store: ClusterStore, set: StatefulSet, atMs: number): boolean => {
  const before = store.state.resourceVersion;
  const update = adoptRevision(store, set, atMs);
  const current = revisionsOf(store, set).find((one) => one.metadata.name === set.status?.currentRevision) ?? update;
  const turn: Turn = { store, set, current, update, atMs };
  if (keepOrdinals(turn)) replaceOutdated(turn);
  updateStatus(turn);
  forgetRevisions(
    store,
    set,
    new Set([current.metadata.name, update.metadata.name, ...podsOf(store, set).map(hashOf)]),
  );
  return store.state.resourceVersion !== before;
};

const hashOf = (pod: Pod): string => pod.metadata.labels?.[revisionHashLabel] ?? '';

const podAt = ({ store, set }: Turn, ordinal: number): Pod | undefined =>
  podsOf(store, set).find((pod) => pod.metadata.name === `${set.metadata.name}-${ordinal}`);

const partitionOf = (set: StatefulSet): number => set.spec.updateStrategy.rollingUpdate?.partition ?? 0;

/** Makes what is missing, takes what is too many. False: it has to wait before anything is replaced. */
const keepOrdinals = (turn: Turn): boolean => {
  const { store, set, atMs } = turn;
  const ordered = set.spec.podManagementPolicy !== 'Parallel';
  for (let ordinal = 0; ordinal < set.spec.replicas; ordinal += 1) {
    const pod = podAt(turn, ordinal);
    if (!pod) create(turn, ordinal);
    if (ordered && (!pod || pod.metadata.deletionTimestamp || !isReady(pod))) return false;
  }
  for (const pod of podsOf(store, set)) {
    if (Number(pod.metadata.name.split('-').at(-1)) >= set.spec.replicas) deletePod(store, pod, atMs);
  }
  return set.spec.updateStrategy.type === 'RollingUpdate';
};

const create = (turn: Turn, ordinal: number): void => {
  const { store, set, current, update, atMs } = turn;
  const revision = ordinal < partitionOf(set) ? current : update;
  const name = `${set.metadata.name}-${ordinal}`;
  const labels = {
    [revisionHashLabel]: revision.metadata.name,
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': String(ordinal),
  };
  const template = templateOf(revision);
  const node = leastUsedNode(store, template.spec);
  createPod(store, set, { name, template, labels, node, component }, atMs);
};

/** One pod at a time, from the highest ordinal down to the partition. */
const replaceOutdated = (turn: Turn): void => {
  for (let ordinal = turn.set.spec.replicas - 1; ordinal >= partitionOf(turn.set); ordinal -= 1) {
    const pod = podAt(turn, ordinal);
    if (!pod) return;
    if (hashOf(pod) !== turn.update.metadata.name) {
      deletePod(turn.store, pod, turn.atMs);
      return;
    }
    if (!isReady(pod)) return;
  }
};

const updateStatus = ({ store, set, current, update }: Turn): void => {
  const pods = podsOf(store, set).filter((pod) => !pod.metadata.deletionTimestamp);
  const ready = pods.filter(isReady).length;
  const updated = pods.filter((pod) => hashOf(pod) === update.metadata.name).length;
  const complete = updated === set.spec.replicas && ready === set.spec.replicas;
  const now = complete ? update : current;
  const counts = {
    replicas: pods.length,
    readyReplicas: ready,
    currentReplicas: pods.filter((pod) => hashOf(pod) === now.metadata.name).length,
    updatedReplicas: updated,
  };
  const status: StatefulSet['status'] = {
    observedGeneration: set.metadata.generation ?? 1,
    ...Object.fromEntries(Object.entries(counts).filter(([name, count]) => name === 'replicas' || count > 0)),
    availableReplicas: ready,
    currentRevision: now.metadata.name,
    updateRevision: update.metadata.name,
    collisionCount: 0,
  };
  if (canonical(status) === canonical(set.status)) return;
  set.status = status;
  store.put('apps/statefulsets', set);
};
