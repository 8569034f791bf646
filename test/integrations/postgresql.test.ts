/** The database port against the real server: what is seen, what is ended, and what is refused in which words. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/integrations/integration.ts';
import { createDatabase } from '../../src/integrations/postgresql/client.ts';
import { databasesOf } from '../../src/integrations/postgresql/index.ts';
import type { Session } from '../../src/schema/database.ts';
import { freePorts } from '../support/free-ports.ts';
import { type ProductionDatabase, productionDatabase, type TestClient, until } from '../support/replica.ts';

let server: ProductionDatabase;
let database: Database;
beforeAll(async () => {
  server = await productionDatabase();
  database = createDatabase({ name: 'shop-db', url: server.url });
});
afterEach(() => server.disconnect());

const as = (role: string): Database => createDatabase({ name: 'shop-db', url: server.urlOf(role) });
const seen = async ({ pid }: { pid: number }): Promise<Session> => {
  const found = (await database.activity('shop')).sessions.find((one) => one.pid === pid);
  if (!found) throw new Error(`session ${pid} is not there`);
  return found;
};
const keyOf = ({ pid, backendStart, user, queryStart, xactStart }: Session) => ({
  pid,
  backendStart,
  user: user ?? '',
  queryStart,
  xactStart,
});
const running = async (client: TestClient, statement: string): Promise<{ outcome: Promise<string> }> => {
  const outcome = client.start(statement);
  await until('the statement runs', async () => (await seen(client)).state === 'active');
  return { outcome };
};

describe('what is seen of a server', () => {
  test('tells who waits for whom, since when, and holding what', async () => {
    const holder = await server.connect({ application: 'admin-shell' });
    const waiter = await server.connect();
    await holder.query("begin; update orders set state = 'paid' where id = 1");
    await running(waiter, "update orders set state = 'lost' where id = 1");
    await until('it waits', async () => (await seen(waiter)).blockedBy.length > 0);

    expect(await seen(holder)).toMatchObject({
      user: 'shop',
      application: 'admin-shell',
      database: 'shop',
      backendType: 'client backend',
      state: 'idle in transaction',
      holdsLocks: true,
      blocks: [waiter.pid],
      blockedBy: [],
      waitsFor: null,
      isOurs: false,
      isSuperuser: false,
      backendStart: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    });
    expect(await seen(waiter)).toMatchObject({
      state: 'active',
      blockedBy: [holder.pid],
      waitsFor: expect.stringMatching(/^Lock: /),
    });
  });
  test('shows statements without the data in them', async () => {
    const client = await server.connect();
    await client.query("select 'secret-1' /* secret-2 */ from orders where card = 'secret-3' and id = 4711");
    const { statement } = await seen(client);
    expect(statement).toBe('select ? from orders where card = ? and id = ?');
  });
  test('counts connections, and what of them ordinary roles cannot have', async () => {
    await server.connect();
    const { connections, sessions } = await database.activity('shop');
    const clients = sessions.filter((one) => one.backendType === 'client backend').length;
    expect(connections).toEqual({ used: clients, max: 80, reserved: 3 });
    expect(clients).toBeGreaterThanOrEqual(2);
  });
  test('knows its own session and superusers', async () => {
    const boss = await server.connect({ role: 'muster', application: 'psql' });
    const { sessions, rights } = await database.activity('shop');
    expect(sessions.filter((one) => one.isOurs).map((one) => one.user)).toEqual(['muster_remediation']);
    expect(rights).toEqual({ role: 'muster_remediation', isSuperuser: false, maySignal: true });
    expect(await seen(boss)).toMatchObject({ isSuperuser: true });
    await boss.query('select 1');
  });
  test('is told apart from another database of the same server', async () => {
    const [shop, other] = await Promise.all([database.activity('shop'), database.activity('postgres')]);
    expect(shop.identity).not.toBe(other.identity);
    expect((await database.activity('shop')).identity).toBe(shop.identity);
  });
  test('is an error that names the GRANT, and never an empty list, when the role cannot see others', async () => {
    const client = await server.connect();
    await client.query('begin; select 1');
    await expect(as('blind').activity('shop')).rejects.toMatchObject({
      status: 403,
      terminal: true,
      message: expect.stringContaining('GRANT pg_read_all_stats TO blind'),
    });
    await expect(as('blind').session({ pid: client.pid, backendStart: '2026-01-01T00:00:00Z' })).rejects.toMatchObject({
      status: 403,
    });
  });
  test('says so when the server has no such database', async () => {
    await expect(database.activity('shopp')).rejects.toMatchObject({ status: 404, terminal: true });
  });
});

