/**
 * One pod of each DaemonSet per node that is up; outdated ones are replaced as maxUnavailable allows, broken ones first.
 * Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/daemon/update.go
 */
import { randomSuffix } from './names.ts';
import { canonical, type DaemonSet, isReady, type Pod, revisionHashLabel } from './objects.ts';
import { isNodeUp } from './pod-life.ts';
import { createPod, deletePod, podsOf } from './replica-set-controller.ts';
import { adoptRevision, forgetRevisions, revisionsOf } from './revisions.ts';
import type { ClusterStore } from './store.ts';

/** One level-triggered pass. Returns whether anything changed; call again until nothing does. */
export const syncDaemonSet = (store: ClusterStore, set: DaemonSet, atMs: number): boolean => {
  const before = store.state.resourceVersion;
  const revision = adoptRevision(store, set, atMs);
  const hash = revision.metadata.labels?.[revisionHashLabel] ?? '';
  const nodes = store
    .nodes()
    .filter(isNodeUp)
    .map((node) => node.metadata.name);
  for (const node of nodes) {
    if (podsOf(store, set).some((pod) => pod.spec.nodeName === node)) continue;
    const name = `${set.metadata.name}-${randomSuffix()}`;
    const labels = { [revisionHashLabel]: hash, 'pod-template-generation': String(set.metadata.generation ?? 1) };
    createPod(store, set, { name, template: set.spec.template, labels, node, component: 'daemonset-controller' }, atMs);
  }
  const isNew = (pod: Pod): boolean => pod.metadata.labels?.[revisionHashLabel] === hash;
  if (set.spec.updateStrategy.type === 'RollingUpdate') replaceOutdated(store, set, isNew, atMs);
  updateStatus(store, set, nodes.length, isNew);
  const used = new Set(podsOf(store, set).map((pod) => pod.metadata.labels?.[revisionHashLabel]));
  const names = revisionsOf(store, set)
    .filter((one) => one === revision || used.has(one.metadata.labels?.[revisionHashLabel]))
    .map((one) => one.metadata.name);
  forgetRevisions(store, set, new Set(names));
  return store.state.resourceVersion !== before;
};

const replaceOutdated = (store: ClusterStore, set: DaemonSet, isNew: (pod: Pod) => boolean, atMs: number): void => {
  const present = podsOf(store, set).filter((pod) => !pod.metadata.deletionTimestamp);
  const old = present.filter((pod) => !isNew(pod));
  const given = set.spec.updateStrategy.rollingUpdate?.maxUnavailable ?? 1;
  const allowed = typeof given === 'number' ? given : Math.ceil((present.length * Number.parseFloat(given)) / 100);
  const starting = present.filter((pod) => isNew(pod) && !isReady(pod)).length;
  const healthy = old.filter(isReady).slice(0, Math.max(0, allowed - starting));
  for (const pod of [...old.filter((one) => !isReady(one)), ...healthy]) deletePod(store, pod, atMs);
};

const updateStatus = (store: ClusterStore, set: DaemonSet, desired: number, isNew: (pod: Pod) => boolean): void => {
  const pods = podsOf(store, set).filter((pod) => !pod.metadata.deletionTimestamp);
  const ready = pods.filter(isReady).length;
  const status: DaemonSet['status'] = {
    observedGeneration: set.metadata.generation ?? 1,
    currentNumberScheduled: pods.length,
    desiredNumberScheduled: desired,
    numberMisscheduled: 0,
    numberReady: ready,
    ...(ready > 0 ? { numberAvailable: ready } : {}),
    ...(desired > ready ? { numberUnavailable: desired - ready } : {}),
    ...(pods.some(isNew) ? { updatedNumberScheduled: pods.filter(isNew).length } : {}),
  };
  if (canonical(status) === canonical(set.status)) return;
  set.status = status;
  store.put('apps/daemonsets', set);
};
