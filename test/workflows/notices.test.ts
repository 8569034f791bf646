import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadPacks, policyFor } from '../../src/packs/load.ts';
import { momentsFor } from '../../src/packs/moments.ts';
import { acknowledge, applyPolicy, changeSeverity, postUpdate, resolve } from '../../workflows/messages.ts';
import { minutesMs } from '../support/builders.ts';
import { dutyOrganisation } from '../support/duty-organisation.ts';
import { type IncidentWorld, incidentWorld, type LiveIncident } from '../support/incident-world.ts';

const organisation = dutyOrganisation();
const packs = loadPacks([], organisation, ['workflow-p1-p4', 'runbook-p0-p3', 'platform-p0-p3', 'playbook-p0-p3']);
const packOf = (id: string) => {
  const pack = packs.get(id);
  if (!pack) throw new Error(`there is no pack ${id}`);
  return pack;
};

let world: IncidentWorld;
beforeEach(async () => {
  world = await incidentWorld({ organisation, packs: [...packs.values()] });
});
afterEach(() => world.close());

/** Sleeps until that weekday (0 is Sunday) and clock in UTC. */
const untilClock = async (weekday: number, hour: number, minute: number): Promise<void> => {
  const now = new Date(await world.environment.currentTimeMs());
  const start = new Date(now);
  start.setUTCHours(hour, minute, 0, 0);
  while (start.getUTCDay() !== weekday || start <= now) start.setUTCDate(start.getUTCDate() + 1);
  await world.environment.sleep(start.getTime() - now.getTime());
};

const declare = async (id: string, severity: string, service = 'checkout'): Promise<LiveIncident> => {
  const pack = packOf(id);
  const declaredAt = new Date(await world.environment.currentTimeMs()).toISOString();
  const policy = policyFor(pack);
  return world.declare({
    severity,
    service,
    policy,
    declaredAt,
    moments: momentsFor(policy, organisation, declaredAt),
  });
};

describe('a notice for business hours', () => {
  test('waits for the opening when that comes before the response time, and nobody is woken', async () => {
    await untilClock(3, 8, 29);
    const incident = await declare('workflow-p1-p4', 'P2');
    await incident.untilMinute(70);
    expect(await incident.story('notified')).toEqual(['0 Told leadership in chat.', '31 Told team in chat.']);
    expect(incident.phones()).toEqual([]);
  });

  test('at night ends with the response time: the team is told and whoever is on call is paged', async () => {
    await untilClock(2, 20, 0);
    const incident = await declare('workflow-p1-p4', 'P2');
    await incident.untilMinute(59);
    expect(incident.phones()).toEqual([]);
    await incident.untilMinute(61);
    expect(await incident.story('notified')).toEqual(['0 Told leadership in chat.', '60 Told team in chat.']);
    expect(incident.phones()).toEqual(['on-call']);
  });

  test('at night that somebody acknowledged wakes nobody and is given when they open', async () => {
    await untilClock(2, 20, 0);
    const incident = await declare('workflow-p1-p4', 'P2');
    await incident.untilMinute(5);
    await incident.order(acknowledge, {});
    await incident.untilMinute(13 * 60 + 1);
    expect(await incident.story('notified')).toEqual(['0 Told leadership in chat.', '780 Told team in chat.']);
    expect(incident.phones()).toEqual([]);
  });

  test('on a day off counts to the next opening', async () => {
    await untilClock(6, 12, 0);
    const incident = await declare('workflow-p1-p4', 'P2');
    await incident.untilMinute(1);
    await incident.order(acknowledge, {});
    await incident.untilMinute(45 * 60 - 1);
    expect(await incident.story('notified')).toEqual(['0 Told leadership in chat.']);
    await incident.untilMinute(45 * 60 + 1);
    expect(await incident.story('notified')).toContain('2700 Told team in chat.');
  });
});

describe('a notice', () => {
  test('to a duty reaches each holder in person, without ringing', async () => {
    await untilClock(2, 10, 0);
    const incident = await declare('runbook-p0-p3', 'P0');
    await incident.untilMinute(1);
    const direct = world.ports.messages.filter(({ room }) => room.startsWith('@'));
    expect(direct.map(({ room }) => room).sort()).toEqual(['@U-cto', '@U-vp-engineering']);
    expect(incident.phones().sort()).toEqual(['on-call', 'secondary']);
  });

  test('by ticket is mailed once to where tickets are opened, with a subject', async () => {
    await untilClock(2, 10, 0);
    const incident = await declare('runbook-p0-p3', 'P3');
    await incident.untilMinute(1);
    const tickets = world.ports.mails.filter(({ to }) => to.includes('tickets@example.test'));
    expect(tickets.map(({ subject }) => subject)).toEqual([expect.stringContaining(incident.id)]);
    expect(incident.phones()).toEqual([]);
  });
});

describe('where people meet', () => {
  test('is the shared channel for a P1 of the runbook, which is opened by nobody and archived by nobody', async () => {
    await untilClock(2, 10, 0);
    const incident = await declare('runbook-p0-p3', 'P1');
    await incident.untilMinute(2);
    await incident.order(postUpdate, { text: 'looking at the gateway', audience: 'internal' });
    await incident.untilMinute(3);
    expect(world.ports.rooms).toEqual([]);
    expect(world.ports.messages.filter(({ text }) => text.includes('gateway')).map(({ room }) => room)).toEqual([
      '#incident-response',
    ]);
    expect(await incident.story('roomOpened')).toEqual([]);
  });

  test('becomes a room of its own when a P1 turns into a P0', async () => {
    await untilClock(2, 10, 0);
    const incident = await declare('runbook-p0-p3', 'P1');
    await incident.untilMinute(2);
    await incident.order(changeSeverity, { severity: 'P0' });
    await incident.untilMinute(3);
    expect(await incident.story('roomOpened')).toHaveLength(1);
    expect(world.ports.rooms).toHaveLength(1);
  });
});