describe('ending a session', () => {
  test('ends this one and no other', async () => {
    const [one, other] = [await server.connect(), await server.connect()];
    expect(await database.signal('terminate', keyOf(await seen(one)))).toBe('sent');
    await one.ended;
    expect(other.isOpen()).toBe(true);
    await other.query('select 1');
  });
  test('leaves alone whoever has the pid by now', async () => {
    const client = await server.connect();
    const session = await seen(client);
    const former = { ...keyOf(session), backendStart: '2026-01-01T00:00:00.000000Z' };
    expect(await database.signal('terminate', former)).toBe('gone');
    expect(await database.session(former)).toBeNull();
    expect(await database.signal('terminate', { ...keyOf(session), user: 'payroll' })).toBe('gone');
    await client.query('select 1');
    expect(client.isOpen()).toBe(true);
  });
  test('tells a start apart from one a microsecond later', async () => {
    const client = await server.connect();
    const session = await seen(client);
    const micros = Number(session.backendStart.slice(20, 26));
    const later = `${session.backendStart.slice(0, 20)}${String((micros + 1) % 1_000_000).padStart(6, '0')}Z`;
    expect(await database.signal('terminate', { ...keyOf(session), backendStart: later })).toBe('gone');
    expect(await database.session(session)).toMatchObject({ pid: client.pid });
  });
  test('leaves alone whoever has gone on to another statement or transaction', async () => {
    const client = await server.connect();
    await client.query('begin; select 1');
    const former = keyOf(await seen(client));
    await client.query('select 2');
    expect(await database.signal('terminate', { ...former, xactStart: null })).toBe('gone');
    await client.query('commit; begin; select 3');
    expect(await database.signal('terminate', { ...former, queryStart: null })).toBe('gone');
    expect(client.isOpen()).toBe(true);
    expect(await database.signal('terminate', { ...former, queryStart: null, xactStart: null })).toBe('sent');
  });
  test('is harmless when the session has ended already', async () => {
    const client = await server.connect();
    const key = keyOf(await seen(client));
    expect(await database.signal('terminate', key)).toBe('sent');
    expect(await database.signal('terminate', key)).toBe('gone');
  });
  test('refuses a superuser in words', async () => {
    const boss = await server.connect({ role: 'muster', application: 'psql' });
    await expect(database.signal('terminate', keyOf(await seen(boss)))).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('belongs to a superuser'),
    });
    await boss.query('select 1');
  });
  test('never reaches a replica', async () => {
    await server.replica();
    const { sessions } = await database.activity('shop');
    const walsender = sessions.find((one) => one.backendType === 'walsender');
    expect(walsender).toMatchObject({ state: 'active', user: 'replicator' });
    if (walsender) expect(await database.signal('terminate', keyOf(walsender))).toBe('gone');
    expect(await server.isStreaming()).toBe(true);
  });
  test('says which GRANT is missing', async () => {
    const client = await server.connect();
    await expect(as('mute').signal('terminate', keyOf(await seen(client)))).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('GRANT pg_signal_backend TO mute'),
    });
    expect(await as('mute').rights()).toMatchObject({ maySignal: false });
    await client.query('select 1');
  });
});

describe('cancelling a statement', () => {
  test('ends the statement and leaves the session', async () => {
    const client = await server.connect();
    const { outcome } = await running(client, 'select pg_sleep(60)');
    expect(await database.signal('cancel', keyOf(await seen(client)))).toBe('sent');
    expect(await outcome).toMatch(/canceling statement due to user request/);
    await client.query('select 1');
  });
  test('leaves alone the statement that came after it', async () => {
    const client = await server.connect();
    await client.query('select 1');
    const former = keyOf(await seen(client));
    const { outcome } = await running(client, 'select pg_sleep(0.3)');
    expect(await database.signal('cancel', former)).toBe('gone');
    expect(await outcome).toBe('done');
  });
});

describe('a server that cannot be asked', () => {
  test('leaves it open what became of a signal when no answer comes', async () => {
    const [port] = await freePorts(1);
    const away = createDatabase({ name: 'shop-db', url: `postgres://a:hidden@127.0.0.1:${port}/shop` });
    const failure = await away.activity('shop').then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ status: null, terminal: false, vendor: 'postgresql' });
    expect(String(failure)).not.toContain('hidden');
  });
  test('says which login is wrong, without telling it', async () => {
    const url = new URL(server.url);
    url.password = 'not-the-password';
    await expect(createDatabase({ name: 'shop-db', url: url.href }).rights()).rejects.toMatchObject({
      status: 401,
      message: 'database shop-db does not accept the login of MUSTER_DATABASES; correct it there',
    });
  });
  test('says that connections are used up, and what keeps one free', async () => {
    await server.ask('alter role muster_remediation connection limit 0');
    try {
      await expect(database.rights()).rejects.toMatchObject({
        status: 429,
        terminal: false,
        message: expect.stringContaining('reserve one'),
      });
    } finally {
      await server.ask('alter role muster_remediation connection limit -1');
    }
    expect(await database.rights()).toMatchObject({ maySignal: true });
  });
});

describe('the list of databases', () => {
  const lines =
    '# production\nshop-db: postgres://m:secret@db.example:5432/shop\n\nreports: postgres://m:s@r.example/r\n';
  test('is read by name', () => {
    expect([...databasesOf({ MUSTER_DATABASES: lines }).keys()]).toEqual(['shop-db', 'reports']);
    expect(databasesOf({}).size).toBe(0);
  });
  test.each([
    ['a line that is none', 'shop-db postgres://m:secret@db.example/shop', /line 1: not of the form/],
    ['another kind of address', 'shop-db: https://m:secret@db.example/shop', /line 1: not of the form/],
    ['an address without a database', 'shop-db: postgres://m:secret@db.example', /line 1: not of the form/],
    ["the sandbox's name", 'sandbox: postgres://m:secret@db.example/shop', /line 1: sandbox is what the sandbox's own/],
    ['a name twice', `${lines}reports: postgres://m:secret@r.example/r`, /line 5: reports is there twice/],
  ])('refuses %s and does not tell the password', (_, given, words) => {
    expect(() => databasesOf({ MUSTER_DATABASES: given })).toThrow(words);
    expect(() => databasesOf({ MUSTER_DATABASES: given })).not.toThrow(/secret/);
  });
  test("never holds Muster's own", () => {
    const own = 'postgres://muster:other@db.example/shop';
    expect(() => databasesOf({ MUSTER_DATABASES: lines, DATABASE_URL: own })).toThrow(/Muster itself/);
    expect(databasesOf({ MUSTER_DATABASES: lines, DATABASE_URL: `${own}2` }).size).toBe(2);
  });
});
