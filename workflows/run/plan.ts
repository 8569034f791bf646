import type { PlanResult } from '../../activities/index.ts';
import { instant } from '../../src/domain/duration.ts';
import { approversOf, quorumOf } from '../../src/domain/remediation/approval.ts';
import type { Plan } from '../../src/schema/remediation.ts';
import { reasonOf } from '../outbox.ts';
import { callForHelp } from './attendance.ts';
import { production, type Run } from './run.ts';
import { takeBaselines } from './verify.ts';

/** Null: refused, and the run has ended with the reason. */
export const makePlan = async (run: Run): Promise<Plan | null> => {
  const [found] = await Promise.all([askForPlan(run), takeBaselines(run)]);
  if (found.kind === 'refused') {
    await run.end('refused', 'remediationRefused', `Refused to plan ${run.input.action}: ${found.because}`);
    return null;
  }
  const { plan, mode } = found;
  const { approval } = run.input.policy;
  const { rule } = mode;
  const { view } = run;
  view.plan = plan;
  view.planHash = plan.planHash;
  view.mode = mode.mode;
  view.modeBecause = mode.because;
  // Pack and remediation policy both speak of approvals, and the stricter word holds.
  view.approverRoles = approversOf(plan.blastClass, approval.roles, rule?.roles ?? approval.roles);
  view.approverPeople = mode.approverPeople;
  view.notProposer = approval.notProposer || (rule?.notProposer ?? false);
  view.notAuthorOfChange = rule?.notAuthorOfChange ?? false;
  view.quorum = quorumOf(plan.blastClass, Math.max(approval.quorum, rule?.count ?? 1));
  view.expiresAt = instant(Date.now() + run.elapsed(expiresAfter(run, rule?.timeoutMs)));
  run.startWithinMs = rule?.startWithinMs ?? approval.expiresAfter;
  run.escalateTo = rule?.escalateTo ?? null;
  view.status = 'planned';
  return plan;
};

const expiresAfter = (run: Run, ofPolicy: number | undefined): number =>
  Math.min(run.input.policy.approval.expiresAfter, ofPolicy ?? Number.POSITIVE_INFINITY);

/** A plan that would be another one by now voids the yes. */
export const isStillTheSame = async (run: Run, plan: Plan): Promise<boolean> => {
  const again = await askForPlan(run);
  if (again.kind === 'plan' && again.plan.planHash === plan.planHash) return true;
  const because =
    again.kind === 'refused'
      ? again.because
      : 'the target changed since the plan was made, so the approval no longer counts';
  await run.end('superseded', 'remediationSuperseded', `Nothing was changed: ${because}`);
  return false;
};

const askForPlan = async (run: Run): Promise<PlanResult> => {
  const { incident, remediationId, action, target, params, proposedBy, step, circumstances } = run.input;
  try {
    const found = await production.planRemediation({
      incident,
      remediationId,
      action,
      target,
      params,
      proposedBy,
      runbook: step?.runbook ?? null,
      circumstances,
      operationId: run.operationId,
    });
    if (found.kind === 'plan' && found.mode.calls !== null) await callForHelp(run, 'on-call', found.mode.calls);
    return found;
  } catch (error) {
    return { kind: 'refused', because: reasonOf(error) };
  }
};
