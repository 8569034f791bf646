/** Guards that several actions share. Each says what was looked at, with values, whether it passed or not. */
import { staysAvailableAfter } from '../../src/domain/kubernetes/availability.ts';
import { changeOf, figuresOf, isRolling } from '../../src/domain/kubernetes/rollout.ts';
import { allowedByLabel } from '../../src/domain/remediation/mode-scope.ts';
import { isUntouchable } from '../../src/domain/remediation/target.ts';
import type { Meta, Workload } from '../../src/schema/kubernetes.ts';
import type { Guard } from '../../src/schema/remediation.ts';
import type { ActionContext } from './action.ts';

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

/** The namespace, and the label that policies may ask for. */
export const mayBeTouched = ({ target, action, require }: ActionContext, object: { metadata: Meta }): Guard => {
  if (isUntouchable(target.namespace))
    return guard('scope', false, `namespace ${target.namespace} is never changed by Muster`);
  if (object.metadata.deletionTimestamp) return guard('scope', false, 'it is being deleted');
  const { labels, annotations } = object.metadata;
  for (const allowLabel of require.allowLabels) {
    const allowed = allowedByLabel(
      { ...(labels && { labels }), ...(annotations && { annotations }) },
      allowLabel,
      action,
    );
    if (!allowed.passed) return guard('scope', false, allowed.finding);
  }
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
 * A rolling change may take no replica below what disruption budgets and policies want and never the last healthy one -
 * except where it cannot become worse than it is.
 */
export const staysAvailable = (workload: Workload, kind: string, wantedHealthy: number): Guard => {
  const change = changeOf(workload, kind);
  const { passed, said, finding } = staysAvailableAfter({ ...figuresOf(workload, kind), change, wantedHealthy });
  return change.how === 'recreate' && wantedHealthy === 0
    ? guard('availability', true, `${said}: strategy Recreate stops all pods first, which raises the class`)
    : guard('availability', passed, finding);
};

export const guard = (name: string, passed: boolean, finding: string): Guard => ({ name, passed, finding });
