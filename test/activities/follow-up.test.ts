import { describe, expect, test } from 'vitest';
import type { IncidentContext, ReviewRequest } from '../../activities/index.ts';
import type { IncidentView, TimelineItem } from '../../src/schema/incident.ts';
import { aView } from '../store/records.ts';
import { type ActivityWorld, activityWorld, anIncidentContext } from '../support/activity-world.ts';
import { vendorTrouble } from '../support/ports.ts';

const aReview = (incident: IncidentContext, more: Partial<ReviewRequest> = {}): ReviewRequest => ({
  incident,
  key: `${incident.incidentId}/review`,
  // A Friday evening in Berlin.
  resolvedAt: '2026-11-20T17:00:00.000Z',
  attendees: ['dana', 'nadia'],
  window: '3 business days',
  documentWindow: '5 business days',
  lengthMinutes: 50,
  ...more,
});

describe('the review', () => {
  test('is booked in business hours within its window, and everybody gets an invitation', async () => {
    const world = await activityWorld();
    const booked = await world.run('bookReview', aReview(anIncidentContext()));
    expect(booked.reviewAt).toBe('2026-11-23T08:00:00.000Z');
    expect(booked.documentDueAt).toBe('2026-11-27T16:30:00.000Z');
    expect(booked.attendees).toEqual(['Dana Whitfield', 'Nadia Okafor']);
    const invited = world.ports.mails.flatMap((mail) => mail.to);
    expect(invited).toEqual(expect.arrayContaining(['dana@lanternfish.example', 'nadia@lanternfish.example']));
    const invitation = world.ports.mails[0]?.calendar?.content.replace(/\r\n /g, '') ?? '';
    expect(invitation).toContain('METHOD:REQUEST');
    expect(invitation).toContain('DTSTART:20261123T080000Z');
    expect(invitation).toContain('DTEND:20261123T085000Z');
    expect(invitation).toMatch(/ORGANIZER;CN="?Muster"?:(mailto|MAILTO):muster@lanternfish.example/);
    expect(world.ports.mails[0]?.text).toContain('Nobody is blamed');
  });

  test('is booked as near to the preferred day as weekends allow', async () => {
    const world = await activityWorld();
    // Day 5 is Wednesday the 25th, day 7 Friday.
    const review = aReview(anIncidentContext(), { notBefore: '5d', preferred: '6d', window: '7d' });
    expect((await world.run('bookReview', review)).reviewAt).toBe('2026-11-26T08:00:00.000Z');
    const weekend = { ...review, resolvedAt: '2026-11-22T10:00:00.000Z', key: `${review.key}/weekend` };
    expect((await world.run('bookReview', weekend)).reviewAt).toBe('2026-11-27T10:00:00.000Z');
  });

  test('is led by somebody who was not part of the incident', async () => {
    const world = await activityWorld();
    const attendees = ['dana', 'nadia', 'tomas', 'mei', 'ravi'];
    expect((await world.run('bookReview', aReview(anIncidentContext(), { attendees }))).facilitator).toBe(
      'Ingrid Solheim',
    );
    const all = Object.keys(world.organisation.people);
    expect((await world.run('bookReview', aReview(anIncidentContext(), { attendees: all }))).facilitator).toBeNull();
  });

  test('is the same meeting when it is booked again: same UID, no second mail', async () => {
    const world = await activityWorld();
    const request = aReview(anIncidentContext());
    world.ports.fail('mailer.send', vendorTrouble('smtp'), 1, { after: true });
    await expect(world.run('bookReview', request)).rejects.toMatchObject({ nonRetryable: false });
    await world.run('bookReview', request, { attempt: 2 });
    await world.run('bookReview', request, { attempt: 3 });
    const uids = world.ports.mails.map((mail) => /UID:(.*)/.exec(mail.calendar?.content ?? '')?.[1]);
    expect(new Set(uids).size).toBe(1);
    // Mail is at least once: the one whose answer was lost is there twice, under one Message-ID.
    expect(new Set(world.ports.mails.map((mail) => mail.messageId)).size).toBe(world.ports.mails.length - 1);
  });

  test('reaches an attendee over chat whose address the mail server refuses', async () => {
    const world = await activityWorld();
    world.ports.fail('mailer.send', vendorTrouble('smtp', { status: 400, terminal: true }), 99);
    const booked = await world.run('bookReview', aReview(anIncidentContext()));
    expect(booked.reviewAt).toBeTruthy();
    expect(world.ports.messages.map((message) => message.room)).toContain('@U0DANA0001');
  });
});

