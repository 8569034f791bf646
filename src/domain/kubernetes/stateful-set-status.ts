/** How far a StatefulSet has taken up its present template, and which pod keeps it from going on. Pure. */
import type { Pod, Workload } from '../../schema/kubernetes.ts';
import { podHashLabel } from './controller-revisions.ts';
import { isReady, type RolloutState, rolloutStatus, troubleOf } from './rollout.ts';

/**
 * As for other workloads, and one thing more: with OrderedReady the controller waits for every pod before it replaces
 * the next, so a broken pod of the template that was replaced waits for itself
 * (https://github.com/kubernetes/kubernetes/issues/67250). `pods` are all pods of the set.
 */
export const statefulSetStatus = (workload: Workload, pods: Pod[]): RolloutState => {
  const revision = workload.status.updateRevision;
  const isNew = (pod: Pod): boolean => pod.metadata.labels?.[podHashLabel] === revision;
  const status = rolloutStatus(workload, 'StatefulSet', null, pods.filter(isNew));
  const seen = (workload.status.observedGeneration ?? 0) >= (workload.metadata.generation ?? 0);
  if (status.state === 'settled' || !seen || workload.spec.podManagementPolicy === 'Parallel') return status;
  const partition = workload.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  const [blocking] = pods
    .filter((pod) => !isNew(pod) && !isReady(pod) && !pod.metadata.deletionTimestamp && ordinalOf(pod) >= partition)
    .sort((one, other) => ordinalOf(other) - ordinalOf(one));
  if (!blocking) return status;
  const { name, labels } = blocking.metadata;
  const trouble = troubleOf(blocking);
  return {
    state: trouble?.lasting ? 'failed' : 'moving',
    finding: `pod ${name} still runs the replaced revision ${labels?.[podHashLabel]}, is not ready (${trouble?.reason ?? 'NotReady'}) and blocks the others; delete it, so that it comes back on the new template`,
  };
};

/** The number at the end of its name; pods of a StatefulSet always have one. */
const ordinalOf = (pod: Pod): number => Number(/-(\d+)$/.exec(pod.metadata.name)?.[1] ?? 0);
