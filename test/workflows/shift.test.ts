/** The real workflow of a schedule's shifts beside real incidents, on a clock that jumps; only the vendors are played. */
import { DateTime } from 'luxon';
import { afterEach, describe, expect, test } from 'vitest';
import { createShiftActivities } from '../../activities/shift.ts';
import { NotPermitted } from '../../src/domain/errors.ts';
import type { Actor } from '../../src/schema/incident.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import type { ShiftView } from '../../src/schema/shift.ts';
import { inOurWords } from '../../src/temporal/client.ts';
import { connectShifts } from '../../src/temporal/shifts.ts';
import type { shift } from '../../workflows/index.ts';
import {
  acceptRole,
  acceptShift,
  leaveNote,
  offerRole,
  refreshShift,
  shiftView,
  shiftWorkflowId,
  takeRole,
} from '../../workflows/messages.ts';
import { atRest, atRestDo } from '../support/at-rest.ts';
import { aPerson } from '../support/builders.ts';
import { type IncidentWorld, incidentWorld } from '../support/incident-world.ts';
import { anOrganisation } from '../support/organisation.ts';
import { vendorTrouble } from '../support/ports.ts';

const minuteMs = 60_000;
const lee = aPerson('lee', 'Lee');
const robin = aPerson('robin', 'Robin');
const vic = aPerson('vic', 'Vic');

const open: IncidentWorld[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((world) => world.close()));
});

/** Lee is on shift; two hours from now, with seconds that no incident's deadline has, Robin takes over for a day. */
const changeMs = (): number => Math.ceil(Date.now() / minuteMs) * minuteMs + 120 * minuteMs + 17_000;
const wall = (ms: number): string => new Date(ms).toISOString().slice(0, 19);

const anOrganisationWithShifts = (primary: Organisation['schedules'][string]): Organisation => {
  const base = anOrganisation();
  return {
    ...base,
    people: Object.fromEntries(
      Object.entries(base.people).map(([id, person]) => [id, id === 'vic' ? person : { ...person, chat: `U-${id}` }]),
    ),
    duties: { ...base.duties, 'on-call': { schedule: 'primary' }, 'on-call-lead': { people: ['mo'] } },
    schedules: { primary },
  };
};

const shiftWorld = async (organisation: Organisation, at: number, { forgetful = false } = {}) => {
  const world = await incidentWorld({
    organisation,
    forgetful,
    more: (dependencies, { client }) =>
      createShiftActivities(dependencies, {
        offer: (id, offer, updateId) =>
          client.workflow
            .getHandle(id)
            .executeUpdate(offerRole, { args: [offer], updateId })
            .catch((error) => Promise.reject(inOurWords(id, error))),
        accept: (id, acceptance, updateId) =>
          client.workflow
            .getHandle(id)
            .executeUpdate(acceptRole, { args: [acceptance], updateId })
            .catch((error) => Promise.reject(inOurWords(id, error))),
      }),
  });
  open.push(world);
  const { client } = world.environment;
  const handle = client.workflow.getHandle(shiftWorkflowId('primary'));
  const start = () =>
    client.workflow.start<typeof shift>('shift', {
      taskQueue: 'muster',
      workflowId: shiftWorkflowId('primary'),
      args: [{ schedule: 'primary' }],
    });
  const until = async (minute: number): Promise<void> => {
    await atRest(handle);
    await world.environment.sleep(at + minute * minuteMs - (await world.environment.currentTimeMs()));
    await atRest(handle);
  };
  return {
    ...world,
    handle,
    start,
    /** Minutes from the change of shift. */
    until,
    accept: (by: Actor, onBehalf = false): Promise<ShiftView> =>
      atRestDo(world.environment, handle, () => handle.executeUpdate(acceptShift, { args: [{ by, onBehalf }] })),
    note: (by: Actor, text: string): Promise<ShiftView> =>
      atRestDo(world.environment, handle, () =>
        handle.executeUpdate(leaveNote, { args: [{ by, text, onBehalf: false }] }),
      ),
    view: () => handle.query(shiftView),
    /** Whom what was said to in chat since the last time it was asked, in the order in which it was. */
    heard: (): string[] =>
      world.ports.messages
        .splice(0)
        .filter(({ key }) => key.startsWith('shift/'))
        .map(({ room, text }) => `${room.replace('@U-', '')}: ${text}`),
  };
};

