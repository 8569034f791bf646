import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AvailabilityFacts,
  type Change,
  expectedLoss,
  minAvailableOf,
  nodesStayReady,
  staysAvailableAfter,
} from '../../../src/domain/kubernetes/availability.ts';

const rolling = (maxUnavailable: number): Change => ({ how: 'rolling', maxUnavailable });
const remove = (healthy: number): Change => ({ how: 'remove', healthy });
const facts = (more: Partial<AvailabilityFacts>): AvailabilityFacts => ({
  wanted: 4,
  available: 4,
  change: rolling(1),
  wantedHealthy: 0,
  ...more,
});

describe('what a change takes away at its worst', () => {
  test.each([
    ['a rolling change takes what it may', 4, 4, rolling(1), 1],
    ['one that only surges takes nothing', 4, 4, rolling(0), 0],
    ['one below its floor already takes nothing more', 4, 2, rolling(1), 0],
    ['one at its floor takes nothing', 4, 3, rolling(1), 0],
    ['one that may lose all takes all', 4, 3, rolling(4), 3],
    ['Recreate takes all', 4, 3, { how: 'recreate' }, 3],
    ['an eviction takes one', 4, 4, remove(1), 1],
    ['evicting a pod that is not well takes nothing', 4, 3, remove(0), 0],
    ['a drain never takes more than there is', 4, 1, remove(3), 1],
  ] as [string, number, number, Change, number][])('%s', (_, wanted, available, change, loss) => {
    expect(expectedLoss({ wanted, available }, change)).toBe(loss);
  });
});

describe('enough stays available', () => {
  test.each([
    ['3 of 4 stay', {}, true],
    ['the last of one replica would go', { wanted: 1, available: 1, change: remove(1) }, false],
    ['one of two stays', { wanted: 2, available: 2, change: remove(1) }, true],
    ['the last healthy one of many would go', { available: 1, change: remove(1) }, false],
    ['none is available, so none can be lost', { available: 0 }, true],
    ['all are wanted healthy', { change: remove(1), wantedHealthy: 4 }, false],
    ['what stays is wanted healthy', { change: remove(1), wantedHealthy: 3 }, true],
    ['too few are available already, and a roll-back takes none', { available: 2, wantedHealthy: 3 }, true],
    [
      'too few are available already, and one more would go',
      { available: 2, change: remove(1), wantedHealthy: 3 },
      false,
    ],
    ['Recreate stops everything', { change: { how: 'recreate' } }, false],
  ] as [string, Partial<AvailabilityFacts>, boolean][])('%s: %o', (_, more, passed) => {
    expect(staysAvailableAfter(facts(more)).passed).toBe(passed);
  });

  test.each([
    [{ change: remove(1), wantedHealthy: 4 }, 'the disruption budget or a policy wants 4'],
    [{ available: 1, change: remove(1) }, 'that would take the last healthy replica'],
  ])('and where it does not, it is said why: %o', (more, words) => {
    const { said, finding } = staysAvailableAfter(facts(more));
    expect(finding).toBe(`${said}, but ${words}`);
  });

  test('a policy asks for replicas or a share, which is rounded up; the most counts', () => {
    expect(minAvailableOf(['60%'], 4)).toBe(3);
    expect(minAvailableOf(['60%'], 1)).toBe(1);
    expect(minAvailableOf([2, '10%'], 4)).toBe(2);
    expect(minAvailableOf([], 4)).toBe(0);
  });

  const anyChange: fc.Arbitrary<Change> = fc.oneof(
    fc.nat(12).map(rolling),
    fc.constant<Change>({ how: 'recreate' }),
    fc.nat(12).map(remove),
  );
  const anyFacts: fc.Arbitrary<AvailabilityFacts> = fc.record({
    wanted: fc.nat(10),
    available: fc.nat(10),
    change: anyChange,
    wantedHealthy: fc.nat(10),
  });

  test('whatever passes keeps what was asked for and one at the least, or takes nothing at all', () => {
    fc.assert(
      fc.property(anyFacts, (any) => {
        const loss = expectedLoss(any, any.change);
        expect(loss).toBeGreaterThanOrEqual(0);
        expect(loss).toBeLessThanOrEqual(any.available);
        if (!staysAvailableAfter(any).passed || loss === 0) return;
        expect(any.available - loss).toBeGreaterThanOrEqual(Math.max(1, any.wantedHealthy));
      }),
    );
  });
  test('what takes nothing away passes, and nothing else passes below what was asked for', () => {
    fc.assert(
      fc.property(anyFacts, (any) => {
        const loss = expectedLoss(any, any.change);
        const isEnough = any.available - loss >= Math.max(1, any.wantedHealthy);
        expect(staysAvailableAfter(any).passed).toBe(loss === 0 || isEnough);
      }),
    );
  });
  test('asking for more never lets more pass', () => {
    fc.assert(
      fc.property(anyFacts, fc.nat(10), (any, more) => {
        const stricter = { ...any, wantedHealthy: any.wantedHealthy + more };
        if (staysAvailableAfter(stricter).passed) expect(staysAvailableAfter(any).passed).toBe(true);
      }),
    );
  });
});

describe('enough nodes stay ready', () => {
  test.each([
    ['2 of 3', { rest: 2, all: 3 }, true],
    ['1 of 2 is less than 51 %', { rest: 1, all: 2 }, false],
    ['51 of 100', { rest: 51, all: 100 }, true],
    ['50 of 100', { rest: 50, all: 100 }, false],
    ['none of one', { rest: 0, all: 1 }, false],
    ['none of none', { rest: 0, all: 0 }, false],
  ])('%s', (_, nodes, passed) => expect(nodesStayReady(nodes, 0.51).passed).toBe(passed));

  test('the last one stays, even where a policy asks for no share', () => {
    expect(nodesStayReady({ rest: 0, all: 1 }, 0)).toEqual({
      passed: false,
      finding: '0 of 1 nodes would still be ready and take pods: one must in any case',
    });
    expect(nodesStayReady({ rest: 1, all: 10 }, 0).passed).toBe(true);
  });
});
