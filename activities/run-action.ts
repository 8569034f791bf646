/**
 * The protocol that every change of production follows, whatever the action: plan, guard, dry run - and, once approved,
 * observe, check everything again, send at most once, and prove what became of it by reading the target.
 * Temporal retries these activities; no attempt trusts what an earlier one thought it did.
 */
import { Context } from '@temporalio/activity';
import { whyNotApproved } from '../src/domain/approval.ts';
import { sealHolds } from '../src/domain/approval-seal.ts';
import { Bug, InvalidInput, Unavailable, VendorError } from '../src/domain/errors.ts';
import { failpoint } from '../src/domain/failpoint.ts';
import { planHash } from '../src/domain/plan-hash.ts';
import { scopesOver, stoppedWords } from '../src/domain/stop.ts';
import type { Cluster, Connections } from '../src/integrations/integration.ts';
import type { Organisation } from '../src/schema/organisation.ts';
import { clusterKinds, type Decision, type Observed, type Plan, type Target } from '../src/schema/remediation.ts';
import type { EffectRow, EffectStore, RemediationStore } from '../src/store/store.ts';
import { type Action, type ActionContext, type Draft, Refused, type Step } from './actions/action.ts';
import { messageOf, permissionMissing, readRaw, verdictOf, waitsForBudget } from './actions/cluster-reads.ts';
import { actions } from './actions/index.ts';
import { createDiagnose } from './evidence/diagnose.ts';
import { translated } from './failure.ts';
import type {
  ApplyRequest,
  ApplyResult,
  PlanRequest,
  PlanResult,
  RemediationActivities,
  SettledRequest,
  SettledResult,
} from './index.ts';

export interface RemediationDependencies {
  store: { effects: EffectStore; remediations: RemediationStore };
  organisation: Organisation;
  /** Seals approvals, as the api does; null: none can be checked, so nothing is applied. */
  approvalKey: string | null;
  /** The sandbox's for drills. */
  connect(drill: boolean): Pick<Connections, 'metrics'>;
  /** The cluster of that name; always the sandbox's for drills. Throws InvalidInput for a name it does not know. */
  cluster(name: string, drill: boolean): Cluster;
  log: { info(facts: object, text: string): void; warn(facts: object, text: string): void };
  /** How long after a first request was sent it may still land; longer than the client's own patience. */
  lateRequestMs?: number;
  /** The node this worker runs on, which it never takes out of service. */
  ownNode?: string | null;
}

const lateRequestMsDefault = 11_000;
/** A wait for something that may change ends with a refusal this long before the activity runs out of time, so that it ends in words. */
const lastAttemptMs = 60_000;
const heartbeatMs = 2_000;

/** Activities of task queue `muster-remediation`. Failures come out as Temporal understands them. */
export const createRemediationActivities = (dependencies: RemediationDependencies): RemediationActivities =>
  translated({
    diagnose: createDiagnose(dependencies),
    planRemediation: (request: PlanRequest) => plan(dependencies, request),
    applyRemediation: (request: ApplyRequest) => apply(dependencies, request),
    observeSettled: (request: SettledRequest) => settled(dependencies, request),
  });

/** Key of the ledger of revisions that were rolled back from. */
export const targetKey = (target: Target): string =>
  `${target.cluster}/${target.kind}/${target.namespace}/${target.name}`;

/** Reads only, and asks the server what it would say to the very request (dryRun=All). Repeating it gives the same hash. */
const plan = async (dependencies: RemediationDependencies, request: PlanRequest): Promise<PlanResult> => {
  try {
    const action = actionFor(request.action, request.target);
    const context = await contextOf(dependencies, request.target, request);
    const draft = await action.draft(context, request.params);
    const { guards, blastClass } = await action.assess(context, draft);
    const failed = guards.filter((guard) => !guard.passed);
    if (failed.length > 0) throw new Refused(failed.map((guard) => guard.finding).join('; '));
    const dryRun = await tryOut(context.cluster, draft);
    if (!dryRun.accepted) throw new Refused(dryRun.finding);
    const { uid, ...told } = draft;
    const unhashed = {
      action: action.name,
      actionVersion: action.version,
      target: { ...request.target, uid },
      ...told,
      blastClass,
      guards,
      dryRun,
      operationId: request.operationId,
    };
    return { kind: 'plan', plan: { ...unhashed, planHash: planHash(unhashed) } };
  } catch (error) {
    if (error instanceof Refused || error instanceof InvalidInput) return { kind: 'refused', because: error.message };
    throw error;
  }
};

