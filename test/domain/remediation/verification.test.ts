import { describe, expect, test } from 'vitest';
import { verdictOf, verdictOfAll } from '../../../src/domain/remediation/verification.ts';
import type { Sample } from '../../../src/schema/remediation.ts';

const rule = { consecutiveSuccesses: 3, giveUpAt: 1_000, baseline: 0.3 };
const samples = (...values: (number | null)[]): Sample[] =>
  values.map((value) => ({ at: '2026-01-01T00:00:00.000Z', value, healthy: value === null ? null : value < 0.01 }));

describe('the proof that a remediation helped', () => {
  test('needs the symptom healthy as many times in a row as the pack asks', () => {
    expect(verdictOf(samples(0.3, 0, 0, 0), rule, 10)).toBe('recovered');
    expect(verdictOf(samples(0, 0), rule, 10)).toBeNull();
  });
  test('starts counting anew after a bad sample', () => {
    expect(verdictOf(samples(0, 0, 0.2, 0, 0), rule, 10)).toBeNull();
  });
  test('never takes missing data for success', () => {
    expect(verdictOf(samples(0, 0, null), rule, 10)).toBeNull();
    expect(verdictOf(samples(null, null, null), rule, 1_000)).toBe('inconclusive');
  });
  test('calls it worse only when the figure ends clearly above where it began', () => {
    expect(verdictOf(samples(0.5, 0.6), rule, 1_000)).toBe('worse');
    expect(verdictOf(samples(0.3, 0.31), rule, 1_000)).toBe('ineffective');
  });
  test('does not call it worse without a figure from before', () => {
    expect(verdictOf(samples(0.5, 0.6), { ...rule, baseline: null }, 1_000)).toBe('ineffective');
  });
  test('waits until the time is up before it gives up', () => {
    expect(verdictOf(samples(0.5, 0.6), rule, 999)).toBeNull();
  });
  test('lets what has become healthy finish its run when the time is up, and no longer', () => {
    expect(verdictOf(samples(0.3, 0, 0), rule, 2_000)).toBeNull();
    expect(verdictOf(samples(0.3, 0, 0, 0), rule, 2_000)).toBe('recovered');
    expect(verdictOf(samples(0.3, 0, 0, 0.2), rule, 2_000)).toBe('ineffective');
    expect(verdictOf(samples(0.3, 0, 0, null), rule, 2_000)).toBe('ineffective');
  });
  test('is given up before its time after as many bad samples as the check allows, however many good ones lie between', () => {
    const limited = { ...rule, failureLimit: 2 };
    expect(verdictOf(samples(0.3), limited, 10)).toBeNull();
    expect(verdictOf(samples(0.3, 0, 0.3), limited, 10)).toBe('ineffective');
    expect(verdictOf(samples(0.3, 0.6, 0.6), limited, 10)).toBe('worse');
  });
  test('counts missing data among no failures', () => {
    expect(verdictOf(samples(null, null, null, null), { ...rule, failureLimit: 2 }, 10)).toBeNull();
  });
  test('calls a figure without effect that is neither good nor bad, unless there is none from before', () => {
    const neither = samples(0.3, 0.3).map((sample) => ({ ...sample, healthy: null }));
    expect(verdictOf(neither, rule, 1_000)).toBe('ineffective');
    expect(verdictOf(neither, { ...rule, baseline: null }, 1_000)).toBe('inconclusive');
  });
});

describe('several checks together', () => {
  const well = { samples: samples(0, 0, 0), rule };
  const open = { samples: samples(0.3), rule };
  const blind = { samples: samples(null, null), rule };
  const bad = { samples: samples(0.3, 0.3), rule: { ...rule, failureLimit: 2 } };
  const worse = { samples: samples(0.6, 0.6), rule: { ...rule, failureLimit: 2 } };

  test('have helped only when each of them says so', () => {
    expect(verdictOfAll([well, well], 10)).toBe('recovered');
    expect(verdictOfAll([well, open], 10)).toBeNull();
    expect(verdictOfAll([well, blind], 1_000)).toBe('inconclusive');
  });
  test('are decided by the one that is worse, then by the one without effect, without waiting for the others', () => {
    expect(verdictOfAll([open, bad, worse], 10)).toBe('worse');
    expect(verdictOfAll([well, open, bad], 10)).toBe('ineffective');
  });
});
