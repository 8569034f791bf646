import { describe, expect, test } from 'vitest';
import { deadlinesOf } from '../../../src/domain/incident/deadlines.ts';
import { evolve } from '../../../src/domain/incident/evolve.ts';
import type { Fact } from '../../../src/domain/incident/fact.ts';
import { type IncidentState, isOver, transitions } from '../../../src/domain/incident/state.ts';
import { viewOf } from '../../../src/domain/incident/view.ts';
import { incidentStatuses } from '../../../src/schema/incident.ts';
import { anIncident, aPerson, minutesMs, theRules } from '../../support/builders.ts';

const rules = theRules();
const after = (state: IncidentState, ...facts: Fact[]): IncidentState =>
  facts.reduce((now, fact) => evolve(now, fact, rules).state, state);
const declared = (more: Partial<IncidentState> = {}) => after(anIncident(more), { kind: 'declared', at: 0 });
const dueAt = (state: IncidentState, name: string): number | undefined => {
  const due = deadlinesOf(state, rules).find((one) => one.name === name);
  return due && due.at / minutesMs(1);
};

describe('the promise of the next update', () => {
  test.each([
    ['SEV1', 15],
    ['SEV2', 30],
    ['SEV3', 60],
  ])('is due %s minutes after the declaration of a %s', (severity, minutes) => {
    expect(dueAt(declared({ severity }), 'update:internal')).toBe(minutes);
  });
  test('is kept by a person who writes in time and starts anew', () => {
    const state = after(declared(), {
      kind: 'updateGiven',
      at: minutesMs(9),
      by: aPerson(),
      text: 'looking',
      status: null,
    });
    expect(state.updates.internal).toMatchObject({ kept: 1, broken: 0, posted: 1 });
    expect(dueAt(state, 'update:internal')).toBe(24);
  });
  test('is reminded of five minutes before, once', () => {
    expect(dueAt(declared(), 'remind:internal')).toBe(10);
    expect(
      dueAt(after(declared(), { kind: 'reminded', at: minutesMs(10), why: 'rule' }), 'remind:internal'),
    ).toBeUndefined();
  });
  test('is broken when the policy wakes a person instead of posting', () => {
    const state = after(declared(), { kind: 'updateMissed', at: minutesMs(15), how: 'page', why: 'rule' });
    expect(state.updates.internal.broken).toBe(1);
  });
  test('waits while the hold runs', () => {
    const held = after(declared(), {
      kind: 'holdStarted',
      at: minutesMs(7),
      by: aPerson(),
      note: null,
      cause: null,
      why: 'said so',
    });
    expect(dueAt(held, 'update:internal')).toBeUndefined();
    expect(dueAt(held, 'hold:end')).toBe(22);
  });
});

describe('what a person adds to an update', () => {
  const said = (said: object): Fact => ({
    kind: 'updateGiven',
    at: minutesMs(3),
    by: aPerson(),
    text: 'looking',
    status: null,
    said,
  });
  const factsAfter = (...facts: Fact[]) => {
    const { announcements } = evolve(after(declared(), ...facts), { ...said({}), at: minutesMs(9) } as Fact, rules);
    return announcements.find(({ to }) => to === 'room')?.facts;
  };
  test('stands in the messages that follow until somebody says otherwise', () => {
    expect(factsAfter(said({ eta: '40 min', nextSteps: 'fail over' }))).toMatchObject({
      eta: '40 min',
      nextSteps: 'fail over',
    });
    expect(factsAfter(said({ eta: '40 min' }), said({ eta: '2 h' }))).toMatchObject({ eta: '2 h' });
    expect(factsAfter(said({ eta: '40 min' }), said({ eta: '' }))).toMatchObject({ eta: null });
  });
  test('is nothing where nobody added anything', () => {
    expect(factsAfter()).toMatchObject({ eta: null, nextSteps: null, workaround: null, briefCause: null });
  });
  test('tells the impact anew', () => {
    expect(factsAfter(said({ impact: 'nobody can pay' }))).toMatchObject({ impact: 'nobody can pay' });
  });
});

describe('customers', () => {
  test('hear of it at the declaration and at the latest ten minutes later', () => {
    const { announcements, state } = evolve(anIncident(), { kind: 'declared', at: 0 }, rules);
    expect(announcements.filter(({ to }) => to === 'public').map(({ message }) => message)).toEqual(['publicFirst']);
    expect(dueAt(state, 'update:public:first')).toBe(10);
  });
  test('are not counted as told before the status page took the post', () => {
    expect(declared().updates.public.posted).toBe(0);
  });
});

describe('clocks of a drill', () => {
  test('run faster by the speed, for every deadline', () => {
    expect(dueAt(declared({ speed: 60 }), 'update:internal')).toBeCloseTo(15 / 60);
    expect(dueAt(declared({ speed: 60 }), 'page:sev1-on-call-lead-5m')).toBeCloseTo(5 / 60);
  });
});

describe('the state machine', () => {
  test('lets nothing follow an end but closing', () => {
    for (const status of incidentStatuses.filter(isOver)) {
      expect(transitions[status].every((next) => next === 'closed')).toBe(true);
    }
  });
  test('reaches resolved only through the hold', () => {
    expect(incidentStatuses.filter((from) => transitions[from].includes('resolved'))).toEqual(['monitoring']);
  });
  test('never lets a late diagnosis take an incident out of its hold', () => {
    const held = after(declared(), {
      kind: 'holdStarted',
      at: 1,
      by: aPerson(),
      note: null,
      cause: null,
      why: 'said so',
    });
    const late = after(held, {
      kind: 'diagnosed',
      at: 2,
      finding: 'found',
      missing: [],
      runbook: null,
      suspects: [{ what: 'release 2', score: 1, reasons: ['new'] }],
    });
    expect(late.status).toBe('monitoring');
  });
});

describe('what everybody sees', () => {
  test('grows by a version with each fact, so that an old view never replaces a new one', () => {
    const first = declared();
    const second = after(first, { kind: 'noted', at: 1, by: aPerson(), text: 'a note' });
    expect(viewOf(second, rules).version).toBeGreaterThan(viewOf(first, rules).version);
  });
  test('names every deadline with what happens, to whom and why', () => {
    for (const due of viewOf(declared(), rules).deadlines) {
      expect(due.action).not.toBe('');
      expect(due.who).not.toBe('');
      expect(due.why).toContain('guide-sev1-sev3 SEV1');
    }
  });
});
