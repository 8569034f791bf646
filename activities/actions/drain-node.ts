import { z } from 'zod';
import { spanInWords } from '../../src/domain/duration.ts';
import { isReady } from '../../src/domain/kubernetes/rollout.ts';
import { Node, Pod, ReplicaSet, Workload } from '../../src/schema/kubernetes.ts';
import { Duration } from '../../src/schema/policy.ts';
import type { Guard, Request } from '../../src/schema/remediation.ts';
import { type ActionContext, defineAction, Refused, type Settlement } from './action.ts';
import { budgetsIn, listAll, namespacedPath, readRaw, understood } from './cluster-reads.ts';
import { evictionOf } from './eviction.ts';
import { guard } from './guards.ts';
import {
  CordonState,
  cordonOf,
  cordonRequest,
  leavesEnough,
  mayBeCordoned,
  nodesPath,
  noOtherIsOnItsWay,
  notOurs,
  observeCordon,
  readNode,
  uncordonRequest,
} from './node-cordon.ts';
import {
  budgetsCanAllow,
  controllerOf,
  isFinished,
  isJob,
  leavesReplicas,
  NodePod,
  placeOf,
  type Surroundings,
  sortOut,
} from './node-pods.ts';

const blockersMax = 10;
const minuteMs = 60_000;
/** Less would be over before a budget has given once: the last minute is kept for ending in words. */
const deadlineMsMin = 2 * minuteMs;
const deadlineMsMax = 30 * minuteMs;

/** Pods that a controller has to make anew elsewhere, and those it had there already, which are no replacements. */
const Moved = z.object({
  namespace: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  taken: z.number().int(),
  elsewhere: z.array(z.string()),
});
type Moved = z.infer<typeof Moved>;
const State = CordonState.extend({
  drained: z.boolean(),
  pods: z.array(z.object({ namespace: z.string(), name: z.string(), uid: z.string() })),
  moved: z.array(Moved),
});
type State = z.infer<typeof State>;

/**
 * Empties a node: our cordon first, then one eviction per pod that has to go, each with its uid. Which pods those are is
 * settled when the plan is made, and one that must not go refuses all of it before anything is touched. What a disruption
 * budget does not allow yet is asked for again until the deadline; a node that somebody else has cordoned stays theirs.
 */
