import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createActivities } from '../../activities/create-activities.ts';
import { Unavailable } from '../../src/domain/errors.ts';
import { holdersOf } from '../../src/domain/on-call/on-call.ts';
import type { Store } from '../../src/store/store.ts';
import { anIncidentContext } from '../support/activity-world.ts';
import { recordingPorts } from '../support/ports.ts';
import { anApi, type Harness, organisation, personToken } from './harness.ts';

let api: Harness;
let databaseIsAway = false;
const breakable = (store: Store): Store => ({
  ...store,
  overrides: {
    ...store.overrides,
    list: async (span) => {
      if (databaseIsAway) throw new Unavailable('PostgreSQL does not answer; try again');
      return store.overrides.list(span);
    },
  },
});
beforeAll(async () => {
  api = await anApi({ store: breakable });
});
afterAll(() => api.close());

const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
const aSwap = (more: object = {}) => ({
  schedule: 'shop',
  person: 'hugo',
  from: inHours(-1),
  until: inHours(1),
  ...more,
});
const add = (body: object, person = 'dana') => api.ask('POST', '/api/v1/overrides', body, personToken(person));
const remove = async (id: unknown, person = 'dana') => {
  const headers = { authorization: `Bearer ${personToken(person)}` };
  return (await api.app.inject({ method: 'DELETE', url: `/api/v1/overrides/${id}`, headers })).statusCode;
};
const onCallNow = async () => {
  const { body } = await api.ask('GET', '/api/v1/on-call');
  const schedules = body.schedules as unknown as { schedule: string; person: { id: string } | null }[];
  return schedules.find(({ schedule }) => schedule === 'shop')?.person?.id;
};
const scheduled = () => holdersOf(organisation, 'on-call', { at: new Date().toISOString() })[0];

describe('an override made through the API', () => {
  test('is who is paged and who stands on the board, until it is removed', async () => {
    const { status, body } = await add(aSwap({ note: ' dentist ' }));
    expect(status).toBe(201);
    expect(body).toMatchObject({ schedule: 'shop', person: 'hugo', by: 'dana', note: 'dentist' });
    expect(await onCallNow()).toBe('hugo');
    expect(await pagedNow('one')).toEqual(['hugo']);
    const declared = await api.ask('POST', '/api/v1/incidents', { title: 'Checkout fails', service: 'checkout' });
    await expect.poll(() => api.temporal.started.map(({ incidentId }) => incidentId)).toContain(declared.body.id);
    const start = api.temporal.started.find(({ incidentId }) => incidentId === declared.body.id);
    expect(start?.roster?.['on-call']).toBe('Hugo Barreto');

    expect(await remove(body.id)).toBe(204);
    expect(await onCallNow()).toBe(scheduled());
    expect(await pagedNow('two')).toEqual([scheduled()]);
  });

  test('is listed with the coming ones and without those that are over', async () => {
    const now = await add(aSwap());
    const coming = await add(aSwap({ from: inHours(48), until: inHours(50) }));
    const { body } = await api.ask('GET', '/api/v1/overrides');
    const items = body.items as unknown as { id: string }[];
    expect(items.map(({ id }) => id)).toEqual([now.body.id, coming.body.id]);
    for (const { id } of items) await remove(id);
    expect((await api.ask('GET', '/api/v1/overrides')).body.items).toEqual([]);
  });

  test('keeps its instants in UTC, whatever zone they were given in', async () => {
    const { body } = await add(aSwap({ from: '2036-01-05T09:00:00+01:00', until: '2036-01-06T09:00:00+01:00' }));
    expect(body).toMatchObject({ from: '2036-01-05T08:00:00.000Z', until: '2036-01-06T08:00:00.000Z' });
    await remove(body.id);
  });

  test.each([
    ['of a schedule nobody knows', { schedule: 'shup' }, 'shop, shop-secondary'],
    ['named like a member of objects', { schedule: 'constructor' }, 'there is no schedule'],
    ['for a person nobody knows', { person: 'zoe' }, 'GET /api/v1/people'],
    ['that ends before it begins', { from: inHours(3), until: inHours(2) }, 'give an until after its from'],
    ['that is over', { from: inHours(-3), until: inHours(-2) }, 'still to come'],
    ['without a zone', { from: '2036-01-05T09:00:00' }, 'an instant such as'],
  ])('%s is refused with what to do instead', async (_, wrong, remedy) => {
    const { status, text } = await add(aSwap(wrong));
    expect(status).toBe(400);
    expect(text).toContain(remedy);
  });
});

describe('who may change who is on call', () => {
  test('a responder takes a shift over, and gives it back', async () => {
    const { status, body } = await add(aSwap(), 'hugo');
    expect(status).toBe(201);
    expect(await remove(body.id, 'hugo')).toBe(204);
  });
  test('a responder puts nobody else on call, nor removes what another made', async () => {
    const refused = await add(aSwap({ person: 'leila' }), 'hugo');
    expect(refused).toMatchObject({ status: 403 });
    expect(refused.body.detail).toContain('ask a commander or admin');
    const { body } = await add(aSwap());
    expect(await remove(body.id, 'hugo')).toBe(403);
    expect(await remove(body.id, 'ravi')).toBe(204);
  });
  test('somebody who only looks puts not even themselves', async () => {
    expect(await add(aSwap({ person: 'clara' }), 'clara')).toMatchObject({ status: 403 });
    expect(await remove(1, 'clara')).toBe(403);
  });
  test('an id that never was is not found', async () => {
    expect(await remove('4711')).toBe(404);
    expect(await remove('%00')).toBe(404);
  });
});

test('who is on call is told while the database is away, with the word that overrides are unknown', async () => {
  databaseIsAway = true;
  const { status, body } = await api.ask('GET', '/api/v1/on-call');
  databaseIsAway = false;
  expect(status).toBe(200);
  expect(body.overrides).toBeNull();
  expect((await api.ask('GET', '/api/v1/on-call')).body.overrides).toEqual([]);
});

/** The people whose phones ring when the duty `on-call` is paged at this moment by a worker on the same database. */
const pagedNow = async (key: string): Promise<string[]> => {
  const ports = recordingPorts();
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const activities = createActivities({
    store: api.store,
    packs: new Map(),
    organisation,
    connect: () => ports.connections,
    webUrl: 'http://muster.example',
    log: quiet,
  });
  const incident = anIncidentContext({ team: 'shop', declaredAt: new Date().toISOString() });
  const request = { incident, key, duty: 'on-call', at: new Date().toISOString(), summary: 'down', fallback: false };
  const people: string[] = [];
  await new MockActivityEnvironment({ attempt: 1 }).run(async () => {
    const { reached } = await activities.page(request);
    people.push(...reached.map(({ person }) => person));
  });
  return people;
};
