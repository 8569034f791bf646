/** How much Muster may do by itself, now: the remediation policies, lowered by freezes, limits, flapping, storms and results. */
import { approvalDuring, freezeCaps, frozen } from '../../src/domain/freeze.ts';
import { flapCap, flapping, limitCaps, limitsExceeded, storm, stormCaps } from '../../src/domain/limits.ts';
import { type Cap, downgrade, modeFor } from '../../src/domain/mode.ts';
import { type Rules, rulesFor } from '../../src/domain/mode-rules.ts';
import { standingOf } from '../../src/domain/trust.ts';
import type { BlastClass, RemediationView, Target } from '../../src/schema/remediation.ts';
import type { Circumstances, IncidentContext, RunMode } from '../index.ts';
import { type RemediationDependencies, scopeOf, targetKey } from './context.ts';

export interface ModeRequest {
  incident: IncidentContext;
  remediationId: string;
  target: Target;
  blastClass: BlastClass;
  runbook: RemediationView['runbook'];
  circumstances: Circumstances;
}

export const budgetKeys = ({ incident, target, runbook }: Pick<ModeRequest, 'incident' | 'target' | 'runbook'>) => ({
  targetKey: targetKey(target),
  runbook: runbook?.name ?? null,
  cluster: target.cluster,
  drill: incident.drill,
});

/** Reads only. Throws Unavailable when the store cannot say what has been done so far. */
export const decideMode = async (
  dependencies: RemediationDependencies,
  request: ModeRequest & { action: string },
): Promise<RunMode & { rules: Rules }> => {
  const { policies, store } = dependencies;
  const { incident, blastClass, runbook, remediationId, circumstances } = request;
  const scope = scopeOf(dependencies.organisation, request);
  const at = new Date(dependencies.now()).toISOString();
  const rules = rulesFor(policies, scope);
  const { environment } = scope;
  const outcomes = runbook
    ? await store.trust.outcomes(
        { runbook: runbook.name, version: runbook.version, action: request.action, environment },
        incident.drill,
      )
    : null;
  const decided = modeFor(policies, {
    ...scope,
    blastClass,
    runbook,
    standing: outcomes && standingOf(outcomes, rules.trust),
    dataSuspicion: false,
  });
  const windows = frozen(policies, at, scope);
  const counts = await store.limits.counts(budgetKeys(request), rules.limits, at, remediationId);
  const lowered = downgrade(decided.mode, [
    ...freezeCaps(windows, {
      rank: incident.rank,
      override: circumstances.emergency,
      takesBackChangeOf: circumstances.takesBackChangeOf,
    }),
    ...limitCaps(limitsExceeded(counts, rules.limits)),
    ...(await commonCauseCaps(dependencies, request, rules, at)),
    ...blindCaps(dependencies, request),
  ]);
  return {
    mode: lowered.mode,
    because: [...decided.because, ...lowered.because],
    rule: decided.approval && approvalDuring(windows, decided.approval),
    rules,
  };
};

/** Nothing of it can be read back, so nobody but a person may answer for it. */
const blindCaps = ({ organisation }: RemediationDependencies, { target }: ModeRequest): Cap[] => {
  const entry = target.kind === 'Switch' ? organisation.switches[target.name] : undefined;
  return entry && !entry.read
    ? [{ mode: 'approve', because: `${entry.title} cannot be read back, so a person approves it each time` }]
    : [];
};

/** Treating a symptom again and again, or one of many: somebody should look for the cause. Practice is repeated on purpose. */
const commonCauseCaps = async (
  { store }: RemediationDependencies,
  request: ModeRequest,
  rules: Rules,
  at: string,
): Promise<Cap[]> => {
  const { incident, runbook, target, blastClass } = request;
  if (incident.drill) return [];
  const atMs = Date.parse(at);
  const since = (ms: number) => new Date(atMs - ms).toISOString();
  const unwell = await store.limits.unwellServices({ drill: false, since: since(rules.storm.coolDownMs) });
  const caps = stormCaps(blastClass, storm({ unwell, targets: null }, rules.storm, atMs));
  if (!runbook) return caps;
  const keys = { targetKey: targetKey(target), drill: false, runbook: runbook.name };
  const cap = flapCap(rules.flap, runbook.name, target.name);
  const until = flapping(await store.limits.recoveries(keys, since(rules.flap.lookBackMs)), rules.flap, atMs);
  if (until !== null)
    await store.limits.openBreaker(keys, { at, until: new Date(until).toISOString(), because: cap.because });
  const breaker = await store.limits.breaker(keys, at);
  return breaker ? [...caps, { mode: cap.mode, because: breaker.because }] : caps;
};
