import type { RemediationStatus, Sample } from '../../schema/remediation.ts';

export interface VerificationRule {
  consecutiveSuccesses: number;
  /** No verdict by then: what was seen decides, once a run of healthy samples that has begun is over. */
  giveUpAt: number;
  /** The figure before anything was changed; null when there was none. */
  baseline: number | null;
  /** So many bad samples end it before its time; absent: none do. */
  failureLimit?: number;
}

type Verdict = Extract<RemediationStatus, 'recovered' | 'ineffective' | 'worse' | 'inconclusive'>;

/**
 * Of several checks together: one that is worse or without effect decides for all, recovered are only all of them, and
 * one that saw nothing leaves it open.
 */
export const verdictOfAll = (checks: { samples: Sample[]; rule: VerificationRule }[], now: number): Verdict | null => {
  const verdicts = checks.map(({ samples, rule }) => verdictOf(samples, rule, now));
  for (const bad of ['worse', 'ineffective'] as const) if (verdicts.includes(bad)) return bad;
  if (verdicts.includes(null)) return null;
  return verdicts.includes('inconclusive') ? 'inconclusive' : 'recovered';
};

/** A figure this much above the baseline, twice in a row, is worse than doing nothing. */
const worseThanBaseline = 1.25;
const worseInARow = 2;

/**
 * The verdict so far, or null to go on looking. Missing data is never success: a gap starts the count anew,
 * and samples without any data end inconclusive.
 */
export const verdictOf = (samples: Sample[], rule: VerificationRule, now: number): Verdict | null => {
  const recent = samples.slice(-rule.consecutiveSuccesses);
  if (recent.length === rule.consecutiveSuccesses && recent.every((sample) => sample.healthy === true))
    return 'recovered';
  const last = samples.slice(-worseInARow);
  const limit = rule.failureLimit ?? Number.POSITIVE_INFINITY;
  const isWorse = (value: number | null) =>
    value !== null && rule.baseline !== null && value > rule.baseline * worseThanBaseline;
  const isOver = now >= rule.giveUpAt || samples.filter((sample) => sample.healthy === false).length >= limit;
  // What is well at the last look is given the looks it still needs; the next bad one ends it.
  if (!isOver || samples.at(-1)?.healthy === true) return null;
  if (last.length === worseInARow && last.every((sample) => sample.healthy === false && isWorse(sample.value)))
    return 'worse';
  // A figure that is neither good nor bad has not become good; without one from before nobody can tell.
  const isSeen = ({ healthy, value }: Sample) => healthy !== null || (value !== null && rule.baseline !== null);
  return samples.some(isSeen) ? 'ineffective' : 'inconclusive';
};
