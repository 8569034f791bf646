import { z } from 'zod';
import { Node } from '../../src/schema/kubernetes.ts';
import { defineAction, Refused } from './action.ts';
import { listAll } from './cluster-reads.ts';
import {
  CordonState,
  cordonOf,
  cordonRequest,
  leavesEnough,
  mayBeCordoned,
  nodesPath,
  notOurs,
  observeCordon,
  readNode,
  uncordonRequest,
} from './node-cordon.ts';

/** Keeps new pods away from a node; those that run there stay. */
export const cordonNode = defineAction({
  name: 'cordon-node',
  version: 1,
  title: 'Keep new pods away from a node',
  kinds: ['Node'],
  weighsAs: 'node',
  params: z.strictObject({}),
  permissions: ['nodes: get, list, patch (ClusterRole)'],

  async draft(context) {
    const { target, operationId } = context;
    const node = await readNode(context);
    const { unschedulable, mark: by } = cordonOf(node);
    if (unschedulable)
      throw new Refused(
        `${target.name} is cordoned already, by ${by ? `run ${by}` : 'somebody else'}: nothing to do, and not ours to lift`,
      );
    const before: CordonState = { unschedulable: false, mark: null };
    const desired: CordonState = { unschedulable: true, mark: operationId };
    return {
      uid: node.metadata.uid,
      sentence: `Cordon node ${target.name}: no new pod is placed there, and the pods on it stay`,
      before,
      desired,
      requests: [cordonRequest(context, node)],
      inverse: {
        sentence: `Uncordon node ${target.name}`,
        before: desired,
        desired: before,
        requests: [uncordonRequest(context, node)],
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
    return { blastClass: 'B3', guards: [mayBeCordoned(node), notOurs(context), leavesEnough(context, node, all)] };
  },

  observe: observeCordon,

  async settled({ target }, step) {
    const { unschedulable } = CordonState.parse(step.desired);
    return {
      state: 'settled',
      finding: unschedulable ? `no new pod is placed on ${target.name}` : `${target.name} takes new pods again`,
    };
  },
});
