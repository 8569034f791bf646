/** Guards that several actions share. Each says what was looked at, with values, whether it passed or not. */
import { availableAtWorst, figuresOf, isRolling } from '../../src/domain/rollout.ts';
import { isUntouchable } from '../../src/domain/target.ts';
import type { Meta, Workload } from '../../src/schema/kubernetes.ts';
import type { Guard, Target } from '../../src/schema/remediation.ts';

/** Somebody else's controller would undo the change within seconds, or fight it. */
export const nobodyElseOwnsIt = (object: { metadata: Meta }): Guard => {
  const { annotations = {}, labels = {}, ownerReferences = [] } = object.metadata;
  const owner = ownerReferences.find((one) => one.controller);
  const tool =
    'argocd.argoproj.io/tracking-id' in annotations || 'argocd.argoproj.io/instance' in labels
      ? 'Argo CD'
      : Object.keys(labels).some((key) => /^(kustomize|helm)\.toolkit\.fluxcd\.io\//.test(key))
        ? 'Flux'
        : owner
          ? `${owner.kind} ${owner.name}`
          : null;
  return tool
    ? guard('owner', false, `${tool} owns it and would undo the change; act there instead`)
    : guard('owner', true, 'no GitOps tool or operator owns it');
};

export const mayBeTouched = (target: Target, object: { metadata: Meta }): Guard => {
  if (isUntouchable(target.namespace))
    return guard('scope', false, `namespace ${target.namespace} is never changed by Muster`);
  if (object.metadata.deletionTimestamp) return guard('scope', false, 'it is being deleted');
  return guard('scope', true, `namespace ${target.namespace} may be changed`);
};

export const notPaused = (workload: Workload): Guard =>
  workload.spec.paused
    ? guard('paused', false, 'its rollouts are paused, so a change would not take effect; somebody is working on it')
    : guard('paused', true, 'its rollouts are not paused');

export const replacesItsPods = (strategy: string | undefined): Guard =>
  strategy === 'OnDelete'
    ? guard('strategy', false, 'update strategy OnDelete replaces no pod by itself')
    : guard('strategy', true, 'its update strategy replaces pods by itself');

export const noRolloutInProgress = (workload: Workload, kind: string): Guard =>
  isRolling(workload, kind)
    ? guard('rollout', false, 'a rollout is in progress: wait for it, or roll it back')
    : guard('rollout', true, 'no rollout is in progress');

/**
 * A rolling change may take no replica below what the disruption budget wants and never the last healthy one - except
 * where it cannot become worse than it is.
 */
export const staysAvailable = (workload: Workload, kind: string, wantedByBudget: number): Guard => {
  const { wanted, available } = figuresOf(workload, kind);
  const worst = availableAtWorst(workload, kind);
  const least = Math.max(1, wantedByBudget);
  const said = `${available} of ${wanted} replicas are available and at least ${worst} stay so while pods are replaced`;
  if (workload.spec.strategy?.type === 'Recreate' && wantedByBudget === 0)
    return guard('availability', true, `${said}: strategy Recreate stops all pods first, which raises the class`);
  if (worst >= least || worst >= available)
    return guard(
      'availability',
      true,
      wantedByBudget > 0 ? `${said}; the disruption budget wants ${wantedByBudget}` : said,
    );
  return guard(
    'availability',
    false,
    wantedByBudget > worst
      ? `${said}, but the disruption budget wants ${wantedByBudget}`
      : `${said}: that would take the last healthy replica`,
  );
};

export const guard = (name: string, passed: boolean, finding: string): Guard => ({ name, passed, finding });
