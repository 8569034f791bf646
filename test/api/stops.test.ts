import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Unavailable } from '../../src/domain/errors.ts';
import type { Store } from '../../src/store/store.ts';
import { aRemediation } from '../store/records.ts';
import { anApi, type Harness, personToken } from './harness.ts';

let api: Harness;
let tellingFails = false;
let databaseIsAway = false;
const breakable = (store: Store): Store => ({
  ...store,
  stops: {
    ...store.stops,
    stop: async (order) => {
      if (databaseIsAway) throw new Unavailable('PostgreSQL does not answer; try again');
      return store.stops.stop(order);
    },
    tell: async (scope, entry, answers) => {
      if (tellingFails) throw new Unavailable('PostgreSQL does not answer; try again');
      return store.stops.tell(scope, entry, answers);
    },
  },
});
beforeAll(async () => {
  api = await anApi({ store: breakable });
});
afterAll(() => api.close());
afterEach(async () => {
  tellingFails = databaseIsAway = false;
  for (const { scope } of await api.store.stops.stops())
    await api.store.stops.lift({ scope, reason: 'end of the test', by: 'operator' });
});

const stop = (scope: string, person = 'hugo', reason = 'a storm of alerts') =>
  api.ask('POST', '/api/v1/stops', { scope, reason }, personToken(person));
const lift = async (scope: string, person = 'dana', payload: object = { reason: 'the storm is over' }) => {
  const headers = { authorization: `Bearer ${personToken(person)}` };
  const url = `/api/v1/stops/${encodeURIComponent(scope)}`;
  const answer = await api.app.inject({ method: 'DELETE', url, headers, payload });
  return { status: answer.statusCode, text: answer.body };
};
const isOn = async (...scopes: string[]) => (await api.store.remediations.stopOver(scopes)) !== null;

describe('a stop through the API', () => {
  test.each(['global', 'cluster/sandbox', 'action/scale-workload'])('%s is on until it is lifted', async (scope) => {
    expect(await stop(scope)).toMatchObject({
      status: 201,
      body: { scope, reason: 'a storm of alerts', by: { id: 'hugo', name: 'Hugo Barreto' } },
    });
    expect(await isOn(scope)).toBe(true);
    const { body } = await api.ask('GET', '/api/v1/stops');
    expect(body.items).toMatchObject([{ scope, by: { name: 'Hugo Barreto' } }]);
    expect((await lift(scope)).status).toBe(204);
    expect(await isOn(scope)).toBe(false);
    const after = await api.ask('GET', '/api/v1/stops');
    expect(after.body.items).toEqual([]);
    const record = after.body.record as unknown as object[];
    expect(record.slice(0, 2)).toMatchObject([
      { event: 'lifted', scope, by: { id: 'dana' }, reason: 'the storm is over' },
      { event: 'stopped', scope, by: { id: 'hugo' }, reason: 'a storm of alerts' },
    ]);
  });

  test('pulled twice stays the first one, and is told once', async () => {
    await stop('global', 'hugo');
    expect(await stop('global', 'dana', 'me too')).toMatchObject({
      status: 200,
      body: { by: { id: 'hugo' }, reason: 'a storm of alerts', told: [] },
    });
  });

  test.each([
    ['a scope that is none', { scope: 'everything', reason: 'x' }, 'cluster/<name>'],
    ['no reason', { scope: 'global', reason: ' ' }, 'say why'],
  ])('with %s is refused in words', async (_, body, words) => {
    const refused = await api.ask('POST', '/api/v1/stops', body, personToken('hugo'));
    expect(refused.status).toBe(400);
    expect(refused.text).toContain(words);
  });

  test('of a name that nothing here has is on, and says that the name may be wrong', async () => {
    expect((await stop('cluster/sandbx')).body.doubt).toContain('the catalogue has sandbox');
    expect((await stop('action/scale-worklod')).body.doubt).toContain('look whether the name is right');
    expect((await stop('cluster/sandbox')).body.doubt).toBeNull();
    expect(await isOn('cluster/sandbx')).toBe(true);
  });

  test('is lifted only where one is on, and with a reason', async () => {
    expect(await lift('global')).toMatchObject({ status: 404 });
    await stop('global');
    expect(await lift('global', 'dana', {})).toMatchObject({ status: 400 });
    expect(await isOn('global')).toBe(true);
  });

  test('that cannot be kept is refused, so that nobody believes in it', async () => {
    databaseIsAway = true;
    expect((await stop('global')).status).toBe(503);
  });
});

describe('who may stop', () => {
  test.each(['hugo', 'dana', 'ravi'])('%s, who responds or looks after Muster', async (person) => {
    expect((await stop('global', person)).status).toBe(201);
  });
  test('nobody who may only look, though they see what is stopped', async () => {
    expect((await stop('global', 'clara')).status).toBe(403);
    expect((await api.ask('GET', '/api/v1/stops', undefined, personToken('clara'))).status).toBe(200);
  });
  test('commanders and admins lift, responders do not', async () => {
    await stop('global', 'hugo');
    expect((await lift('global', 'hugo')).status).toBe(403);
    expect((await lift('global', 'clara')).status).toBe(403);
    expect(await isOn('global')).toBe(true);
    expect((await lift('global', 'ravi')).status).toBe(204);
  });
});

describe('the timeline', () => {
  const declared = async (cluster: string, endedAt: string | null): Promise<string> => {
    const { body } = await api.ask('POST', '/api/v1/incidents', { title: 'Checkout fails', service: 'checkout' });
    const id = String(body.id);
    const target = { cluster, kind: 'Deployment', namespace: 'shop', name: 'checkout' };
    await api.store.remediations.recordRemediation(aRemediation(`R-${id}`, id, { target, endedAt }), []);
    return id;
  };
  const told = async (id: string) =>
    (await api.store.incidents.timeline(id))
      .filter(({ kind }) => kind === 'changesStopped' || kind === 'changesAllowed')
      .map(({ text, actor }) => [actor.id, text]);

  test('of an incident with a remediation under way says who stopped and who lifted, and why', async () => {
    const under = await declared('blue', null);
    const over = await declared('blue', new Date().toISOString());
    const elsewhere = await declared('green', null);
    expect((await stop('cluster/blue')).body.told).toEqual([under]);
    await lift('cluster/blue');
    expect(await told(under)).toEqual([
      ['hugo', 'Hugo Barreto stopped changes in the cluster blue: a storm of alerts'],
      ['dana', expect.stringMatching(/ allowed changes in the cluster blue again: the storm is over$/)],
    ]);
    expect(await told(over)).toEqual([]);
    expect(await told(elsewhere)).toEqual([]);
  });

  test('tells of the lifting wherever it told of the stop, though the remediation was refused meanwhile', async () => {
    const id = await declared('blue', null);
    await stop('cluster/blue');
    const target = { cluster: 'blue', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
    const ended = aRemediation(`R-${id}`, id, { target, endedAt: new Date().toISOString(), version: 2 });
    await api.store.remediations.recordRemediation(ended, []);
    await lift('cluster/blue');
    expect((await told(id)).map(([person]) => person)).toEqual(['hugo', 'dana']);
  });

  test('that cannot be written does not undo the stop', async () => {
    await declared('blue', null);
    tellingFails = true;
    expect(await stop('cluster/blue')).toMatchObject({ status: 201, body: { told: [] } });
    expect(await isOn('cluster/blue')).toBe(true);
    expect((await lift('cluster/blue')).status).toBe(204);
  });
});
