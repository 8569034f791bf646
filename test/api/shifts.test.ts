import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keepShifts } from '../../src/api/shift-keeper.ts';
import { NotPermitted, Unavailable } from '../../src/domain/errors.ts';
import type { ShiftView } from '../../src/schema/shift.ts';
import type { Shifts } from '../../src/temporal/shifts.ts';
import { anApi, eventually, type Harness, organisation, personToken } from './harness.ts';

const asked: { verb: string; schedule: string; given?: unknown }[] = [];
let failure: Error | null = null;
const tomas = { id: 'tomas', name: 'Tomás Herrera' };
const viewOf = (schedule: string): ShiftView => ({ schedule, owner: tomas, last: null, next: null });
const remember =
  (verb: string) =>
  async (schedule: string, given?: unknown): Promise<ShiftView> => {
    if (failure) throw failure;
    asked.push({ verb, schedule, given });
    return viewOf(schedule);
  };
const standIn: Shifts = {
  start: async (schedule) => void (await remember('start')(schedule)),
  refresh: async (schedule) => void (await remember('refresh')(schedule)),
  view: remember('view'),
  note: remember('note'),
  accept: remember('accept'),
  close: async () => {},
};

let api: Harness;
beforeAll(async () => {
  api = await anApi({ shifts: standIn });
});
afterAll(() => api.close());
beforeEach(() => {
  asked.length = 0;
  failure = null;
});

const post = (path: string, body: object, person: string) =>
  api.ask('POST', `/api/v1/shifts/${path}`, body, personToken(person));
const rolesOf = (id: string) => organisation.people[id]?.roles;
const people = Object.keys(organisation.people);
const responder = people.find((id) => rolesOf(id)?.includes('responder') && !rolesOf(id)?.includes('commander')) ?? '';
const commander = people.find((id) => rolesOf(id)?.includes('commander')) ?? '';
const onlooker = people.find((id) => rolesOf(id)?.every((role) => role === 'viewer')) ?? '';

describe('the shifts', () => {
  test('are listed with who is on them and who owns them', async () => {
    const { status, body } = await api.ask('GET', '/api/v1/shifts');
    expect(status).toBe(200);
    const items = body.items as unknown as { schedule: string; person: unknown; shift: ShiftView | null }[];
    expect(items.map(({ schedule }) => schedule)).toEqual(Object.keys(organisation.schedules));
    expect(items[0]).toMatchObject({ person: { id: expect.any(String) }, shift: { owner: tomas } });
  });

  test('are listed also while Temporal is away, without what only it knows', async () => {
    failure = new Unavailable('Temporal does not answer');
    const { status, body } = await api.ask('GET', '/api/v1/shifts');
    expect(status).toBe(200);
    expect((body.items as unknown as object[])[0]).toMatchObject({ person: { id: expect.any(String) }, shift: null });
  });

  test('take a note and an acceptance as the person who sends them, and as a commander only from one', async () => {
    expect((await post('shop/note', { text: ' look at payouts ' }, responder)).status).toBe(200);
    expect((await post('shop/accept', {}, commander)).status).toBe(200);
    expect(asked).toMatchObject([
      { verb: 'note', schedule: 'shop', given: { by: { id: responder }, text: 'look at payouts', onBehalf: false } },
      { verb: 'accept', schedule: 'shop', given: { by: { id: commander }, onBehalf: true } },
    ]);
  });

  test('take nothing from somebody who only looks on, nothing empty, and nothing for a schedule that is none', async () => {
    expect((await post('shop/accept', {}, onlooker)).status).toBe(403);
    expect((await post('shop/note', { text: '  ' }, responder)).status).toBe(400);
    const unknown = await post('nowhere/accept', {}, responder);
    expect(unknown).toMatchObject({ status: 404, body: { detail: expect.stringContaining('shop') } });
    expect(asked).toEqual([]);
  });

  test('say why a stranger may not accept', async () => {
    failure = new NotPermitted('the shift shop passed to Nadia; they accept it, or a commander for them');
    const { status, body } = await post('shop/accept', {}, responder);
    expect({ status, detail: body.detail }).toEqual({ status: 403, detail: failure.message });
  });
});

describe('an override', () => {
  const add = (person: string) => {
    const at = (ms: number) => new Date(Date.now() + ms).toISOString();
    const body = { schedule: 'shop', person, from: at(0), until: at(3_600_000) };
    return api.ask('POST', '/api/v1/overrides', body, personToken(commander));
  };

  test('is news to the shift when it is made and when it is removed', async () => {
    const { body } = await add('hugo');
    await eventually(() => asked.length === 1);
    const headers = { authorization: `Bearer ${personToken(commander)}` };
    await api.app.inject({ method: 'DELETE', url: `/api/v1/overrides/${body.id}`, headers });
    await eventually(() => asked.length === 2);
    expect(asked).toMatchObject([
      { verb: 'refresh', schedule: 'shop' },
      { verb: 'refresh', schedule: 'shop' },
    ]);
  });

  test('is made although the shift cannot be told', async () => {
    failure = new Unavailable('Temporal does not answer');
    expect((await add('hugo')).status).toBe(201);
  });
});

describe('roles', () => {
  test('are offered by name, and accepted for others only by a commander', async () => {
    const { body } = await api.ask('POST', '/api/v1/incidents', { title: 'Checkout fails' });
    const id = String(body.id);
    await eventually(() => api.temporal.started.some((start) => start.incidentId === id));
    const roles = (verb: string, given: object, person: string) =>
      api.ask('POST', `/api/v1/incidents/${id}/roles/${verb}`, given, personToken(person));
    expect((await roles('offer', { role: 'commander', person: commander }, responder)).status).toBe(200);
    await roles('accept', { role: 'commander' }, responder);
    await roles('accept', { role: 'commander' }, commander);
    expect(api.temporal.commands.map(({ name, payload }) => ({ name, payload }))).toMatchObject([
      { name: 'offerRole', payload: { person: commander, name: organisation.people[commander]?.name } },
      { name: 'acceptRole', payload: { by: { id: responder }, onBehalf: false } },
      { name: 'acceptRole', payload: { by: { id: commander }, onBehalf: true } },
    ]);
    expect((await roles('offer', { role: 'commander', person: 'nobody' }, responder)).status).toBe(400);
    expect((await roles('accept', { role: 'commander' }, onlooker)).status).toBe(403);
  });
});

describe('watching the shifts', () => {
  test('begins with every schedule, and tries on while Temporal is away without holding anything up', async () => {
    failure = new Unavailable('Temporal does not answer');
    const warned: string[] = [];
    const log = { warn: (_: object, words: string) => void warned.push(words) };
    const keeper = keepShifts({ shifts: standIn, schedules: ['shop', 'dba'], log });
    await eventually(() => warned.length > 0);
    expect(asked).toEqual([]);
    failure = null;
    await eventually(() => asked.length === 2);
    expect(asked.map(({ schedule }) => schedule)).toEqual(['shop', 'dba']);
    await keeper.stop();
  });
});
