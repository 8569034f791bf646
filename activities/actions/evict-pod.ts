import { z } from 'zod';
import { minAvailableOf, staysAvailableAfter } from '../../src/domain/kubernetes/availability.ts';
import { isReady } from '../../src/domain/kubernetes/rollout.ts';
import { type Meta, Pod, ReplicaSet, Workload } from '../../src/schema/kubernetes.ts';
import type { Guard, Target } from '../../src/schema/remediation.ts';
import { type ActionContext, defineAction, Refused } from './action.ts';
import { budgetsOver, listAll, namespacedPath, readObject } from './cluster-reads.ts';
import { budgetCanAllow, evictionOf } from './eviction.ts';
import { guard, mayBeTouched } from './guards.ts';

/** One run takes one pod; this bounds what several runs and troubles may take of a workload together. */
const missingShareMax = 0.25;

const Controller = z.object({ kind: z.enum(['ReplicaSet', 'StatefulSet']), name: z.string(), uid: z.string() });
type Controller = z.infer<typeof Controller>;
const State = z.object({ uid: z.string(), evicted: z.boolean(), controller: Controller });
type State = z.infer<typeof State>;

/**
 * Asks the cluster to end one pod, so that its controller makes another one, elsewhere if need be. An eviction, and
 * never a deletion: it honours disruption budgets. The uid in it spares a namesake that has come since.
 */
export const evictPod = defineAction({
  name: 'evict-pod',
  version: 1,
  title: 'Evict one pod, which its controller replaces',
  kinds: ['Pod'],
  weighsAs: 'scale',
  params: z.strictObject({}),
  permissions: [
    'pods: get, list',
    'pods/eviction: create',
    'apps/replicasets, apps/statefulsets: get',
    'policy/poddisruptionbudgets: list',
  ],

  async draft(context) {
    const { target } = context;
    const pod = await readPod(context);
    const controller = controllerOf(pod.metadata);
    const { uid } = pod.metadata;
    return {
      uid,
      alsoLocks: await workloadOver(context, controller),
      sentence: `Evict pod ${target.name} in ${target.namespace}; ${controller.kind} ${controller.name} makes another one`,
      before: { uid, evicted: false, controller },
      desired: { uid, evicted: true, controller },
      requests: [evictionOf({ namespace: target.namespace, name: target.name, uid })],
      inverse: null,
      differences: [{ path: `pod ${target.name}`, before: uid, after: null }],
      undo: 'Nothing brings the pod back; its controller makes another one of the same release.',
      risks: [
        'What the pod holds in memory and in emptyDir volumes is lost, its logs too.',
        'If the release itself is at fault, the new pod fails like the old one.',
      ],
    };
  },

  async assess(context, step) {
    const pod = await readPod(context);
    const state = State.parse(step.before);
    const [wanted, others] = await Promise.all([wantedBy(context, state.controller), siblingsOf(context, state)]);
    const budgets = await budgetsOver(context.cluster, context.target, pod.metadata.labels ?? {});
    return {
      blastClass: 'B2',
      guards: [
        mayBeTouched(context, pod),
        keepsEnough(context, pod, { readyOthers: others.filter(isReady).length, wanted }),
        budgetCanAllow(budgets, pod),
      ],
    };
  },

  observe(fresh, step) {
    const { metadata } = Pod.parse(fresh);
    if (metadata.deletionTimestamp) return 'applied';
    const owner = metadata.ownerReferences?.find((one) => one.controller);
    return owner?.uid === State.parse(step.before).controller.uid ? 'pending' : 'superseded';
  },

  absent: () => 'applied',

  /** The replacement has the name of the old pod in a StatefulSet, and is the youngest (to the second) under a ReplicaSet. */
  async settled(context, step) {
    const state = State.parse(step.before);
    const { controller } = state;
    const [wanted, others] = await Promise.all([wantedBy(context, controller), siblingsOf(context, state)]);
    const finding = `${others.filter(isReady).length} of ${wanted} pods of ${controller.kind} ${controller.name} are ready`;
    const youngest = others
      .map((pod) => pod.metadata.creationTimestamp)
      .sort()
      .at(-1);
    const replacements = others.filter(({ metadata }) =>
      controller.kind === 'StatefulSet'
        ? metadata.name === context.target.name
        : others.length >= wanted && metadata.creationTimestamp === youngest,
    );
    if (wanted === 0 || (replacements.length > 0 && replacements.every(isReady))) return { state: 'settled', finding };
    return { state: 'moving', finding: `${finding}; the replacement of ${context.target.name} is not` };
  },
});

