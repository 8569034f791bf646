import { describe, expect, test } from 'vitest';
import { type Ending, firstStep, nextStep } from '../../../src/domain/runbook/next.ts';
import type { CompiledNext, CompiledRunbook, CompiledStep } from '../../../src/schema/runbook.ts';

const aStep = (id: string, ineffective: CompiledNext, chosen = true): CompiledStep => ({
  id,
  title: id,
  action: 'restart-workload',
  target: null,
  params: {},
  chosen,
  why: '',
  deadlineMs: 60_000,
  factors: { speed: 'minutes', risk: 'low', reversible: false, data: 'none' },
  verify: { settleMs: 0, giveUpAfterMs: 60_000, checks: [] },
  on: {
    recovered: { to: 'finish' },
    ineffective,
    worse: { to: 'revertAndEscalate' },
    inconclusive: { to: 'ask' },
    refused: ineffective,
  },
});
const step = (name: string): CompiledNext => ({ to: 'step', step: name });

const aRunbook = (steps: CompiledStep[], stop: CompiledRunbook['stop'] = null): CompiledRunbook => ({
  name: 'ours',
  version: 1,
  owner: 'shop',
  title: 'Ours',
  confidence: 0.8,
  because: '',
  steps,
  never: [],
  look: [],
  stop,
  tasks: [],
});
const whereTo = (runbook: CompiledRunbook, from: string, ending: Ending) => {
  const next = nextStep(runbook, from, ending);
  return next.to === 'step' ? next.step.id : next.to;
};

describe('a runbook begins', () => {
  test('with the safest step that is a candidate', () => {
    const runbook = aRunbook([aStep('a', step('b'), false), aStep('b', { to: 'escalate' })]);
    expect(firstStep(runbook)).toMatchObject({ to: 'step', step: { id: 'b' } });
  });
  test('with a person where no step is one', () => {
    expect(firstStep(aRunbook([aStep('a', { to: 'escalate' }, false)])).to).toBe('escalate');
    expect(firstStep(aRunbook([])).to).toBe('escalate');
  });
  test('with nothing of its own where automation stops', () => {
    const stop = { because: 'Data may be lost.', page: 'on-call', ask: 'Stop writes.' };
    expect(firstStep(aRunbook([aStep('a', { to: 'escalate' })], stop))).toEqual({
      to: 'escalate',
      because: 'Data may be lost.',
    });
  });
});

describe('after a step', () => {
  const runbook = aRunbook([
    aStep('a', step('b')),
    aStep('b', step('c'), false),
    aStep('c', step('d')),
    aStep('d', { to: 'escalate' }, false),
  ]);

  test.each([
    ['recovered', 'finish'],
    ['worse', 'revertAndEscalate'],
    ['inconclusive', 'ask'],
  ] as const)('that was %s comes what the runbook says: %s', (ending, next) => {
    expect(whereTo(runbook, 'a', ending)).toBe(next);
  });

  test('that did not help comes the next further down that is a candidate', () => {
    expect(whereTo(runbook, 'a', 'ineffective')).toBe('c');
    expect(whereTo(runbook, 'a', 'refused')).toBe('c');
  });
  test('that did not help comes a person where no further one is a candidate', () => {
    expect(whereTo(runbook, 'c', 'ineffective')).toBe('escalate');
  });

  test.each([
    ['rejected', 'ask'],
    ['superseded', 'ask'],
    ['expired', 'escalate'],
    ['failed', 'escalate'],
    ['unknown', 'escalate'],
    ['reverted', 'escalate'],
    ['revertFailed', 'escalate'],
  ] as const)('that was %s never comes another change, whatever the runbook says', (ending, next) => {
    expect(whereTo(runbook, 'a', ending)).toBe(next);
  });

  test('the way ends, as it only leads down', () => {
    const taken: string[] = [];
    let at = 'a';
    for (let turns = 0; turns < 10 && runbook.steps.some(({ id }) => id === at); turns += 1) {
      taken.push(at);
      at = whereTo(runbook, at, 'ineffective');
    }
    expect(taken).toEqual(['a', 'c']);
  });

  test('a way back up is a fault of ours and is not taken', () => {
    const circle = aRunbook([aStep('a', step('b')), aStep('b', step('a'))]);
    expect(() => nextStep(circle, 'b', 'ineffective')).toThrow('leads from b back to a');
    expect(() => nextStep(circle, 'x', 'ineffective')).toThrow('has no step x');
  });
});
