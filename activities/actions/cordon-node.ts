import { z } from 'zod';
import { Node } from '../../src/schema/kubernetes.ts';
import type { Guard, KubernetesRequest } from '../../src/schema/remediation.ts';
import { type ActionContext, defineAction, Refused } from './action.ts';
import { listAll, readObject } from './cluster-reads.ts';
import { guard } from './guards.ts';

/** Says whose cordon it is: only the run that wrote it takes it back. */
const mark = 'muster.dev/cordoned-by';
const remainingShareMin = 0.51;
const nodesPath = '/api/v1/nodes';
const controlPlane = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

const State = z.object({ unschedulable: z.boolean(), mark: z.string().nullable() });
type State = z.infer<typeof State>;

/**
 * Keeps new pods away from a node; those that run there stay. The patch says what it expects, that nobody has cordoned
 * the node (a `test` for null passes only where the field is absent), and carries our mark: two cordons by two parties
 * would otherwise look alike, and one of them would be lifted by the other.
 */
export const cordonNode = defineAction({
  name: 'cordon-node',
  version: 1,
  title: 'Keep new pods away from a node',
  kinds: ['Node'],
  params: z.strictObject({}),
  permissions: ['nodes: get, list, patch (ClusterRole)'],

  async draft(context) {
    const { target, operationId } = context;
    const { metadata, spec } = await readNode(context);
    if (spec.unschedulable) {
      const by = metadata.annotations?.[mark];
      throw new Refused(
        `${target.name} is cordoned already, by ${by ? `run ${by}` : 'somebody else'}: nothing to do, and not ours to lift`,
      );
    }
    const before: State = { unschedulable: false, mark: null };
    const desired: State = { unschedulable: true, mark: operationId };
    const request = (body: object[]): KubernetesRequest => ({
      system: 'kubernetes',
      uid: metadata.uid,
      method: 'PATCH',
      path: nodePath(context),
      contentType: 'application/json-patch+json',
      body: [{ op: 'test', path: '/metadata/uid', value: metadata.uid }, ...body],
    });
    const [field, annotation] = ['/spec/unschedulable', `/metadata/annotations/${mark.replace('/', '~1')}`];
    return {
      uid: metadata.uid,
      sentence: `Cordon node ${target.name}: no new pod is placed there, and the pods on it stay`,
      before,
      desired,
      requests: [
        request([
          { op: 'test', path: field, value: null },
          { op: 'add', path: field, value: true },
          ...(metadata.annotations ? [] : [{ op: 'add', path: '/metadata/annotations', value: {} }]),
          { op: 'add', path: annotation, value: operationId },
        ]),
      ],
      inverse: {
        sentence: `Uncordon node ${target.name}`,
        before: desired,
        desired: before,
        requests: [
          request([
            { op: 'test', path: annotation, value: operationId },
            { op: 'test', path: field, value: true },
            { op: 'remove', path: field },
            { op: 'remove', path: annotation },
          ]),
        ],
      },
      differences: [{ path: 'new pods may be placed here', before: 'yes', after: 'no' }],
      undo: 'Uncordon, only while our own mark is on it.',
      risks: [
        'The other nodes must bear what would have come here.',
        'It stays cordoned until somebody lifts it: an autoscaler may count it as room that is there.',
      ],
    };
  },

  async assess(context) {
    const [node, all] = await Promise.all([readNode(context), listAll(context.cluster, nodesPath, Node)]);
    return { blastClass: 'B3', guards: [mayBeCordoned(node), notOurs(context), leavesEnough(node, all)] };
  },

  observe(fresh, step) {
    const now = stateOf(Node.parse(fresh));
    if (isLike(now, State.parse(step.desired))) return 'applied';
    return isLike(now, State.parse(step.before)) ? 'pending' : 'superseded';
  },

  async settled({ target }, step) {
    const { unschedulable } = State.parse(step.desired);
    return {
      state: 'settled',
      finding: unschedulable ? `no new pod is placed on ${target.name}` : `${target.name} takes new pods again`,
    };
  },
});

const nodePath = ({ target }: ActionContext): string => `${nodesPath}/${encodeURIComponent(target.name)}`;

const readNode = (context: ActionContext): Promise<Node> =>
  readObject(context.cluster, context.target, nodePath(context), Node);

const stateOf = ({ metadata, spec }: Node): State => ({
  unschedulable: spec.unschedulable ?? false,
  mark: metadata.annotations?.[mark] ?? null,
});

/** A mark that an earlier cordon left behind says nothing once the node is open. */
const isLike = (one: State, other: State): boolean =>
  one.unschedulable === other.unschedulable && (!one.unschedulable || one.mark === other.mark);

const isControlPlane = ({ metadata, spec }: Node): boolean =>
  controlPlane.some((key) => key in (metadata.labels ?? {}) || spec.taints?.some((taint) => taint.key === key));

const takesPods = ({ spec, status }: Node): boolean =>
  !spec.unschedulable && (status.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');

const mayBeCordoned = (node: Node): Guard => {
  if (isControlPlane(node))
    return guard('scope', false, 'it is a node of the control plane, which Muster never touches');
  if (node.metadata.deletionTimestamp) return guard('scope', false, 'it is being deleted');
  return guard('scope', true, 'it is no node of the control plane');
};

const notOurs = ({ target, ownNode }: ActionContext): Guard =>
  guard(
    'own node',
    ownNode !== target.name,
    ownNode === target.name
      ? 'the worker that would do it runs there'
      : ownNode === null
        ? 'where the worker runs is not known (NODE_NAME is not set)'
        : `the worker that does it runs on ${ownNode}`,
  );

const leavesEnough = (node: Node, all: Node[]): Guard => {
  const workers = all.filter((one) => !isControlPlane(one));
  const rest = workers.filter((one) => one.metadata.uid !== node.metadata.uid && takesPods(one));
  const share = workers.length === 0 ? 0 : rest.length / workers.length;
  const said = `${rest.length} of ${workers.length} nodes would still be ready and take pods`;
  return share >= remainingShareMin
    ? guard('nodes', true, said)
    : guard('nodes', false, `${said}: at least ${Math.round(remainingShareMin * 100)} % must`);
};
