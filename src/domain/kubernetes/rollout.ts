/** How far a rollout is, and how many replicas it may take away. Pure; figures are replicas. */
import type { Pod, ReplicaSet, Workload } from '../../schema/kubernetes.ts';
import type { Change } from './availability.ts';

export interface RolloutState {
  state: 'settled' | 'moving' | 'failed';
  finding: string;
}

/**
 * The check of `kubectl rollout status` (rollout_status.go), made stricter: conditions count only once the controller
 * has seen the present generation, a passed progress deadline only when it speaks of the present ReplicaSet (that of
 * the bad release is still there after a rollback), and new pods that keep crashing end the waiting early.
 * `replicaSet` is the one of the present template, null while there is none; `pods` are its pods.
 */
export const rolloutStatus = (
  workload: Workload,
  kind: string,
  replicaSet: ReplicaSet | null,
  pods: Pod[],
): RolloutState => {
  if ((workload.status.observedGeneration ?? 0) < (workload.metadata.generation ?? 0))
    return { state: 'moving', finding: 'the cluster has not taken the change up yet' };
  const figures = figuresOf(workload, kind);
  if (figures.updated >= figures.wanted && figures.total <= figures.updated && figures.available >= figures.wanted)
    return {
      state: 'settled',
      finding: `${count(figures.available, 'replica')} of ${figures.wanted} available on the new template`,
    };
  const stuck = workload.status.conditions?.find(
    (one) => one.type === 'Progressing' && one.status === 'False' && one.reason === 'ProgressDeadlineExceeded',
  );
  if (stuck && replicaSet && (stuck.message ?? '').includes(`"${replicaSet.metadata.name}"`))
    return { state: 'failed', finding: `the rollout passed its progress deadline: ${stuck.message}` };
  const crashing = pods.flatMap((pod) => {
    const trouble = troubleOf(pod);
    return trouble?.lasting ? [`${pod.metadata.name}: ${trouble.reason}`] : [];
  });
  if (crashing.length > 0 && pods.every((pod) => !isReady(pod)))
    return {
      state: 'failed',
      finding: `no new pod is ready and ${crashing.length} keep failing (${crashing.slice(0, 3).join(', ')})`,
    };
  return {
    state: 'moving',
    finding: `${figures.updated} of ${count(figures.wanted, 'replica')} updated, ${figures.available} available, ${Math.max(0, figures.total - figures.updated)} old ones left`,
  };
};

/** True while old and new pods are mixed, or the controller has yet to look. */
export const isRolling = (workload: Workload, kind: string): boolean => {
  const { wanted, updated, total } = figuresOf(workload, kind);
  return (
    (workload.status.observedGeneration ?? 0) < (workload.metadata.generation ?? 0) ||
    updated < wanted ||
    total > updated
  );
};

interface Figures {
  wanted: number;
  updated: number;
  total: number;
  available: number;
}

/** A DaemonSet counts nodes; a StatefulSet with a partition is done when the pods above it are. */
export const figuresOf = (workload: Workload, kind: string): Figures => {
  const status = workload.status;
  if (kind === 'DaemonSet') {
    const wanted = status.desiredNumberScheduled ?? 0;
    return {
      wanted,
      updated: status.updatedNumberScheduled ?? 0,
      total: wanted,
      available: status.numberAvailable ?? 0,
    };
  }
  const wanted = workload.spec.replicas ?? 1;
  const total = status.replicas ?? 0;
  if (kind === 'StatefulSet') {
    const revised = status.updateRevision !== undefined && status.currentRevision === status.updateRevision;
    // Pods below the partition keep the current revision; when that is the wanted one too, they are counted already.
    const held = revised ? 0 : (workload.spec.updateStrategy?.rollingUpdate?.partition ?? 0);
    const updated = (status.updatedReplicas ?? 0) + held;
    return { wanted, updated, total, available: status.availableReplicas ?? status.readyReplicas ?? 0 };
  }
  return { wanted, updated: status.updatedReplicas ?? 0, total, available: status.availableReplicas ?? 0 };
};

/**
 * How a change of the template replaces the pods. maxUnavailable rounds down, as the controller does it.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-unavailable
 */
export const changeOf = (workload: Workload, kind: string): Change =>
  workload.spec.strategy?.type === 'Recreate'
    ? { how: 'recreate' }
    : { how: 'rolling', maxUnavailable: maxUnavailable(workload, kind, figuresOf(workload, kind).wanted) };

const maxUnavailable = (workload: Workload, kind: string, wanted: number): number => {
  if (kind === 'Deployment') {
    const { maxUnavailable: lost, maxSurge } = workload.spec.strategy?.rollingUpdate ?? {};
    const figure = amount(lost ?? '25%', wanted, Math.floor);
    // The API server refuses 0 and 0, but 25% of 3 is 0: the controller then takes one away if it may not surge either.
    return figure === 0 && amount(maxSurge ?? '25%', wanted, Math.ceil) === 0 ? 1 : figure;
  }
  return Math.max(1, amount(workload.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, wanted, Math.ceil));
};

/** How many pods a rolling change may run beside those that are wanted. */
export const surgeOf = (workload: Workload, kind: string): number => {
  const { wanted } = figuresOf(workload, kind);
  if (kind === 'StatefulSet' || workload.spec.strategy?.type === 'Recreate') return 0;
  if (kind === 'DaemonSet')
    return amount(workload.spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0, wanted, Math.ceil);
  return amount(workload.spec.strategy?.rollingUpdate?.maxSurge ?? '25%', wanted, Math.ceil);
};

const amount = (value: number | string, of: number, round: (figure: number) => number): number => {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? Number(value) || 0 : round((Number(percent) / 100) * of);
};

export const isReady = (pod: Pod): boolean =>
  pod.status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;

export const restartsOf = (pod: Pod): number =>
  (pod.status.containerStatuses ?? []).reduce((sum, one) => sum + (one.restartCount ?? 0), 0);

/** Reasons that do not pass by themselves; anything else may be a pod that starts. */
const lastingReasons = new Set([
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** Why a pod is not well, in the kubelet's own word; null when nothing is wrong with it. */
export const troubleOf = (pod: Pod): { reason: string; lasting: boolean } | null => {
  const containers = pod.status.containerStatuses ?? [];
  const ended = containers.map((one) => one.lastState?.terminated?.reason ?? one.state?.terminated?.reason);
  if (ended.includes('OOMKilled')) return { reason: 'OOMKilled', lasting: !isReady(pod) };
  for (const one of containers) {
    const waiting = one.state?.waiting?.reason;
    if (waiting && lastingReasons.has(waiting)) return { reason: waiting, lasting: true };
  }
  if (pod.status.reason === 'Evicted') return { reason: 'Evicted', lasting: false };
  const unscheduled = pod.status.conditions?.find((one) => one.type === 'PodScheduled' && one.status === 'False');
  if (unscheduled) return { reason: unscheduled.reason ?? 'Unschedulable', lasting: false };
  if (!isReady(pod) && pod.status.phase === 'Running') {
    return restartsOf(pod) >= 2 ? { reason: 'Restarting', lasting: true } : { reason: 'NotReady', lasting: false };
  }
  return null;
};

const count = (figure: number, what: string): string => `${figure} ${what}${figure === 1 ? '' : 's'}`;
