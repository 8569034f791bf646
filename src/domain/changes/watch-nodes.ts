/** What changed about a cluster's nodes between two looks at them. Pure. */
import type { Node } from '../../schema/kubernetes.ts';
import { changeOf, named, type SeenChange } from './seen.ts';
import { latestWrite } from './workload-changes.ts';

interface NodeState {
  uid: string;
  cordoned: boolean;
  /** Status by condition, of those that are worth a line. */
  conditions: Record<string, string>;
}
export interface NodesState {
  nodes?: Record<string, NodeState>;
}

/** Of other conditions vendors invent more than anybody reads. */
const conditionsTold = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'];

/** `nodes` null: could not be read. A first look shows no change. */
export const lookAtNodes = (
  cluster: string,
  known: NodesState,
  seen: { at: string; nodes: Node[] | null },
): { state: NodesState; changes: SeenChange[] } => {
  const { at, nodes } = seen;
  if (!nodes) return { state: known, changes: [] };
  const state = Object.fromEntries(nodes.map((node) => [node.metadata.name, stateOf(node)]));
  if (!known.nodes) return { state: { nodes: state }, changes: [] };
  const before = known.nodes;
  const targetOf = (name: string) => ({ cluster, kind: 'Node', namespace: '', name });
  const changes = nodes.flatMap((node): SeenChange[] => {
    const { name, uid, creationTimestamp } = node.metadata;
    const [last, now] = [named(before, name), named(state, name)];
    if (!now) return [];
    const told = (what: string, when: string, stamp: string, by: string | null = null): SeenChange =>
      changeOf('node', what, { target: targetOf(name), at: when, by, stamp: `${stamp}/${when}` });
    if (last?.uid !== uid) return [told(`node ${name} joined the cluster`, creationTimestamp, 'joined')];
    const write = latestWrite(node.metadata, (fields) => fields.includes('"f:unschedulable"'));
    const cordon =
      last.cordoned === now.cordoned
        ? []
        : now.cordoned
          ? [told(`node ${name} was cordoned`, write?.at ?? at, 'cordoned', write?.by ?? null)]
          : // Nobody keeps record of a field that is gone.
            [told(`node ${name} was uncordoned`, at, 'uncordoned')];
    return [...cordon, ...conditionsOf(node, last, now, at, told)];
  });
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(state, name));
  return {
    state: { nodes: state },
    changes: [
      ...changes,
      ...gone.map((name) =>
        changeOf('node', `node ${name} left the cluster`, {
          target: targetOf(name),
          at,
          stamp: `left/${before[name]?.uid}`,
        }),
      ),
    ],
  };
};

const stateOf = ({ metadata, spec, status }: Node): NodeState => ({
  uid: metadata.uid,
  cordoned: spec.unschedulable === true,
  conditions: Object.fromEntries(
    (status.conditions ?? [])
      .filter(({ type }) => conditionsTold.includes(type))
      .map(({ type, status: value }) => [type, value]),
  ),
});

/** A condition that is reported for the first time is no change. */
const conditionsOf = (
  node: Node,
  last: NodeState,
  now: NodeState,
  at: string,
  told: (what: string, when: string, stamp: string) => SeenChange,
): SeenChange[] =>
  Object.entries(now.conditions)
    .filter(([type, status]) => last.conditions[type] !== undefined && last.conditions[type] !== status)
    .map(([type, status]) => {
      const lastTransitionTime = node.status.conditions?.find((one) => one.type === type)?.lastTransitionTime;
      const when = typeof lastTransitionTime === 'string' ? lastTransitionTime : at;
      return told(`node ${node.metadata.name} reports ${type} ${status}`, when, `${type}=${status}`);
    });
