import { z } from 'zod';
import { figuresOf, troubleOf } from '../../src/domain/kubernetes/rollout.ts';
import { Autoscaler, type Workload } from '../../src/schema/kubernetes.ts';
import type { BlastClass, Guard } from '../../src/schema/remediation.ts';
import { type ActionContext, defineAction, Refused } from './action.ts';
import { allPodsOf, healthyWanted, listAll, namespacedPath, readWorkload, workloadPath } from './cluster-reads.ts';
import { databaseBudgetGuard, databaseBudgetRisks } from './database-budget.ts';
import { replaceField } from './field-change.ts';
import { guard, mayBeTouched, nobodyElseOwnsIt } from './guards.ts';

/** Scaling up is how connection exhaustion is made, so one run does not more than triple. */
const factorMax = 3;
const autoscalers = '/apis/autoscaling/v2';

/** Who holds the number: the workload, or the autoscaler that would overwrite it within seconds. */
const State = z.object({ of: z.enum(['workload', 'autoscaler']), name: z.string(), replicas: z.number().int() });
type State = z.infer<typeof State>;

const Quota = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  status: z
    .looseObject({
      hard: z.record(z.string(), z.string()).optional(),
      used: z.record(z.string(), z.string()).optional(),
    })
    .default({}),
});

/**
 * Sets the number of replicas to an absolute figure; `factor` is turned into one by the plan. Where an autoscaler
 * rules, its minimum is set instead. The precondition is `test` on the old figure, not on resourceVersion: each status
 * update raises the latter, so a plan that waits for a yes would always be stale.
 */
export const scaleWorkload = defineAction({
  name: 'scale-workload',
  version: 1,
  title: 'Change the number of replicas',
  kinds: ['Deployment', 'StatefulSet'],
  weighsAs: 'scale',
  params: z
    .strictObject({
      replicas: z.number().int().min(1).max(1_000).optional(),
      factor: z.number().positive().max(factorMax).optional(),
    })
    .refine(
      (given) => (given.replicas === undefined) !== (given.factor === undefined),
      'give either replicas or factor',
    ),
  permissions: [
    'apps/deployments, apps/statefulsets: get, patch',
    'autoscaling/horizontalpodautoscalers: get, list, patch',
    'apps/replicasets: list',
    'pods: list',
    'resourcequotas: list',
    'policy/poddisruptionbudgets: list',
  ],

  async draft(context, params) {
    const { target } = context;
    const workload = await readWorkload(context.cluster, target);
    const present = workload.spec.replicas ?? 1;
    const wanted = params.replicas ?? Math.max(1, Math.ceil(present * (params.factor ?? 1)));
    const autoscaler = await autoscalerOf(context);
    const before: State = autoscaler
      ? { of: 'autoscaler', name: autoscaler.metadata.name, replicas: autoscaler.spec.minReplicas ?? 1 }
      : { of: 'workload', name: target.name, replicas: present };
    const desired: State = { ...before, replicas: wanted };
    if (before.replicas === wanted)
      throw new Refused(
        `${autoscaler ? "the autoscaler's minimum" : target.name} is ${wanted} already; nothing to change`,
      );

    const subject = autoscaler ?? workload;
    const what = autoscaler ? `the least replicas of ${target.name} (autoscaler ${before.name})` : target.name;
    const place = { path: pathOf(context, desired), field: fieldOf(desired) };
    const [from, to] = [before.replicas, desired.replicas];
    return {
      uid: subject.metadata.uid,
      sentence: `Scale ${what} in ${target.namespace} from ${before.replicas} to ${wanted}`,
      before,
      desired,
      requests: [replaceField(context, subject, { ...place, from, to })],
      inverse: {
        sentence: `Scale ${what} in ${target.namespace} back to ${before.replicas}`,
        before: desired,
        desired: before,
        requests: [replaceField(context, subject, { ...place, from: to, to: from, revert: true })],
      },
      differences: [
        { path: autoscaler ? 'least replicas' : 'replicas', before: String(before.replicas), after: String(wanted) },
      ],
      undo: `Back to ${before.replicas}; only while nobody has changed the number since.`,
      risks:
        wanted > before.replicas
          ? databaseBudgetRisks(context.organisation, target)
          : ['Fewer replicas carry the same traffic.'],
    };
  },

  async assess(context, step) {
    const { cluster, target } = context;
    const [before, desired] = [State.parse(step.before), State.parse(step.desired)];
    const workload = await readWorkload(cluster, target);
    return {
      blastClass: classOf(target.kind, before, desired),
      guards: [
        mayBeTouched(context, workload),
        nobodyElseOwnsIt(workload),
        withinFactor(workload, desired),
        await withinAutoscaler(context, desired),
        await withinQuota(context, workload, desired),
        await databaseBudgetGuard(context, { now: workload.spec.replicas ?? 1, after: desired.replicas }),
        keepsEnough(desired, await healthyWanted(context, workload)),
      ],
    };
  },

  observe(fresh, step) {
    const [before, desired] = [State.parse(step.before), State.parse(step.desired)];
    const spec = (fresh as { spec?: { replicas?: number; minReplicas?: number } }).spec ?? {};
    const now = desired.of === 'autoscaler' ? (spec.minReplicas ?? 1) : (spec.replicas ?? 1);
    return now === desired.replicas ? 'applied' : now === before.replicas ? 'pending' : 'superseded';
  },

  async settled(context, step) {
    const { cluster, target } = context;
    const desired = State.parse(step.desired);
    const workload = await readWorkload(cluster, target);
    const { total, available } = figuresOf(workload, target.kind);
    const taken = (workload.status.observedGeneration ?? 0) >= (workload.metadata.generation ?? 0);
    const reached = desired.of === 'autoscaler' ? total >= desired.replicas : total === desired.replicas;
    const finding = `${available} of ${desired.replicas} replicas are available`;
    if (taken && reached && available >= desired.replicas) return { state: 'settled', finding };
    const reasons = (await allPodsOf(cluster, target, workload)).flatMap((pod) => troubleOf(pod)?.reason ?? []);
    return {
      state: 'moving',
      finding: reasons.length > 0 ? `${finding}; waiting for pods: ${[...new Set(reasons)].join(', ')}` : finding,
    };
  },
});