const leeThenRobin = async (more: Partial<Organisation> = {}, how: { forgetful?: boolean } = {}) => {
  const at = changeMs();
  const daily = { people: ['lee', 'robin'], start: wall(at - 24 * 60 * minuteMs), shift: 24 * 60 * minuteMs };
  const organisation = anOrganisationWithShifts({ timezone: 'UTC', layers: [daily] });
  const world = await shiftWorld({ ...organisation, ...more }, at, how);
  const override = (person: string, fromMinute: number, untilMinute: number) =>
    world.store.overrides.add({
      schedule: 'primary',
      person,
      from: new Date(at + fromMinute * minuteMs).toISOString(),
      until: new Date(at + untilMinute * minuteMs).toISOString(),
      by: 'mo',
      note: null,
      idempotencyKey: null,
    });
  return { ...world, override };
};

const said = (...parts: string[]) => expect.stringMatching(new RegExp(parts.join('[\\s\\S]*')));

describe('a change of shift', () => {
  test('asks for a note half an hour before, for acceptance at the change with the note, then reminds and says who still owns it', async () => {
    const world = await leeThenRobin();
    await world.start();
    await world.until(-31);
    expect(world.heard()).toEqual([]);
    await world.until(-29);
    expect(world.heard()).toEqual([said('^lee: Your shift primary ends', 'Robin takes over', 'No incident is open')]);
    await world.note(lee, 'the queue of payouts is slow');
    await world.until(1);
    expect(world.heard()).toEqual([
      said('^robin: The shift primary is yours', 'Lee still owns it', 'Note of Lee: the queue of payouts is slow'),
    ]);
    await world.until(14);
    expect(world.heard()).toEqual([]);
    await world.until(16);
    expect(world.heard()).toEqual([said('^robin: The shift primary still waits for you')]);
    await world.until(31);
    expect(world.heard().sort()).toEqual([
      said('^lee: You still own the shift primary', 'Robin has not accepted'),
      said('^mo: Robin has not accepted the shift primary', 'Lee still owns it'),
    ]);
    expect((await world.view()).owner).toEqual({ id: 'lee', name: 'Lee' });
  });

  test('that is accepted reminds nobody and says so to whoever left', async () => {
    const world = await leeThenRobin();
    await world.start();
    await world.until(1);
    expect(world.heard()[1]).toContain('No note was left');
    const view = await world.accept(robin);
    expect(view).toMatchObject({ owner: { id: 'robin' }, last: { acceptedBy: robin } });
    await world.until(40);
    expect(world.heard()).toEqual([said('^lee: Robin accepted the shift primary')]);
  });

  test('is not accepted by a stranger nor by whoever leaves, but by a commander for the arriving person', async () => {
    const world = await leeThenRobin();
    await world.start();
    await world.until(1);
    for (const by of [vic, lee]) {
      await expect(world.accept(by)).rejects.toMatchObject({
        cause: { type: 'notPermitted', message: expect.stringContaining('passed to Robin') },
      });
    }
    await expect(world.note(vic, 'hello')).rejects.toMatchObject({ cause: { type: 'notPermitted' } });
    expect((await world.accept(aPerson('mo', 'Mo'), true)).owner).toEqual({ id: 'robin', name: 'Robin' });
  });

  test('cannot be accepted before it has come', async () => {
    const world = await leeThenRobin();
    await world.start();
    await world.until(-60);
    await expect(world.accept(robin)).rejects.toMatchObject({ cause: { type: 'conflict' } });
  });

  test('passes a note that is written after it on to whoever is on shift now', async () => {
    const world = await leeThenRobin();
    await world.start();
    await world.until(5);
    world.heard();
    await world.note(lee, 'sorry, here it is');
    await world.until(6);
    expect(world.heard()).toEqual([said('^robin: A note for your shift primary', 'Note of Lee: sorry, here it is')]);
    await world.accept(robin);
    await world.note(lee, 'and one more thing');
    await world.until(10);
    expect(world.heard().filter((line) => line.startsWith('robin'))).toEqual([said('and one more thing')]);
  });

  test('to nobody leaves the shift with its owner, and their lead hears of it at once', async () => {
    const at = changeMs();
    const days = [{ people: ['lee'], start: wall(at - 24 * 60 * minuteMs), shift: 24 * 60 * minuteMs }];
    const from = wall(at - 60 * minuteMs).slice(11, 16);
    const to = wall(at).slice(11, 16);
    // Hours have no seconds: this shift ends on the minute before.
    const restricted = days.map((layer) => ({ ...layer, restrictions: [{ from, to }] }));
    const world = await shiftWorld(anOrganisationWithShifts({ timezone: 'UTC', layers: restricted }), at);
    await world.environment.sleep(90 * minuteMs);
    await world.start();
    await world.until(1);
    expect(world.heard().sort()).toEqual([
      said('^lee: Nobody takes over the shift primary', 'you still own it'),
      said('^lee: Your shift primary ends', 'Nobody takes over'),
      said('^mo: Nobody takes over the shift primary', 'muster override add primary'),
    ]);
    expect((await world.view()).owner).toEqual({ id: 'lee', name: 'Lee' });
  });
});

