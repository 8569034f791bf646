import type { ChangeKind, WeighedKind } from '../../schema/change.ts';
import type { Suspect } from '../../schema/evidence.ts';
import { mergeChanges } from './merge.ts';

/** Where a change happened, seen from the workload that suffers. */
export type ChangeScope = 'workload' | 'dependency' | 'neighbourhood' | 'shared';

export interface Change {
  kind: ChangeKind;
  /** What an action of Muster amounts to; for all others their kind. */
  weighsAs: WeighedKind;
  scope: ChangeScope;
  what: string;
  at: string;
  by: string | null;
  /** Person id, where it is known who made it. */
  author: string | null;
  /** Who told of it: `cluster`, `muster`, the name of a webhook, or `person`. */
  source: string;
  link: string | null;
  target: Suspect['target'];
  /** The symptom differs between what ran before and after it: the strongest evidence there is. Null: not comparable. */
  differs: { value: boolean; how: string } | null;
  /** Names the very change, wherever it was seen; null where nothing does. */
  key: string | null;
}

const scopeWeight: Record<ChangeScope, number> = { workload: 1, dependency: 0.7, neighbourhood: 0.5, shared: 0.4 };
const kindWeight: Record<WeighedKind, number> = {
  image: 1,
  config: 0.9,
  secret: 0.9,
  flag: 0.9,
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

/** Changes outside of it score 0, so nobody need look for them. */
export const scoredWindow = (onset: string, lookBackMs = lookBackMsMax): { from: string; until: string } => ({
  from: new Date(Date.parse(onset) - Math.min(lookBackMs, lookBackMsMax)).toISOString(),
  until: new Date(Date.parse(onset) + clockToleranceMs).toISOString(),
});

/**
 * How likely a change caused the symptoms, 0 to 1.5: scope x kind x exp(-age / 30 min), half as much again when the
 * symptom differs between before and after. Age runs from the change to the first breach, not to the alert. A change
 * more than 2 minutes after the first breach (clocks differ by less) or further back than we look scores 0.
 */
export const changeScore = (
  change: Pick<Change, 'scope' | 'weighsAs' | 'at' | 'differs'>,
  onset: string,
  lookBackMs = lookBackMsMax,
): number => {
  const ageMs = Date.parse(onset) - Date.parse(change.at);
  if (Number.isNaN(ageMs) || ageMs < -clockToleranceMs || ageMs > Math.min(lookBackMs, lookBackMsMax)) return 0;
  const nearness = Math.exp(-Math.max(0, ageMs) / decayMs);
  const factor = change.differs?.value === true ? differenceFactor : 1;
  return round(scopeWeight[change.scope] * kindWeight[change.weighsAs] * nearness * factor);
};

/**
 * The changes that can have to do with it, each once, most likely first, with the reasons in words. Whatever the order in
 * which they were found, the suspects come in the same one.
 */
export const rankSuspects = (changes: Change[], onset: string, lookBackMs?: number): Suspect[] =>
  mergeChanges(changes)
    .map((change) => ({
      kind: change.kind,
      what: change.what,
      at: change.at,
      by: change.by,
      author: change.author,
      source: change.source,
      link: change.link,
      score: changeScore(change, onset, lookBackMs),
      reasons: [scopeWords[change.scope], inTime(change.at, onset), ...(change.differs ? [change.differs.how] : [])],
      target: change.target,
    }))
    .filter((suspect) => suspect.score > 0)
    .sort(
      (one, other) => other.score - one.score || other.at.localeCompare(one.at) || one.what.localeCompare(other.what),
    );

const inTime = (at: string, onset: string): string => {
  const seconds = Math.round((Date.parse(onset) - Date.parse(at)) / 1_000);
  if (Math.abs(seconds) < 1) return 'it came together with the first symptom';
  const amount = Math.abs(seconds) < 120 ? `${Math.abs(seconds)} s` : `${Math.round(Math.abs(seconds) / 60)} min`;
  return `it came ${amount} ${seconds >= 0 ? 'before' : 'after'} the first symptom`;
};

const round = (score: number): number => Math.round(score * 1_000) / 1_000;
