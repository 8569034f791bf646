import type { Evidence } from '../../schema/evidence.ts';

export interface NodeAtFault {
  name: string;
  /** Somebody has cordoned it already. */
  unschedulable: boolean;
  /** In words: "it reports MemoryPressure", "pods of 3 other workloads are bad there too". */
  why: string;
}

/**
 * The node that is to blame, where that is clear and not a guess: every bad pod of the target is on it, pods of the same
 * release are well elsewhere, and the node speaks against itself or pods of at least two other workloads are bad there
 * too. Null in all other cases.
 */
export const nodeAtFault = ({ nodes, pods }: Evidence): NodeAtFault | null => {
  const [node, ...others] = nodes.filter(({ own }) => own.bad > 0);
  if (!node || others.length > 0) return null;
  const bad = pods.filter((pod) => !pod.ready);
  if (bad.some((pod) => pod.node !== node.name)) return null;
  const wellElsewhere = new Set(
    pods.filter((pod) => pod.ready && pod.node !== null && pod.node !== node.name).map((pod) => pod.revision),
  );
  if (bad.length === 0 || !bad.every((pod) => wellElsewhere.has(pod.revision))) return null;
  const neighbours = node.others?.workloadsBad ?? 0;
  const reasons = [
    ...(node.troubles.length > 0 ? [`it reports ${node.troubles.join(', ')}`] : []),
    ...(neighbours >= 2 ? [`pods of ${neighbours} other workloads are bad there too`] : []),
  ];
  if (reasons.length === 0) return null;
  return { name: node.name, unschedulable: node.unschedulable, why: reasons.join(' and ') };
};