/** The same bytes as later, except that the server stores nothing. Admission and permissions are real; scheduling is not. */
const tryOut = async (cluster: Cluster, step: Draft): Promise<Plan['dryRun']> => {
  const answer = verdictOf(await cluster.request({ ...step.request, query: { ...fieldManager, dryRun: 'All' } }));
  if (waitsForBudget(answer))
    return { accepted: true, finding: `the API server would accept it later, and it waits: ${messageOf(answer.body)}` };
  if (answer.status >= 200 && answer.status < 300)
    return { accepted: true, finding: 'the API server accepted the same request as a dry run' };
  if (answer.status === 403)
    throw new Refused(`${permissionMissing(step.request)} (the cluster says: ${messageOf(answer.body)})`);
  if (answer.status >= 500 || answer.status === 429 || answer.status === 409)
    throw new VendorError(`kubernetes answered ${answer.status} to the dry run: ${messageOf(answer.body)}`, {
      vendor: 'kubernetes',
      status: answer.status,
      terminal: false,
    });
  return { accepted: false, finding: `the API server refused the dry run: ${messageOf(answer.body)}` };
};

const fieldManager = { fieldManager: 'muster' };

/**
 * Convergent: however often and however late it is called, the target is changed at most once by one plan.
 * Returns what became of it; throws only what may be tried again (no answer and no proof either way, store away).
 * Nothing is ever sent without a fresh look at the target, a kill switch that could be read and is off, and a yes in
 * the store to this very plan; a revert needs none of its own, as it only returns what an approved plan changed.
 */
const apply = async (dependencies: RemediationDependencies, request: ApplyRequest): Promise<ApplyResult> => {
  const { store } = dependencies;
  const { plan, revert } = request;
  const { target } = plan;
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
      target: targetKey(target),
      operationId: plan.operationId,
    },
  });
  failpoint('apply:after-intent');
  const step = revert ? plan.inverse : plan;
  if (!step) return stop(dependencies, request, row, 'refused', 'nothing can take this action back');
  const action = actionFor(plan.action, target);
  try {
    hashHolds(request);
    await letLateRequestLand(dependencies, row);
    const context = await contextOf(dependencies, target, {
      incident: request.incident,
      operationId: plan.operationId,
    });
    const first = await observe(context, action, plan, step);
    if (first === 'applied')
      return await done(dependencies, request, action, step, { foundDone: true, answered: true });
    if (first !== 'pending' || isDone(row)) return await stop(dependencies, request, row, ...departed(first, plan));

    await approvalHolds(dependencies, request);
    if (!revert) await guardsHold(action, context, plan);
    await store.effects.mark(request.key, 'started');
    Context.current().heartbeat();
    Context.current().cancellationSignal.throwIfAborted();
    await notStopped(dependencies, plan);

    const refusal = await send(context.cluster, step);
    failpoint('apply:after-effect');
    const after = await observe(context, action, plan, step);
    dependencies.log.info(
      { key: request.key, target: targetKey(target), after, answer: refusal?.status ?? 'ok' },
      'asked the cluster to change',
    );
    const answered = refusal?.status !== null;
    if (after === 'applied') return await done(dependencies, request, action, step, { foundDone: false, answered });
    if (after !== 'pending') return await stop(dependencies, request, row, ...departed(after, plan));
    if (refusal?.final || (refusal?.waits && isLastAttempt())) throw new Refused(refusal.because);
    if (refusal?.waits) {
      // Nothing was done and nothing is on its way, so the next attempt need not wait for it.
      await store.effects.mark(request.key, 'notApplied');
      throw new Unavailable(`${refusal.because}; it will be asked again`);
    }
    await store.effects.mark(request.key, 'unknown');
    throw new Unavailable(
      `${refusal?.because ?? 'the cluster accepted the change but does not show it'}; it will be looked at again before anything is sent`,
    );
  } catch (error) {
    if (error instanceof Refused) return await stop(dependencies, request, row, 'refused', error.message);
    throw error;
  }
};

interface Refusal {
  status: number | null;
  because: string;
  /** A no that repeating cannot change. */
  final: boolean;
  /** A no for now, with nothing done. */
  waits?: boolean;
}

