import type { RemediationView } from '../../schema/remediation.ts';

export interface Step {
  name: string;
  state: 'done' | 'now' | 'todo' | 'failed';
}

const path = ['Plan', 'Approve', 'Apply', 'Settle', 'Verify', 'Recovered'] as const;
type Place = (typeof path)[number];

const places: Partial<Record<RemediationView['status'], Place>> = {
  planning: 'Plan',
  planned: 'Plan',
  awaitingApproval: 'Approve',
  guarded: 'Apply',
  applying: 'Apply',
  settling: 'Settle',
  verifying: 'Verify',
};

/**
 * Where a remediation is on its way. A run that ended otherwise failed at the step it was last seen in; which one that
 * was follows from what it left behind: no plan, no approval, no samples, or samples.
 */
export const stepsOf = (view: RemediationView): Step[] => {
  // Where the policy asks nobody there is nothing to approve.
  const way = path.filter((name) => name !== 'Approve' || view.mode !== 'auto');
  if (view.status === 'recovered') return way.map((name) => ({ name, state: 'done' }));
  const place = view.status === 'held' ? (view.startBy === null ? 'Plan' : 'Apply') : places[view.status];
  if (place !== undefined) {
    const at = way.indexOf(place);
    return way.map((name, index) => ({ name, state: index < at ? 'done' : index === at ? 'now' : 'todo' }));
  }
  const stopped: Place = !view.plan
    ? 'Plan'
    : view.startBy === null
      ? 'Approve'
      : view.samples.length === 0
        ? 'Apply'
        : 'Verify';
  const failedAt = Math.max(0, way.indexOf(stopped));
  const steps: Step[] = way
    .slice(0, failedAt + 1)
    .map((name, index) => ({ name, state: index < failedAt ? 'done' : 'failed' }));
  if (view.status === 'reverting') steps.push({ name: 'Take back', state: 'now' });
  if (view.status === 'reverted') steps.push({ name: 'Taken back', state: 'done' });
  if (view.status === 'revertFailed') steps.push({ name: 'Take back', state: 'failed' });
  return steps;
};

export const blastWords: Record<string, string> = {
  B0: 'only reads',
  B1: 'one pod or connection, small',
  B2: 'one workload, rolling and reversible',
  B3: 'a node, or all traffic of a service',
  B4: 'cannot be undone, or touches data',
};
