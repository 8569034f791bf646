import { describe, expect, test } from 'vitest';
import { openSteps, stepAfter, stepsDue } from '../../../src/domain/incident/escalation.ts';
import { evolve } from '../../../src/domain/incident/evolve.ts';
import type { Fact } from '../../../src/domain/incident/fact.ts';
import type { IncidentState, Rules } from '../../../src/domain/incident/state.ts';
import { anIncident, aPerson, minutesMs, theRules } from '../../support/builders.ts';

const dutiesDue = (state: IncidentState, minute: number, rules: Rules = theRules()): string[] =>
  stepsDue(state, rules, minutesMs(minute)).fire.map(({ step }) => step.page);

const after = (state: IncidentState, fact: Fact, rules: Rules = theRules()): IncidentState =>
  evolve(state, fact, rules).state;

const fireAll = (state: IncidentState, minute: number, rules: Rules = theRules()): IncidentState => {
  const { fire, passOver } = stepsDue(state, rules, minutesMs(minute));
  return { ...state, ladderDone: [...state.ladderDone, ...[...fire, ...passOver].map(({ key }) => key)] };
};

/** The guide's SEV1 ladder with one more step that only resolution stops. */
const withSecondLadder = (unless: 'mitigated' | 'resolved'): Rules => {
  const rules = theRules();
  const sev1 = rules.policy.severities.SEV1;
  if (!sev1) throw new Error('the guide has a SEV1');
  const step = { after: minutesMs(45), page: 'vp-engineering', unless } as const;
  return {
    ...rules,
    policy: {
      ...rules.policy,
      severities: { ...rules.policy.severities, SEV1: { ...sev1, ladder: [...sev1.ladder, step] } },
    },
  };
};

describe('the ladder of somebody who does not answer', () => {
  test('pages on-call at once and each further level at its minute', () => {
    const steps = openSteps(anIncident(), theRules()).map(({ step, at }) => [at / minutesMs(1), step.page]);
    expect(steps).toEqual([
      [0, 'on-call'],
      [5, 'on-call-lead'],
      [15, 'engineering-manager'],
      [30, 'vp-engineering'],
    ]);
  });
  test('does not page the vice president for a SEV2', () => {
    expect(openSteps(anIncident({ severity: 'SEV2' }), theRules()).map(({ step }) => step.page)).not.toContain(
      'vp-engineering',
    );
  });
  test('fires a step once', () => {
    const fired = fireAll(anIncident(), 5);
    expect(dutiesDue(fired, 5)).toEqual([]);
    expect(dutiesDue(fired, 14.9)).toEqual([]);
    expect(dutiesDue(fired, 15)).toEqual(['engineering-manager']);
  });
  test('fires only the highest of several overdue steps after an outage', () => {
    const { fire, passOver } = stepsDue(anIncident(), theRules(), minutesMs(20));
    expect(fire.map(({ step }) => step.page)).toEqual(['engineering-manager']);
    expect(passOver.map(({ step }) => step.page)).toEqual(['on-call', 'on-call-lead']);
  });
  test('takes the next step when nobody holds the duty, and none after the last', () => {
    const [first, , , last] = openSteps(anIncident(), theRules());
    if (!first || !last) throw new Error('the ladder has four steps');
    expect(stepAfter(anIncident(), theRules(), first.step)?.step.page).toBe('on-call-lead');
    expect(stepAfter(anIncident(), theRules(), last.step)).toBeNull();
  });
});

describe('what stops a ladder', () => {
  test('an acknowledgement stops the steps that wait for one', () => {
    const state = after(anIncident(), { kind: 'acknowledged', at: minutesMs(2), by: aPerson(), note: null });
    expect(openSteps(state, theRules())).toEqual([]);
  });
  test('an acknowledgement does not stop the steps that wait for resolution', () => {
    const rules = withSecondLadder('resolved');
    const state = after(anIncident(), { kind: 'acknowledged', at: minutesMs(2), by: aPerson(), note: null }, rules);
    expect(dutiesDue(state, 45, rules)).toEqual(['vp-engineering']);
  });
  test('mitigation stops the steps that wait for it and no others', () => {
    const fact: Fact = { kind: 'mitigated', at: minutesMs(10), by: aPerson(), note: null, cause: null };
    const acknowledged = anIncident({ acknowledged: { at: 0, by: 'Robin', expiresAt: null } });
    const stopped = withSecondLadder('mitigated');
    const goesOn = withSecondLadder('resolved');
    expect(dutiesDue(after(acknowledged, fact, stopped), 45, stopped)).toEqual([]);
    expect(dutiesDue(after(acknowledged, fact, goesOn), 45, goesOn)).toEqual(['vp-engineering']);
  });
  test('the hold pauses everything and reopening resumes what was not done', () => {
    const rules = withSecondLadder('resolved');
    const held = after(
      fireAll(anIncident(), 30, rules),
      { kind: 'holdStarted', at: minutesMs(40), by: aPerson(), note: null, cause: null, why: 'said so' },
      rules,
    );
    expect(dutiesDue(held, 46, rules)).toEqual([]);
    const open = after(
      held,
      { kind: 'reopened', at: minutesMs(47), by: aPerson(), reason: 'back again', regression: false },
      rules,
    );
    expect(dutiesDue(open, 47, rules)).toEqual(['vp-engineering']);
  });
});

describe('a change of severity', () => {
  const change = (to: string, minute: number): Fact => ({
    kind: 'severityChanged',
    at: minutesMs(minute),
    by: aPerson(),
    to,
    reason: null,
  });

  test('that rises voids the acknowledgement and starts the new ladder', () => {
    const quiet = after(fireAll(anIncident({ severity: 'SEV3' }), 0), {
      kind: 'acknowledged',
      at: minutesMs(1),
      by: aPerson(),
      note: null,
    });
    const risen = after(quiet, change('SEV1', 20));
    expect(risen.acknowledged).toBeNull();
    expect(dutiesDue(risen, 20)).toEqual(['engineering-manager']);
    expect(dutiesDue(fireAll(risen, 20), 30)).toEqual(['vp-engineering']);
  });
  test('that falls keeps the acknowledgement', () => {
    const quiet = after(anIncident(), { kind: 'acknowledged', at: minutesMs(1), by: aPerson(), note: null });
    expect(openSteps(after(quiet, change('SEV3', 20)), theRules())).toEqual([]);
  });
  test('that falls pages nobody again who was paged on the old ladder', () => {
    const fallen = after(fireAll(fireAll(anIncident(), 0), 5), change('SEV2', 6));
    expect(dutiesDue(fallen, 6)).toEqual([]);
    expect(dutiesDue(fallen, 15)).toEqual(['engineering-manager']);
  });
});
