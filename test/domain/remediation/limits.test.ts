import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Counts,
  flapping,
  limitCaps,
  limitsExceeded,
  storm,
  stormCaps,
} from '../../../src/domain/remediation/limits.ts';
import { rulesFor } from '../../../src/domain/remediation/mode-rules.ts';
import { builtIn, ownPolicy, question } from '../../support/policies.ts';

const { limits, flap, storm: stormRule } = rulesFor(builtIn, question());
const none: Counts = {
  target: { inWindow: 0, inDay: 0 },
  runbook: { inWindow: 0 },
  cluster: { inWindow: 0, running: 0 },
  total: { inWindow: 0 },
};
const noonMs = Date.parse('2026-03-04T12:00:00Z');
const at = (minutes: number): string => new Date(noonMs + minutes * 60_000).toISOString();

describe('limits', () => {
  test.each([
    ['the second change of a target in an hour', { target: { inWindow: 1, inDay: 1 } }, 0],
    ['the third', { target: { inWindow: 2, inDay: 2 } }, 1],
    ['the fifth of a day', { target: { inWindow: 0, inDay: 4 } }, 0],
    ['the sixth of a day', { target: { inWindow: 0, inDay: 5 } }, 1],
    ['the tenth by a runbook', { runbook: { inWindow: 9 } }, 0],
    ['the eleventh by a runbook', { runbook: { inWindow: 10 } }, 1],
    ['any by hand', { runbook: null }, 0],
    ['the twentieth in a cluster', { cluster: { inWindow: 19, running: 0 } }, 0],
    ['the twenty-first in a cluster', { cluster: { inWindow: 20, running: 0 } }, 1],
    ['the third at once in a cluster', { cluster: { inWindow: 2, running: 2 } }, 0],
    ['the fourth at once in a cluster', { cluster: { inWindow: 3, running: 3 } }, 1],
    ['the fiftieth everywhere', { total: { inWindow: 49 } }, 0],
    ['the fifty-first everywhere', { total: { inWindow: 50 } }, 1],
  ])('%s: %o breaks %i', (_, counts: Partial<Counts>, broken) => {
    expect(limitsExceeded({ ...none, ...counts }, limits)).toHaveLength(broken);
  });

  test('are told with the figures, and end in a question to a person', () => {
    const exceeded = limitsExceeded({ ...none, target: { inWindow: 2, inDay: 2 } }, limits);
    expect(exceeded).toEqual(['2 changes of this target within 1 h, and 2 are allowed']);
    expect(limitCaps(exceeded)).toEqual([{ mode: 'approve', because: exceeded[0] }]);
  });

  test('of two policies the lower number in the longer window counts', () => {
    const rare = ownPolicy('rare', 'limits: { perTarget: { max: 1, window: 30m, perDay: 3 } }');
    const slow = ownPolicy('slow', 'limits: { perTarget: { max: 4, window: 6h } }');
    expect(rulesFor([...builtIn, rare, slow], question()).limits).toMatchObject({
      perTarget: { max: 1, windowMs: 6 * 3_600_000, perDay: 3 },
      perRunbook: { max: 10 },
    });
  });

  test('one more run never breaks fewer limits', () => {
    const counts = fc.record({
      target: fc.record({ inWindow: fc.nat(6), inDay: fc.nat(6) }),
      runbook: fc.record({ inWindow: fc.nat(12) }),
      cluster: fc.record({ inWindow: fc.nat(25), running: fc.nat(4) }),
      total: fc.record({ inWindow: fc.nat(55) }),
    });
    fc.assert(
      fc.property(counts, (before) => {
        const after = { ...before, target: { inWindow: before.target.inWindow + 1, inDay: before.target.inDay + 1 } };
        expect(limitsExceeded(after, limits).length).toBeGreaterThanOrEqual(limitsExceeded(before, limits).length);
      }),
    );
  });
});

describe('a runbook whose help does not last', () => {
  const helped = (recovered: number, cameBack: number | null) => ({
    recoveredAt: at(recovered),
    cameBackAt: cameBack === null ? null : at(cameBack),
  });
  test('only recommends itself for four hours after the alert came back the second time', () => {
    const twice = [helped(-60, -40), helped(-20, 0)];
    expect(flapping(twice, flap, noonMs)).toBe(noonMs + 4 * 3_600_000);
    expect(flapping(twice, flap, noonMs + 4 * 3_600_000)).toBeNull();
  });
  test.each([
    ['came back once', [helped(-20, 0)]],
    ['came back after more than half an hour', [helped(-120, -80), helped(-20, 0)]],
    ['has not come back since the last time', [helped(-60, -40), helped(-20, null)]],
    ['helped for good in between', [helped(-90, -70), helped(-60, null), helped(-20, 0)]],
    ['came back yesterday and today', [helped(-26 * 60, -26 * 60 + 20), helped(-20, 0)]],
  ])('does not flap when it %s', (_, recoveries) => expect(flapping(recoveries, flap, noonMs)).toBeNull());
  test('exactly half an hour is still a return', () => {
    expect(flapping([helped(-90, -60), helped(-30, 0)], flap, noonMs)).not.toBeNull();
  });
  test('the order in which recoveries are told does not matter', () => {
    const told = [helped(-20, 0), helped(-60, -40)];
    expect(flapping(told, flap, noonMs)).toBe(flapping(told.toReversed(), flap, noonMs));
  });
});

describe('a storm', () => {
  const unwell = (count: number, from = -10, to: number | null = null) =>
    Array.from({ length: count }, (_, index) => ({
      service: `service-${index}`,
      from: at(from),
      to: to === null ? null : at(to),
    }));
  const told = (facts: Partial<Parameters<typeof storm>[0]>) =>
    storm({ unwell: [], targets: null, ...facts }, stormRule, noonMs);

  test('is six services unwell at once, and not five', () => {
    expect(told({ unwell: unwell(6) })).toContain('6 services were unwell at once');
    expect(told({ unwell: unwell(5) })).toBeNull();
  });
  test('is not six incidents of one service', () => {
    expect(told({ unwell: unwell(6).map((one) => ({ ...one, service: 'checkout' })) })).toBeNull();
  });
  test('is not six services one after the other', () => {
    const inTurn = unwell(6).map((one, index) => ({ ...one, from: at(-30 + index * 5), to: at(-26 + index * 5) }));
    expect(told({ unwell: inTurn })).toBeNull();
  });
  test('lasts until it has been quiet for the cool-down', () => {
    expect(told({ unwell: unwell(6, -60, -29) })).not.toBeNull();
    expect(told({ unwell: unwell(6, -60, -31) })).toBeNull();
  });
  test('is more than three tenths of the targets; one target alone is none', () => {
    expect(told({ targets: { unhealthy: 4, all: 10 } })).toContain('4 of 10 targets are unwell, more than 30 %');
    expect(told({ targets: { unhealthy: 3, all: 10 } })).toBeNull();
    expect(told({ targets: { unhealthy: 1, all: 1 } })).toBeNull();
  });
  test('stops changes of workloads and nodes, and not of one pod', () => {
    expect(stormCaps('B2', 'a storm')).toEqual([{ mode: 'recommend', because: 'a storm' }]);
    expect(stormCaps('B3', 'a storm')).toHaveLength(1);
    expect(stormCaps('B1', 'a storm')).toEqual([]);
    expect(stormCaps('B2', null)).toEqual([]);
  });
});