/** Null: the server said yes. Otherwise, unless `final` or `waits`, the outcome is open. */
const send = async (cluster: Cluster, step: Step): Promise<Refusal | null> => {
  try {
    const answer = verdictOf(await cluster.request({ ...step.request, query: fieldManager }));
    const { status, body } = answer;
    if (status >= 200 && status < 300) return null;
    if (waitsForBudget(answer))
      return { status, because: `not allowed yet: ${messageOf(body)}`, final: false, waits: true };
    if (status === 403)
      return {
        status,
        because: `${permissionMissing(step.request)} (the cluster says: ${messageOf(body)})`,
        final: true,
      };
    return {
      status,
      because: `the cluster answered ${status}: ${messageOf(body)}`,
      final: [400, 401, 404, 405, 415, 422].includes(status),
    };
  } catch (error) {
    if (error instanceof VendorError && error.status === null)
      return { status: null, because: error.message, final: false };
    throw error;
  }
};

/** Reads the object the request changes. Another uid is another object: ours is gone. */
const observe = async (context: ActionContext, action: Action, plan: Plan, step: Step): Promise<Observed> => {
  const fresh = await readRaw(context.cluster, step.reads ?? step.request.path);
  const uid = (fresh as { metadata?: { uid?: unknown } } | null)?.metadata?.uid;
  if (fresh === null || uid !== plan.target.uid) return action.removes ? 'applied' : 'gone';
  return action.observe(fresh, step);
};

/** What may still change is not worth another attempt when time is nearly up; 0 means that there is no such time. */
const isLastAttempt = (): boolean => {
  const { scheduledTimestampMs, scheduleToCloseTimeoutMs } = Context.current().info;
  return scheduleToCloseTimeoutMs > 0 && Date.now() > scheduledTimestampMs + scheduleToCloseTimeoutMs - lastAttemptMs;
};

const done = async (
  { store }: RemediationDependencies,
  request: ApplyRequest,
  action: Action,
  step: Step & { sentence: string },
  how: { foundDone: boolean; answered: boolean },
): Promise<ApplyResult> => {
  const { plan } = request;
  const abandoned = action.abandons?.(step) ?? null;
  if (abandoned)
    await store.remediations.markBadRevision(targetKey(plan.target), abandoned, request.incident.incidentId);
  await store.effects.mark(request.key, 'applied', plan.operationId);
  failpoint('apply:after-record');
  const lost = how.answered ? '' : '; the answer was lost, the cluster shows the change';
  const finding = how.foundDone
    ? `${step.sentence}: found done, nothing was sent again`
    : `${step.sentence}: done${lost}`;
  return { outcome: 'applied', foundDone: how.foundDone, finding };
};

/** Ends without (another) request. What an earlier attempt sent stays open in the ledger, as nobody can prove it did not land. */
const stop = async (
  { store }: RemediationDependencies,
  request: ApplyRequest,
  row: EffectRow,
  outcome: 'superseded' | 'gone' | 'refused',
  finding: string,
): Promise<ApplyResult> => {
  const open = row.status === 'started' || row.status === 'unknown';
  if (!isDone(row)) await store.effects.mark(request.key, open && outcome !== 'refused' ? 'unknown' : 'notApplied');
  return { outcome, foundDone: false, finding };
};

const isDone = (row: EffectRow): boolean => row.status === 'applied' || row.status === 'verified';

const departed = (observed: Observed, { target }: Plan): ['superseded' | 'gone', string] => {
  if (observed === 'gone') return ['gone', `${target.name} is not there any more, or is another one of the same name`];
  if (observed === 'pending')
    return ['superseded', `${target.name} was changed as planned, and somebody has changed it back since`];
  return ['superseded', `somebody changed ${target.name} after the plan was made; nothing was touched`];
};

/** A request that an earlier attempt sent may still be on its way; looking too early would take it for never sent. */
const letLateRequestLand = async (dependencies: RemediationDependencies, row: EffectRow): Promise<void> => {
  if (row.status !== 'started' && row.status !== 'unknown') return;
  const patienceMs = dependencies.lateRequestMs ?? lateRequestMsDefault;
  // Paces only; nothing is decided by this clock. A ledger clock ahead of ours waits the whole time, never more.
  const waitedMs = Math.max(0, Date.now() - Date.parse(row.updatedAt));
  for (let leftMs = patienceMs - waitedMs; leftMs > 0; leftMs -= heartbeatMs) {
    Context.current().heartbeat();
    await Context.current().sleep(Math.min(leftMs, heartbeatMs));
  }
};

