import { Context } from '@temporalio/activity';
import { InvalidInput } from '../../src/domain/errors.ts';
import { planHash } from '../../src/domain/remediation/plan-hash.ts';
import type { Plan } from '../../src/schema/remediation.ts';
import { type ActionContext, type Draft, Refused } from '../actions/action.ts';
import type { PlanRequest, PlanResult } from '../index.ts';
import { systemOf } from '../systems/index.ts';
import { actionFor, contextOf, type RemediationDependencies } from './context.ts';
import { decideMode } from './mode.ts';

const withinDefaultMs = 10 * 60_000;

/** Reads only, and asks the other side what it would say to the very requests. Repeating it gives the same hash. */
export const plan = async (dependencies: RemediationDependencies, request: PlanRequest): Promise<PlanResult> => {
  try {
    const action = actionFor(request.action, request.target);
    const context = await contextOf(dependencies, request.target, request);
    const draft = await action.draft(context, request.params);
    const { guards, blastClass } = await action.assess(context, draft);
    const failed = guards.filter((guard) => !guard.passed);
    if (failed.length > 0) throw new Refused(failed.map((guard) => guard.finding).join('; '));
    const dryRun = await tryOut(context, draft);
    if (!dryRun.accepted) throw new Refused(dryRun.finding);
    const { uid, tasks = [], alsoLocks = [], within = withinDefaultMs, alarmAfter = null, ...told } = draft;
    const unhashed = {
      action: action.name,
      actionVersion: action.version,
      target: { ...request.target, uid },
      ...told,
      tasks,
      alsoLocks,
      within,
      alarmAfter,
      blastClass,
      guards,
      dryRun,
      operationId: request.operationId,
    };
    const { incident, remediationId, runbook, target, circumstances } = request;
    const {
      rules: _,
      flap,
      ...mode
    } = await decideMode(dependencies, {
      incident,
      remediationId,
      runbook,
      target,
      circumstances,
      blastClass,
      action: action.name,
    });
    // Somebody hears of it once, so only a run that can tell them opens the breaker.
    const isNew =
      flap !== null && remediationId !== null && (await dependencies.store.limits.openBreaker(flap.keys, flap.breaker));
    const calls = isNew ? flap.breaker.because : null;
    return { kind: 'plan', plan: { ...unhashed, planHash: planHash(unhashed) }, mode: { ...mode, calls } };
  } catch (error) {
    if (error instanceof Refused || error instanceof InvalidInput) return { kind: 'refused', because: error.message };
    throw error;
  }
};

/** Every request by itself, as none is carried out: the first no is the plan's. */
const tryOut = async (context: ActionContext, { requests }: Draft): Promise<Plan['dryRun']> => {
  const findings = new Set<string>();
  for (const request of requests) {
    Context.current().heartbeat();
    const tried = await systemOf(request).tryOut(context, request);
    if (!tried.accepted) return tried;
    findings.add(tried.finding);
  }
  return { accepted: true, finding: [...findings].join('; ') };
};
