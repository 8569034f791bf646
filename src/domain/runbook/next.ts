/** What comes after a step. Pure and plain, for the workflow: every condition was answered when the runbook was compiled. */
import type { RemediationStatus } from '../../schema/remediation.ts';
import type { CompiledRunbook, CompiledStep, RunbookEnd, Verdict } from '../../schema/runbook.ts';
import { Bug } from '../errors.ts';

export type Next = { to: 'step'; step: CompiledStep } | { to: RunbookEnd; because: string };

/** How a run can end. */
export type Ending =
  | Verdict
  | Extract<
      RemediationStatus,
      'superseded' | 'rejected' | 'expired' | 'failed' | 'unknown' | 'reverted' | 'revertFailed'
    >;

/** Where a runbook begins; nothing that fits is for a person. */
export const firstStep = (runbook: CompiledRunbook): Next => {
  if (runbook.stop) return { to: 'escalate', because: runbook.stop.because };
  return candidateFrom(runbook, 0);
};

/**
 * After the run of a step. A step that is not a candidate is passed over for the next one further down, so it ends after as
 * many turns as there are steps. What no author may decide is decided here: a person's no, a change by somebody else and
 * an unknown outcome never lead to another change.
 */
export const nextStep = (runbook: CompiledRunbook, stepId: string, ending: Ending): Next => {
  const index = runbook.steps.findIndex((step) => step.id === stepId);
  const step = runbook.steps[index];
  if (!step) throw new Bug(`runbook ${runbook.name} has no step ${stepId}`);
  if (!isVerdict(ending)) return fixed[ending];
  const next = step.on[ending];
  if (next.to !== 'step') return { to: next.to, because: `${step.id} was ${ending}` };
  const wanted = runbook.steps.findIndex((other) => other.id === next.step);
  if (wanted <= index) throw new Bug(`runbook ${runbook.name} leads from ${stepId} back to ${next.step}`);
  return candidateFrom(runbook, wanted);
};

const candidateFrom = ({ name, steps }: CompiledRunbook, from: number): Next => {
  const step = steps.slice(from).find((one) => one.chosen);
  return step ? { to: 'step', step } : { to: 'escalate', because: `no further step of ${name} fits` };
};

const isVerdict = (ending: Ending): ending is Verdict => !Object.hasOwn(fixed, ending);

const fixed: Record<Exclude<Ending, Verdict>, { to: RunbookEnd; because: string }> = {
  superseded: { to: 'ask', because: 'somebody else changed it meanwhile' },
  rejected: { to: 'ask', because: 'a person said no' },
  expired: { to: 'escalate', because: 'nobody answered in time' },
  failed: { to: 'escalate', because: 'it could not be carried out' },
  unknown: { to: 'escalate', because: 'nobody can tell whether it was carried out' },
  reverted: { to: 'escalate', because: 'it was taken back' },
  revertFailed: { to: 'escalate', because: 'it could not be taken back' },
};
