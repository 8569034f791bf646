/** Which pods of a node a drain takes, and which of them would be missed. Pure. */
import { z } from 'zod';
import { isReady } from '../../src/domain/kubernetes/rollout.ts';
import { isUntouchable } from '../../src/domain/remediation/target.ts';
import { type DisruptionBudget, type Meta, Pod } from '../../src/schema/kubernetes.ts';
import type { Guard } from '../../src/schema/remediation.ts';
import { covers } from './cluster-reads.ts';
import { budgetCanAllow } from './eviction.ts';
import { guard } from './guards.ts';

/** With the volumes, which decide whether something would be lost. */
export const NodePod = Pod.extend({
  spec: Pod.shape.spec.extend({
    volumes: z.array(z.looseObject({ name: z.string(), emptyDir: z.unknown().optional() })).nullish(),
  }),
});
export type NodePod = z.infer<typeof NodePod>;

export interface Sorted {
  taken: NodePod[];
  /** One sentence for each pod that must not be taken and cannot stay: with any of them nothing is begun. */
  blockers: string[];
}

/** In the order of kubectl's own filters (kubectl/pkg/drain/filters.go). Those that end already need no help. */
export const sortOut = (pods: NodePod[], { allowEmptyDir }: { allowEmptyDir: boolean }): Sorted => {
  const sorted: Sorted = { taken: [], blockers: [] };
  for (const pod of pods) {
    if (stays(pod)) continue;
    const blocker = isFinished(pod) ? null : blockerOf(pod, allowEmptyDir);
    if (blocker) sorted.blockers.push(blocker);
    else sorted.taken.push(pod);
  }
  return sorted;
};

/** A DaemonSet would put its pod back at once, and a mirror pod only shows what the node keeps from a file. */
const stays = (pod: Pod): boolean => {
  const { metadata } = pod;
  if (metadata.deletionTimestamp) return true;
  const owner = controllerOf(metadata);
  if (owner?.kind === 'DaemonSet' && !isFinished(pod)) return true;
  return 'kubernetes.io/config.mirror' in (metadata.annotations ?? {}) || owner?.kind === 'Node';
};

const blockerOf = (pod: NodePod, allowEmptyDir: boolean): string | null => {
  const { metadata, spec } = pod;
  if (isUntouchable(metadata.namespace ?? ''))
    return `pod ${placeOf(pod)} is in a namespace that Muster never changes: move it by hand`;
  const scratch = (spec.volumes ?? []).filter((volume) => 'emptyDir' in volume).map((volume) => volume.name);
  if (scratch.length > 0 && !allowEmptyDir)
    return `pod ${placeOf(pod)} keeps files in emptyDir ${scratch.join(' and ')}, which would be lost: give allowEmptyDir: true if they may be`;
  if (!controllerOf(metadata)) return `pod ${placeOf(pod)} has no controller: nobody would make another one`;
  return null;
};

export const isFinished = ({ status }: Pod): boolean => status.phase === 'Succeeded' || status.phase === 'Failed';

export const controllerOf = ({ ownerReferences = [] }: Meta): { kind: string; name: string; uid: string } | null => {
  const owner = ownerReferences.find((one) => one.controller);
  return owner ? { kind: owner.kind, name: owner.name, uid: owner.uid } : null;
};

/** Work to be done once, not replicas of a service: nothing else does it meanwhile, and it starts anew. */
export const isJob = ({ metadata }: Pod): boolean => controllerOf(metadata)?.kind === 'Job';

export const placeOf = ({ metadata }: { metadata: Meta }): string => `${metadata.namespace ?? ''}/${metadata.name}`;

/** All pods and budgets of one namespace. */
export interface Surroundings {
  pods: Pod[];
  budgets: DisruptionBudget[];
}

/** Whether budgets allow it now is for the server to say, and is waited for; here only what they can never allow. */
export const budgetsCanAllow = (taken: Pod[], around: Map<string, Surroundings>): Guard => {
  const asked = taken
    .filter((pod) => !isFinished(pod))
    .map((pod) => ({ pod, ...budgetCanAllow(budgetsOf(pod, around), pod) }));
  const never = asked.filter(({ passed }) => !passed);
  if (never.length > 0)
    return guard('budget', false, never.map(({ pod, finding }) => `pod ${placeOf(pod)}: ${finding}`).join('; '));
  const findings = new Set(asked.map(({ finding }) => finding));
  return guard('budget', true, [...findings].sort().join('; ') || 'no pod has to go');
};

/** Without a budget nobody says how many may go at once: a ready one must be left on another node. */
export const leavesReplicas = (taken: Pod[], around: Map<string, Surroundings>): Guard => {
  const missed = taken.filter(
    (pod) => isReady(pod) && !isFinished(pod) && !isJob(pod) && budgetsOf(pod, around).length === 0,
  );
  const bare = missed.filter((pod) => !hasReadyTwin(pod, around));
  if (bare.length === 0)
    return guard('replicas', true, 'each workload that has no disruption budget keeps a ready replica elsewhere');
  const names = [...new Set(bare.map(workloadOf))].sort().join(', ');
  return guard(
    'replicas',
    false,
    `it would take all ready replicas of ${names}, and no disruption budget says that they may go: give it another replica on another node, or a budget`,
  );
};

const hasReadyTwin = (pod: Pod, around: Map<string, Surroundings>): boolean =>
  (around.get(pod.metadata.namespace ?? '')?.pods ?? []).some(
    (other) =>
      other.spec.nodeName !== pod.spec.nodeName &&
      !other.metadata.deletionTimestamp &&
      isReady(other) &&
      workloadOf(other) === workloadOf(pod),
  );

const budgetsOf = (pod: Pod, around: Map<string, Surroundings>): DisruptionBudget[] =>
  (around.get(pod.metadata.namespace ?? '')?.budgets ?? []).filter((budget) =>
    covers(budget, pod.metadata.labels ?? {}),
  );

/** ReplicaSets of one Deployment differ by the hash in their names; they stand in for each other. */
const workloadOf = ({ metadata }: Pod): string => {
  const owner = controllerOf(metadata);
  const hash = metadata.labels?.['pod-template-hash'];
  const ofDeployment = owner?.kind === 'ReplicaSet' && hash !== undefined;
  const kind = ofDeployment ? 'Deployment' : (owner?.kind ?? 'Pod');
  const name = owner?.name ?? metadata.name;
  return `${kind} ${metadata.namespace ?? ''}/${ofDeployment ? name.replace(`-${hash}`, '') : name}`;
};
