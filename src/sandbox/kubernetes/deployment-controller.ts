/**
 * Rolls Deployments as the real controller does: one ReplicaSet per template, found again when the template comes back,
 * revisions max+1, surge and unavailability kept, conditions with the real reasons.
 * Source: https://github.com/kubernetes/kubernetes/tree/master/pkg/controller/deployment (sync.go, rolling.go, progress.go)
 */
import { isSameTemplate, templateHash, withoutHash } from './names.ts';
import {
  type Condition,
  canonical,
  type Deployment,
  desiredReplicasAnnotation,
  hashLabel,
  isControlledBy,
  kubeTime,
  maxReplicasAnnotation,
  type ReplicaSet,
  revisionAnnotation,
  revisionHistoryAnnotation,
} from './objects.ts';
import type { ClusterStore } from './store.ts';

const component = 'deployment-controller';

/** Stay on the Deployment; everything else is copied to its current ReplicaSet. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  'deprecated.deployment.rollback.to',
]);

interface Turn {
  store: ClusterStore;
  deployment: Deployment;
  atMs: number;
  speed: number;
}

/** One level-triggered pass. Returns whether anything changed; call again until nothing does. */
export const syncDeployment = (turn: Turn): boolean => {
  const before = turn.store.state.resourceVersion;
  const owned = replicaSetsOf(turn.store, turn.deployment);
  const known = currentReplicaSet(turn.deployment, owned);
  if (turn.deployment.spec.paused) {
    scaleActive(turn, owned);
    updateStatus(turn, owned, known);
    return turn.store.state.resourceVersion !== before;
  }
  const current = adopt(turn, owned, known);
  const old = owned.filter((set) => set !== current);
  const all = [...old, current];
  if (turn.deployment.spec.strategy.type === 'Recreate') recreate(turn, current, old);
  else roll(turn, current, old);
  forgetHistory(turn, old);
  updateStatus(turn, all, current);
  return turn.store.state.resourceVersion !== before;
};

/** Oldest first. */
export const replicaSetsOf = (store: ClusterStore, deployment: Deployment): ReplicaSet[] =>
  store
    .replicaSets()
    .filter((set) => isControlledBy(set, deployment))
    .sort(oldestFirst);

const oldestFirst = (left: ReplicaSet, right: ReplicaSet): number =>
  left.metadata.creationTimestamp === right.metadata.creationTimestamp
    ? revisionOf(left) - revisionOf(right) || (left.metadata.name < right.metadata.name ? -1 : 1)
    : left.metadata.creationTimestamp < right.metadata.creationTimestamp
      ? -1
      : 1;

/** The oldest ReplicaSet with the Deployment's template, the hash label aside. */
export const currentReplicaSet = (deployment: Deployment, owned: ReplicaSet[]): ReplicaSet | undefined =>
  owned.find((set) => isSameTemplate(set.spec.template, deployment.spec.template));

export const revisionOf = (set: ReplicaSet): number => Number(set.metadata.annotations?.[revisionAnnotation] ?? 0);

const surgeAndUnavailable = (deployment: Deployment): { surge: number; unavailable: number } => {
  const { replicas, strategy } = deployment.spec;
  if (strategy.type === 'Recreate') return { surge: 0, unavailable: replicas };
  const part = (value: number | string, round: (value: number) => number) =>
    typeof value === 'number' ? value : round((replicas * Number.parseFloat(value)) / 100);
  const surge = part(strategy.rollingUpdate?.maxSurge ?? '25%', Math.ceil);
  const unavailable = Math.min(part(strategy.rollingUpdate?.maxUnavailable ?? '25%', Math.floor), replicas);
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
};

/** Finds or makes the ReplicaSet of the template and numbers it. */
const adopt = (turn: Turn, owned: ReplicaSet[], known: ReplicaSet | undefined): ReplicaSet => {
  const revision = Math.max(0, ...owned.filter((set) => set !== known).map(revisionOf)) + 1;
  const current = known ?? createReplicaSet(turn, revision);
  if (known) renumber(turn, known, revision);
  const shown = current.metadata.annotations?.[revisionAnnotation] ?? '';
  if (turn.deployment.metadata.annotations?.[revisionAnnotation] !== shown) {
    turn.deployment.metadata.annotations = { ...turn.deployment.metadata.annotations, [revisionAnnotation]: shown };
    turn.store.put('apps/deployments', turn.deployment);
  }
  return current;
};

