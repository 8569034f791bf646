/** Everything that must hold at the moment a request leaves, whatever was said before: plan, yes, guards, kill switch. */
import { Context } from '@temporalio/activity';
import { spanInWords } from '../../src/domain/duration.ts';
import { Unavailable } from '../../src/domain/errors.ts';
import { approversOf, whyNotApproved } from '../../src/domain/remediation/approval.ts';
import { sealHolds } from '../../src/domain/remediation/approval-seal.ts';
import { planHash } from '../../src/domain/remediation/plan-hash.ts';
import { scopesOver, stoppedWords } from '../../src/domain/remediation/stop.ts';
import { runbookIn } from '../../src/packs/runbook-library.ts';
import type { Decision, Plan, RemediationView } from '../../src/schema/remediation.ts';
import { type Action, type ActionContext, Refused } from '../actions/action.ts';
import { actions } from '../actions/index.ts';
import type { ApplyRequest, RunMode } from '../index.ts';
import type { RemediationDependencies } from './context.ts';
import { budgetKeys, decideMode, holders } from './mode.ts';

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
const approvalHolds = async (
  dependencies: RemediationDependencies,
  request: ApplyRequest,
  { because, rule }: Pick<RunMode, 'because' | 'rule'>,
): Promise<void> => {
  const { store, organisation, approvalKey, now } = dependencies;
  if (approvalKey === null)
    throw new Refused('MUSTER_APPROVAL_KEY is missing here, so no approval can be checked; give it as to the api');
  const view = await store.remediations.remediation(request.remediationId);
  const isSealed = ({ by, verdict, planHash, seal, sealedAt }: Decision): boolean =>
    sealHolds(
      approvalKey,
      { remediationId: request.remediationId, personId: by.id, verdict, planHash, sealedAt },
      seal,
    );
  // The workflow's word on who may say yes is asked as well, never instead.
  const asked = view && {
    ...view,
    approverRoles: rule ? approversOf(request.plan.blastClass, view.approverRoles, rule.roles) : view.approverRoles,
    notProposer: view.notProposer || (rule?.notProposer ?? false),
    notAuthorOfChange: view.notAuthorOfChange || (rule?.notAuthorOfChange ?? false),
    quorum: Math.max(view.quorum, rule?.count ?? 1),
    approverPeople: rule ? await heldDuty(dependencies, view, rule.duties, request.incident.team) : [],
  };
  const objection = asked
    ? whyNotApproved(asked, request.plan, organisation.people, isSealed)
    : { because: 'nobody approved this plan', missing: true };
  if (!objection) return notTooOld(asked?.decisions ?? [], request, rule, now());
  // The record of a decision may still be on its way to the store when the first attempts run.
  if (objection.missing && Context.current().info.attempt <= 2)
    throw new Unavailable('the approval is not in the store yet');
  // Planned without a question, and something has lowered that since.
  const lowered = view?.mode === 'auto' ? `: ${because.join('; ')}` : '';
  throw new Refused(`${objection.because}${lowered}`);
};

/** Of those who decided, who held a duty that allows it when they were asked or when they answered. */
const heldDuty = async (
  dependencies: RemediationDependencies,
  { startedAt, decisions }: RemediationView,
  duties: readonly string[],
  team: string | null,
): Promise<string[]> => {
  const asked = await holders(dependencies, duties, team, startedAt);
  const answered = await Promise.all(
    decisions.map(async ({ by, sealedAt }) =>
      (await holders(dependencies, duties, team, sealedAt)).includes(by.id) ? [by.id] : [],
    ),
  );
  return [...new Set([...asked, ...answered.flat()])];
};

/** A yes was given to what its giver saw then; it grows old by the clock of the api that sealed it. */
const notTooOld = (decisions: Decision[], { plan }: ApplyRequest, rule: RunMode['rule'], nowMs: number): void => {
  if (!rule) return;
  const given = decisions
    .filter(({ planHash }) => planHash === plan.planHash)
    .map(({ sealedAt }) => Date.parse(sealedAt));
  if (nowMs - Math.max(...given) > rule.startWithinMs)
    throw new Refused(
      `the yes is older than ${spanInWords(rule.startWithinMs)} and nothing was begun; propose it again`,
    );
};

/**
 * The remediation policy is asked here again, whatever the workflow believes: without a yes only where it says so now,
 * and of two runs that ask for the last place within a limit one gets it.
 */
export const policyAllows = async (dependencies: RemediationDependencies, request: ApplyRequest): Promise<void> => {
  const { incident, remediationId, plan, runbook, proposedBy, circumstances } = request;
  const { target, blastClass, action } = plan;
  const asked = { incident, remediationId, target, runbook, circumstances };
  const { rules, ...mode } = await decideMode(dependencies, { ...asked, blastClass, action });
  const byPerson = proposedBy.kind === 'person';
  const said = mode.because.join('; ');
  if (mode.mode === 'off' || mode.mode === 'observe') throw new Refused(`it may not be done: ${said}`);
  const auto = mode.mode === 'auto' && runbook !== null && !byPerson;
  if (auto) isOfLibrary(dependencies, runbook, action);
  else await approvalHolds(dependencies, request, mode);
  const { granted, exceeded } = await dependencies.store.limits.claimBudget({
    ...budgetKeys(asked),
    remediationId,
    incidentId: incident.incidentId,
    at: new Date(dependencies.now()).toISOString(),
    limits: rules.limits,
    approved: !auto,
  });
  if (!granted) throw new Refused(`${exceeded.join('; ')}; a person may still propose and approve it`);
};

/** Which runbook it is stands in the workflow's word alone; without a question acts only a step that there is. */
const isOfLibrary = (
  { library }: Pick<RemediationDependencies, 'library'>,
  runbook: NonNullable<ApplyRequest['runbook']>,
  action: string,
): void => {
  const { name, version, builtIn, step: id } = runbook;
  const found = runbookIn(library, runbook);
  const step = found?.builtIn === builtIn ? found.document.spec.steps.find((one) => one.id === id) : undefined;
  if (step && (step.action === action || (step.action === 'roll-back' && action.startsWith('roll-back-')))) return;
  throw new Refused(
    `there is no step ${id} with ${action} in version ${version} of the runbook ${name} here; a person may propose it`,
  );
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
  { plan, runbook }: Pick<ApplyRequest, 'plan' | 'runbook'>,
): Promise<void> => {
  const stop = await store.remediations.stopOver(scopesOver(plan.target, plan.action, runbook?.name));
  if (!stop) return;
  const why = stop.reason === null ? '' : `: ${stop.reason}`;
  throw new Held(
    `the kill switch is on, ${organisation.people[stop.by]?.name ?? stop.by} stopped ${stoppedWords(stop.scope)}${why}; "muster stop --lift ${stop.scope}" lifts it`,
  );
};
