import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptRole, offerRole, takeRole } from '../../workflows/messages.ts';
import { aPerson } from '../support/builders.ts';
import { type IncidentWorld, incidentWorld, type LiveIncident } from '../support/incident-world.ts';

const lee = aPerson('lee', 'Lee');
const robin = aPerson('robin', 'Robin');
const toRobin = { role: 'commander' as const, person: 'robin', name: 'Robin' };

describe('handing over a role', () => {
  let world: IncidentWorld;
  beforeAll(async () => {
    world = await incidentWorld();
  });
  afterAll(() => world.close());

  const commandedByLee = async (): Promise<LiveIncident> => {
    const incident = await world.declare();
    await incident.order(takeRole, { by: lee, role: 'commander', person: 'lee', name: 'Lee' });
    return incident;
  };
  const commander = async (incident: LiveIncident) => (await incident.view()).roles.commander?.person;

  test('leaves the holder in place until the other has accepted, and the timeline names both', async () => {
    const incident = await commandedByLee();
    const offered = await incident.order(offerRole, { by: lee, ...toRobin });
    expect(offered.roles.commander?.person).toBe('lee');
    expect(offered.offers?.commander).toMatchObject({ person: 'robin', by: lee });
    const accepted = await incident.order(acceptRole, { by: robin, role: 'commander', onBehalf: false });
    expect(accepted.roles.commander?.person).toBe('robin');
    expect(accepted.offers).toBeUndefined();
    await incident.untilMinute(1);
    expect(await incident.story('roleOffered')).toEqual([
      '0 Lee asked Robin to accept the role commander; Lee keeps it until then.',
    ]);
    expect((await incident.story('roleTaken')).at(-1)).toBe('0 Robin is commander now, handed over by Lee.');
  });

  test('asks the person in a message of their own, once', async () => {
    const incident = await commandedByLee();
    await incident.order(offerRole, { by: lee, ...toRobin });
    await incident.order(offerRole, { by: lee, ...toRobin });
    await incident.untilMinute(1);
    const asked = world.ports.mails.filter(({ text }) => text.includes(`muster role accept ${incident.id} commander`));
    expect(asked.map(({ to }) => to)).toEqual([['robin@example.test']]);
    expect(await incident.story('roleOffered')).toHaveLength(1);
  });

  test('is not accepted by somebody who was not asked', async () => {
    const incident = await commandedByLee();
    await incident.order(offerRole, { by: lee, ...toRobin });
    const stranger = aPerson('vic', 'Vic');
    await expect(
      incident.order(acceptRole, { by: stranger, role: 'commander', onBehalf: false }),
    ).rejects.toMatchObject({ cause: { type: 'notPermitted', message: expect.stringContaining('offered to Robin') } });
    expect(await commander(incident)).toBe('lee');
  });

  test('is accepted by a commander for whom it was offered to, and the timeline says who did', async () => {
    const incident = await commandedByLee();
    await incident.order(offerRole, { by: lee, ...toRobin });
    await incident.order(acceptRole, { by: aPerson('mo', 'Mo'), role: 'commander', onBehalf: true });
    await incident.untilMinute(1);
    expect((await incident.story('roleTaken')).at(-1)).toBe(
      '0 Robin is commander now, handed over by Lee (accepted by Mo).',
    );
  });

  test('cannot be accepted when nobody offered it', async () => {
    const incident = await commandedByLee();
    await expect(incident.order(acceptRole, { by: robin, role: 'commander', onBehalf: true })).rejects.toMatchObject({
      cause: { type: 'conflict', message: expect.stringContaining('offered to nobody') },
    });
  });

  test('that was accepted twice happened once', async () => {
    const incident = await commandedByLee();
    await incident.order(offerRole, { by: lee, ...toRobin });
    for (const _ of [1, 2]) await incident.order(acceptRole, { by: robin, role: 'commander', onBehalf: false });
    await incident.untilMinute(1);
    expect(await incident.story('roleTaken')).toHaveLength(2);
  });

  test('is off once somebody has taken the role at once', async () => {
    const incident = await commandedByLee();
    await incident.order(offerRole, { by: lee, ...toRobin });
    await incident.order(takeRole, { by: aPerson('mo', 'Mo'), role: 'commander', person: 'mo', name: 'Mo' });
    await expect(incident.order(acceptRole, { by: robin, role: 'commander', onBehalf: false })).rejects.toMatchObject({
      cause: { type: 'conflict' },
    });
    expect(await commander(incident)).toBe('mo');
  });
});