const createReplicaSet = (turn: Turn, revision: number): ReplicaSet => {
  const { deployment, store, atMs } = turn;
  const template = withoutHash(structuredClone(deployment.spec.template));
  const hash = templateHash(template);
  const labels = { ...template.metadata.labels, [hashLabel]: hash };
  const set = store.create<ReplicaSet>(
    'apps/replicasets',
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${deployment.metadata.name}-${hash}`,
        namespace: deployment.metadata.namespace ?? 'default',
        labels,
        annotations: { ...copied(deployment), [revisionAnnotation]: String(revision), ...sizes(deployment) },
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            name: deployment.metadata.name,
            uid: deployment.metadata.uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        replicas: 0,
        selector: {
          ...deployment.spec.selector,
          matchLabels: { ...deployment.spec.selector.matchLabels, [hashLabel]: hash },
        },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
      status: { replicas: 0 },
    },
    atMs,
  );
  store.state.progress[deployment.metadata.uid] = atMs;
  setCondition(
    deployment,
    progressing('True', 'NewReplicaSetCreated', `Created new replica set "${set.metadata.name}"`),
    atMs,
  );
  return set;
};

const copied = (deployment: Deployment): Record<string, string> =>
  Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !notCopied.has(name)));

const sizes = (deployment: Deployment): Record<string, string> => ({
  [desiredReplicasAnnotation]: String(deployment.spec.replicas),
  [maxReplicasAnnotation]: String(deployment.spec.replicas + surgeAndUnavailable(deployment).surge),
});

/** A ReplicaSet that serves again gets max+1 and remembers its earlier numbers. */
const renumber = (turn: Turn, set: ReplicaSet, revision: number): void => {
  const annotations = { ...set.metadata.annotations, ...copied(turn.deployment) };
  const earlier = annotations[revisionAnnotation];
  if (Number(earlier ?? 0) < revision) {
    annotations[revisionAnnotation] = String(revision);
    if (earlier) {
      const history = annotations[revisionHistoryAnnotation];
      annotations[revisionHistoryAnnotation] = history ? `${history},${earlier}` : earlier;
    }
  }
  if (canonical(annotations) === canonical(set.metadata.annotations)) return;
  set.metadata.annotations = annotations;
  turn.store.put('apps/replicasets', set);
};

const scaleTo = (turn: Turn, set: ReplicaSet, replicas: number): void => {
  const annotations = { ...set.metadata.annotations, ...sizes(turn.deployment) };
  const before = set.spec.replicas;
  if (before === replicas && canonical(annotations) === canonical(set.metadata.annotations)) return;
  set.metadata.annotations = annotations;
  if (before !== replicas) {
    set.spec.replicas = replicas;
    set.metadata.generation = (set.metadata.generation ?? 1) + 1;
    const message = `Scaled ${replicas > before ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${replicas}`;
    turn.store.recordEvent(turn.deployment, { reason: 'ScalingReplicaSet', message, component }, turn.atMs);
  }
  turn.store.put('apps/replicasets', set);
};

const wanted = (sets: ReplicaSet[]): number => sets.reduce((sum, set) => sum + set.spec.replicas, 0);
const available = (sets: ReplicaSet[]): number =>
  sets.reduce((sum, set) => sum + (set.status.availableReplicas ?? 0), 0);

const roll = (turn: Turn, current: ReplicaSet, old: ReplicaSet[]): void => {
  const { replicas } = turn.deployment.spec;
  const { surge, unavailable } = surgeAndUnavailable(turn.deployment);
  const all = [...old, current];
  if (current.spec.replicas > replicas) scaleTo(turn, current, replicas);
  else {
    const room = Math.max(0, replicas + surge - wanted(all));
    scaleTo(turn, current, current.spec.replicas + Math.min(room, replicas - current.spec.replicas));
  }
  const minimum = replicas - unavailable;
  const newUnavailable = current.spec.replicas - (current.status.availableReplicas ?? 0);
  let spare = wanted(all) - minimum - newUnavailable;
  for (const set of old) {
    // Pods that serve nobody go first.
    const idle = Math.min(Math.max(0, spare), Math.max(0, set.spec.replicas - (set.status.availableReplicas ?? 0)));
    if (idle > 0) scaleTo(turn, set, set.spec.replicas - idle);
    spare -= idle;
  }
  let excess = available(all) - minimum;
  for (const set of old) {
    const down = Math.min(Math.max(0, excess), Math.max(0, spare), set.spec.replicas);
    if (down > 0) scaleTo(turn, set, set.spec.replicas - down);
    excess -= down;
    spare -= down;
  }
};

const recreate = (turn: Turn, current: ReplicaSet, old: ReplicaSet[]): void => {
  for (const set of old) if (set.spec.replicas > 0) scaleTo(turn, set, 0);
  if (old.every((set) => set.status.replicas === 0)) scaleTo(turn, current, turn.deployment.spec.replicas);
};

/** While paused only the size follows the Deployment. */
const scaleActive = (turn: Turn, owned: ReplicaSet[]): void => {
  const active = owned.filter((set) => set.spec.replicas > 0);
  const latest = active.at(-1);
  if (active.length === 1 && latest) scaleTo(turn, latest, turn.deployment.spec.replicas);
};

const forgetHistory = (turn: Turn, old: ReplicaSet[]): void => {
  const idle = old.filter((set) => set.spec.replicas === 0 && set.status.replicas === 0);
  idle.sort((left, right) => revisionOf(left) - revisionOf(right));
  const kept = turn.deployment.spec.revisionHistoryLimit ?? 10;
  for (const set of idle.slice(0, Math.max(0, idle.length - kept))) turn.store.remove('apps/replicasets', set);
};

const progressing = (status: Condition['status'], reason: string, message: string) => ({
  type: 'Progressing',
  status,
  reason,
  message,
});

const setCondition = (
  deployment: Deployment,
  condition: { type: string; status: Condition['status']; reason: string; message: string },
  atMs: number,
): void => {
  const conditions = deployment.status.conditions ?? [];
  const before = conditions.find((other) => other.type === condition.type);
  const now = kubeTime(atMs);
  const next: Condition = {
    ...condition,
    lastUpdateTime: now,
    lastTransitionTime: before?.status === condition.status ? before.lastTransitionTime : now,
  };
  deployment.status.conditions = [...conditions.filter((other) => other.type !== condition.type), next];
};

const updateStatus = (turn: Turn, all: ReplicaSet[], current: ReplicaSet | undefined): void => {
  const { deployment, store, atMs } = turn;
  const before = structuredClone(deployment.status);
  const live = {
    replicas: all.reduce((sum, set) => sum + set.status.replicas, 0),
    updatedReplicas: current?.status.replicas ?? 0,
    readyReplicas: all.reduce((sum, set) => sum + (set.status.readyReplicas ?? 0), 0),
    availableReplicas: available(all),
    unavailableReplicas: Math.max(0, wanted(all) - available(all)),
  };
  const present = Object.fromEntries(Object.entries(live).filter(([, value]) => value > 0));
  deployment.status = {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...present,
    conditions: deployment.status.conditions ?? [],
  };
  const enough = live.availableReplicas >= deployment.spec.replicas - surgeAndUnavailable(deployment).unavailable;
  const availability = before.conditions?.find((condition) => condition.type === 'Available');
  if ((availability?.status === 'True') !== enough || !availability) {
    setCondition(
      deployment,
      enough
        ? {
            type: 'Available',
            status: 'True',
            reason: 'MinimumReplicasAvailable',
            message: 'Deployment has minimum availability.',
          }
        : {
            type: 'Available',
            status: 'False',
            reason: 'MinimumReplicasUnavailable',
            message: 'Deployment does not have minimum availability.',
          },
      atMs,
    );
  }
  judgeProgress(turn, before, live, current);
  if (canonical(before) !== canonical(deployment.status)) store.put('apps/deployments', deployment);
};

const judgeProgress = (
  turn: Turn,
  before: Deployment['status'],
  live: { replicas: number; updatedReplicas: number; readyReplicas: number; availableReplicas: number },
  current: ReplicaSet | undefined,
): void => {
  const { deployment, store, atMs, speed } = turn;
  const { uid } = deployment.metadata;
  const condition = deployment.status.conditions?.find((other) => other.type === 'Progressing');
  if (deployment.spec.paused) {
    // A paused rollout has no deadline: a remembered one would stay due for ever.
    delete store.state.progress[uid];
    if (condition?.reason !== 'DeploymentPaused') {
      setCondition(deployment, progressing('Unknown', 'DeploymentPaused', 'Deployment is paused'), atMs);
    }
    return;
  }
  const settled = live.replicas === live.updatedReplicas && condition?.reason === 'NewReplicaSetAvailable';
  if (settled) {
    delete store.state.progress[uid];
    return;
  }
  const name = current?.metadata.name ?? '';
  const { replicas } = deployment.spec;
  const complete =
    live.updatedReplicas === replicas && live.replicas === replicas && live.availableReplicas === replicas;
  const oldBefore = (before.replicas ?? 0) - (before.updatedReplicas ?? 0);
  const moved =
    live.updatedReplicas > (before.updatedReplicas ?? 0) ||
    live.replicas - live.updatedReplicas < oldBefore ||
    live.readyReplicas > (before.readyReplicas ?? 0) ||
    live.availableReplicas > (before.availableReplicas ?? 0);
  if (complete) {
    setCondition(
      deployment,
      progressing('True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`),
      atMs,
    );
    delete store.state.progress[uid];
  } else if (moved || !condition) {
    store.state.progress[uid] = atMs;
    setCondition(deployment, progressing('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`), atMs);
  } else if (condition.reason !== 'ProgressDeadlineExceeded' && condition.reason !== 'NewReplicaSetAvailable') {
    const since = store.state.progress[uid] ?? atMs;
    if (atMs - since < progressDeadlineMs(deployment) / speed) return;
    delete store.state.progress[uid];
    setCondition(
      deployment,
      progressing('False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`),
      atMs,
    );
  }
};

export const progressDeadlineMs = (deployment: Deployment): number =>
  (deployment.spec.progressDeadlineSeconds ?? 600) * 1_000;
