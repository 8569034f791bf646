/** What the nodes say about themselves, and how the pods on them fare. Pure. */
import type { Evidence } from '../../schema/evidence.ts';
import type { Node, Pod } from '../../schema/kubernetes.ts';
import { isReady, troubleOf } from '../kubernetes/rollout.ts';

const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'];

/** `own`: the target's pods on it; `others`: everybody else's, null where they could not be seen. */
export const nodeSeen = (node: Node, own: Pod[], others: Pod[] | null): Evidence['nodes'][number] => {
  const conditions = node.status.conditions ?? [];
  const ready = conditions.some((one) => one.type === 'Ready' && one.status === 'True');
  const badOthers = (others ?? []).filter(isBad);
  return {
    name: node.metadata.name,
    ready,
    troubles: [
      ...(ready ? [] : ['NotReady']),
      ...pressures.filter((type) => conditions.some((one) => one.type === type && one.status === 'True')),
    ],
    unschedulable: node.spec.unschedulable ?? false,
    own: { pods: own.length, bad: own.filter(isBad).length },
    others: others && {
      pods: others.length,
      bad: badOthers.length,
      workloadsBad: new Set(badOthers.map(workloadOf)).size,
    },
  };
};

/** A pod that ends or has done its work is not bad, and neither is one that failed once and serves again. */
export const isBad = (pod: Pod): boolean =>
  !pod.metadata.deletionTimestamp &&
  pod.status.phase !== 'Succeeded' &&
  !isReady(pod) &&
  (troubleOf(pod) !== null || pod.status.phase === 'Unknown');

/** Names of the nodes that pods run on, those with the most bad ones first. */
export const nodesWorstFirst = (pods: Pod[]): string[] => {
  const bad = new Map<string, number>();
  for (const pod of pods) {
    const { nodeName } = pod.spec;
    if (nodeName) bad.set(nodeName, (bad.get(nodeName) ?? 0) + Number(isBad(pod)));
  }
  return [...bad]
    .sort(([one, badOnOne], [other, badOnOther]) => badOnOther - badOnOne || one.localeCompare(other))
    .map(([name]) => name);
};

/** Replicas of one workload count once; a ReplicaSet stands for its Deployment. */
const workloadOf = ({ metadata }: Pod): string => {
  const owner = metadata.ownerReferences?.find((one) => one.controller);
  const hash = metadata.labels?.['pod-template-hash'];
  const name = owner?.name ?? metadata.name;
  const stem = owner?.kind === 'ReplicaSet' && hash !== undefined ? name.replace(`-${hash}`, '') : name;
  return `${metadata.namespace ?? ''}/${owner?.kind ?? 'Pod'}/${stem}`;
};
