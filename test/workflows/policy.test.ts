/** A running incident and a pack that changes under it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changesFor, counterpartOf, policyDiff } from '../../src/domain/incident/policy-diff.ts';
import { policyFor } from '../../src/packs/load.ts';
import { momentsFor } from '../../src/packs/moments.ts';
import type { PackDocument, Policy } from '../../src/schema/policy.ts';
import { acknowledge, applyPolicy } from '../../workflows/messages.ts';
import { guide, minutesMs, theRules } from '../support/builders.ts';
import { type IncidentWorld, incidentWorld, type LiveIncident } from '../support/incident-world.ts';

/** The guide with its managers paged earlier, as its file says it after a restart. */
const hastier = ((): PackDocument => {
  const pack = structuredClone(guide);
  const step = pack.severities.SEV1?.ladder.find(({ page }) => page === 'engineering-manager');
  if (!step) throw new Error('the guide pages the engineering manager');
  step.after = minutesMs(10);
  return pack;
})();

/** The same ranks under names that mean the opposite. */
const upsideDown = ((): Policy => {
  const { SEV1, SEV2, SEV3 } = hastier.severities;
  if (!SEV1 || !SEV2 || !SEV3) throw new Error('the guide has three severities');
  return { ...policyFor(hastier), pack: 'upside-down', severities: { SEV3: SEV1, SEV2, SEV1: SEV3 } };
})();

describe('a pack that changes while an incident runs', () => {
  let world: IncidentWorld;
  beforeEach(async () => {
    world = await incidentWorld({ packs: [hastier] });
  });
  afterEach(() => world.close());

  const apply = async (incident: LiveIncident, after: Policy) => {
    const before = policyFor(guide);
    const { severity: now, declaredAt } = await incident.view();
    const severity = counterpartOf(now, before, after);
    if (severity === null) throw new Error('a severity of the same rank');
    return incident.order(applyPolicy, {
      policy: after,
      severity,
      roster: theRules().roster,
      moments: momentsFor(after, world.organisation, declaredAt),
      reason: 'the ladder was corrected',
      summary: changesFor(severity, policyDiff(before, after)),
    });
  };

  test('changes nothing of it by itself', async () => {
    const incident = await world.declare();
    await incident.untilMinute(20);
    expect(await incident.story('paged')).toEqual([
      '0 Paged Robin (on-call) by pager.',
      '5 Paged Lee (on-call-lead) by pager.',
      '15 Paged Mo (engineering-manager) by pager.',
    ]);
  });

  test('counts once a commander applies it: who was paged is not paged again, and the rest comes at its new minute', async () => {
    const incident = await world.declare();
    await incident.untilMinute(7);
    await apply(incident, policyFor(hastier));
    await incident.untilMinute(20);
    expect(await incident.story('paged')).toEqual([
      '0 Paged Robin (on-call) by pager.',
      '5 Paged Lee (on-call-lead) by pager.',
      '10 Paged Mo (engineering-manager) by pager.',
    ]);
    const [applied] = (await incident.timeline()).filter(({ kind }) => kind === 'policyApplied');
    expect(applied).toMatchObject({
      actor: { id: 'robin' },
      text: expect.stringContaining('the ladder was corrected'),
      why: 'SEV1 ladder: engineering-manager is paged after 10 min instead of 15 min',
    });
  });

  test('keeps the acknowledgement when another pack gives the same rank another name', async () => {
    const incident = await world.declare();
    await incident.untilMinute(1);
    await incident.order(acknowledge, {});
    const view = await apply(incident, upsideDown);
    expect(view).toMatchObject({ pack: 'upside-down', severity: 'SEV3', rank: 1, acknowledgedBy: 'Robin' });
    await incident.untilMinute(20);
    expect(await incident.story('paged')).toHaveLength(1);
  });

  test('is refused with a severity that it does not have', async () => {
    const incident = await world.declare();
    await incident.untilMinute(1);
    const order = { policy: upsideDown, severity: 'SEV9', reason: 'a try', summary: [] };
    const refused = incident.order(applyPolicy, {
      ...order,
      roster: {},
      moments: momentsFor(upsideDown, world.organisation, new Date(0).toISOString()),
    });
    await expect(refused).rejects.toMatchObject({
      cause: { type: 'invalidInput', message: expect.stringContaining('SEV3, SEV2, SEV1') },
    });
    expect((await incident.view()).pack).toBe(guide.pack);
  });
});
