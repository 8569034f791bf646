import type { RemediationView } from '../../schema/remediation.ts';

export interface Step {
  name: string;
  state: 'done' | 'now' | 'todo' | 'failed';
}

const path = ['Plan', 'Approve', 'Apply', 'Settle', 'Verify', 'Recovered'] as const;

/**
 * Where a remediation is on its way. A run that ended otherwise failed at the step it was last seen in; which one that
 * was follows from what it left behind: no plan, no approval, no samples, or samples.
 */
export const stepsOf = (view: RemediationView): Step[] => {
  const at = {
    planning: 0,
    awaitingApproval: 1,
    applying: 2,
    settling: 3,
    verifying: 4,
    recovered: path.length,
  }[view.status as string];
  if (at !== undefined)
    return path.map((name, index) => ({ name, state: index < at ? 'done' : index === at ? 'now' : 'todo' }));
  const failedAt = !view.plan
    ? 0
    : !view.decisions.some((decision) => decision.verdict === 'approved')
      ? 1
      : view.samples.length === 0
        ? 2
        : 4;
  const steps: Step[] = path
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
