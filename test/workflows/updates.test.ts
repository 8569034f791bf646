import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acknowledge, postUpdate, takeRole } from '../../workflows/messages.ts';
import { type IncidentWorld, incidentWorld } from '../support/incident-world.ts';
import { vendorTrouble } from '../support/ports.ts';

describe('the promised updates', () => {
  let world: IncidentWorld;
  beforeEach(async () => {
    world = await incidentWorld();
  });
  afterEach(() => world.close());

  test.each([
    ['SEV1', ['15 updateMissed', '30 updateMissed', '45 updateMissed', '60 updateMissed']],
    ['SEV2', ['30 updateMissed', '60 updateMissed']],
    ['SEV3', ['60 updateMissed']],
  ])('of a %s nobody writes for are posted by Muster at their minute', async (severity, expected) => {
    const incident = await world.declare({ severity });
    await incident.order(acknowledge, {});
    await incident.untilMinute(61);
    expect(await incident.story('updateMissed', 'updatePosted')).toEqual(expected);
  });

  test('are not posted again when a person wrote in time', async () => {
    const incident = await world.declare();
    await incident.order(acknowledge, {});
    await incident.untilMinute(12);
    await incident.order(postUpdate, { text: 'found the release, rolling it back', audience: 'internal' });
    await incident.untilMinute(26);
    expect(await incident.story('updateMissed', 'updatePosted')).toEqual(['12 updatePosted']);
    await incident.untilMinute(28);
    expect(await incident.story('updateMissed', 'updatePosted')).toEqual(['12 updatePosted', '27 updateMissed']);
  });

  test('are reminded of five minutes before they are due', async () => {
    const incident = await world.declare();
    await incident.order(acknowledge, {});
    await incident.untilMinute(11);
    expect(await incident.story('reminded')).toEqual([expect.stringMatching(/^10 Reminded of the update due at/)]);
  });

  test('to customers begin at the declaration and follow every 15 minutes of a SEV1', async () => {
    const incident = await world.declare();
    await incident.order(acknowledge, {});
    await incident.untilMinute(46);
    expect(await incident.story('publicUpdatePosted', 'note')).toEqual(
      [0, 15, 30, 45].map((minute) => `${minute} publicUpdatePosted`),
    );
  });

  test('to customers go out as soon as the status page works again, and the lateness is on the timeline', async () => {
    world.ports.fail('statusPage.publish', vendorTrouble('statuspage', { status: 503 }), 4);
    const incident = await world.declare();
    await incident.order(acknowledge, {});
    await incident.untilMinute(5);
    expect(await incident.story('publicUpdatePosted', 'note')).toHaveLength(1);
    expect((await incident.view()).updates.public.dueAt).not.toBeNull();
  });

  test('of a person to customers never carry what must stay inside', async () => {
    const incident = await world.declare({ service: 'checkout' });
    await incident.order(postUpdate, {
      text: 'pods of checkout-db-3.internal are crashing at 10.0.3.7',
      audience: 'public',
    });
    await incident.untilMinute(2);
    const bodies = world.ports.statusPosts
      .filter((post) => post.incidentKey.startsWith(incident.id))
      .map((post) => post.body);
    expect(bodies.length).toBeGreaterThanOrEqual(2);
    expect(bodies.join('\n')).not.toMatch(/10\.0\.3\.7|internal/);
  });

  test('are asked of nobody twice: roles that stay empty are asked for once, after ten minutes', async () => {
    const incident = await world.declare({ severity: 'SEV2' });
    await incident.order(acknowledge, {});
    await incident.order(takeRole, { role: 'commander', person: 'robin', name: 'Robin' });
    await incident.untilMinute(50);
    expect(await incident.story('roleMissing')).toEqual(['10 Still without technical lead.']);
  });
});
