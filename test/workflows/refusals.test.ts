import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changeSeverity, escalate, reopen } from '../../workflows/messages.ts';
import { type IncidentWorld, incidentWorld } from '../support/incident-world.ts';

describe('what an incident refuses, with the reason and without a trace', () => {
  let world: IncidentWorld;
  beforeEach(async () => {
    world = await incidentWorld();
  });
  afterEach(() => world.close());

  test('a severity the pack does not have is refused and nothing is written', async () => {
    const incident = await world.declare();
    await expect(incident.order(changeSeverity, { severity: 'SEV9' })).rejects.toMatchObject({
      cause: { type: 'invalidInput' },
    });
    expect(await incident.story('severityChanged')).toEqual([]);
  });

  test('escalating to a duty no ladder knows is refused with the duties there are', async () => {
    const incident = await world.declare();
    await expect(incident.order(escalate, { reason: 'help', to: 'the-king' })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('on-call-lead') },
    });
  });

  test('an incident that is not in its hold cannot be reopened', async () => {
    const incident = await world.declare();
    await expect(incident.order(reopen, { reason: 'x' })).rejects.toMatchObject({ cause: { type: 'conflict' } });
  });
});
