/** From what a runbook says to what its workflow carries. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Facts } from '../../src/domain/diagnosis/fact-table.ts';
import { type CompileRequest, compileRunbook } from '../../src/domain/runbook/compile.ts';
import { targetsInCatalogue } from '../../src/domain/runbook/targets.ts';
import { fillRead } from '../../src/domain/runbook/words.ts';
import { conditionsOf } from '../../src/packs/runbook-check.ts';
import { parseRunbook } from '../../src/packs/runbook-load.ts';
import { sandboxOrganisation } from '../support/sandbox-organisation.ts';
import { checkout, everyTarget } from './runbook-case.ts';

const text = readFileSync(fileURLToPath(new URL('./broken-runbooks/good/slow-shop.yaml', import.meta.url)), 'utf8');
const runbook = parseRunbook(text);

const compiled = (facts: Facts, more: Partial<CompileRequest> = {}) =>
  compileRunbook(runbook, {
    facts,
    reads: {},
    targets: everyTarget,
    service: 'checkout',
    confidence: 0.7,
    evaluate: conditionsOf(runbook).evaluate,
    ...more,
  });
const busy: Facts = { autoscaler: { atMax: true }, pods: { total: 3, bad: 0 } };

describe('a compiled runbook', () => {
  test('is plain data: what goes through JSON comes back the same', () => {
    const whole = compiled(busy);
    expect(JSON.parse(JSON.stringify(whole))).toEqual(whole);
    expect(whole).toMatchObject({ name: 'slow-shop', version: 2, owner: 'shop', confidence: 0.7 });
  });

  test('has every sentence filled in, and says of what nobody knows that it is unknown', () => {
    const facts: Facts = {
      change: { what: 'the release of checkout 2.4.0', ageMinutes: 4.5333 },
      workload: { name: 'checkout' },
    };
    expect(compiled(facts)).toMatchObject({
      because: 'the release of checkout 2.4.0 came 4 min 32 s before.',
      look: ['How checkout does against yesterday.'],
    });
    expect(compiled({}).because).toBe('(unknown) came (unknown) before.');
  });

  test('has its figures from the inputs, within their bounds', () => {
    const [first] = compiled(busy).steps;
    expect(first).toMatchObject({ params: { factor: 1.5 }, verify: { giveUpAfterMs: 600_000 }, deadlineMs: 480_000 });
    const [other] = compiled(busy, { inputs: { factor: 2, soak: 1_200_000 } }).steps;
    expect(other).toMatchObject({ params: { factor: 2 }, verify: { giveUpAfterMs: 1_200_000 } });
  });

  test.each([
    [{ factor: 5 }, 'input factor goes from 1.1 to 3; 5 does not'],
    [{ soak: 60_000 }, 'input soak goes from 5 min to 30 min; 1 min does not'],
    [{ cap: '8Gi' }, 'input cap is one of 512Mi, 1Gi, not 8Gi'],
    [{ speed: 3 }, 'there is no input speed; there are soak, factor, cap'],
    [{ factor: Number.NaN }, 'input factor goes from 1.1 to 3; this does not'],
  ])('takes no input that is out of bounds: %o', (inputs, words) => {
    expect(() => compiled(busy, { inputs })).toThrow(words);
  });

  test('shares the verification of the step that it names', () => {
    const [first, second] = compiled(busy).steps;
    expect(second?.verify).toEqual(first?.verify);
    expect(first?.verify.checks.map(({ id, of, success, failure }) => [id, of, success, failure])).toEqual([
      ['symptom', 'symptom', 'value < healthyBelow', null],
      ['errors', 'errors', 'value < 0.01', 'value > baseline * 1.1'],
    ]);
  });

  test('asks the read of a check with the words of the target', () => {
    const check = compiled(busy).steps[0]?.verify.checks[1];
    expect(check?.read).toMatchObject({ read: 'prometheus', query: 'rate(errors{app="checkout"}[5m])' });
  });

  test('names what follows each verdict, and asks where a guard says no', () => {
    expect(compiled(busy).steps[0]?.on).toEqual({
      recovered: { to: 'finish' },
      ineffective: { to: 'step', step: 'raiseMemory' },
      worse: { to: 'revertAndEscalate' },
      inconclusive: { to: 'ask' },
      refused: { to: 'ask' },
    });
  });
});

describe('a step is no candidate', () => {
  const whyOf = (id: string, facts: Facts, more: Partial<CompileRequest> = {}) => {
    const step = compiled(facts, more).steps.find((one) => one.id === id);
    return step?.chosen === false ? step.why : 'it is one';
  };

  test('where its condition does not hold', () => {
    expect(whyOf('scaleUp', busy)).toBe('it is one');
    expect(whyOf('scaleUp', { ...busy, autoscaler: { atMax: false } })).toBe(
      'autoscaler.atMax && pods.bad == 0 does not hold',
    );
  });
  test('where its condition rests on what is not known', () => {
    expect(whyOf('scaleUp', { autoscaler: { atMax: true } })).toBe('pods.bad is not known');
    expect(whyOf('scaleUp', {})).toBe('autoscaler.atMax and pods.bad are not known');
  });
  test('where a fact that it passes on is not known', () => {
    expect(whyOf('raiseMemory', { pods: { oomKilled: 2 } })).toBe('pods.oomContainer is not known');
    expect(whyOf('raiseMemory', { pods: { oomKilled: 2, oomContainer: 'app' } })).toBe('it is one');
  });
  test('where there is nothing to do it to', () => {
    expect(whyOf('evictPod', busy)).toBe('there is no one pod that is not well while the others are');
    expect(whyOf('evictPod', { pods: { suspect: 'checkout-c' } })).toBe('it is one');
    expect(whyOf('scaleUp', busy, { targets: { ...everyTarget, workload: null } })).toBe(
      'the catalogue names no workload of this service',
    );
    const set = { ...everyTarget, workload: { ...checkout, kind: 'StatefulSet' } };
    expect(whyOf('scaleUp', busy, { targets: set })).toBe('it is for a Deployment, and checkout is a StatefulSet');
  });
});

describe('a read', () => {
  const [errors] = runbook.spec.diagnose;
  const place = { target: checkout, service: 'checkout' };

  test('takes on plain names and nothing else', () => {
    if (!errors) throw new Error('the good runbook has no read');
    expect(fillRead(errors, place)).toMatchObject({ query: 'rate(errors{app="checkout"}[5m])' });
    for (const name of ['checkout"} or vector(0) #', '', 'a b', 'x\n'])
      expect(fillRead(errors, { ...place, target: { ...checkout, name } }), name).toBeNull();
    expect(fillRead(errors, { ...place, target: null })).toBeNull();
  });
});

describe('the catalogue', () => {
  const organisation = sandboxOrganisation;
  const of = (service: string | null) => targetsInCatalogue(organisation, { service, workload: checkout });

  test('names the switches of a service as its own, and no others', () => {
    const own = (service: string) => of(service).switches.flatMap((one) => (one.own ? [one.name] : []));
    expect(own('payments')).toEqual(['payments-breaker']);
    expect(own('checkout')).toEqual([]);
  });
  test('of an unknown service names nothing but the workload', () => {
    expect(of('nobody')).toMatchObject({ workload: checkout, database: null, application: null });
    expect(of('constructor')).toMatchObject({ database: null });
    expect(of(null).switches.some(({ own }) => own)).toBe(false);
  });
});
