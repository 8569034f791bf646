import { describe, expect, test } from 'vitest';
import { policyFor } from '../../src/packs/load.ts';
import { activityWorld, anIncidentContext } from '../support/activity-world.ts';
import { guide } from '../support/builders.ts';
import { vendorTrouble } from '../support/ports.ts';

const at = '2026-11-20T10:00:00.000Z';

describe('an incident started by hand', () => {
  test('needs no more than a title', async () => {
    const world = await activityWorld();
    const admitted = await world.run('admit', { title: 'Something is wrong', workflowId: 'by-hand-1', at });
    expect(admitted).toMatchObject({
      severity: 'SEV2',
      declaredAt: at,
      drill: false,
      speed: 1,
      service: null,
      catalogue: null,
    });
    expect(admitted.incidentId).toMatch(/^INC-2026-\d{3}$/);
    expect(admitted.policy.pack).toBe('guide-sev1-sev3');
    expect(admitted.roster['on-call-lead']).toBe('Dana Whitfield');
    expect(await world.store.incidents.incident(admitted.incidentId)).toMatchObject({
      workflowId: 'by-hand-1',
      version: 0,
    });
    expect(await world.store.intake.pendingOutbox(10)).toEqual([]);
  });

  test('is admitted once, however often its first activity runs', async () => {
    const world = await activityWorld();
    const input = { title: 'Something is wrong', workflowId: 'by-hand-2', at };
    const first = await world.run('admit', input);
    expect(await world.run('admit', input, { attempt: 2 })).toEqual(first);
  });

  test('gets the facts of its service, and keeps a severity that the pack knows', async () => {
    const world = await activityWorld();
    const admitted = await world.run('admit', {
      title: 'x',
      service: 'checkout',
      severity: 'SEV1',
      workflowId: 'by-hand-3',
      at,
    });
    expect(admitted).toMatchObject({
      severity: 'SEV1',
      catalogue: { publicName: 'Checkout', target: { name: 'checkout' } },
    });
    expect(await world.store.incidents.openIncidentFor('service:checkout')).toMatchObject({ id: admitted.incidentId });
  });

  test('with a severity nobody knows is taken for what the pack says of unknown ones', async () => {
    const world = await activityWorld();
    expect(await world.run('admit', { title: 'x', severity: 'URGENT', workflowId: 'by-hand-4', at })).toMatchObject({
      severity: 'SEV2',
    });
  });
});

describe('the roster', () => {
  test("names who holds a duty for the incident's team, and leaves out what nobody holds", async () => {
    const world = await activityWorld();
    const { SEV1 } = policyFor(guide).severities;
    if (!SEV1) throw new Error('the guide has a SEV1');
    const ladder = [...SEV1.ladder, { after: 60_000, page: 'chief-gardener', unless: 'acknowledged' as const }];
    const all = policyFor(guide);
    const policy = { ...all, severities: { ...all.severities, SEV1: { ...SEV1, ladder } } };
    const { roster } = await world.run('admit', { title: 'x', service: 'search', workflowId: 'by-hand-5', at, policy });
    expect(roster).toMatchObject({ 'on-call-lead': 'Mei Tanaka' });
    expect(Object.keys(roster)).not.toContain('chief-gardener');
  });
});

describe('a symptom', () => {
  const sample = { query: 'errors', healthyBelow: 0.01, at };
  test.each([
    [0.001, true],
    [0.01, false],
    [null, null],
  ])('of %s is healthy: %s', async (value, healthy) => {
    const world = await activityWorld();
    world.ports.setMetric(value);
    expect(await world.run('sampleSymptom', { incident: anIncidentContext(), ...sample })).toEqual({
      at,
      value,
      healthy,
    });
  });
  test('that cannot be read is asked again, then counts as no data, never as health', async () => {
    const world = await activityWorld();
    world.ports.setMetric(0);
    world.ports.fail('metrics.query', vendorTrouble('prometheus', { status: 503 }), 2);
    const request = { incident: anIncidentContext(), ...sample };
    await expect(world.run('sampleSymptom', request)).rejects.toMatchObject({ nonRetryable: false });
    expect(await world.run('sampleSymptom', request, { attempt: 3 })).toEqual({ at, value: null, healthy: null });
  });
});