export const drainNode = defineAction({
  name: 'drain-node',
  version: 1,
  title: 'Empty a node: cordon it and evict its pods',
  kinds: ['Node'],
  weighsAs: 'node',
  params: z.strictObject({
    deadline: Duration.prefault('10m').refine(
      (ms) => ms >= deadlineMsMin && ms <= deadlineMsMax,
      `a drain may take from ${spanInWords(deadlineMsMin)} to ${spanInWords(deadlineMsMax)}`,
    ),
    allowEmptyDir: z.boolean().default(false),
  }),
  permissions: [
    'nodes: get, list, patch (ClusterRole)',
    'pods: get, list (ClusterRole)',
    'pods/eviction: create (ClusterRole)',
    'apps/replicasets, apps/statefulsets: get (ClusterRole)',
    'policy/poddisruptionbudgets: list (ClusterRole)',
  ],

  async draft(context, { deadline, allowEmptyDir }) {
    const { target, operationId } = context;
    const node = await readNode(context);
    const now = cordonOf(node);
    const isTheirs = now.unschedulable && now.mark !== operationId;
    const { taken, blockers } = sortOut(await podsOn(context), { allowEmptyDir });
    if (blockers.length > 0) throw new Refused(`${target.name} cannot be drained: ${shortened(blockers)}`);
    if (now.unschedulable && taken.length === 0)
      throw new Refused(`${target.name} is cordoned already and no pod has to leave it: nothing to do`);
    const moved = await movedBy(context, taken);
    const pods = taken.map((pod) => ({
      namespace: pod.metadata.namespace ?? '',
      name: pod.metadata.name,
      uid: pod.metadata.uid,
    }));
    const before: State = { ...now, drained: false, pods, moved };
    const desired: State = {
      ...(isTheirs ? now : { unschedulable: true, mark: operationId }),
      drained: true,
      pods,
      moved,
    };
    const evictions = taken.length === 1 ? 'evict 1 pod' : `evict ${taken.length} pods`;
    const jobs = taken.filter(isJob);
    return {
      // Of two drains that look at the same moment, neither would see the cordon of the other.
      alsoLocks: [{ ...target, name: '(any drain)' }],
      uid: node.metadata.uid,
      sentence: `Drain node ${target.name}${isTheirs ? ', which is cordoned already: ' : ': cordon it and '}${evictions} within ${spanInWords(deadline)}`,
      before,
      desired,
      requests: [...(now.unschedulable ? [] : [cordonRequest(context, node)]), ...pods.map(evictionOf)],
      // Somebody else's cordon is not ours to lift.
      inverse: isTheirs
        ? null
        : {
            sentence: `Uncordon node ${target.name}; pods that left it do not return`,
            before: { ...desired, pods: [], moved: [] },
            desired: { unschedulable: false, mark: null, drained: false, pods: [], moved: [] },
            requests: [uncordonRequest(context, node)],
          },
      differences: [
        ...(now.unschedulable ? [] : [{ path: 'new pods may be placed here', before: 'yes', after: 'no' }]),
        ...taken.map((pod) => ({ path: `pod ${placeOf(pod)}`, before: target.name, after: null })),
      ],
      undo: isTheirs
        ? 'Nothing: the pods do not return, and the cordon was there before.'
        : 'Uncordon, only while our own mark is on it. Pods that left do not return: they stay where they were made anew.',
      risks: [
        'What the pods hold in memory is lost, their logs on this node too.',
        'The other nodes must have room for them: a pod without room stays Pending.',
        ...(allowEmptyDir ? ['Files in emptyDir volumes of these pods are lost.'] : []),
        ...(jobs.length > 0 ? [`Jobs begin anew or count it as a failure: ${shortened(jobs.map(placeOf))}.`] : []),
      ],
      tasks: [`Bring ${target.name} back into service or replace it: it stays cordoned until somebody lifts that`],
      within: deadline,
    };
  },

  async assess(context, step) {
    const [node, all, here] = await Promise.all([
      readNode(context),
      listAll(context.cluster, nodesPath, Node),
      podsOn(context),
    ]);
    const { pods, ...planned } = State.parse(step.before);
    const uids = new Set(pods.map((pod) => pod.uid));
    const left = here.filter(({ metadata }) => uids.has(metadata.uid) && !metadata.deletionTimestamp);
    const around = await surroundingsOf(context, left);
    return {
      blastClass: 'B3',
      guards: [
        mayBeCordoned(node),
        notOurs(context),
        leavesEnough(context, node, all),
        noOtherIsOnItsWay(node, all),
        ...(planned.unschedulable ? [isStillCordoned(node)] : []),
        budgetsCanAllow(left, around),
        leavesReplicas(left, around),
      ],
    };
  },

  observe(fresh, step, request) {
    if (!isEviction(request)) return observeCordon(fresh, step);
    return Pod.parse(fresh).metadata.deletionTimestamp ? 'applied' : 'pending';
  },

  absent: (_, request) => (isEviction(request) ? 'applied' : 'gone'),

  async settled(context, step): Promise<Settlement> {
    const { target } = context;
    const { drained, pods, moved } = State.parse(step.desired);
    if (!drained)
      return { state: 'settled', finding: `${target.name} takes new pods again; those that left it do not return` };
    const here = await podsOn(context);
    const uids = new Set(pods.map((pod) => pod.uid));
    const ending = here.filter((pod) => uids.has(pod.metadata.uid));
    if (ending.length > 0)
      return { state: 'moving', finding: `${ending.length} of ${pods.length} pods are still ending on ${target.name}` };
    const missing = (await Promise.all(moved.map((one) => missingOf(context, one)))).filter((one) => one !== null);
    if (missing.length > 0) return { state: 'moving', finding: shortened(missing) };
    const late = sortOut(here, { allowEmptyDir: true });
    const stayed = late.taken.length + late.blockers.length;
    return {
      state: 'settled',
      finding: `${pods.length} pods left ${target.name}, and what replaces them is ready elsewhere${stayed > 0 ? `; ${stayed} that came after the plan was made are still there` : ''}`,
    };
  },
});

const isEviction = (request: Request): boolean => request.system === 'kubernetes' && request.path.endsWith('/eviction');

