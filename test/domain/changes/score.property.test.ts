import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeChanges } from '../../../src/domain/changes/merge.ts';
import { type Change, type ChangeScope, changeScore, rankSuspects } from '../../../src/domain/changes/score.ts';
import { WeighedKind } from '../../../src/schema/change.ts';
import { aChange, before, deployment, onset } from './builders.ts';

const kind = fc.constantFrom(...WeighedKind.options);
const scope = fc.constantFrom<ChangeScope>('workload', 'dependency', 'neighbourhood', 'shared');
const differs = fc.constantFrom(null, { value: true, how: 'its pods fail' }, { value: false, how: 'both fail' });
const minutes = fc.double({ min: -10, max: 400, noNaN: true });
const change: fc.Arbitrary<Change> = fc
  .record({
    kind,
    scope,
    differs,
    minutes,
    source: fc.constantFrom('cluster', 'github', 'muster'),
    name: fc.constantFrom(null, 'checkout', 'payments'),
    key: fc.constantFrom(null, 'one', 'two'),
    by: fc.constantFrom(null, 'hugo', 'mei'),
  })
  .map(({ kind, minutes, name, ...more }) =>
    aChange({ ...more, kind, weighsAs: kind, at: before(minutes), target: name === null ? null : deployment(name) }),
  );

test('no change scores below 0 or above 1.5', () => {
  fc.assert(
    fc.property(change, (one) => {
      const score = changeScore(one, onset);
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1.5);
    }),
  );
});

test('of two changes alike but for the time, the nearer before the first symptom never scores less', () => {
  const past = fc.double({ min: 0, max: 239, noNaN: true });
  fc.assert(
    fc.property(change, past, past, (one, first, second) => {
      const [near, far] = [Math.min(first, second), Math.max(first, second)];
      const scoreAt = (at: number): number => changeScore({ ...one, at: before(at) }, onset);
      expect(scoreAt(near)).toBeGreaterThanOrEqual(scoreAt(far));
    }),
  );
});

test('a nearer scope never scores less', () => {
  const nearestFirst: ChangeScope[] = ['workload', 'dependency', 'neighbourhood', 'shared'];
  fc.assert(
    fc.property(change, (one) => {
      const scores = nearestFirst.map((scope) => changeScore({ ...one, scope }, onset));
      expect(scores).toEqual(scores.toSorted((left, right) => right - left));
    }),
  );
});

test('suspects come in one order, in whatever order the changes were found', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 8 }), (changes, picks) => {
      const shuffled = changes
        .map((one, index) => ({ one, place: picks[index] ?? index }))
        .sort((left, right) => left.place - right.place)
        .map(({ one }) => one);
      expect(rankSuspects(shuffled, onset)).toEqual(rankSuspects(changes, onset));
    }),
  );
});

test('merging invents nothing, and merging again changes nothing', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
      const merged = mergeChanges(changes);
      expect(merged.length).toBeLessThanOrEqual(changes.length);
      expect(merged.length > 0).toBe(changes.length > 0);
      expect(mergeChanges(merged)).toEqual(merged);
      for (const { at } of merged) expect(changes.map((one) => one.at)).toContain(at);
    }),
  );
});