const podPath = ({ target }: ActionContext): string =>
  `${namespacedPath(target, '/api/v1', 'pods')}/${encodeURIComponent(target.name)}`;

const readPod = (context: ActionContext): Promise<Pod> =>
  readObject(context.cluster, context.target, podPath(context), Pod);

/** Throws Refused for pods that nobody would replace, or that come back where they were. */
const controllerOf = ({ name, annotations = {}, ownerReferences = [] }: Meta): Controller => {
  const owner = ownerReferences.find((one) => one.controller);
  if ('kubernetes.io/config.mirror' in annotations || owner?.kind === 'Node')
    throw new Refused(
      `${name} is a static pod: its node keeps it from a file, and evicting its mirror changes nothing`,
    );
  if (!owner) throw new Refused(`${name} has no controller: nobody would make another one`);
  if (owner.kind === 'DaemonSet')
    throw new Refused(`${name} belongs to DaemonSet ${owner.name}: it would come back on the same node; restart that`);
  const known = Controller.safeParse(owner);
  if (!known.success)
    throw new Refused(
      `${name} belongs to ${owner.kind} ${owner.name}, and whether that makes another one is not known`,
    );
  return known.data;
};

/** What its controller belongs to: a rollout in the middle of an eviction, or the other way round, would take away twice as many. */
const workloadOver = async ({ cluster, target }: ActionContext, { kind, name }: Controller): Promise<Target[]> => {
  if (kind === 'StatefulSet') return [{ ...target, kind, name }];
  const path = `${namespacedPath(target, '/apis/apps/v1', 'replicasets')}/${encodeURIComponent(name)}`;
  const { metadata } = await readObject(cluster, { ...target, kind, name }, path, ReplicaSet);
  const owner = metadata.ownerReferences?.find((one) => one.controller);
  return owner ? [{ ...target, kind: owner.kind, name: owner.name }] : [];
};

const wantedBy = async (context: ActionContext, { kind, name, uid }: Controller): Promise<number> => {
  const isSet = kind === 'ReplicaSet';
  const path = namespacedPath(context.target, '/apis/apps/v1', isSet ? 'replicasets' : 'statefulsets');
  const owner = { ...context.target, kind, name };
  const found: { metadata: Meta; spec: { replicas?: number | undefined } } = await readObject(
    context.cluster,
    owner,
    `${path}/${encodeURIComponent(name)}`,
    isSet ? ReplicaSet : Workload,
  );
  if (found.metadata.uid !== uid) throw new Refused(`${kind} ${name} is another one than that of the pod`);
  return found.spec.replicas ?? 1;
};

/** Pods of the controller that stay: not the one to evict, nor any that is ending already. */
const siblingsOf = async (context: ActionContext, { uid, controller }: State): Promise<Pod[]> => {
  const pods = await listAll(context.cluster, namespacedPath(context.target, '/api/v1', 'pods'), Pod);
  return pods.filter(
    ({ metadata }) =>
      metadata.uid !== uid &&
      !metadata.deletionTimestamp &&
      metadata.ownerReferences?.some((one) => one.controller && one.uid === controller.uid),
  );
};

/** Disruption budgets have a guard of their own, as they may allow it a little later. */
const keepsEnough = (
  { require }: ActionContext,
  pod: Pod,
  { readyOthers, wanted }: { readyOthers: number; wanted: number },
): Guard => {
  const said = `${readyOthers} of ${wanted} pods are ready beside it`;
  if (!isReady(pod)) return guard('availability', true, `it is not ready itself, so nothing is lost; ${said}`);
  const { passed, finding } = staysAvailableAfter({
    wanted,
    available: readyOthers + 1,
    change: { how: 'remove', healthy: 1 },
    wantedHealthy: minAvailableOf(require.minAvailable, wanted),
  });
  if (!passed) return guard('availability', false, finding);
  const missingMax = Math.max(1, Math.floor(missingShareMax * wanted));
  return wanted - readyOthers <= missingMax
    ? guard('availability', true, said)
    : guard('availability', false, `${said}: at most ${missingMax} may be missing at once`);
};
