import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rulesFor } from '../../../src/domain/remediation/mode-rules.ts';
import {
  standingOf,
  type TrustOutcome,
  trustOutcomeOf,
  wilsonLowerBound,
} from '../../../src/domain/remediation/trust.ts';
import { remediationStatuses } from '../../../src/schema/remediation.ts';
import { builtIn, question } from '../../support/policies.ts';

const rule = rulesFor(builtIn, question()).trust;
const standing = (...outcomes: TrustOutcome[]) => standingOf(outcomes, rule);
const times = (count: number, outcome: TrustOutcome): TrustOutcome[] => Array(count).fill(outcome);

describe("Wilson's lower bound at 95 %", () => {
  // For n of n the formula is n / (n + 3.8415), which can be reckoned by hand.
  test.each([
    [0, 0, 0],
    [1, 1, 0.2065],
    [10, 10, 0.7225],
    [9, 10, 0.5958],
    [0, 10, 0],
    [50, 100, 0.4038],
  ])('%i of %i give %f', (good, all, bound) => expect(wilsonLowerBound(good, all)).toBeCloseTo(bound, 4));

  test('lies below the share itself and grows with each good run', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), (good, bad) => {
        const all = good + bad;
        const bound = wilsonLowerBound(good, all);
        expect(bound).toBeGreaterThanOrEqual(0);
        expect(bound).toBeLessThanOrEqual(all === 0 ? 0 : good / all);
        expect(wilsonLowerBound(good + 1, all + 1)).toBeGreaterThanOrEqual(bound);
      }),
    );
  });
});

describe('a runbook', () => {
  test('is suggested for auto after ten verified runs, and not after nine', () => {
    expect(standing(...times(10, 'verified'))).toMatchObject({ runs: 10, suggestion: 'promote', demotedBecause: null });
    expect(standing(...times(9, 'verified')).suggestion).toBe('watch');
  });
  test('is not suggested when too many runs did not help', () => {
    expect(standing('ineffective', ...times(10, 'verified'))).toMatchObject({ runs: 11, suggestion: 'watch' });
  });
  test('is demoted by the first run that made things worse', () => {
    expect(standing(...times(20, 'verified'), 'harmful')).toMatchObject({
      suggestion: 'demoted',
      demotedBecause: 'it made things worse once',
    });
  });
  test('is demoted by two runs in a row without effect, and not by two with a good one between them', () => {
    expect(standing('verified', 'ineffective', 'ineffective').demotedBecause).toBe('it did not help 2 times in a row');
    expect(standing('ineffective', 'verified', 'ineffective').demotedBecause).toBeNull();
  });
  test('stays demoted, however well it does afterwards: only a new version begins anew', () => {
    expect(standing('ineffective', 'ineffective', ...times(50, 'verified')).suggestion).toBe('demoted');
    expect(standing().demotedBecause).toBeNull();
  });
  test('is neither praised nor blamed for runs that changed nothing', () => {
    expect(standing('aborted', 'aborted')).toMatchObject({ runs: 0, bound: 0, aborted: 2, suggestion: 'watch' });
    expect(standing('ineffective', 'aborted', 'ineffective').suggestion).toBe('demoted');
  });
});

describe('the end of a run', () => {
  test.each([
    ['recovered', 'verified'],
    ['ineffective', 'ineffective'],
    ['worse', 'harmful'],
    ['reverted', 'harmful'],
    ['expired', 'aborted'],
    ['unknown', 'aborted'],
  ] as const)('%s is %s', (status, outcome) => expect(trustOutcomeOf(status)).toBe(outcome));

  test('no state on the way says anything', () => {
    const onTheWay = ['planning', 'awaitingApproval', 'applying', 'settling', 'verifying', 'reverting'] as const;
    for (const status of onTheWay) expect(trustOutcomeOf(status), status).toBeNull();
    expect(remediationStatuses).toEqual(expect.arrayContaining([...onTheWay]));
  });
});
