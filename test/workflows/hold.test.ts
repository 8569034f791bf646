import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acknowledge, attachAlerts, cancel, reopen, resolve } from '../../workflows/messages.ts';
import { minutesMs } from '../support/builders.ts';
import { type IncidentWorld, incidentWorld } from '../support/incident-world.ts';
import { vendorTrouble } from '../support/ports.ts';

describe('the hold before resolved', () => {
  let world: IncidentWorld;
  beforeEach(async () => {
    world = await incidentWorld();
  });
  afterEach(() => world.close());

  test.each([
    ['SEV1', 15],
    ['SEV2', 15],
    ['SEV3', 30],
  ])('of a %s lasts %d minutes and ends in resolved', async (severity, minutes) => {
    world.ports.setMetric(0.001);
    const incident = await world.declare({ severity, service: 'checkout' });
    await incident.order(acknowledge, {});
    await incident.untilMinute(4);
    await incident.order(resolve, { note: 'rolled back', cause: 'a bad release' });
    await incident.untilMinute(4 + minutes - 0.5);
    expect((await incident.view()).status).toBe('monitoring');
    await incident.untilMinute(4 + minutes + 0.5);
    expect(await incident.story('resolved')).toEqual([`${4 + minutes} Resolved after ${4 + minutes} min.`]);
    expect((await incident.handle.describe()).status.name).toBe('COMPLETED');
  });

  test('reopens on the same timeline when the symptom comes back, and does not say resolved', async () => {
    world.ports.setMetric(0.001);
    const incident = await world.declare({ service: 'checkout' });
    await incident.order(acknowledge, {});
    await incident.order(resolve, {});
    await incident.untilMinute(4);
    world.ports.setMetric(0.4);
    await incident.untilMinute(20);
    const view = await incident.view();
    expect(view.status).toBe('investigating');
    expect(await incident.story('regressed', 'resolved')).toEqual([expect.stringMatching(/^\d+ regressed$/)]);
    world.ports.setMetric(0.001);
  });

  test('reopens when a new alert comes, and not for a repeat of an old one', async () => {
    world.ports.setMetric(0.001);
    const incident = await world.declare({ service: 'checkout' });
    await incident.order(acknowledge, {});
    await incident.untilMinute(5);
    await incident.order(resolve, {});
    const alert = { fingerprint: 'f1', title: 'Errors', status: 'firing' as const, source: 'alertmanager' };
    const declaredAt = Date.parse((await incident.view()).declaredAt);
    await incident.handle.signal(attachAlerts, {
      batchId: 'old',
      severity: null,
      alerts: [{ ...alert, startsAt: new Date(declaredAt).toISOString() }],
    });
    await incident.untilMinute(6);
    expect((await incident.view()).status).toBe('monitoring');
    const now = await world.environment.currentTimeMs();
    await incident.handle.signal(attachAlerts, {
      batchId: 'new',
      severity: null,
      alerts: [{ ...alert, fingerprint: 'f2', startsAt: new Date(now).toISOString() }],
    });
    await incident.untilMinute(7);
    expect((await incident.view()).status).toBe('investigating');
  });

  test('takes a person at their word when there is no figure, and says so', async () => {
    world.ports.setMetric(null);
    const incident = await world.declare({ service: 'checkout' });
    await incident.order(resolve, { note: 'it works again' });
    await incident.untilMinute(16);
    const [resolved] = (await incident.timeline()).filter((entry) => entry.kind === 'resolved');
    expect(resolved?.why).toContain('word of Robin');
  });

  test('ends when a person reopens', async () => {
    const incident = await world.declare();
    await incident.order(resolve, {});
    await incident.untilMinute(3);
    expect((await incident.order(reopen, { reason: 'not fixed' })).status).toBe('investigating');
  });

  test('a cancelled incident pages nobody any more and takes no command', async () => {
    const incident = await world.declare();
    await incident.order(cancel, { reason: 'a test of the monitor' });
    await incident.untilMinute(40);
    expect(incident.phones()).toEqual(['robin']);
    await expect(incident.order(acknowledge, {})).rejects.toThrow();
  });

  test('hands over to the follow-up: review within 3 business days, document within 5, room archived after 24 hours', async () => {
    world.ports.setMetric(0.001);
    const incident = await world.declare({ service: 'checkout' });
    await incident.order(acknowledge, {});
    await incident.order(resolve, { cause: 'a bad release' });
    await incident.untilMinute(20);
    const followUp = await world.store.followUps.followUp(incident.id);
    const resolvedAt = Date.parse((await world.store.incidents.incident(incident.id))?.resolvedAt ?? '');
    const days = (at: string | null | undefined) => (Date.parse(at ?? '') - resolvedAt) / 86_400_000;
    expect(days(followUp?.reviewAt)).toBeGreaterThan(0);
    expect(days(followUp?.reviewAt)).toBeLessThanOrEqual(5);
    expect(days(followUp?.documentDueAt)).toBeLessThanOrEqual(7);
    expect((await world.store.followUps.postmortem(incident.id))?.markdown).toContain('Checkout fails');
    expect(world.ports.mails.at(-1)?.calendar?.content).toContain('BEGIN:VEVENT');
    await incident.untilMinute(20 + 24 * 60);
    expect((await incident.timeline()).map((entry) => entry.kind)).toContain('roomArchived');
  });

  test('an alert that comes while the last words are still being told opens an incident that continues this one', async () => {
    world.ports.setMetric(0.001);
    const incident = await world.declare({ service: 'checkout' });
    await incident.order(acknowledge, {});
    await incident.untilMinute(4);
    await incident.order(resolve, {});
    await incident.untilMinute(18);
    world.ports.fail('statusPage.publish', vendorTrouble('statuspage', { status: 503 }), 6);
    await world.environment.sleep(minutesMs(1.2));
    const startsAt = new Date(await world.environment.currentTimeMs()).toISOString();
    const alert = {
      fingerprint: 'late',
      title: 'Errors again',
      status: 'firing' as const,
      source: 'alertmanager',
      startsAt,
    };
    await incident.handle.signal(attachAlerts, { batchId: 'late', severity: null, alerts: [alert] });
    await world.environment.sleep(minutesMs(5));
    const { items } = await world.store.incidents.incidents({ limit: 10 });
    expect(items.map(({ title, continues }) => ({ title, continues }))).toContainEqual({
      title: 'Errors again',
      continues: incident.id,
    });
  });
});
