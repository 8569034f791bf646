import type { RemediationStatus, Sample } from '../schema/remediation.ts';

export interface VerificationRule {
  consecutiveSuccesses: number;
  /** No verdict by then: what was seen decides, once a run of healthy samples that has begun is over. */
  giveUpAt: number;
  /** The figure before anything was changed; null when there was none. */
  baseline: number | null;
}

/** A figure this much above the baseline, twice in a row, is worse than doing nothing. */
const worseThanBaseline = 1.25;
const worseInARow = 2;

/**
 * The verdict so far, or null to go on looking. Missing data is never success: a gap starts the count anew,
 * and samples without any data end inconclusive.
 */
export const verdictOf = (
  samples: Sample[],
  rule: VerificationRule,
  now: number,
): Extract<RemediationStatus, 'recovered' | 'ineffective' | 'worse' | 'inconclusive'> | null => {
  const recent = samples.slice(-rule.consecutiveSuccesses);
  if (recent.length === rule.consecutiveSuccesses && recent.every((sample) => sample.healthy === true))
    return 'recovered';
  const last = samples.slice(-worseInARow);
  const isWorse = (value: number | null) =>
    value !== null && rule.baseline !== null && value > rule.baseline * worseThanBaseline;
  // What is well at the last look is given the looks it still needs; the next bad one ends it.
  if (now < rule.giveUpAt || samples.at(-1)?.healthy === true) return null;
  if (last.length === worseInARow && last.every((sample) => sample.healthy === false && isWorse(sample.value)))
    return 'worse';
  return samples.some((sample) => sample.healthy !== null) ? 'ineffective' : 'inconclusive';
};
