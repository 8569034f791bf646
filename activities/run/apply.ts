import { Context } from '@temporalio/activity';
import { Unavailable } from '../../src/domain/errors.ts';
import { failpoint } from '../../src/domain/failpoint.ts';
import { targetKey } from '../../src/domain/remediation/target.ts';
import type { NewChange } from '../../src/schema/change.ts';
import type { Request } from '../../src/schema/remediation.ts';
import type { EffectRow } from '../../src/store/store.ts';
import { type Action, type ActionContext, Refused, type Step } from '../actions/action.ts';
import type { ApplyRequest, ApplyResult } from '../index.ts';
import { systemOf } from '../systems/index.ts';
import type { Refusal } from '../systems/system.ts';
import { actionFor, contextOf, type RemediationDependencies } from './context.ts';
import { departed, observe, type Standing } from './observe.ts';
import { guardsHold, Held, hashHolds, notStopped, policyAllows } from './permit.ts';

const lateRequestMsDefault = 11_000;
/** A wait for something that may change ends with a refusal this long before the activity runs out of time, so that it ends in words. */
const lastAttemptMs = 60_000;
const heartbeatMs = 2_000;

/**
 * Convergent: however often and however late it is called, the target is changed at most once by one plan.
 * Returns what became of it; throws only what may be tried again (no answer and no proof either way, store away).
 * Nothing is ever sent without a fresh look at the target, a kill switch that could be read and is off, and a yes in
 * the store to this very plan; a revert needs none of its own, as it only returns what an approved plan changed.
 */
export const apply = async (dependencies: RemediationDependencies, request: ApplyRequest): Promise<ApplyResult> => {
  const { store } = dependencies;
  const { plan, revert } = request;
  failpoint('apply:before-intent');
  const { row } = await store.effects.intend({
    key: request.key,
    incidentId: request.incident.incidentId,
    kind: 'cluster',
    detail: {
      remediationId: request.remediationId,
      revert,
      drill: request.incident.drill,
      sentence: plan.sentence,
      action: plan.action,
      target: targetKey(plan.target),
      operationId: plan.operationId,
    },
  });
  failpoint('apply:after-intent');
  const step = revert ? plan.inverse : plan;
  const attempt: Attempt = { dependencies, request, row, begun: false };
  if (!step) return stop(attempt, 'refused', 'nothing can take this action back');
  try {
    hashHolds(request);
    return await carryOut(attempt, step);
  } catch (error) {
    if (error instanceof Refused) return stop(attempt, 'refused', error.message);
    if (error instanceof Held) return stop(attempt, 'held', error.message);
    throw error;
  }
};

/** One try of the activity; `begun` says whether some of the plan shows at the target. */
interface Attempt {
  dependencies: RemediationDependencies;
  request: ApplyRequest;
  row: EffectRow;
  begun: boolean;
}

const carryOut = async (attempt: Attempt, step: Step & { sentence: string }): Promise<ApplyResult> => {
  const { dependencies, request, row } = attempt;
  const { store } = dependencies;
  const { plan } = request;
  const action = actionFor(plan.action, plan.target);
  await letLateRequestLand(attempt);
  const context = await contextOf(dependencies, plan.target, {
    ...request,
    action: plan.action,
    operationId: plan.operationId,
  });
  const first = await observe(context, action, step);
  attempt.begun = first.begun;
  if (first.whole === 'applied') return done(attempt, action, step, { foundDone: true, answered: true });
  if (first.whole === 'unknown') return blindly(attempt, context, action, step);
  if (first.whole !== 'pending' || isDone(row)) return stop(attempt, ...departed(first.whole, plan));

  await mustBeAllowed(attempt, context, action);
  await store.effects.mark(request.key, 'started', undefined, { onItsWay: true });
  const refusals = await sendAll(attempt, context, first.pending);
  const after = await observe(context, action, step);
  attempt.begun = after.begun;
  dependencies.log.info(
    { key: request.key, target: targetKey(plan.target), after: after.whole, answers: refusals.map((no) => no.status) },
    'asked for the change',
  );
  const answered = refusals.every((no) => no.status !== null);
  if (after.whole === 'applied') return done(attempt, action, step, { foundDone: false, answered });
  if (after.whole !== 'pending') return stop(attempt, ...departed(after.whole, plan));
  return goOn(attempt, after, refusals);
};

/** Taking back only returns what an allowed plan has changed, and asks for no leave of its own. */
const mustBeAllowed = async (
  { dependencies, request }: Attempt,
  context: ActionContext,
  action: Action,
): Promise<void> => {
  if (request.revert) return;
  await policyAllows(dependencies, request);
  await guardsHold(action, context, request.plan);
};

/** In order, each after another look at the switch; a no that is final ends it, one for now does not keep the others. */
const sendAll = async (attempt: Attempt, context: ActionContext, pending: Request[]): Promise<Refusal[]> => {
  const { dependencies, request } = attempt;
  const refusals: Refusal[] = [];
  for (const one of pending) {
    Context.current().heartbeat();
    Context.current().cancellationSignal.throwIfAborted();
    await notStopped(dependencies, request);
    const refusal = await systemOf(one).send(context, one);
    if (!refusal) {
      attempt.begun = true;
      continue;
    }
    refusals.push(refusal);
    if (refusal.final || !refusal.waits) break;
  }
  failpoint('apply:after-effect');
  return refusals;
};

