import type { Suspect } from '../schema/evidence.ts';

/** Where a change happened, seen from the workload that suffers. */
export type ChangeScope = 'workload' | 'dependency' | 'neighbourhood' | 'shared';

export interface Change {
  kind: Suspect['kind'];
  scope: ChangeScope;
  what: string;
  at: string;
  by: string | null;
  target: Suspect['target'];
  /** The symptom differs between what ran before and after it: the strongest evidence there is. Null: not comparable. */
  differs: { value: boolean; how: string } | null;
}

const scopeWeight: Record<ChangeScope, number> = { workload: 1, dependency: 0.7, neighbourhood: 0.5, shared: 0.4 };
const kindWeight: Record<Suspect['kind'], number> = {
  image: 1,
  config: 0.9,
  infrastructure: 0.7,
  node: 0.5,
  scale: 0.4,
};
const scopeWords: Record<ChangeScope, string> = {
  workload: 'it changed the very workload that suffers',
  dependency: 'it changed something the workload depends on',
  neighbourhood: 'it happened on the same node or in the same namespace',
  shared: 'it changed shared infrastructure',
};
const decayMs = 30 * 60_000;
const clockToleranceMs = 2 * 60_000;
const lookBackMsMax = 4 * 3_600_000;
const differenceFactor = 1.5;

/**
 * How likely a change caused the symptoms, 0 to 1.5: scope x kind x exp(-age / 30 min), half as much again when the
 * symptom differs between before and after. Age runs from the change to the first breach, not to the alert. A change
 * more than 2 minutes after the first breach (clocks differ by less) or further back than we look scores 0.
 */
export const changeScore = (change: Change, onset: string, lookBackMs = lookBackMsMax): number => {
  const ageMs = Date.parse(onset) - Date.parse(change.at);
  if (Number.isNaN(ageMs) || ageMs < -clockToleranceMs || ageMs > Math.min(lookBackMs, lookBackMsMax)) return 0;
  const nearness = Math.exp(-Math.max(0, ageMs) / decayMs);
  const factor = change.differs?.value === true ? differenceFactor : 1;
  return round(scopeWeight[change.scope] * kindWeight[change.kind] * nearness * factor);
};

/** The changes that can have to do with it, most likely first, each with its reasons in words. */
export const rankSuspects = (changes: Change[], onset: string, lookBackMs?: number): Suspect[] =>
  changes
    .map((change) => ({
      kind: change.kind,
      what: change.what,
      at: change.at,
      by: change.by,
      score: changeScore(change, onset, lookBackMs),
      reasons: [scopeWords[change.scope], inTime(change.at, onset), ...(change.differs ? [change.differs.how] : [])],
      target: change.target,
    }))
    .filter((suspect) => suspect.score > 0)
    .sort((one, other) => other.score - one.score || one.what.localeCompare(other.what));

const inTime = (at: string, onset: string): string => {
  const seconds = Math.round((Date.parse(onset) - Date.parse(at)) / 1_000);
  if (Math.abs(seconds) < 1) return 'it came together with the first symptom';
  const amount = Math.abs(seconds) < 120 ? `${Math.abs(seconds)} s` : `${Math.round(Math.abs(seconds) / 60)} min`;
  return `it came ${amount} ${seconds >= 0 ? 'before' : 'after'} the first symptom`;
};

const round = (score: number): number => Math.round(score * 1_000) / 1_000;
