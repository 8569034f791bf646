import { describe, expect, test } from 'vitest';
import type { Known } from '../../src/domain/runbook/known.ts';
import { caseConditions, checkConditions } from '../../src/packs/conditions.ts';

const conditions = caseConditions({ reads: ['errors'], inputs: { soak: 'number', mode: 'text' } });
const known: Known = {
  facts: {
    pods: { total: 3, bad: 0, reasons: ['OOMKilled', 'CrashLoopBackOff'] },
    change: { kind: 'image', score: 0.8 },
  },
  reads: { errors: 0.2 },
  inputs: { soak: 10, mode: 'mild' },
};
const answerTo = (condition: string) => conditions.evaluate(condition, known);

describe('a condition', () => {
  test.each([
    ['pods.total == 3', true],
    ['pods.total / 2 > 1.4 && pods.total - 1 == 2', true],
    ['change.kind in ["image", "config"]', true],
    ['pods.reasons.exists(one, one.startsWith("OOM"))', true],
    ['pods.reasons.all(one, one == "OOMKilled")', false],
    ['"OOMKilled" in pods.reasons && size(pods.reasons) == 2', true],
    ['reads.errors > 0.1 && inputs.soak >= 10 && inputs.mode == "mild"', true],
    ['pods.bad > 0 ? change.score > 0.5 : change.score > 0.9', false],
    ['!(change.kind == "config")', true],
  ])('is answered from what is known: %s is %s', (condition, value) => {
    expect(conditions.faultOf(condition, 'truth')).toBeNull();
    expect(answerTo(condition)).toEqual({ known: true, value });
  });

  test.each([
    ['pods.crashing == 0', ['pods.crashing']],
    ['!(pods.crashing > 0)', ['pods.crashing']],
    ['database.usedRatio < 0.9', ['database.usedRatio']],
    ['pods.total > 1 && pods.crashing < 1 && database.blocked < 1', ['pods.crashing', 'database.blocked']],
    ['nodes.suspect != ""', ['nodes.suspect']],
  ])('that rests on what is not known is not answered, so that nothing passes for well: %s', (condition, missing) => {
    expect(conditions.faultOf(condition, 'truth')).toBeNull();
    expect(answerTo(condition)).toEqual({ known: false, missing });
  });

  test('is answered without a fact where the rest decides', () => {
    expect(answerTo('pods.total == 3 || pods.crashing > 0')).toEqual({ known: true, value: true });
    expect(answerTo('pods.total == 4 && pods.crashing > 0')).toEqual({ known: true, value: false });
  });

  test('may ask whether a fact is known', () => {
    expect(answerTo('has(pods.crashing)')).toEqual({ known: true, value: false });
    expect(answerTo('has(database.usedRatio)')).toEqual({ known: true, value: false });
    expect(answerTo('has(pods.total)')).toEqual({ known: true, value: true });
  });

  test.each([
    ['pods.total =>', 'is no condition'],
    ['pods.totl > 1', 'did you mean "pods.total"?'],
    ['has(pods.totl)', 'did you mean "pods.total"?'],
    ['pod.total > 1', 'did you mean "pods"?'],
    ['pods > 1', 'is a group of facts; name one of them'],
    ['pods.total.value > 1', '"pods.total.value" is not a known fact'],
    ['reads.latency > 1', 'known: reads.errors'],
    ['inputs.hold > 1', 'is not a known fact'],
    ['process.env == "x"', '"process" is not a known fact'],
    ['pods["total"] > 1', 'is not allowed'],
    ['dyn(pods.total) > 1', 'dyn() is not allowed'],
    ['workload.name.matches("(a+)+$")', 'matches() is not allowed'],
    ['pods.reasons.map(one, one).size() > 1', 'map() is not allowed'],
    ['cel.bind(a, pods.total, a > 1)', 'is not allowed'],
    ['timestamp("2026-01-01T00:00:00Z") < timestamp("2027-01-01T00:00:00Z")', 'is not allowed'],
    ['pods.total % 2 == 0', 'is not allowed'],
    ['change.kind == 3', 'compares what cannot be compared'],
    ['pods.bad', 'gives double, where true or false is wanted'],
    ['pods.reasons.exists(a, pods.reasons.exists(b, a == b))', 'a list inside of another'],
    [`pods.total in [${Array.from({ length: 60 }, (_, index) => `${index}.0`).join(',')}]`, 'is no condition'],
    [Array.from({ length: 80 }, () => 'pods.total > 1').join(' && '), 'is no condition'],
    [`${'('.repeat(40)}pods.total > 1${')'.repeat(40)}`, 'is no condition'],
  ])('is refused before anything runs: %s', (condition, words) => {
    expect(conditions.faultOf(condition, 'truth')).toContain(words);
  });

  test('may be a figure where one is wanted, and nothing else there', () => {
    expect(conditions.faultOf('change.score', 'number')).toBeNull();
    expect(answerTo('change.score')).toEqual({ known: true, value: 0.8 });
    expect(conditions.faultOf('change.kind', 'number')).toContain('gives string, where a number is wanted');
  });

  test('knows the reads and inputs of its own runbook, and of no other', () => {
    const other = caseConditions({ reads: [], inputs: {} });
    expect(other.faultOf('reads.errors > 0.1', 'truth')).toContain('is not a known fact');
    expect(other.faultOf('pods.total > 1', 'truth')).toBeNull();
  });

  test('tells what it claims from what it denies or only asks', () => {
    expect(conditions.mentions('pods.total > 1 && !data.suspected && has(change.what)')).toEqual([
      { path: 'pods.total', denied: false, asked: false },
      { path: 'data.suspected', denied: true, asked: false },
      { path: 'change.what', denied: false, asked: true },
    ]);
  });
});

describe('a check', () => {
  const { holds, faultOf } = checkConditions();

  test('compares the figure with what it was, and with where health begins', () => {
    const figure = { value: 0.3, baseline: 0.2, healthyBelow: 0.5 };
    expect(holds('value < healthyBelow', figure)).toBe(true);
    expect(holds('value > baseline * 1.1', figure)).toBe(true);
    expect(holds('value > baseline * 2', figure)).toBe(false);
  });

  test('says nothing where a figure is missing', () => {
    const none = { value: null, baseline: 0.2, healthyBelow: null };
    expect(holds('value < 1', none)).toBeNull();
    expect(holds('value < healthyBelow', { ...none, value: 0.1 })).toBeNull();
    expect(holds('value < 1', { ...none, value: 0.1 })).toBe(true);
  });

  test('knows no facts of the case', () => {
    expect(faultOf('pods.total > 1', 'truth')).toContain('"pods" is not a known fact');
    expect(faultOf('value < 0.01', 'truth')).toBeNull();
  });
});
