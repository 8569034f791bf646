/** The cordon of a node: whose it is, how it is set and lifted, and what must hold before it is. */
import { z } from 'zod';
import { nodesStayReady } from '../../src/domain/kubernetes/availability.ts';
import { Node } from '../../src/schema/kubernetes.ts';
import type { Guard, KubernetesRequest, Observed } from '../../src/schema/remediation.ts';
import type { ActionContext } from './action.ts';
import { readObject } from './cluster-reads.ts';
import { guard } from './guards.ts';

/** Says whose cordon it is: only the run that wrote it takes it back. */
const mark = 'muster.dev/cordoned-by';
const controlPlane = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];
const field = '/spec/unschedulable';
const annotation = `/metadata/annotations/${mark.replace('/', '~1')}`;

export const nodesPath = '/api/v1/nodes';

export const CordonState = z.object({ unschedulable: z.boolean(), mark: z.string().nullable() });
export type CordonState = z.infer<typeof CordonState>;

export const cordonOf = ({ metadata, spec }: Node): CordonState => ({
  unschedulable: spec.unschedulable ?? false,
  mark: metadata.annotations?.[mark] ?? null,
});

const nodePath = ({ target }: ActionContext): string => `${nodesPath}/${encodeURIComponent(target.name)}`;

export const readNode = (context: ActionContext): Promise<Node> =>
  readObject(context.cluster, context.target, nodePath(context), Node);

/**
 * The patch says what it expects, that nobody has cordoned the node (a `test` for null passes only where the field is
 * absent), and carries our mark: two cordons by two parties would otherwise look alike, and one would lift the other's.
 */
export const cordonRequest = (context: ActionContext, { metadata }: Node): KubernetesRequest =>
  nodePatch(context, metadata.uid, [
    { op: 'test', path: field, value: null },
    { op: 'add', path: field, value: true },
    ...(metadata.annotations ? [] : [{ op: 'add', path: '/metadata/annotations', value: {} }]),
    { op: 'add', path: annotation, value: context.operationId },
  ]);

/** Lifts the cordon of this very operation, and no other. */
export const uncordonRequest = (context: ActionContext, { metadata }: Node): KubernetesRequest =>
  nodePatch(context, metadata.uid, [
    { op: 'test', path: annotation, value: context.operationId },
    { op: 'test', path: field, value: true },
    { op: 'remove', path: field },
    { op: 'remove', path: annotation },
  ]);

const nodePatch = (context: ActionContext, uid: string, body: object[]): KubernetesRequest => ({
  system: 'kubernetes',
  uid,
  method: 'PATCH',
  path: nodePath(context),
  contentType: 'application/json-patch+json',
  body: [{ op: 'test', path: '/metadata/uid', value: uid }, ...body],
});

/**
 * A node that is open and still carries the mark we are about to write was cordoned by us, and somebody has lifted that
 * since: it is not done again. The mark that another run left behind says nothing once the node is open.
 */
export const observeCordon = (
  fresh: unknown,
  { before, desired }: { before: unknown; desired: unknown },
): Exclude<Observed, 'gone' | 'unknown'> => {
  const now = cordonOf(Node.parse(fresh));
  const [from, to] = [CordonState.parse(before), CordonState.parse(desired)];
  if (isLike(now, to)) return 'applied';
  if (to.unschedulable && !now.unschedulable && now.mark === to.mark) return 'superseded';
  return isLike(now, from) ? 'pending' : 'superseded';
};

const isLike = (one: CordonState, other: CordonState): boolean =>
  one.unschedulable === other.unschedulable && (!one.unschedulable || one.mark === other.mark);

const isControlPlane = ({ metadata, spec }: Node): boolean =>
  controlPlane.some((key) => key in (metadata.labels ?? {}) || spec.taints?.some((taint) => taint.key === key));

const takesPods = ({ spec, status }: Node): boolean =>
  !spec.unschedulable && (status.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');

export const mayBeCordoned = (node: Node): Guard => {
  if (isControlPlane(node))
    return guard('scope', false, 'it is a node of the control plane, which Muster never touches');
  if (node.metadata.deletionTimestamp) return guard('scope', false, 'it is being deleted');
  return guard('scope', true, 'it is no node of the control plane');
};

export const notOurs = ({ target, ownNode }: ActionContext): Guard =>
  guard(
    'own node',
    ownNode !== target.name,
    ownNode === target.name
      ? 'the worker that would do it runs there'
      : ownNode === null
        ? 'where the worker runs is not known (NODE_NAME is not set)'
        : `the worker that does it runs on ${ownNode}`,
  );

export const leavesEnough = ({ require }: ActionContext, node: Node, all: Node[]): Guard => {
  const workers = all.filter((one) => !isControlPlane(one));
  const rest = workers.filter((one) => one.metadata.uid !== node.metadata.uid && takesPods(one));
  const { passed, finding } = nodesStayReady({ rest: rest.length, all: workers.length }, require.nodesReadyAtLeast);
  return guard('nodes', passed, finding);
};

/** Of two nodes emptied at once the pods of the first would move to the second. */
export const noOtherIsOnItsWay = (node: Node, all: Node[]): Guard => {
  const other = all.find(
    (one) => one.metadata.uid !== node.metadata.uid && one.spec.unschedulable && cordonOf(one).mark !== null,
  );
  return other
    ? guard(
        'one at a time',
        false,
        `${other.metadata.name} is out of service already, by run ${cordonOf(other).mark}: uncordon it first, as one node at a time is drained`,
      )
    : guard('one at a time', true, 'no other node is out of service by Muster');
};
