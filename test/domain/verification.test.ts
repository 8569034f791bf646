import { describe, expect, test } from 'vitest';
import { verdictOf } from '../../src/domain/verification.ts';
import type { Sample } from '../../src/schema/remediation.ts';

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
});
