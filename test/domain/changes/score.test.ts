import { describe, expect, test } from 'vitest';
import { type ChangeScope, changeScore, rankSuspects, scoredWindow } from '../../../src/domain/changes/score.ts';
import { WeighedKind } from '../../../src/schema/change.ts';
import { aChange, before, onset } from './builders.ts';

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
  test('counts what it asks the ledger for, and nothing beyond', () => {
    const { from, until } = scoredWindow(onset, 3_600_000);
    for (const at of [from, until]) expect(changeScore(aChange({ at }), onset, 3_600_000)).toBeGreaterThan(0);
    for (const [at, byMs] of [
      [from, -1_000],
      [until, 1_000],
    ] as const) {
      const beyond = new Date(Date.parse(at) + byMs).toISOString();
      expect(changeScore(aChange({ at: beyond }), onset, 3_600_000)).toBe(0);
    }
  });

  const scopes: [ChangeScope, number][] = [
    ['workload', 1],
    ['dependency', 0.7],
    ['neighbourhood', 0.5],
    ['shared', 0.4],
  ];
  const kinds: [WeighedKind, number][] = [
    ['image', 1],
    ['config', 0.9],
    ['secret', 0.9],
    ['flag', 0.9],
    ['infrastructure', 0.7],
    ['node', 0.5],
    ['scale', 0.4],
  ];
  test('has a weight for every kind', () => {
    expect(kinds.map(([kind]) => kind).toSorted()).toEqual([...WeighedKind.options].toSorted());
  });
  test.each(scopes.flatMap(([scope, near]) => kinds.map(([kind, heavy]) => ({ scope, kind, score: near * heavy }))))(
    'is $score for $kind at $scope',
    ({ scope, kind, score }) => {
      expect(changeScore(aChange({ scope, kind, weighsAs: kind }), onset)).toBeCloseTo(score, 3);
    },
  );
  test('weighs what Muster did as what it did, so that automation can be suspected', () => {
    expect(changeScore(aChange({ kind: 'action', weighsAs: 'image' }), onset)).toBe(1);
    expect(changeScore(aChange({ kind: 'action', weighsAs: 'scale' }), onset)).toBe(0.4);
  });
});

describe('suspects', () => {
  test('come most likely first, each with its reasons, and innocent changes do not come at all', () => {
    const suspects = rankSuspects(
      [
        aChange({ kind: 'scale', weighsAs: 'scale', what: 'scaled', at: before(5) }),
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
  test('say who told of them, who made them and where to read more', () => {
    const [suspect] = rankSuspects(
      [aChange({ source: 'github', by: 'hugo-b', author: 'hugo', link: 'https://ci.example/7' })],
      onset,
    );
    expect(suspect).toMatchObject({ source: 'github', by: 'hugo-b', author: 'hugo', link: 'https://ci.example/7' });
  });
});
