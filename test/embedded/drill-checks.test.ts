import { describe, expect, test } from 'vitest';
import { checkDrill, type DrillFacts, words } from '../../src/embedded/drill-checks.ts';
import type { FollowUpView } from '../../src/schema/api.ts';
import type { IncidentView, TimelineKind } from '../../src/schema/incident.ts';
import { guide } from '../support/builders.ts';
import { at, calendar, entry, muster, playedDrill } from '../support/played-drill.ts';

const dana = { kind: 'person', id: 'dana', name: 'Dana' } as const;

const timeline = [
  entry('declared', 0),
  entry('paged', 0.2),
  entry('publicUpdatePosted', 1),
  entry('acknowledged', 3, dana),
  entry('remediationProposed', 3),
  entry('remediationApproved', 5, dana),
  entry('remediationApplied', 6),
  entry('remediationVerified', 11),
  entry('holdStarted', 12),
  entry('resolved', 27),
];

const incident: IncidentView = {
  ...playedDrill,
  room: { id: 'C1', name: 'incident-2026-03-02-checkout-answers-with-errors', url: 'http://chat', missing: [] },
};

const followUp: FollowUpView = {
  incidentId: incident.id,
  reviewAt: '2026-03-04T09:00:00.000Z',
  reviewRequired: true,
  facilitator: 'Dana',
  attendees: ['dana'],
  documentDueAt: null,
  documentDraftedAt: at(28),
  roomArchivedAt: null,
  actionItems: [],
  deadlines: [],
  closedAt: null,
  version: 1,
};

const good: DrillFacts = {
  incident,
  timeline,
  remediations: [{ id: 'r1', action: 'roll-back-deployment', status: 'recovered' }],
  followUp,
  postmortem: timeline.map(({ text }) => text).join('\n'),
  pack: guide,
  calendar,
  customerFacing: true,
  healsItself: false,
  received: {
    pages: [{ dedupKey: 'INC-2026-001/page/0/tomas', to: 'Tomas', at: at(0.2) }],
    statusPosts: [{ id: '1', status: 'investigating', body: 'We look into it.', at: at(1) }],
    messageKeys: ['#room INC-2026-001/room/1'],
    changes: { cluster: 1, database: 0 },
  },
};

const failed = (facts: Partial<DrillFacts>): string[] =>
  checkDrill({ ...good, ...facts })
    .filter(({ holds }) => !holds)
    .map(({ check }) => check);
const without = (kind: TimelineKind) => ({ timeline: timeline.filter((one) => one.kind !== kind) });
const received = (part: Partial<DrillFacts['received']>) => ({ received: { ...good.received, ...part } });
const seen = (part: Partial<IncidentView>) => ({ incident: { ...incident, ...part } });

test('a drill in which everything went well passes every check, each with its figure', () => {
  const verdicts = checkDrill(good);
  expect(verdicts.filter(({ holds }) => !holds)).toEqual([]);
  expect(verdicts.every(({ figure }) => figure.length > 0)).toBe(true);
});

describe('a drill that ends in a database', () => {
  const drill = (database: number) => received({ changes: { cluster: 0, database } });
  test('passes when the one session that was to end has ended', () => {
    expect(failed(drill(1))).toEqual([]);
  });
  test.each([0, 2])('fails when %i have ended', (sessions) => {
    expect(failed(drill(sessions))).toEqual(['each remediation changed its target once']);
  });
});

describe('a drill whose trouble passes by itself', () => {
  const quiet = {
    ...without('remediationApplied'),
    remediations: [],
    healsItself: true,
    received: { ...good.received, changes: { cluster: 0, database: 0 } },
  };
  test('passes without a remediation', () => {
    expect(failed(quiet)).toEqual([]);
  });
  test('fails when the cluster was changed all the same, and where it does not pass by itself', () => {
    for (const changes of [
      { cluster: 1, database: 0 },
      { cluster: 0, database: 1 },
    ]) {
      expect(failed({ ...quiet, received: { ...good.received, changes } })).toContain(
        'each remediation changed its target once',
      );
    }
    expect(failed({ ...quiet, healsItself: false })).toContain('the recovery was verified');
  });
});

describe('a drill fails when', () => {
  const page = { dedupKey: 'INC-2026-001/page/0/tomas', to: 'Tomas', at: at(1) };
  const post = { id: '2', status: 'investigating', body: 'We look into it.', at: at(2) };
  const rows: [string, Partial<DrillFacts>, string][] = [
    ['nobody was paged', without('paged'), 'somebody was paged within a minute of the alert'],
    [
      'the first page left late',
      { timeline: [...without('paged').timeline, entry('paged', 7)] },
      'somebody was paged within a minute of the alert',
    ],
    ['nobody acknowledged', seen({ acknowledgedAt: null }), 'acknowledged within the target of the pack'],
    ['customers were not told', without('publicUpdatePosted'), 'customers were told in time'],
    ['a phone rang twice for one step', received({ pages: [page, page] }), 'no page is doubled'],
    [
      'the status page says the same twice',
      received({ statusPosts: [...good.received.statusPosts, post] }),
      'no status post is doubled',
    ],
    ['a message is there twice', received({ messageKeys: ['#room a', '#room a'] }), 'no chat message is doubled'],
    [
      'the cluster was changed twice',
      received({ changes: { cluster: 2, database: 0 } }),
      'each remediation changed its target once',
    ],
    [
      'a session was ended beside the change of the cluster',
      received({ changes: { cluster: 1, database: 1 } }),
      'each remediation changed its target once',
    ],
    ['the sandbox did not count', received({ changes: null }), 'each remediation changed its target once'],
    [
      'Muster approved its own proposal',
      { timeline: [...without('remediationApproved').timeline, entry('remediationApproved', 5, muster)] },
      'the change was approved by somebody other than its proposer',
    ],
    [
      'the proposer approved',
      { timeline: timeline.map((one) => (one.kind === 'remediationProposed' ? { ...one, actor: dana } : one)) },
      'the change was approved by somebody other than its proposer',
    ],
    [
      'the remediation did not help',
      { remediations: [{ id: 'r1', action: 'roll-back-deployment', status: 'ineffective' }] },
      'the recovery was verified',
    ],
    ['the hold was cut short', seen({ resolvedAt: at(26) }), 'the quiet time was kept to its end'],
    [
      'a promised update did not come',
      seen({ updates: { ...incident.updates, internal: { dueAt: null, kept: 1, broken: 1 } } }),
      'every promised update came in time',
    ],
    ['there is no room', seen({ room: null }), 'the room is open under the name of the pack'],
    [
      'the review is too late',
      { followUp: { ...followUp, reviewAt: '2026-03-06T09:00:00.000Z' } },
      'the review is booked within 3 business days',
    ],
    ['the postmortem is empty', { postmortem: '# Postmortem' }, 'the postmortem tells what happened'],
    [
      'the outcome of something is unknown',
      { timeline: [...timeline, entry('effectUnknown', 9)] },
      'nothing is unknown or undelivered',
    ],
  ];
  test.each(rows)('%s', (_, facts, check) => {
    expect(failed(facts)).toEqual([check]);
  });
});

test('a busy machine has five real seconds more than the shrunken limit', () => {
  const late = (minutes: number) => failed({ timeline: [...without('paged').timeline, entry('paged', minutes)] });
  expect(late(5.9)).toEqual([]);
  expect(late(6.1)).toEqual(['somebody was paged within a minute of the alert']);
});

test('durations are said as people say them', () => {
  expect([0, 59_000, 93_000, 3_600_000].map(words)).toEqual(['0 s', '59 s', '1 min 33 s', '1 h']);
});
