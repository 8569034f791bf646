import { ActivityFailure, ApplicationFailure, proxyActivities, sleep } from '@temporalio/workflow';
import type { ApplyResult, RemediationActivities } from '../../activities/index.ts';
import { spanInWords } from '../../src/domain/duration.ts';
import type { Plan } from '../../src/schema/remediation.ts';
import { applying } from '../activity-options.ts';
import { reasonOf } from '../outbox.ts';
import { production, type Run, sentenceOf } from './run.ts';

/** How often a run that is held asks whether it may go on. */
const heldAskMs = 15_000;
/** What was changed and is to be taken back waits longer for a stop to be lifted than what was not begun. */
const revertHeldMaxMs = 3_600_000;

/** False: not carried out, and the run has ended with the reason. */
export const carryOut = async (run: Run, plan: Plan, revert: boolean): Promise<boolean> => {
  const until = revert ? Date.now() + run.elapsed(revertHeldMaxMs) : Date.parse(run.view.startBy ?? '');
  if (!revert && (await isUnwanted(run))) return false;
  if (!revert) await run.write('applying', null, '');
  for (;;) {
    const result = await askFor(run, plan, revert);
    if (result === null) return false;
    if (result.outcome === 'applied') {
      run.applied = true;
      await run.write(
        'settling',
        revert ? 'remediationReverted' : 'remediationApplied',
        `${revert ? 'Took back' : 'Applied'}: ${sentenceOf(plan, revert)}.`,
        result.foundDone ? 'an earlier attempt had done it; it was not sent again' : result.finding,
      );
      return true;
    }
    if (result.partly) run.applied = true;
    if (result.outcome !== 'held' || Date.now() >= until) {
      await endWithout(run, result, revert);
      return false;
    }
    if (run.view.status !== 'held')
      await run.write('held', 'remediationHeld', `Held: ${result.finding}.`, `goes on when that is over`);
    await sleep(run.pause(heldAskMs), { summary: `look whether ${plan.action} may go on` });
    if (!revert && !run.applied && (await isUnwanted(run))) return false;
  }
};

/** Nobody waits for it any more, and nothing has been changed yet: the run ends here. */
const isUnwanted = async (run: Run): Promise<boolean> => {
  if (run.abandoned === null) return false;
  await run.end('rejected', 'remediationDenied', `Nothing was changed: ${run.abandoned}`);
  return true;
};

/** Null: whether it happened is not known, or it failed; the run has ended with the reason. */
const askFor = async (run: Run, plan: Plan, revert: boolean): Promise<ApplyResult | null> => {
  const { incident, remediationId, step, proposedBy, circumstances } = run.input;
  const { applyRemediation } = proxyActivities<RemediationActivities>({
    ...applying,
    startToCloseTimeout: Math.max(plan.within, 45_000),
    scheduleToCloseTimeout: plan.within,
    summary: `${revert ? 'take back' : 'carry out'}: ${sentenceOf(plan, revert)}`,
  });
  try {
    return await applyRemediation({
      incident,
      remediationId,
      key: run.key(revert),
      plan,
      revert,
      approvedHash: plan.planHash,
      proposedBy,
      runbook: step?.runbook ?? null,
      circumstances,
    });
  } catch (error) {
    // Whether it happened is not known, and that is a state of its own: nothing is sent again without a person.
    const unknown = !(
      error instanceof ActivityFailure &&
      error.cause instanceof ApplicationFailure &&
      error.cause.type === 'notPermitted'
    );
    await run.end(
      revert ? 'revertFailed' : unknown ? 'unknown' : 'failed',
      unknown ? 'effectUnknown' : 'remediationFailed',
      `${sentenceOf(plan, revert)}: ${reasonOf(error)}`,
    );
    return null;
  }
};

const endWithout = async (run: Run, { outcome, partly, finding }: ApplyResult, revert: boolean): Promise<void> => {
  const text = `Not ${revert ? 'taken back' : partly ? 'carried out to the end' : 'applied'}: ${finding}`;
  if (revert) return run.end('revertFailed', 'remediationFailed', text);
  if (outcome === 'unknown') return run.end('unknown', 'effectUnknown', text);
  if (partly) return run.end('failed', 'remediationFailed', text);
  if (outcome === 'held') return run.end('expired', 'remediationExpired', `${text}; it was held for too long`);
  if (outcome === 'refused') return run.end('refused', 'remediationRefused', text);
  return run.end('superseded', 'remediationSuperseded', text);
};

/** False: it did not settle, and the run has ended with the reason. */
export const settle = async (run: Run, plan: Plan, revert: boolean): Promise<boolean> => {
  const settleWithin = run.input.step?.deadlineMs ?? run.input.policy.settleWithin;
  const deadline = Date.now() + run.elapsed(settleWithin);
  for (;;) {
    const { state, finding } = await observe(run, plan, revert);
    if (state === 'settled') {
      await run.write('verifying', 'remediationSettled', `The change settled: ${finding}.`);
      return true;
    }
    if (state === 'superseded') {
      await run.end('superseded', 'remediationSuperseded', `Somebody else changed the target meanwhile: ${finding}`);
      return false;
    }
    if (state === 'failed' || Date.now() >= deadline) {
      const because = state === 'failed' ? finding : `not settled within ${spanInWords(settleWithin)}: ${finding}`;
      await run.end(
        revert ? 'revertFailed' : 'ineffective',
        'remediationFailed',
        `The change did not settle: ${because}`,
      );
      return false;
    }
    await sleep(run.pause(), { summary: `look whether the change of ${plan.target.name} settled` });
  }
};

const observe = async (run: Run, plan: Plan, revert: boolean) => {
  try {
    return await production.observeSettled({ incident: run.input.incident, plan, revert });
  } catch (error) {
    return { state: 'moving' as const, finding: reasonOf(error) };
  }
};
