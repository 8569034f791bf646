/** Everything that must hold at the moment a request leaves, whatever was said before: plan, yes, guards, kill switch. */
import { Context } from '@temporalio/activity';
import { whyNotApproved } from '../../src/domain/approval.ts';
import { sealHolds } from '../../src/domain/approval-seal.ts';
import { Unavailable } from '../../src/domain/errors.ts';
import { planHash } from '../../src/domain/plan-hash.ts';
import { scopesOver, stoppedWords } from '../../src/domain/stop.ts';
import type { Decision, Plan } from '../../src/schema/remediation.ts';
import { type Action, type ActionContext, Refused } from '../actions/action.ts';
import { actions } from '../actions/index.ts';
import type { ApplyRequest } from '../index.ts';
import type { RemediationDependencies } from './context.ts';

/** Not now: the kill switch is on. What waits may go on once it is lifted. */
export class Held extends Error {
  constructor(because: string) {
    super(because);
    this.name = 'Held';
  }
}

/** The plan is the one that was shown, byte for byte, and its action still means the same. */
export const hashHolds = ({ plan, approvedHash, revert }: ApplyRequest): void => {
  if (planHash(plan) !== plan.planHash) throw new Refused('the plan is not the one its hash was made from; plan anew');
  if (!revert && approvedHash !== plan.planHash) throw new Refused('the approval is for another plan');
  if (actions.get(plan.action)?.version !== plan.actionVersion)
    throw new Refused(`${plan.action} works differently now than when this was planned; plan anew`);
};

/** The yes is read back from the store: a workflow that claims one is not enough. */
export const approvalHolds = async (
  { store, organisation, approvalKey }: RemediationDependencies,
  request: ApplyRequest,
): Promise<void> => {
  if (approvalKey === null)
    throw new Refused('MUSTER_APPROVAL_KEY is missing here, so no approval can be checked; give it as to the api');
  const view = await store.remediations.remediation(request.remediationId);
  const isSealed = ({ by, verdict, planHash, seal }: Decision): boolean =>
    sealHolds(approvalKey, { remediationId: request.remediationId, personId: by.id, verdict, planHash }, seal);
  const objection = view
    ? whyNotApproved(view, request.plan, organisation.people, isSealed)
    : { because: 'nobody approved this plan', missing: true };
  if (!objection) return;
  // The record of a decision may still be on its way to the store when the first attempts run.
  if (objection.missing && Context.current().info.attempt <= 2)
    throw new Unavailable('the approval is not in the store yet');
  throw new Refused(objection.because);
};

/** Guards and blast class again, from fresh reads: what was safe when the plan was made may not be now. */
export const guardsHold = async (action: Action, context: ActionContext, plan: Plan): Promise<void> => {
  const { guards, blastClass } = await action.assess(context, plan);
  const failed = guards.filter((guard) => !guard.passed);
  if (failed.length > 0) throw new Refused(`not safe any more: ${failed.map((guard) => guard.finding).join('; ')}`);
  if (blastClass !== plan.blastClass)
    throw new Refused(`it was approved as ${plan.blastClass} and would now be ${blastClass}; plan anew`);
};

/** A switch that cannot be read is taken for on: throws Unavailable, and nothing is sent. Throws Held when it is on. */
export const notStopped = async (
  { store, organisation }: RemediationDependencies,
  plan: Pick<Plan, 'target' | 'action'>,
): Promise<void> => {
  const stop = await store.remediations.stopOver(scopesOver(plan.target, plan.action));
  if (!stop) return;
  const why = stop.reason === null ? '' : `: ${stop.reason}`;
  throw new Held(
    `the kill switch is on, ${organisation.people[stop.by]?.name ?? stop.by} stopped ${stoppedWords(stop.scope)}${why}; "muster stop --lift ${stop.scope}" lifts it`,
  );
};