const autoscalerOf = async ({ cluster, target }: ActionContext): Promise<Autoscaler | null> => {
  const all = await listAll(cluster, namespacedPath(target, autoscalers, 'horizontalpodautoscalers'), Autoscaler);
  const ruling = all.filter(
    (one) => one.spec.scaleTargetRef.kind === target.kind && one.spec.scaleTargetRef.name === target.name,
  );
  if (ruling.length > 1)
    throw new Refused(`${ruling.length} autoscalers rule ${target.name}; which one should change is not clear`);
  const owner = ruling[0]?.metadata.ownerReferences?.find((one) => one.controller);
  if (owner) throw new Refused(`${owner.kind} ${owner.name} makes the autoscaler of ${target.name}; change it there`);
  return ruling[0] ?? null;
};

const pathOf = ({ target }: ActionContext, state: State): string =>
  state.of === 'workload'
    ? workloadPath(target)
    : `${namespacedPath(target, autoscalers, 'horizontalpodautoscalers')}/${encodeURIComponent(state.name)}`;

const fieldOf = (state: State): string => (state.of === 'workload' ? '/spec/replicas' : '/spec/minReplicas');

/** Taking replicas away hurts more than adding them, and a StatefulSet loses members with data. */
const classOf = (kind: string, before: State, desired: State): BlastClass => {
  if (desired.replicas > before.replicas) return 'B2';
  return kind === 'StatefulSet' ? 'B4' : 'B3';
};

const withinFactor = (workload: Workload, desired: State): Guard => {
  const present = workload.spec.replicas ?? 1;
  const most = Math.max(present, 1) * factorMax;
  return guard(
    'size',
    desired.replicas <= most,
    desired.replicas <= most
      ? `${desired.replicas} is at most ${factorMax} times the present ${present}`
      : `${desired.replicas} is more than ${factorMax} times the present ${present}; scale in steps`,
  );
};

const withinAutoscaler = async (context: ActionContext, desired: State): Promise<Guard> => {
  const autoscaler = await autoscalerOf(context);
  if (desired.of === 'workload')
    return guard(
      'autoscaler',
      autoscaler === null,
      autoscaler
        ? `autoscaler ${autoscaler.metadata.name} came meanwhile and would overwrite it`
        : 'no autoscaler rules it',
    );
  const most = autoscaler?.spec.maxReplicas ?? 0;
  return guard('autoscaler', desired.replicas <= most, `the autoscaler's maximum is ${most}`);
};

const withinQuota = async ({ cluster, target }: ActionContext, workload: Workload, desired: State): Promise<Guard> => {
  const more = desired.replicas - (workload.spec.replicas ?? 1);
  if (more <= 0) return guard('quota', true, 'no quota is needed for fewer replicas');
  const quotas = await listAll(cluster, namespacedPath(target, '/api/v1', 'resourcequotas'), Quota);
  for (const quota of quotas) {
    for (const key of ['pods', 'count/pods']) {
      const hard = quota.status.hard?.[key];
      if (hard === undefined) continue;
      const left = Number(hard) - Number(quota.status.used?.[key] ?? 0);
      if (left < more)
        return guard('quota', false, `quota ${quota.metadata.name} has room for ${left} more pods, ${more} are needed`);
    }
  }
  return guard(
    'quota',
    true,
    quotas.length > 0 ? `the namespace's quota has room for ${more} more pods` : 'the namespace has no quota',
  );
};

const keepsEnough = (desired: State, budget: number): Guard =>
  guard(
    'availability',
    desired.replicas >= Math.max(1, budget),
    budget > 0
      ? `${desired.replicas} replicas, and the disruption budget wants ${budget}`
      : `${desired.replicas} replicas stay`,
  );