/** The plan is the one that was shown, byte for byte, and its action still means the same. */
const hashHolds = ({ plan, approvedHash, revert }: ApplyRequest): void => {
  if (planHash(plan) !== plan.planHash) throw new Refused('the plan is not the one its hash was made from; plan anew');
  if (!revert && approvedHash !== plan.planHash) throw new Refused('the approval is for another plan');
  if (actions.get(plan.action)?.version !== plan.actionVersion)
    throw new Refused(`${plan.action} works differently now than when this was planned; plan anew`);
};

/** The yes is read back from the store: a workflow that claims one is not enough. */
const approvalHolds = async (
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
const guardsHold = async (action: Action, context: ActionContext, plan: Plan): Promise<void> => {
  const { guards, blastClass } = await action.assess(context, plan);
  const failed = guards.filter((guard) => !guard.passed);
  if (failed.length > 0) throw new Refused(`not safe any more: ${failed.map((guard) => guard.finding).join('; ')}`);
  if (blastClass !== plan.blastClass)
    throw new Refused(`it was approved as ${plan.blastClass} and would now be ${blastClass}; plan anew`);
};

/** A switch that cannot be read is taken for on: throws Unavailable, and nothing is sent. */
const notStopped = async ({ store, organisation }: RemediationDependencies, plan: Plan): Promise<void> => {
  const stop = await store.remediations.stopOver(scopesOver(plan.target, plan.action));
  if (!stop) return;
  const why = stop.reason === null ? '' : `: ${stop.reason}`;
  throw new Refused(
    `the kill switch is on, ${organisation.people[stop.by]?.name ?? stop.by} stopped ${stoppedWords(stop.scope)}${why}; once "muster stop --lift ${stop.scope}" has lifted it, propose this again`,
  );
};

/** Where the target is on its way; `observed` says whether it is still what we wrote. */
const settled = async (dependencies: RemediationDependencies, request: SettledRequest): Promise<SettledResult> => {
  const { plan } = request;
  const step = request.revert ? plan.inverse : plan;
  if (!step) throw new Bug(`${plan.action} has nothing that takes it back, so that cannot settle`);
  const action = actionFor(plan.action, plan.target);
  const context = await contextOf(dependencies, plan.target, {
    incident: request.incident,
    operationId: plan.operationId,
  });
  try {
    const observed = await observe(context, action, plan, step);
    if (observed !== 'applied') return { state: 'superseded', finding: departed(observed, plan)[1], observed };
    return { ...(await action.settled(context, step)), observed };
  } catch (error) {
    if (error instanceof Refused) return { state: 'failed', finding: error.message, observed: 'applied' };
    throw error;
  }
};

const actionFor = (name: string, target: Target): Action => {
  const action = actions.get(name);
  if (!action) throw new InvalidInput(`there is no action ${name}; there are ${[...actions.keys()].join(', ')}`);
  if (!action.kinds.includes(target.kind))
    throw new InvalidInput(`${name} is for ${action.kinds.join(', ')}, not for a ${target.kind}`);
  if ((target.namespace === '') !== clusterKinds.includes(target.kind))
    throw new InvalidInput(
      target.namespace === ''
        ? `a ${target.kind} needs its namespace`
        : `a ${target.kind} has no namespace; leave it empty`,
    );
  return action;
};

const contextOf = async (
  { store, cluster, ownNode }: RemediationDependencies,
  target: Target,
  run: { incident: ApplyRequest['incident']; operationId: string },
): Promise<ActionContext> => ({
  cluster: cluster(target.cluster, run.incident.drill),
  incidentId: run.incident.incidentId,
  target: { cluster: target.cluster, kind: target.kind, namespace: target.namespace, name: target.name },
  operationId: run.operationId,
  ownNode: ownNode ?? null,
  badRevisions: await store.remediations.badRevisions(targetKey(target)),
  timesDone: (action, withinDays) =>
    store.remediations.timesDone({
      targetKey: targetKey(target),
      action,
      withinDays,
      drill: run.incident.drill,
      exceptOperation: run.operationId,
    }),
});
