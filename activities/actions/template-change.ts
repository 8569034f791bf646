/** What rollback, restart and set-resources have in common: all replace a workload's pod template, and only if it is still the one the plan saw. */
import { currentRevision, podHashLabel, revisionsOf } from '../../src/domain/kubernetes/controller-revisions.ts';
import { rolloutStatus } from '../../src/domain/kubernetes/rollout.ts';
import { currentReplicaSet } from '../../src/domain/kubernetes/rollout-history.ts';
import { statefulSetStatus } from '../../src/domain/kubernetes/stateful-set-status.ts';
import { sameJson } from '../../src/domain/remediation/plan-hash.ts';
import { Template, Workload } from '../../src/schema/kubernetes.ts';
import type { KubernetesRequest } from '../../src/schema/remediation.ts';
import { type ActionContext, Refused, type Settlement, type Step } from './action.ts';
import { controllerRevisionsOf, podsOf, readWorkload, replicaSetsOf, workloadPath } from './cluster-reads.ts';
import { replaceField } from './field-change.ts';

export const templateRequest = (
  context: ActionContext,
  workload: Workload,
  change: { from: Template; to: Template; cause: string; revert?: boolean },
): KubernetesRequest =>
  replaceField(context, workload, { ...change, path: workloadPath(context.target), field: '/spec/template' });

/** Pure: the template decides, and nothing else of the object. */
export const observeTemplate = (
  fresh: unknown,
  step: Pick<Step, 'before' | 'desired'>,
): 'pending' | 'applied' | 'superseded' => {
  const now = Workload.parse(fresh).spec.template;
  if (sameJson(now, templateIn(step.desired))) return 'applied';
  return sameJson(now, templateIn(step.before)) ? 'pending' : 'superseded';
};

/** How far the rollout of the present template is. */
export const templateSettled = async (context: ActionContext): Promise<Settlement> => {
  const { cluster, target } = context;
  const workload = await readWorkload(cluster, target);
  if (target.kind === 'Deployment') {
    const current = currentReplicaSet(workload, await replicaSetsOf(cluster, target, workload));
    const pods = current ? await podsOf(cluster, target, workload, [current]) : [];
    return rolloutStatus(workload, target.kind, current, pods);
  }
  const pods = await podsOf(cluster, target, workload, [workload]);
  if (target.kind === 'StatefulSet') return statefulSetStatus(workload, pods);
  const revisions = revisionsOf(workload, await controllerRevisionsOf(cluster, target, workload));
  const hash = currentRevision(workload, revisions)?.podHash;
  return rolloutStatus(
    workload,
    target.kind,
    null,
    pods.filter((pod) => pod.metadata.labels?.[podHashLabel] === hash),
  );
};

export const templateIn = (state: unknown): Template => {
  const parsed = Template.safeParse((state as { template?: unknown } | null)?.template);
  if (!parsed.success) throw new Refused('the plan does not carry a pod template; plan anew');
  return parsed.data;
};
