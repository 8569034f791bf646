import { describe, expect, test } from 'vitest';
import { type Change, changeScore, rankSuspects } from '../../src/domain/change-score.ts';

const onset = '2026-05-04T12:00:00Z';
const before = (minutes: number): string => new Date(Date.parse(onset) - minutes * 60_000).toISOString();
const aChange = (more: Partial<Change> = {}): Change => ({
  kind: 'image',
  scope: 'workload',
  what: 'revision 5 of checkout (2.3.1 to 2.4.0)',
  at: before(0),
  by: null,
  target: null,
  differs: null,
  ...more,
});

describe('the score of a change', () => {
  test('is 1 for a new image of the very workload at the first symptom', () => {
    expect(changeScore(aChange(), onset)).toBe(1);
  });
  test('falls by the factor e in 30 minutes', () => {
    expect(changeScore(aChange({ at: before(30) }), onset)).toBeCloseTo(Math.exp(-1), 3);
  });
  test('is half as much again when the new pods are worse than the old ones', () => {
    expect(changeScore(aChange({ differs: { value: true, how: 'x' } }), onset)).toBe(1.5);
    expect(changeScore(aChange({ differs: { value: false, how: 'x' } }), onset)).toBe(1);
  });
  test('allows clocks to differ by two minutes, and no more', () => {
    expect(changeScore(aChange({ at: before(-2) }), onset)).toBe(1);
    expect(changeScore(aChange({ at: before(-2.1) }), onset)).toBe(0);
  });
  test('ends at four hours, or earlier where the policy looks back less far', () => {
    expect(changeScore(aChange({ at: before(200) }), onset)).toBeGreaterThan(0);
    expect(changeScore(aChange({ at: before(241) }), onset)).toBe(0);
    expect(changeScore(aChange({ at: before(90) }), onset, 3_600_000)).toBe(0);
  });
  test('weighs a change of configuration, of a dependency and of the size less', () => {
    expect(changeScore(aChange({ kind: 'config' }), onset)).toBe(0.9);
    expect(changeScore(aChange({ scope: 'dependency' }), onset)).toBe(0.7);
    expect(changeScore(aChange({ kind: 'scale' }), onset)).toBe(0.4);
  });
});

describe('suspects', () => {
  test('come most likely first, each with its reasons, and innocent changes do not come at all', () => {
    const suspects = rankSuspects(
      [
        aChange({ kind: 'scale', what: 'scaled', at: before(5) }),
        aChange({ what: 'released', at: before(3), differs: { value: true, how: 'its pods fail' } }),
        aChange({ what: 'long ago', at: before(600) }),
      ],
      onset,
    );
    expect(suspects.map((one) => one.what)).toEqual(['released', 'scaled']);
    expect(suspects[0]?.reasons).toEqual([
      'it changed the very workload that suffers',
      'it came 3 min before the first symptom',
      'its pods fail',
    ]);
  });
});