describe('an open incident', () => {
  const commandedBy = async (world: Awaited<ReturnType<typeof leeThenRobin>>, by: Actor) => {
    const incident = await world.declare({ service: null, severity: 'SEV3' });
    await incident.order(takeRole, { by, role: 'commander', person: by.id, name: by.name });
    await incident.untilMinute(1);
    return incident;
  };
  const commander = async (world: IncidentWorld, id: string) =>
    (await world.store.incidents.incident(id))?.roles.commander?.person;

  test('passes to the arriving commander with the acceptance of the shift, and its timeline names both', async () => {
    const world = await leeThenRobin();
    const incident = await commandedBy(world, lee);
    await world.start();
    await world.until(2);
    expect(world.heard()).toEqual([
      said('^lee: Your shift', incident.id),
      said('^robin: The shift primary is yours', 'you take over as commander of:', incident.id, 'commander Lee'),
    ]);
    expect(await incident.story('roleOffered')).toEqual([
      said('Muster asked Robin to accept the role commander; Lee keeps it until then'),
    ]);
    expect(await commander(world, incident.id)).toBe('lee');
    await world.accept(robin);
    await world.until(4);
    await atRest(incident.handle);
    expect((await incident.story('roleTaken')).at(-1)).toContain('Robin is commander now, handed over by Lee.');
    expect(await commander(world, incident.id)).toBe('robin');
  });

  test('stays with whoever left as long as nobody accepts', async () => {
    const world = await leeThenRobin();
    const incident = await commandedBy(world, lee);
    await world.start();
    await world.until(45);
    await atRest(incident.handle);
    expect(await commander(world, incident.id)).toBe('lee');
    expect(await incident.story('roleTaken')).toHaveLength(1);
  });

  test('without a commander is shown to the arriving person; one of somebody else is not offered', async () => {
    const world = await leeThenRobin();
    const unled = await world.declare({ service: null, severity: 'SEV3' });
    const ofMo = await commandedBy(world, aPerson('mo', 'Mo'));
    await world.start();
    await world.until(2);
    expect(world.heard().at(-1)).toEqual(said('Without a commander:', unled.id, 'Also open:', ofMo.id));
    await world.accept(robin);
    await world.until(4);
    expect(await commander(world, ofMo.id)).toBe('mo');
    expect(await ofMo.story('roleOffered')).toEqual([]);
  });

  test('that is a drill is nobody’s to hand over', async () => {
    const world = await leeThenRobin();
    const drill = await world.declare({ service: null, severity: 'SEV3', drill: true });
    await drill.order(takeRole, { by: lee, role: 'commander', person: 'lee', name: 'Lee' });
    await world.start();
    await world.until(2);
    expect(world.heard().join()).not.toContain(drill.id);
    expect(await drill.story('roleOffered')).toEqual([]);
  });
});

describe('an override', () => {
  test('changes who is asked, as soon as the shift hears of it', async () => {
    const world = await leeThenRobin();
    await world.start();
    await world.until(-45);
    await world.override('mo', -5, 24 * 60);
    await world.handle.signal(refreshShift);
    await world.until(-33);
    expect(world.heard()).toEqual([said('^lee: Your shift', 'Mo takes over')]);
    await world.until(5);
    expect(world.heard()).toEqual([said('^mo: The shift primary is yours')]);
    expect((await world.view()).last?.to).toEqual({ id: 'mo', name: 'Mo' });
  });

  test('counts within the hour when the news of it is lost', async () => {
    const world = await leeThenRobin();
    await world.start();
    await world.until(-100);
    await world.override('mo', -5, 24 * 60);
    await world.until(1);
    expect(world.heard()).toEqual([said('^lee: Your shift', 'Mo takes over'), said('^mo: The shift primary is yours')]);
  });

  test('that begins at once changes the shift at once, and what nobody accepted stays with its owner', async () => {
    const world = await leeThenRobin();
    await world.start();
    await world.until(5);
    world.heard();
    await world.override('mo', 4, 600);
    await world.handle.signal(refreshShift);
    await world.until(6);
    expect(world.heard()).toEqual([said('^mo: The shift primary is yours', 'Lee still owns it')]);
    await world.accept({ ...robin, id: 'mo', name: 'Mo' });
    expect((await world.view()).owner).toEqual({ id: 'mo', name: 'Mo' });
  });
});