describe('customers', () => {
  test('of a service that they never see are told nothing where the pack says so', async () => {
    await untilClock(2, 10, 0);
    const incident = await declare('workflow-p1-p4', 'P1', 'batch');
    await incident.untilMinute(40);
    expect(await incident.story('publicUpdatePosted')).toEqual([]);
  });
  test('of a service that they do see are told at the declaration and every half hour', async () => {
    await untilClock(2, 10, 0);
    const incident = await declare('workflow-p1-p4', 'P1');
    await incident.untilMinute(40);
    expect((await incident.story('publicUpdatePosted', 'note')).map((line) => line.split(' ')[0])).toEqual(['0', '30']);
  });
});

describe('a hold of twice the duration', () => {
  test.each([
    [3, 15],
    [30, 60],
    [800, 1_440],
  ])('after %s minutes of trouble lasts %s minutes', async (trouble, hold) => {
    await untilClock(2, 10, 0);
    const incident = await declare('platform-p0-p3', 'P2');
    await incident.untilMinute(trouble);
    await incident.order(resolve, {});
    await incident.untilMinute(trouble + hold - 1);
    expect((await incident.view()).status).toBe('monitoring');
    await incident.untilMinute(trouble + hold + 1);
    expect(await incident.story('resolved', 'holdStarted')).toEqual([
      `${trouble} holdStarted`,
      `${trouble + hold} resolved`,
    ]);
  });
});

describe('a person with a second number', () => {
  const patient = () => {
    const waiting = structuredClone(organisation);
    const person = waiting.people['on-call'];
    if (!person) throw new Error('somebody is on call');
    person.contact = [
      { via: 'pager', key: 'key-on-call', wait: minutesMs(2) },
      { via: 'chat', user: 'U-on-call', wait: minutesMs(3) },
      { via: 'mail', address: 'on-call@example.test' },
    ];
    return waiting;
  };
  const declareFor = async (): Promise<LiveIncident> => {
    await world.close();
    world = await incidentWorld({ organisation: patient(), packs: [packOf('guide-sev1-sev3')] });
    return world.declare({ severity: 'SEV1', policy: policyFor(packOf('guide-sev1-sev3')) });
  };

  test('is tried over each contact in turn until somebody acknowledges', async () => {
    const incident = await declareFor();
    await incident.untilMinute(6);
    const own = (await incident.story('paged')).filter((line) => line.includes('Paged on-call ('));
    expect(own).toEqual([
      '0 Paged on-call (on-call) by pager.',
      '2 Paged on-call (next contact) by chat.',
      '5 Paged on-call (next contact) by mail.',
    ]);
  });

  test('who answers the first call is left in peace', async () => {
    const incident = await declareFor();
    await incident.untilMinute(1);
    await incident.order(acknowledge, {});
    await incident.untilMinute(6);
    expect(await incident.story('paged')).toEqual(['0 Paged on-call (on-call) by pager.']);
  });
});

describe('another policy during an incident', () => {
  const shorter = () => {
    const policy = policyFor(packOf('guide-sev1-sev3'));
    const { SEV1 } = policy.severities;
    if (!SEV1) throw new Error('the guide has a SEV1');
    const ladder = SEV1.ladder.map((step) =>
      step.page === 'engineering-manager' ? { ...step, after: minutesMs(10) } : step,
    );
    return { ...policy, severities: { ...policy.severities, SEV1: { ...SEV1, ladder } } };
  };
  const applied = (severity = 'SEV1') => ({
    policy: shorter(),
    severity,
    roster: {},
    moments: { opensAt: null, respondBy: {} },
    reason: 'the manager wants to know sooner',
    summary: ['SEV1 ladder: engineering-manager is paged after 10 min instead of 15 min'],
  });

  test('is followed from the moment it is applied; nobody who was paged is paged again', async () => {
    await untilClock(2, 10, 0);
    const incident = await declare('guide-sev1-sev3', 'SEV1');
    await incident.untilMinute(7);
    await incident.order(applyPolicy, applied());
    await incident.untilMinute(14);
    expect((await incident.story('paged')).map((line) => line.slice(0, line.indexOf(' (')))).toEqual([
      '0 Paged on-call',
      '5 Paged on-call-lead',
      '10 Paged engineering-manager',
    ]);
    expect(await incident.story('policyApplied')).toEqual([
      '7 Robin applied the policy guide-sev1-sev3 SEV1: the manager wants to know sooner.',
    ]);
  });

  test('that nobody applies changes nothing', async () => {
    await untilClock(2, 10, 0);
    const incident = await declare('guide-sev1-sev3', 'SEV1');
    await incident.untilMinute(14);
    expect(await incident.story('paged')).toHaveLength(2);
  });

  test('without the severity that is asked for is refused and leaves everything as it was', async () => {
    await untilClock(2, 10, 0);
    const incident = await declare('guide-sev1-sev3', 'SEV1');
    await incident.untilMinute(1);
    await expect(incident.order(applyPolicy, applied('P0'))).rejects.toThrow();
    expect((await incident.view()).severity).toBe('SEV1');
    expect(await incident.story('policyApplied')).toEqual([]);
  });
});
