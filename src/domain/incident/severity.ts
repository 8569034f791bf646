/** How bad it is, from a pack's own rules. Pure: no figure of a policy stands here. */
import type { Adjustment, Condition, PackDocument, SeverityRule } from '../../schema/policy.ts';
import { Bug, InvalidInput } from '../errors.ts';

export type Fact = number | string | boolean;
/** Named facts about one alert. A name that is not there makes a condition false, never true. */
export type TriageFacts = Readonly<Record<string, Fact>>;

export interface JudgedSeverity {
  severity: string;
  rank: number;
  because: string;
  /** Id of the rule, or `label:<word>`, or `label:otherwise`. */
  rule: string;
  /** Ids of the adjustments that moved it, in the order in which they did. */
  adjustments: string[];
}

/** What of a pack decides how bad something is. */
export type SeverityRules = Pick<PackDocument, 'pack' | 'severities' | 'rules' | 'severityLabels' | 'adjustments'>;

/** Rank of a severity of the pack; 1 is worst. Throws InvalidInput for a name the pack does not know. */
export const rankOf = (pack: Pick<PackDocument, 'pack' | 'severities'>, severity: string): number => {
  const found = pack.severities[severity];
  if (!found) {
    throw new InvalidInput(
      `the pack ${pack.pack} has no severity "${severity}"; give one of ${severityNames(pack).join(', ')}`,
      [{ path: 'severity', message: `one of ${severityNames(pack).join(', ')}` }],
    );
  }
  return found.rank;
};

/** Names from worst to mildest. */
export const severityNames = (pack: Pick<PackDocument, 'severities'>): string[] =>
  Object.entries(pack.severities)
    .sort(([, left], [, right]) => left.rank - right.rank)
    .map(([name]) => name);

/** Name as the pack spells it, whatever the case a person typed; null when unknown. */
export const severityNamed = (pack: Pick<PackDocument, 'severities'>, typed: string): string | null =>
  severityNames(pack).find((name) => name.toLowerCase() === typed.trim().toLowerCase()) ?? null;

/** Whether all conditions hold. `heldMs` is how long the alert has been firing. */
export const allHold = (conditions: readonly Condition[], facts: TriageFacts, heldMs: number): boolean =>
  conditions.every((condition) => holds(condition, facts, heldMs));

/**
 * How bad it is, all told: the worst matching rule or the monitor's own word, whichever the pack lets decide, moved by the
 * adjustments that match. Where a rule matched, a missing or unknown word says nothing. Total: without any rule and word
 * the pack's severity for the unknown. Also for a person who declares: answers are facts, `heldMs` 0, `label` null.
 */
export const judge = (
  pack: SeverityRules,
  facts: TriageFacts,
  heldMs: number,
  label: string | null,
): JudgedSeverity => {
  const byRules = judgeByRules(pack, facts, heldMs);
  const { known, ...byLabel } = judgeByLabel(pack, label);
  const wordIsWorse = byRules !== null && known && byLabel.rank < byRules.rank;
  const wordCounts = byRules === null || (wordIsWorse && pack.severityLabels.counts === 'worse');
  return adjusted(pack, wordCounts ? byLabel : byRules, facts, heldMs);
};

/** Lowered first, never past the mildest, then lifted: a lift is never taken back. Only what moved it is named. */
const adjusted = (pack: SeverityRules, judged: JudgedSeverity, facts: TriageFacts, heldMs: number): JudgedSeverity => {
  const names = severityNames(pack);
  const moveTo = (at: JudgedSeverity, rank: number, adjustment: Adjustment): JudgedSeverity => {
    const severity = names[rank - 1];
    if (rank === at.rank || severity === undefined) return at;
    const because = `${rank > at.rank ? 'lowered' : 'lifted'} to ${severity}: ${explain(adjustment, facts)}`;
    return {
      ...at,
      severity,
      rank,
      because: `${at.because}; ${because}`,
      adjustments: [...at.adjustments, adjustment.id],
    };
  };
  const matching = pack.adjustments.filter(({ when }) => allHold(when, facts, heldMs));
  const lowered = matching.reduce(
    (at, each) => moveTo(at, Math.min(at.rank + (each.lowerBy ?? 0), names.length), each),
    judged,
  );
  return matching.reduce(
    (at, each) => (each.atLeast === undefined ? at : moveTo(at, Math.min(at.rank, rankOf(pack, each.atLeast)), each)),
    lowered,
  );
};

/** The worst matching rule; among equals the first of the pack. Null when no figure says anything. */
export const judgeByRules = (
  pack: Pick<PackDocument, 'pack' | 'severities' | 'rules'>,
  facts: TriageFacts,
  heldMs: number,
  exceptRules: readonly string[] = [],
): JudgedSeverity | null => {
  const matching = pack.rules
    .filter((rule) => !exceptRules.includes(rule.id) && allHold(rule.when, facts, heldMs))
    .map((rule) => ({
      severity: rule.severity,
      rank: rankOf(pack, rule.severity),
      because: explain(rule, facts),
      rule: rule.id,
      adjustments: [],
    }));
  return matching.reduce<JudgedSeverity | null>(
    (worst, each) => (worst && worst.rank <= each.rank ? worst : each),
    null,
  );
};

/** What the monitor's own word means in this pack; an unknown or missing word has the pack's `otherwise`. */
export const judgeByLabel = (
  pack: Pick<PackDocument, 'pack' | 'severities' | 'severityLabels'>,
  label: string | null,
): JudgedSeverity & { known: boolean } => {
  const word = label?.trim().toLowerCase() ?? '';
  const mapped = Object.hasOwn(pack.severityLabels.map, word) ? pack.severityLabels.map[word] : undefined;
  const severity = mapped ?? pack.severityLabels.otherwise;
  return {
    severity,
    rank: rankOf(pack, severity),
    known: mapped !== undefined,
    rule: mapped === undefined ? 'label:otherwise' : `label:${word}`,
    because: word === '' ? 'the monitor gives no severity' : `the monitor says "${word}"`,
    adjustments: [],
  };
};

const holds = (condition: Condition, facts: TriageFacts, heldMs: number): boolean => {
  const fact = Object.hasOwn(facts, condition.signal) ? facts[condition.signal] : undefined;
  if (fact === undefined) return false;
  const { above, atLeast, below, atMost, equals, oneOf, heldFor } = condition;
  if ([above, atLeast, below, atMost].some((bound) => bound !== undefined)) {
    if (typeof fact !== 'number' || Number.isNaN(fact)) return false;
    if (above !== undefined && !(fact > above)) return false;
    if (atLeast !== undefined && !(fact >= atLeast)) return false;
    if (below !== undefined && !(fact < below)) return false;
    if (atMost !== undefined && !(fact <= atMost)) return false;
  }
  if (equals !== undefined && fact !== equals) return false;
  if (oneOf !== undefined && !(typeof fact === 'string' && oneOf.includes(fact))) return false;
  return heldFor === undefined || heldMs >= heldFor;
};

/** The rule's own words and the facts it rests on: "error rate above 10 % (errorRate 0.12)". */
export const explain = (rule: Pick<SeverityRule, 'because' | 'when'>, facts: TriageFacts): string => {
  const used = rule.when
    .filter(({ signal }) => Object.hasOwn(facts, signal))
    .map(({ signal }) => `${signal} ${String(facts[signal])}`);
  if (used.length === 0) throw new Bug('a rule without facts was explained');
  return `${rule.because} (${[...new Set(used)].join(', ')})`;
};
