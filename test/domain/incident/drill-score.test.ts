import { describe, expect, test } from 'vitest';
import { type ScoreFacts, scoreDrill } from '../../../src/domain/incident/drill-score.ts';
import type { FollowUpView, ScoreLine } from '../../../src/schema/api.ts';
import type { IncidentView, RoleName, TimelineKind } from '../../../src/schema/incident.ts';
import type { SeverityPolicy } from '../../../src/schema/policy.ts';
import { guide, minutesMs } from '../../support/builders.ts';
import { at, calendar, entry, playedDrill } from '../../support/played-drill.ts';

const holder = (minutes: number) => ({ person: 'dana', name: 'Dana', since: at(minutes) });
const everyRole = (minutes: number): IncidentView['roles'] =>
  Object.fromEntries(
    (['commander', 'technicalLead', 'communicationsLead', 'scribe'] satisfies RoleName[]).map((role) => [
      role,
      holder(minutes),
    ]),
  );

const incident: IncidentView = { ...playedDrill, roles: everyRole(4) };
const followUp = { reviewAt: '2026-03-04T09:00:00.000Z', attendees: ['dana'] } as FollowUpView;
const sev1 = guide.severities.SEV1 as SeverityPolicy;
const timeline = [
  entry('declared', 0),
  entry('publicUpdatePosted', 1),
  entry('holdStarted', 12),
  entry('resolved', 27),
];

const good: ScoreFacts = {
  incident,
  severity: sev1,
  timeline,
  followUp,
  calendar,
  customerFacing: true,
  now: at(60),
};
type Change = Partial<Omit<ScoreFacts, 'incident' | 'severity'>> & {
  incident?: Partial<IncidentView>;
  severity?: Partial<SeverityPolicy>;
};
const score = (change: Change) =>
  scoreDrill({
    ...good,
    ...change,
    incident: { ...incident, ...change.incident },
    severity: { ...sev1, ...change.severity },
  });
const line = (check: ScoreLine['check'], change: Change): ScoreLine =>
  score(change).lines.find((one) => one.check === check) as ScoreLine;
const outcomes = (change: Change) =>
  Object.fromEntries(score(change).lines.map(({ check, outcome }) => [check, outcome]));
const without = (kind: TimelineKind) => timeline.filter((one) => one.kind !== kind);

test('a drill in which every target was met says so, each with its target and what was measured', () => {
  const { verdict, lines } = score({});
  expect(verdict).toBe('held');
  expect(lines.map(({ title, target, outcome }) => [title, target, outcome])).toEqual([
    ['acknowledged', 'within 5 min', 'holds'],
    ['customers told', 'within 10 min', 'holds'],
    ['internal updates on time', 'every 15 min', 'holds'],
    ['public updates on time', 'every 15 min', 'holds'],
    ['minimum roles filled', 'commander, technicalLead, communicationsLead, scribe within 10 min', 'holds'],
    ['quiet time kept', '15 min', 'holds'],
    ['review booked', 'within 3 business days', 'holds'],
  ]);
  expect(lines[0]?.figure).toBe('after 3 min (3000 ms of real time)');
});

describe('a target is missed when', () => {
  const rows: [string, Change, ScoreLine['check']][] = [
    ['nobody acknowledged', { incident: { acknowledgedAt: null } }, 'acknowledged'],
    ['somebody acknowledged after the response time', { incident: { acknowledgedAt: at(11) } }, 'acknowledged'],
    ['customers were never told', { timeline: without('publicUpdatePosted') }, 'firstPublicPost'],
    [
      'Muster had to write the update itself',
      { timeline: [...timeline, entry('updateMissed', 20)] },
      'internalUpdates',
    ],
    [
      'a promise to customers was broken',
      { incident: { updates: { ...incident.updates, public: { dueAt: null, kept: 1, broken: 1 } } } },
      'publicUpdates',
    ],
    ['Muster had to ask for a role', { timeline: [...timeline, entry('roleMissing', 10)] }, 'rolesFilled'],
    ['a role was never filled', { incident: { roles: { commander: holder(3) } } }, 'rolesFilled'],
    ['the quiet time was cut short', { incident: { resolvedAt: at(26) } }, 'holdKept'],
    ['the review could not be booked', { followUp: { ...followUp, reviewAt: null } }, 'reviewBooked'],
    ['the review is too late', { followUp: { ...followUp, reviewAt: '2026-03-06T09:00:00.000Z' } }, 'reviewBooked'],
  ];
  test.each(rows)('%s, and nothing else is', (_, change, check) => {
    const missed = score(change).lines.filter(({ outcome }) => outcome === 'missed');
    expect(missed.map((one) => one.check)).toEqual([check]);
    expect(score(change).verdict).toBe('missed');
  });
});