/** Not all of it is done: throws what ends it in words, or what makes Temporal ask again. */
const goOn = async (attempt: Attempt, after: Standing, refusals: Refusal[]): Promise<never> => {
  const { dependencies, request } = attempt;
  const { effects } = dependencies.store;
  const refusal = refusals.find((no) => no.final) ?? refusals.find((no) => !no.waits) ?? refusals[0];
  if (refusal?.final || (refusal?.waits && isLastAttempt())) throw new Refused(refusal.because);
  if (refusal?.waits) {
    // Nothing is on its way, so the next attempt need not wait for it.
    await effects.mark(request.key, after.begun ? 'started' : 'notApplied', undefined, { onItsWay: false });
    throw new Unavailable(`${refusal.because}; it will be asked again`);
  }
  await effects.mark(request.key, 'unknown');
  throw new Unavailable(
    `${refusal?.because ?? 'the change was accepted and does not show'}; it will be looked at again before anything is sent`,
  );
};

/** Nothing tells whether it happened, so it is asked for once, and an answer that is not plain goes to a person. */
const blindly = async (
  attempt: Attempt,
  context: ActionContext,
  action: Action,
  step: Step & { sentence: string },
): Promise<ApplyResult> => {
  const { dependencies, request, row } = attempt;
  const { effects } = dependencies.store;
  if (isDone(row)) return done(attempt, action, step, { foundDone: true, answered: true });
  if (isOpen(row))
    return stop(attempt, 'unknown', 'an earlier attempt asked for it, and nothing can be read that would prove it');
  await mustBeAllowed(attempt, context, action);
  await effects.mark(request.key, 'started');
  const [refusal] = await sendAll(attempt, context, step.requests.slice(0, 1));
  if (!refusal) return done(attempt, action, step, { foundDone: false, answered: true });
  if (refusal.final || refusal.waits) throw new Refused(refusal.because);
  await effects.mark(request.key, 'unknown');
  return {
    outcome: 'unknown',
    foundDone: false,
    partly: false,
    finding: `${refusal.because}; nothing can be read that would tell`,
  };
};

/** What may still change is not worth another attempt when time is nearly up; 0 means that there is no such time. */
const isLastAttempt = (): boolean => {
  const { scheduledTimestampMs, scheduleToCloseTimeoutMs } = Context.current().info;
  return scheduleToCloseTimeoutMs > 0 && Date.now() > scheduledTimestampMs + scheduleToCloseTimeoutMs - lastAttemptMs;
};

const done = async (
  { dependencies, request }: Attempt,
  action: Action,
  step: Step & { sentence: string },
  how: { foundDone: boolean; answered: boolean },
): Promise<ApplyResult> => {
  const { store } = dependencies;
  const { plan } = request;
  const abandoned = action.abandons?.(step) ?? null;
  if (abandoned)
    await store.remediations.markBadRevision(targetKey(plan.target), abandoned, request.incident.incidentId);
  await store.changes.record([ownChange(request, step, dependencies)]);
  await store.effects.mark(request.key, 'applied', plan.operationId);
  failpoint('apply:after-record');
  const lost = how.answered ? '' : '; the answer was lost, the target shows the change';
  const finding = how.foundDone
    ? `${step.sentence}: found done, nothing was sent again`
    : `${step.sentence}: done${lost}`;
  return { outcome: 'applied', foundDone: how.foundDone, partly: false, finding };
};

/** What Muster did may be what is wrong next. */
const ownChange = (
  { incident, plan, key, revert }: ApplyRequest,
  step: { sentence: string },
  { now }: RemediationDependencies,
): NewChange => ({
  at: new Date(now()).toISOString(),
  kind: 'action',
  weighsAs: actionFor(plan.action, plan.target).weighsAs,
  what: step.sentence,
  by: 'Muster',
  author: null,
  source: 'muster',
  target: {
    cluster: plan.target.cluster,
    kind: plan.target.kind,
    namespace: plan.target.namespace,
    name: plan.target.name,
  },
  service: incident.service,
  environment: null,
  reference: { commit: null, url: null },
  before: null,
  after: revert ? 'taken back' : `run for ${incident.incidentId}`,
  concerns: [],
  drill: incident.drill,
  dedupKey: key,
});

/** Ends without (another) request. What an earlier attempt sent stays open in the ledger, as nobody can prove it did not land. */
const stop = async (
  { dependencies, request, row, begun }: Attempt,
  outcome: Exclude<ApplyResult['outcome'], 'applied'>,
  finding: string,
): Promise<ApplyResult> => {
  const settledByLook = outcome === 'refused' || outcome === 'held';
  if (!isDone(row))
    await dependencies.store.effects.mark(
      request.key,
      begun || (isOpen(row) && !settledByLook) ? 'unknown' : 'notApplied',
    );
  return { outcome, foundDone: false, partly: begun, finding };
};

const isDone = (row: EffectRow): boolean => row.status === 'applied' || row.status === 'verified';
const isOpen = (row: EffectRow): boolean => row.status === 'started' || row.status === 'unknown';

/** A request that an earlier attempt sent may still be on its way; looking too early would take it for never sent. */
const letLateRequestLand = async ({ dependencies, row }: Attempt): Promise<void> => {
  const onItsWay = (row.detail as { onItsWay?: boolean } | null)?.onItsWay ?? true;
  if (!isOpen(row) || !onItsWay) return;
  const patienceMs = dependencies.lateRequestMs ?? lateRequestMsDefault;
  // Paces only; nothing is decided by this clock. A ledger clock ahead of ours waits the whole time, never more.
  const waitedMs = Math.max(0, Date.now() - Date.parse(row.updatedAt));
  for (let leftMs = patienceMs - waitedMs; leftMs > 0; leftMs -= heartbeatMs) {
    Context.current().heartbeat();
    await Context.current().sleep(Math.min(leftMs, heartbeatMs));
  }
};
