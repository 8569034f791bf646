/** How much Muster may do by itself, now: the remediation policies, lowered by freezes, limits, flapping, storms and results. */

import { holdersOf } from '../../src/domain/on-call/on-call.ts';
import { approvalDuring, freezeCaps, frozen } from '../../src/domain/remediation/freeze.ts';
import { flapCap, flapping, limitCaps, limitsExceeded, storm, stormCaps } from '../../src/domain/remediation/limits.ts';
import { type Cap, downgrade, modeFor } from '../../src/domain/remediation/mode.ts';
import { blindCaps, unwellIn } from '../../src/domain/remediation/mode-circumstances.ts';
import { type Rules, rulesFor } from '../../src/domain/remediation/mode-rules.ts';
import { scopeOf } from '../../src/domain/remediation/mode-scope.ts';
import { targetKey } from '../../src/domain/remediation/target.ts';
import { standingOf } from '../../src/domain/remediation/trust.ts';
import { runbookIn } from '../../src/packs/runbook-library.ts';
import type { BlastClass, RemediationView, Target } from '../../src/schema/remediation.ts';
import type { Circumstances, IncidentContext, RunMode } from '../index.ts';
import type { RemediationDependencies } from './context.ts';

export interface ModeRequest {
  incident: IncidentContext;
  /** Null: no run is behind it. */
  remediationId: string | null;
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

/** A runbook that treats a symptom again and again: until then it is left to people. */
export interface Flap {
  keys: { targetKey: string; drill: boolean; runbook: string };
  breaker: { at: string; until: string; because: string };
}

/** Reads only. Throws Unavailable when the store cannot say what has been done so far. */
export const decideMode = async (
  dependencies: RemediationDependencies,
  request: ModeRequest & { action: string },
): Promise<Omit<RunMode, 'calls'> & { rules: Rules; flap: Flap | null }> => {
  const { policies, store } = dependencies;
  const { incident, blastClass, runbook, remediationId, circumstances } = request;
  const scope = scopeOf(dependencies.organisation, request);
  const at = new Date(dependencies.now()).toISOString();
  const rules = rulesFor(policies, scope);
  const { environment } = scope;
  // What comes with Muster is vouched for; whether a runbook does, no workflow says.
  const known = runbook && runbookIn(dependencies.library, runbook);
  const outcomes = runbook
    ? await store.trust.outcomes(
        { runbook: runbook.name, version: runbook.version, action: request.action, environment },
        incident.drill,
      )
    : null;
  const decided = modeFor(policies, {
    ...scope,
    blastClass,
    runbook: runbook && { ...runbook, builtIn: known?.builtIn ?? false },
    standing: outcomes && standingOf(outcomes, rules.trust),
    dataSuspicion: circumstances.dataSuspicion,
  });
  const windows = frozen(policies, at, scope);
  const counts = await store.limits.counts(budgetKeys(request), rules.limits, at, remediationId ?? undefined);
  const common = await commonCauses(dependencies, request, rules, at);
  const lowered = downgrade(decided.mode, [
    ...freezeCaps(windows, {
      rank: incident.rank,
      override: circumstances.emergency,
      takesBackChangeOf: circumstances.takesBackChangeOf,
    }),
    ...limitCaps(limitsExceeded(counts, rules.limits)),
    ...common.caps,
    ...blindCaps(dependencies.organisation, request.target),
  ]);
  const rule = decided.approval && approvalDuring(windows, decided.approval);
  return {
    mode: lowered.mode,
    because: [...decided.because, ...lowered.because],
    rule,
    approverPeople: rule ? await holders(dependencies, rule.duties, incident.team, at) : [],
    flap: common.flap,
    rules,
  };
};

/** Treating a symptom again and again, or one of many: somebody should look for the cause. Practice is repeated on purpose. */
const commonCauses = async (
  { store, organisation }: RemediationDependencies,
  request: ModeRequest,
  rules: Rules,
  at: string,
): Promise<{ caps: Cap[]; flap: Flap | null }> => {
  const { incident, runbook, target, blastClass } = request;
  if (incident.drill) return { caps: [], flap: null };
  const atMs = Date.parse(at);
  const since = (ms: number) => new Date(atMs - ms).toISOString();
  const unwell = await store.limits.unwellServices({ drill: false, since: since(rules.storm.coolDownMs) });
  const caps = stormCaps(
    blastClass,
    storm({ unwell, targets: unwellIn(organisation, target.cluster, unwell) }, rules.storm, atMs),
  );
  if (!runbook) return { caps, flap: null };
  const keys = { targetKey: targetKey(target), drill: false, runbook: runbook.name };
  const cap = flapCap(rules.flap, runbook.name, target.name);
  const until = flapping(await store.limits.recoveries(keys, since(rules.flap.lookBackMs)), rules.flap, atMs);
  if (until !== null) {
    const breaker = { at, until: new Date(until).toISOString(), because: cap.because };
    return { caps: [...caps, cap], flap: { keys, breaker } };
  }
  const open = await store.limits.breaker(keys, at);
  return { caps: open ? [...caps, { mode: cap.mode, because: open.because }] : caps, flap: null };
};

/** Ids of those who hold one of the duties at the instant, those of the team first. */
export const holders = async (
  { store, organisation }: RemediationDependencies,
  duties: readonly string[],
  team: string | null,
  at: string,
): Promise<string[]> => {
  if (duties.length === 0) return [];
  const overrides = await store.overrides.inForce(at);
  const held = duties.flatMap((duty) => holdersOf(organisation, duty, { at, team: team ?? undefined, overrides }));
  return [...new Set(held)];
};
