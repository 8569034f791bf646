import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { policyFor } from '../../src/packs/load.ts';
import type { Policy } from '../../src/schema/policy.ts';
import { acknowledge, attachAlerts, changeSeverity, escalate, reopen, resolve } from '../../workflows/messages.ts';
import { guide, minutesMs } from '../support/builders.ts';
import { type IncidentWorld, incidentWorld } from '../support/incident-world.ts';
import { vendorTrouble } from '../support/ports.ts';

/** The guide with a second ladder on SEV1, which its document does not have: stopped by mitigation and by resolution only. */
const withSecondLadder = (): Policy => {
  const policy = policyFor(guide);
  const { SEV1 } = policy.severities;
  if (!SEV1) throw new Error('the guide has a SEV1');
  const ladder = [
    ...SEV1.ladder,
    { after: minutesMs(20), page: 'engineering-manager', unless: 'mitigated' as const },
    { after: minutesMs(40), page: 'vp-engineering', unless: 'resolved' as const },
  ];
  return { ...policy, severities: { ...policy.severities, SEV1: { ...SEV1, ladder } } };
};

describe('who is paged at which minute', () => {
  let world: IncidentWorld;
  beforeEach(async () => {
    world = await incidentWorld();
  });
  afterEach(() => world.close());

  test.each([
    [
      'SEV1',
      [
        '0 Paged Robin (on-call) by pager.',
        '5 Paged Lee (on-call-lead) by pager.',
        '15 Paged Mo (engineering-manager) by pager.',
        '30 Paged Vic (vp-engineering) by pager.',
      ],
    ],
    [
      'SEV2',
      [
        '0 Paged Robin (on-call) by pager.',
        '5 Paged Lee (on-call-lead) by pager.',
        '15 Paged Mo (engineering-manager) by pager.',
      ],
    ],
    [
      'SEV3',
      [
        '0 Paged Robin (on-call) by pager.',
        '5 Paged Lee (on-call-lead) by pager.',
        '15 Paged Mo (engineering-manager) by pager.',
      ],
    ],
  ])('an unanswered %s climbs its whole ladder, each level at its minute', async (severity, expected) => {
    const incident = await world.declare({ severity });
    await incident.untilMinute(59);
    expect(await incident.story('paged')).toEqual(expected);
    expect(incident.phones()).toHaveLength(expected.length);
  });

  test('nobody further is paged after an acknowledgement, and the other phones stop ringing', async () => {
    const incident = await world.declare();
    await incident.untilMinute(6);
    await incident.order(acknowledge, {});
    await incident.untilMinute(59);
    expect(incident.phones()).toEqual(['robin', 'lee']);
    const mine = world.ports.pages.filter((page) => page.dedupKey.startsWith(incident.id));
    expect(mine.map((page) => page.status)).toEqual(['acknowledged', 'acknowledged']);
  });

  test('a second acknowledgement changes nothing', async () => {
    const incident = await world.declare();
    const first = await incident.order(acknowledge, {});
    const second = await incident.order(acknowledge, { by: { kind: 'person', id: 'lee', name: 'Lee' } });
    expect(second.acknowledgedBy).toBe(first.acknowledgedBy);
  });

  test('a rise from SEV3 to SEV1 at minute 21 pages the highest overdue level once and then the vice president', async () => {
    const incident = await world.declare({ severity: 'SEV3' });
    await incident.order(acknowledge, {});
    await incident.untilMinute(21);
    await incident.order(changeSeverity, { severity: 'SEV1', reason: 'all of checkout is down' });
    await incident.untilMinute(59);
    expect(await incident.story('paged')).toEqual([
      '0 Paged Robin (on-call) by pager.',
      '21 Paged Mo (engineering-manager) by pager.',
      '30 Paged Vic (vp-engineering) by pager.',
    ]);
  });

  test('a fall in severity keeps the acknowledgement and pages nobody', async () => {
    const incident = await world.declare();
    await incident.order(acknowledge, {});
    await incident.untilMinute(3);
    await incident.order(changeSeverity, { severity: 'SEV3' });
    await incident.untilMinute(59);
    expect(incident.phones()).toEqual(['robin']);
  });

  test('a worse alert raises the severity by itself, a milder one does not lower it', async () => {
    const incident = await world.declare({ severity: 'SEV2' });
    const alert = {
      fingerprint: 'f1',
      title: 'Everything fails',
      status: 'firing' as const,
      startsAt: '2026-01-01T00:00:00Z',
      source: 'alertmanager',
    };
    await incident.handle.signal(attachAlerts, { batchId: 'b1', alerts: [alert], severity: 'SEV1' });
    await incident.untilMinute(1);
    expect((await incident.view()).severity).toBe('SEV1');
    await incident.handle.signal(attachAlerts, {
      batchId: 'b2',
      alerts: [{ ...alert, fingerprint: 'f2' }],
      severity: 'SEV3',
    });
    await incident.untilMinute(2);
    expect((await incident.view()).severity).toBe('SEV1');
  });

  test('somebody who cannot solve it escalates to the next level at once', async () => {
    const incident = await world.declare();
    await incident.order(acknowledge, {});
    await incident.untilMinute(11);
    await incident.order(escalate, { reason: 'unable to resolve' });
    await incident.untilMinute(12);
    expect(await incident.story('paged')).toEqual([
      '0 Paged Robin (on-call) by pager.',
      '11 Paged Lee (on-call-lead) by pager.',
    ]);
  });

  test('the second ladder goes on after the acknowledgement until mitigation or resolution', async () => {
    const incident = await world.declare({ policy: withSecondLadder() });
    await incident.order(acknowledge, {});
    await incident.untilMinute(45);
    expect(await incident.story('paged')).toEqual([
      '0 Paged Robin (on-call) by pager.',
      '20 Paged Mo (engineering-manager) by pager.',
      '40 Paged Vic (vp-engineering) by pager.',
    ]);
  });

  test('the second ladder rests during the hold and resumes when the incident is reopened', async () => {
    const incident = await world.declare({ policy: withSecondLadder() });
    await incident.order(acknowledge, {});
    await incident.untilMinute(21);
    await incident.order(resolve, { note: 'restarted it' });
    await incident.untilMinute(29);
    await incident.order(reopen, { reason: 'customers still see errors' });
    await incident.untilMinute(45);
    expect(await incident.story('paged')).toEqual([
      '0 Paged Robin (on-call) by pager.',
      '20 Paged Mo (engineering-manager) by pager.',
      '40 Paged Vic (vp-engineering) by pager.',
    ]);
  });

  test('a broken chat does not delay a page', async () => {
    world.ports.fail('chat.openRoom', vendorTrouble('slack', { status: 503 }), 3);
    world.ports.fail('chat.post', vendorTrouble('slack', { status: 503 }), 10);
    const incident = await world.declare();
    await incident.untilMinute(6);
    expect(await incident.story('paged')).toEqual([
      '0 Paged Robin (on-call) by pager.',
      '5 Paged Lee (on-call-lead) by pager.',
    ]);
  });

  test('a pager that answers nothing is left for the next channel of the same person', async () => {
    world.ports.fail('pager.page', vendorTrouble('pagerduty', { status: 400, terminal: true }), 1);
    const incident = await world.declare();
    await incident.untilMinute(2);
    expect(await incident.story('paged')).toEqual(['0 Paged Robin (on-call) by chat.']);
  });
});

describe('an empty shift', () => {
  let world: IncidentWorld;
  beforeEach(async () => {
    world = await incidentWorld({
      organisation: {
        duties: {
          'on-call': { people: [] },
          'on-call-lead': { people: ['lee'] },
          'engineering-manager': { people: [] },
          'vp-engineering': { people: [] },
        },
      },
    });
  });
  afterEach(() => world.close());

  test('is skipped at once, said aloud, and the last empty level reaches the fallback group', async () => {
    const incident = await world.declare();
    await incident.untilMinute(40);
    expect(await incident.story('paged')).toEqual([
      '0 Paged Lee (on-call-lead) by pager.',
      '15 Paged Kit (vp-engineering) by pager.',
    ]);
    expect(await incident.story('nobodyOnCall')).toEqual([
      '0 Nobody holds the duty on-call now.',
      '15 Nobody holds the duty engineering-manager now.',
      '15 Nobody holds the duty vp-engineering now.',
    ]);
  });
});
