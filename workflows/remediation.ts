/**
 * One run on one target: plan, guard, dry-run, approve, apply, settle, verify, finalize or revert (steps in run/).
 * The workflow id is the lock on the target. Production is changed only by a plan that was shown and allowed,
 * and an outcome nobody can prove goes to a person.
 */
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { RunOutcome } from '../activities/index.ts';
import { taskQueue } from '../src/domain/names.ts';
import type { Plan } from '../src/schema/remediation.ts';
import type { Verdict } from '../src/schema/runbook.ts';
import { carryOut, settle } from './run/apply.ts';
import { answerDecisions, isAllowed } from './run/approval.ts';
import { Attendance } from './run/attendance.ts';
import { Locks } from './run/locks.ts';
import { isStillTheSame, makePlan } from './run/plan.ts';
import { type RemediationInput, Run } from './run/run.ts';
import { verify } from './run/verify.ts';

import type { stillOn } from './still-on.ts';

export type { RemediationInput } from './run/run.ts';

export async function remediation(input: RemediationInput): Promise<RunOutcome> {
  const run = new Run(input);
  answerDecisions(run);
  const attendance = new Attendance(run);
  const locks = new Locks();
  const plan = await makePlan(run);
  if (plan && (await locks.take(run, plan))) await change(run, plan);
  await locks.release();
  await attendance.tellTheEnd(run);
  return run.result();
}

const change = async (run: Run, plan: Plan): Promise<void> => {
  if (!(await isAllowed(run, plan))) return;
  if (!(await isStillTheSame(run, plan))) return;
  if (await carryOut(run, plan, false)) {
    await watchUntilBack(run, plan);
    if (await settle(run, plan, false)) await verify(run, plan);
  }
  if (shouldRevert(run, plan)) await revert(run, plan);
};

/** What must not stay is watched beyond this run, which may end long before. */
const watchUntilBack = async ({ input }: Run, plan: Plan): Promise<void> => {
  const { incident, remediationId } = input;
  if (plan.alarmAfter === null) return;
  await startChild<typeof stillOn>('stillOn', {
    workflowId: `still-on/${remediationId}`,
    taskQueue,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `Pages on-call while it is still so: ${plan.sentence}`,
    args: [{ incident, remediationId, plan, alarmAfterMs: plan.alarmAfter }],
  });
};

/** Once, and only what made it worse, was left half done or the runbook says: anything else is a person's to judge. */
const shouldRevert = ({ view, applied, input }: Run, plan: Plan): boolean => {
  const { status } = view;
  const wanted = status === 'worse' || status === 'failed' || input.step?.revertAfter.includes(status as Verdict);
  return applied && plan.inverse !== null && (wanted ?? false);
};

const revert = async (run: Run, plan: Plan): Promise<void> => {
  const why = run.view.outcome;
  run.view.endedAt = null;
  await run.write('reverting', null, '');
  if (!(await carryOut(run, plan, true))) return;
  if (await settle(run, plan, true)) await run.end('reverted', 'remediationReverted', `Taken back (${why})`);
};
