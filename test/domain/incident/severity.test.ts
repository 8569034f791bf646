import { describe, expect, test } from 'vitest';
import { judge, type SeverityRules, type TriageFacts } from '../../../src/domain/incident/severity.ts';
import { guide } from '../../support/builders.ts';

const { SEV1, SEV2, SEV3 } = guide.severities;
if (!SEV1 || !SEV2 || !SEV3) throw new Error('the guide pack has other severities');

/** bad, worse and worst by one figure each; `calmer` lowers by two, `serious` lifts to worse. */
const pack = (counts: 'worse' | 'withoutRule' = 'worse'): SeverityRules => ({
  pack: 'of-the-test',
  severities: { worst: SEV1, worse: SEV2, bad: SEV3 },
  severityLabels: { map: { critical: 'worst', error: 'worse', warning: 'bad' }, otherwise: 'worse', counts },
  rules: [
    { id: 'high', when: [{ signal: 'load', above: 2 }], severity: 'worst', because: 'load above 2' },
    { id: 'some', when: [{ signal: 'load', above: 1 }], severity: 'worse', because: 'load above 1' },
    { id: 'any', when: [{ signal: 'load', above: 0 }], severity: 'bad', because: 'load above 0' },
  ],
  adjustments: [
    { id: 'serious', when: [{ signal: 'serious', equals: true }], atLeast: 'worse', because: 'it is serious' },
    { id: 'calmer', when: [{ signal: 'calmer', equals: true }], lowerBy: 2, because: 'it is calm' },
    { id: 'later', when: [{ signal: 'load', above: 0, heldFor: 60_000 }], lowerBy: 1, because: 'nobody minds' },
  ],
});
const judged = (facts: TriageFacts, label: string | null = null, heldMs = 0, counts?: 'worse' | 'withoutRule') => {
  const { severity, rule, adjustments } = judge(pack(counts), facts, heldMs, label);
  return [severity, rule, ...adjustments].join(' ');
};

describe("beside a rule the monitor's own word", () => {
  test.each([
    ['counts where it is worse', 'critical', 'worse', 'worst label:critical'],
    ['does not count where it is worse, if the pack says so', 'critical', 'withoutRule', 'worse some'],
    ['never makes it milder', 'warning', 'worse', 'worse some'],
    ['never makes it milder, whatever the pack says', 'warning', 'withoutRule', 'worse some'],
    ['says nothing when unknown', 'purple', 'worse', 'worse some'],
  ] as const)('%s', (_, label, counts, expected) => {
    expect(judged({ load: 1.5 }, label, 0, counts)).toBe(expected);
  });

  test.each(['worse', 'withoutRule'] as const)('decides where no rule matches (%s)', (counts) => {
    expect(judged({}, 'critical', 0, counts)).toBe('worst label:critical');
    expect(judged({}, null, 0, counts)).toBe('worse label:otherwise');
  });
});

describe('what lowers and lifts', () => {
  test('nothing, where nothing matches', () => {
    expect(judged({ load: 3 })).toBe('worst high');
    expect(judged({ load: 3, serious: false, calmer: false })).toBe('worst high');
  });

  test('lowers by as much as it says and never past the mildest', () => {
    expect(judged({ load: 3, calmer: true })).toBe('bad high calmer');
    expect(judged({ load: 1.5, calmer: true })).toBe('bad some calmer');
    expect(judged({ load: 0.5, calmer: true })).toBe('bad any');
  });

  test('lifts to what it says and never makes milder', () => {
    expect(judged({ load: 0.5, serious: true })).toBe('worse any serious');
    expect(judged({ load: 1.5, serious: true })).toBe('worse some');
    expect(judged({ load: 3, serious: true })).toBe('worst high');
  });

  test('lowers first, so that a lift is never taken back, wherever it stands in the pack', () => {
    expect(judged({ load: 3, serious: true, calmer: true })).toBe('worse high calmer serious');
  });

  test('counts each that matches once, and waits as long as it says', () => {
    expect(judged({ load: 3 }, null, 59_999)).toBe('worst high');
    expect(judged({ load: 3 }, null, 60_000)).toBe('worse high later');
    expect(judged({ load: 3, calmer: true }, null, 60_000)).toBe('bad high calmer');
  });

  test("moves the monitor's own word as well", () => {
    expect(judged({ calmer: true }, 'critical')).toBe('bad label:critical calmer');
    expect(judged({ serious: true }, 'warning')).toBe('worse label:warning serious');
  });

  test('is named in the reason, in the order in which it moved', () => {
    expect(judge(pack(), { load: 3, serious: true, calmer: true }, 0, null)).toEqual({
      severity: 'worse',
      rank: 2,
      rule: 'high',
      because:
        'load above 2 (load 3); lowered to bad: it is calm (calmer true); lifted to worse: it is serious (serious true)',
      adjustments: ['calmer', 'serious'],
    });
  });
});