describe('a reminder', () => {
  const aReminder = (incident: IncidentContext, person: string) => ({
    incident,
    key: `${incident.incidentId}/remind/1`,
    person,
    subject: 'The postmortem is due',
    text: 'Please finish it.',
  });
  test('goes to the person in chat, once, also when they are called by name', async () => {
    const world = await activityWorld();
    const reminder = aReminder(anIncidentContext(), 'Dana Whitfield');
    await world.run('remind', reminder);
    await world.run('remind', reminder, { attempt: 2 });
    expect(world.ports.messages).toMatchObject([
      { room: '@U0DANA0001', text: expect.stringContaining('Please finish it.') },
    ]);
  });
  test('goes by mail to somebody who cannot be reached in chat', async () => {
    const world = await activityWorld();
    world.ports.fail('chat.tell', vendorTrouble('slack', { status: 400, terminal: true }));
    await world.run('remind', aReminder(anIncidentContext(), 'dana'));
    expect(world.ports.mails).toMatchObject([{ to: ['dana@lanternfish.example'] }]);
  });
  test('for somebody unknown goes to the standing channel with their name', async () => {
    const world = await activityWorld();
    await world.run('remind', aReminder(anIncidentContext(), 'the new colleague'));
    expect(world.ports.messages).toMatchObject([
      { room: '#incidents', text: expect.stringContaining('For the new colleague') },
    ]);
  });
});

const muster = { kind: 'muster' as const, id: 'muster', name: 'Muster' };
const recorded = async (world: ActivityWorld, incident: IncidentContext): Promise<IncidentView> => {
  const view = aView(incident.incidentId, {
    title: incident.title,
    summary: 'A third of all orders failed.',
    pack: incident.pack,
    severity: incident.severity,
    rank: incident.rank,
    status: 'resolved',
    service: incident.service,
    declaredAt: '2026-11-20T10:00:00.000Z',
    declaredBy: muster,
    resolvedAt: '2026-11-20T10:42:00.000Z',
    minimumRoles: [],
    alertsFiring: 0,
    cause: 'release 2.4.0-bad of checkout',
    version: 3,
  });
  const entry = (number: number, kind: TimelineItem['kind'], text: string) => ({
    key: `incident/${number}`,
    at: `2026-11-20T10:0${number}:00.000Z`,
    kind,
    actor: muster,
    text,
    why: null,
    public: false,
  });
  await world.store.incidents.record(view, [
    entry(0, 'declared', 'Declared SEV1: Checkout fails.'),
    entry(1, 'note', 'A note with <b>markup</b> | and a pipe\nand a line break.'),
    entry(5, 'mitigated', 'Mitigated: rolled back to revision 4.'),
  ]);
  return view;
};

describe('the postmortem', () => {
  test("is drafted in the guide's sections from what was recorded", async () => {
    const world = await activityWorld();
    const incident = anIncidentContext();
    await recorded(world, incident);
    await world.run('writePostmortem', { incident, key: 'p', at: '2026-11-20T11:00:00.000Z' });
    const { markdown } = (await world.store.followUps.postmortem(incident.incidentId)) ?? { markdown: '' };
    const sections = [...markdown.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(sections.slice(0, 7)).toEqual([
      'Summary',
      'Impact',
      'Timeline',
      'Root cause',
      'Resolution',
      'Lessons learned',
      'Action items',
    ]);
    expect(markdown).toContain('Duration: 42 min');
    expect(markdown).toContain('release 2.4.0-bad of checkout');
    expect(markdown).toContain('2026-11-20 10:00:00 UTC Declared SEV1: Checkout fails.');
    expect(markdown).toContain('rolled back to revision 4');
  });

  test('lets no text of the incident become markup of the document', async () => {
    const world = await activityWorld();
    const incident = anIncidentContext();
    await recorded(world, incident);
    await world.run('writePostmortem', { incident, key: 'p', at: '2026-11-20T11:00:00.000Z' });
    const { markdown } = (await world.store.followUps.postmortem(incident.incidentId)) ?? { markdown: '' };
    expect(markdown).toContain('A note with &lt;b>markup&lt;/b> \\| and a pipe and a line break.');
  });

  test('of an incident nobody recorded is refused, not invented', async () => {
    const world = await activityWorld();
    const incident = anIncidentContext();
    await expect(
      world.run('writePostmortem', { incident, key: 'p', at: '2026-11-20T11:00:00.000Z' }),
    ).rejects.toMatchObject({
      type: 'NotFound',
      nonRetryable: true,
    });
  });
});