describe('a target that the pack does not set', () => {
  const { updates } = sev1;
  test('is not applicable and says why: no public updates, no internal ones', () => {
    const none = { severity: { updates: { internal: null, public: null } } };
    expect(line('firstPublicPost', none)).toMatchObject({
      target: null,
      outcome: 'notApplicable',
      because: `SEV1 of ${guide.pack} has no public updates`,
    });
    expect(line('publicUpdates', none).outcome).toBe('notApplicable');
    expect(line('internalUpdates', none).because).toBe(`SEV1 of ${guide.pack} promises no internal updates`);
    expect(score(none).verdict).toBe('held');
  });
  test('is not applicable for a service that customers never notice, where only those they notice are told of', () => {
    const publicly = { ...updates.public, when: 'customerFacing' } as SeverityPolicy['updates']['public'];
    const change = { severity: { updates: { ...updates, public: publicly } }, timeline: without('publicUpdatePosted') };
    expect(line('firstPublicPost', { ...change, customerFacing: false })).toMatchObject({
      outcome: 'notApplicable',
      because: 'customers never notice checkout',
    });
    expect(line('firstPublicPost', { ...change, customerFacing: true }).outcome).toBe('missed');
  });
  test('is not applicable where no role is asked for, or the review is left to the people', () => {
    expect(line('rolesFilled', { severity: { roles: { minimum: [], filledWithin: 1 } } }).outcome).toBe(
      'notApplicable',
    );
    const optional = { severity: { review: { ...sev1.review, required: false } } };
    expect(line('reviewBooked', { ...optional, followUp: { ...followUp, reviewAt: null } }).outcome).toBe(
      'notApplicable',
    );
    expect(line('reviewBooked', optional).outcome).toBe('holds');
  });
  test('is not applicable when the incident was over before it was due', () => {
    const quick = { acknowledgedAt: null, resolvedAt: at(4) };
    expect(line('acknowledged', { incident: quick }).because).toBe('the incident was over before that was due');
  });
});

describe('the response time in business days', () => {
  const respondWithin = { severity: { respondWithin: '1 business day' } };
  test('ends with the close of the next business day, however fast the drill runs', () => {
    const on = (acknowledgedAt: string) => line('acknowledged', { ...respondWithin, incident: { acknowledgedAt } });
    expect(on('2026-03-03T17:00:00.000Z')).toMatchObject({ target: 'within 1 business day', outcome: 'holds' });
    expect(on('2026-03-03T17:00:00.001Z').outcome).toBe('missed');
  });
});

describe('a quiet time that follows the duration', () => {
  const hold = (atMost: number) => ({
    severity: { hold: { for: { timesDuration: 2 }, atLeast: minutesMs(15), atMost, samples: 3 } },
  });
  test('is asked for in full, and inside its bounds', () => {
    expect(line('holdKept', hold(minutesMs(60)))).toMatchObject({
      outcome: 'missed',
      figure: '15 min, the pack asks for 24 min',
    });
    expect(line('holdKept', hold(minutesMs(15))).outcome).toBe('holds');
  });
});

describe('while the drill runs', () => {
  const running = {
    incident: { status: 'declared', acknowledgedAt: null, resolvedAt: null, roles: {} },
    timeline: [entry('declared', 0)],
    followUp: null,
    now: at(1),
  } satisfies Change;
  test('every target can still be kept', () => {
    expect(new Set(Object.values(outcomes(running)))).toEqual(new Set(['pending']));
    expect(score(running).verdict).toBe('pending');
  });
  test('what is overdue is missed already', () => {
    expect(outcomes({ ...running, now: at(30) })).toMatchObject({
      acknowledged: 'missed',
      firstPublicPost: 'missed',
      rolesFilled: 'missed',
      holdKept: 'pending',
    });
  });
  test('a resolved drill waits for nothing but its review', () => {
    const resolved = outcomes({ followUp: null });
    expect(Object.entries(resolved).filter(([, outcome]) => outcome === 'pending')).toEqual([
      ['reviewBooked', 'pending'],
    ]);
  });
  test('a cancelled one waits for nothing', () => {
    const cancelled = { ...running, incident: { ...running.incident, status: 'cancelled' as const } };
    const lines = outcomes({ ...cancelled, timeline: [entry('cancelled', 2)] });
    expect(Object.values(lines)).not.toContain('pending');
    expect(lines).toMatchObject({ acknowledged: 'notApplicable', holdKept: 'notApplicable' });
  });
});

test('a role that was handed over late was filled in time by whoever had it before', () => {
  const roles = { ...everyRole(4), commander: holder(25) };
  expect(line('rolesFilled', { incident: { roles } })).toMatchObject({
    outcome: 'holds',
    figure: 'filled in time, handed over since',
  });
});
