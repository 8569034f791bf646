/** How well a version of a runbook did so far, and what follows from it. Pure; the runs are rows of the store. */
import type { RemediationStatus } from '../../schema/remediation.ts';
import type { TrustRow } from '../../schema/trust.ts';
import type { TrustRule } from './mode-rules.ts';

/** `aborted`: nothing was changed, or nobody knows what came of it; says nothing of the runbook. */
export type TrustOutcome = 'verified' | 'ineffective' | 'harmful' | 'aborted';

export interface Tally {
  verified: number;
  ineffective: number;
  harmful: number;
  aborted: number;
}

export interface Standing extends Tally {
  /** Runs that say something: all but the aborted ones. */
  runs: number;
  /** Wilson's lower bound at 95 % of the share that was verified; 0 without runs. */
  bound: number;
  /** Why a person is asked from now on, whatever the policy says; null: nothing speaks against it. */
  demotedBecause: string | null;
  suggestion: 'promote' | 'demoted' | 'watch';
}

/** Quantile of the normal distribution for 95 %, both sides. */
const z = 1.959964;

/**
 * The share of good outcomes that can be counted on after so few trials: 10 of 10 give 0.72, 1 of 1 gives 0.21.
 * https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
 */
export const wilsonLowerBound = (good: number, all: number): number => {
  if (good <= 0) return 0;
  const share = good / all;
  const square = z * z;
  const centre = share + square / (2 * all);
  const margin = z * Math.sqrt((share * (1 - share) + square / (4 * all)) / all);
  return Math.max(0, (centre - margin) / (1 + square / all));
};

/**
 * Outcomes of one version, oldest first. What demoted it once demotes it for good: only a new version, which starts without
 * history, is looked at anew.
 */
export const standingOf = (outcomes: readonly TrustOutcome[], { promote, demote }: TrustRule): Standing => {
  const count = (wanted: TrustOutcome) => outcomes.filter((outcome) => outcome === wanted).length;
  const tally = {
    verified: count('verified'),
    ineffective: count('ineffective'),
    harmful: count('harmful'),
    aborted: count('aborted'),
  };
  const runs = tally.verified + tally.ineffective + tally.harmful;
  const bound = wilsonLowerBound(tally.verified, runs);
  const inARow = longestRow(outcomes);
  const demotedBecause =
    tally.harmful >= demote.harmful
      ? `it made things worse ${times(tally.harmful)}`
      : inARow >= demote.ineffectiveInARow
        ? `it did not help ${times(inARow)} in a row`
        : null;
  const suggestion = demotedBecause ? 'demoted' : runs >= promote.runs && bound >= promote.bound ? 'promote' : 'watch';
  return { ...tally, runs, bound, demotedBecause, suggestion };
};

/** One run that ended, as far as a table of trust goes. */
export interface TrustEntry {
  runbook: string;
  version: number;
  action: string;
  environment: string;
  signature: string;
  outcome: TrustOutcome;
  endedAt: string;
}

/**
 * One row per version, action, environment and what was wrong, in the order of their last runs, latest first. Demotion is
 * that of the version and action in the environment, whatever was wrong. `entries` are oldest first.
 */
export const trustRows = (entries: readonly TrustEntry[], ruleFor: (entry: TrustEntry) => TrustRule): TrustRow[] => {
  const wholeOf = (entry: TrustEntry) => [entry.runbook, entry.version, entry.action, entry.environment].join('\n');
  const versions = Map.groupBy(entries, wholeOf);
  return [...Map.groupBy(entries, (entry) => `${wholeOf(entry)}\n${entry.signature}`).values()]
    .flatMap((alike) => {
      const last = alike.at(-1);
      if (!last) return [];
      const { runbook, version, action, environment, signature, endedAt: lastAt } = last;
      const rule = ruleFor(last);
      const whole = standingOf(outcomesOf(versions.get(wholeOf(last)) ?? []), rule);
      const own = standingOf(outcomesOf(alike), rule);
      const { demotedBecause } = whole;
      const suggestion = demotedBecause === null ? own.suggestion : ('demoted' as const);
      return [{ runbook, version, action, environment, signature, ...own, demotedBecause, suggestion, lastAt }];
    })
    .toSorted((left, right) => Date.parse(right.lastAt) - Date.parse(left.lastAt));
};

const suggestions: Record<TrustRow['suggestion'], string> = {
  promote: 'a policy may let it act without a question',
  demoted: 'asks a person each time until there is a new version',
  watch: 'go on watching',
};

/** What follows from a row, with why where something speaks against it. */
export const suggestionInWords = ({
  suggestion,
  demotedBecause,
}: Pick<TrustRow, 'suggestion' | 'demotedBecause'>): string =>
  suggestions[suggestion] + (demotedBecause === null ? '' : `: ${demotedBecause}`);

const outcomesOf = (entries: readonly TrustEntry[]): TrustOutcome[] => entries.map(({ outcome }) => outcome);

/** What the end of a run says of its runbook; null while it has not ended, and for states that are no end. */
export const trustOutcomeOf = (status: RemediationStatus): TrustOutcome | null => outcomes[status] ?? null;

const outcomes: Partial<Record<RemediationStatus, TrustOutcome>> = {
  recovered: 'verified',
  ineffective: 'ineffective',
  worse: 'harmful',
  reverted: 'harmful',
  revertFailed: 'harmful',
  inconclusive: 'aborted',
  superseded: 'aborted',
  refused: 'aborted',
  rejected: 'aborted',
  expired: 'aborted',
  failed: 'aborted',
  unknown: 'aborted',
};

/** Most runs without effect one after the other; aborted ones neither count nor part them. */
const longestRow = (outcomes: readonly TrustOutcome[]): number => {
  let longest = 0;
  let row = 0;
  for (const outcome of outcomes) {
    if (outcome === 'aborted') continue;
    row = outcome === 'ineffective' ? row + 1 : 0;
    longest = Math.max(longest, row);
  }
  return longest;
};

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