const podsOn = ({ cluster, target }: ActionContext): Promise<NodePod[]> =>
  listAll(cluster, '/api/v1/pods', NodePod, { fieldSelector: `spec.nodeName=${target.name}` });

/** What else there is in the namespaces of these pods. */
const surroundingsOf = async ({ cluster }: ActionContext, pods: Pod[]): Promise<Map<string, Surroundings>> => {
  const around = new Map<string, Surroundings>();
  for (const namespace of new Set(pods.map((pod) => pod.metadata.namespace ?? ''))) {
    const [found, budgets] = await Promise.all([podsIn(cluster, namespace), budgetsIn(cluster, { namespace })]);
    around.set(namespace, { pods: found, budgets });
  }
  return around;
};

const podsIn = (cluster: ActionContext['cluster'], namespace: string): Promise<Pod[]> =>
  listAll(cluster, namespacedPath({ namespace }, '/api/v1', 'pods'), Pod);

const movedBy = async (context: ActionContext, taken: Pod[]): Promise<Moved[]> => {
  const moved = new Map<string, Moved>();
  for (const pod of taken) {
    const owner = controllerOf(pod.metadata);
    if (!owner || isFinished(pod) || isJob(pod)) continue;
    const namespace = pod.metadata.namespace ?? '';
    const known = moved.get(owner.uid) ?? { namespace, ...owner, taken: 0, elsewhere: [] };
    moved.set(owner.uid, { ...known, taken: known.taken + 1 });
  }
  for (const namespace of new Set([...moved.values()].map((one) => one.namespace))) {
    const pods = await podsIn(context.cluster, namespace);
    for (const one of moved.values())
      if (one.namespace === namespace) one.elsewhere = pods.filter(isElsewhere(context, one)).map(uidOf).sort();
  }
  return [...moved.values()];
};

const uidOf = ({ metadata }: Pod): string => metadata.uid;

const isElsewhere =
  ({ target }: ActionContext, { uid }: Pick<Moved, 'uid'>) =>
  ({ metadata, spec }: Pod): boolean =>
    controllerOf(metadata)?.uid === uid && spec.nodeName !== target.name && !metadata.deletionTimestamp;

/** Which of its replacements are not ready; fewer are wanted where it was scaled down meanwhile. Null: none is missing. */
const missingOf = async (context: ActionContext, moved: Moved): Promise<string | null> => {
  const others = (await podsIn(context.cluster, moved.namespace)).filter(isElsewhere(context, moved));
  const known = new Set(moved.elsewhere);
  const replacements = others.filter((pod) => !known.has(pod.metadata.uid));
  const wanted = await wantedBy(context, moved);
  const needed = Math.max(0, Math.min(moved.taken, wanted - (others.length - replacements.length)));
  const ready = replacements.filter(isReady).length;
  if (ready >= needed) return null;
  return `${ready} of ${needed} replacements of ${moved.kind} ${moved.namespace}/${moved.name} are ready elsewhere`;
};

/** Replicas; as many as there were where nobody here knows how to ask. */
const wantedBy = async ({ cluster }: ActionContext, { kind, namespace, name, uid }: Moved): Promise<number> => {
  const [plural, schema] =
    kind === 'ReplicaSet'
      ? ['replicasets', ReplicaSet]
      : kind === 'StatefulSet'
        ? ['statefulsets', Workload]
        : [null, Workload];
  if (plural === null) return Number.POSITIVE_INFINITY;
  const raw = await readRaw(
    cluster,
    `${namespacedPath({ namespace }, '/apis/apps/v1', plural)}/${encodeURIComponent(name)}`,
  );
  if (raw === null) return 0;
  const { metadata, spec } = understood<Pick<Workload, 'metadata'> & { spec: { replicas?: number | undefined } }>(
    schema,
    raw,
  );
  return metadata.uid === uid ? (spec.replicas ?? 1) : 0;
};

const isStillCordoned = (node: Node): Guard =>
  cordonOf(node).unschedulable
    ? guard('cordon', true, 'it is cordoned, by somebody else, and stays so')
    : guard('cordon', false, 'somebody has lifted the cordon it had when this was planned');

const shortened = (all: string[]): string =>
  all.length > blockersMax
    ? `${all.slice(0, blockersMax).join('; ')}; and ${all.length - blockersMax} more`
    : all.join('; ');