describe('the way to it', () => {
  test('starts each schedule once, takes notes and acceptances, and says why it refuses', async () => {
    const world = await leeThenRobin();
    const shifts = connectShifts({ address: world.environment.address, namespace: 'default' });
    await expect(shifts.view('primary')).rejects.toThrow('not watched yet');
    await shifts.start('primary');
    const { runId } = await world.handle.describe();
    await shifts.start('primary');
    expect((await world.handle.describe()).runId).toBe(runId);
    await world.until(-100);
    await shifts.refresh('primary');
    await world.until(-99);
    const noted = await shifts.note('primary', { by: lee, text: 'all quiet', onBehalf: false }, 'note-1');
    expect(noted.next?.notes).toMatchObject([{ text: 'all quiet', by: lee }]);
    await world.until(1);
    const by = vic;
    await expect(shifts.accept('primary', { by, onBehalf: false }, 'vic-1')).rejects.toThrow(NotPermitted);
    expect((await shifts.accept('primary', { by: robin, onBehalf: false }, 'robin-1')).owner?.id).toBe('robin');
    expect((await shifts.view('primary')).last).toMatchObject({ notes: [{ text: 'all quiet' }], acceptedBy: robin });
    await shifts.close();
  });
});

describe('what lasts', () => {
  test('a worker that is restarted in between repeats nothing and forgets nothing', async () => {
    const world = await leeThenRobin({}, { forgetful: true });
    await world.start();
    await world.until(-20);
    await world.restartWorkers();
    await world.until(5);
    await world.restartWorkers();
    await world.until(40);
    const told = world.heard().map((line) => line.slice(0, line.indexOf(':')));
    expect(told.sort()).toEqual(['lee', 'lee', 'mo', 'robin', 'robin']);
  });

  test('a message whose answer was lost is not sent twice', async () => {
    const world = await leeThenRobin();
    world.ports.fail('chat.tell', new Error('the answer is lost'), 1, { after: true });
    await world.start();
    await world.until(-20);
    expect(world.heard()).toHaveLength(1);
  });

  test('a chat that refuses somebody for good is left for mail', async () => {
    const world = await leeThenRobin();
    world.ports.fail('chat.tell', vendorTrouble('chat', { status: 200, terminal: true, reason: 'user_not_found' }));
    await world.start();
    await world.until(-20);
    expect(world.heard()).toEqual([]);
    expect(world.ports.mails).toMatchObject([
      { to: ['lee@example.test'], subject: expect.stringContaining('ends at') },
    ]);
  });

  test('the week in which the clocks change has each change of shift once', async () => {
    const zone = 'Europe/Berlin';
    const hour = { hour: 9, minute: 0, second: 0, millisecond: 0 };
    let before = DateTime.now().setZone(zone).plus({ days: 3 }).set(hour);
    while (before.offset === before.plus({ days: 1 }).offset) before = before.plus({ days: 1 });
    const change = before.plus({ days: 1 });
    const layer = {
      people: ['lee', 'robin', 'mo', 'kit'],
      start: before.minus({ days: 2 }).toFormat("yyyy-MM-dd'T'HH:mm"),
      shift: 24 * 60 * minuteMs,
    };
    const world = await shiftWorld(anOrganisationWithShifts({ timezone: zone, layers: [layer] }), change.toMillis());
    await world.environment.sleep(before.minus({ hours: 2 }).toMillis() - (await world.environment.currentTimeMs()));
    await world.start();
    await world.until(24 * 60 + 5);
    const asked = world.heard().filter((line) => line.includes('is yours since'));
    const at = (day: DateTime) => day.toUTC().toFormat('yyyy-MM-dd HH:mm');
    expect(asked).toEqual([
      said('^mo', at(before)),
      said('^kit', at(change)),
      said('^lee', at(change.plus({ days: 1 }))),
    ]);
  });

  test('the workflow of a schedule that is gone ends by itself', async () => {
    const world = await leeThenRobin({ schedules: {} });
    const handle = await world.start();
    await expect(handle.result()).resolves.toBeUndefined();
  });

  test('each change of shift begins a new history', async () => {
    const world = await leeThenRobin();
    const { firstExecutionRunId } = await world.start();
    await world.until(5);
    expect((await world.handle.describe()).runId).not.toBe(firstExecutionRunId);
    expect((await world.handle.fetchHistory()).events?.length).toBeLessThan(30);
  });
});
