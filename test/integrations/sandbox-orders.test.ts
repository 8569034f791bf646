/** The shop on its real PostgreSQL: a forgotten transaction makes orders wait, and whoever ends it lets them go on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { sandboxDatabaseUrl } from '../../src/domain/sandbox-database.ts';
import { type RunningPostgres, startPostgres } from '../../src/embedded/postgres.ts';
import { createSandboxDatabase } from '../../src/embedded/sandbox-database.ts';
import type { Database } from '../../src/integrations/integration.ts';
import { connectDatabases } from '../../src/integrations/registry.ts';
import type { Session } from '../../src/schema/database.ts';
import { endWithTestProcess, temporaryServerFolder } from '../support/postgres.ts';
import { organisation, secret, startUnderTest, type UnderTest } from './sandbox-under-test.ts';

let folder: string;
let server: RunningPostgres;
let address: string;
const startServer = async (port?: number): Promise<void> => {
  server = await startPostgres({ dataDir: folder, settings: { fsync: 'off' }, ...(port ? { port } : {}) });
  endWithTestProcess(server, folder);
};
beforeAll(async () => {
  folder = await temporaryServerFolder();
  await startServer();
  address = await createSandboxDatabase({ adminUrl: server.url, secret });
});

const running: UnderTest[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const sandbox of running.splice(0)) await sandbox.stop();
  for (const one of folders.splice(0)) rmSync(one, { recursive: true });
});
const start = async (options: Parameters<typeof startUnderTest>[0] = {}): Promise<UnderTest> => {
  const sandbox = await startUnderTest({ databaseUrl: sandboxDatabaseUrl(address, secret, 'shop'), ...options });
  running.push(sandbox);
  return sandbox;
};
const stop = async (sandbox: UnderTest): Promise<void> => {
  running.splice(running.indexOf(sandbox), 1);
  await sandbox.stop();
};

const soon = { timeout: 10_000, interval: 50 };
const speed = 60;
const minute = 60_000 / speed;
const effects = async (sandbox: UnderTest) => (await sandbox.control('GET', '/effects')).body;
const alerts = (sandbox: UnderTest): string[] =>
  sandbox.received
    .filter(({ path }) => path === '/webhooks/alertmanager')
    .map(({ body }) => `${JSON.parse(body).status} ${JSON.parse(body).groupLabels.alertname}`);
const errorRatio = async (sandbox: UnderTest): Promise<number> => {
  const query = encodeURIComponent(organisation.services.checkout?.symptom?.query ?? '');
  return Number((await sandbox.control('GET', `/prometheus/api/v1/query?query=${query}`)).body.data.result[0].value[1]);
};
/** The way of a remediation in a drill. */
const port = (sandbox: UnderTest): Database =>
  connectDatabases(
    readConfig({
      MUSTER_SANDBOX_URL: sandbox.url,
      MUSTER_SANDBOX_SECRET: secret,
      MUSTER_SANDBOX_DATABASE: address,
    }),
    organisation.databases,
  )('shop-db', true);
const sessionsOf = async (sandbox: UnderTest): Promise<Session[]> =>
  (await port(sandbox).activity('shop')).sessions.filter(({ user }) => user === 'shop_app');
const forgotten = async (sandbox: UnderTest): Promise<Session> =>
  await vi.waitFor(async () => {
    const found = (await sessionsOf(sandbox)).find(
      ({ application, state }) => application === 'back-office' && state === 'idle in transaction',
    );
    if (!found) throw new Error('nobody has left a transaction open');
    return found;
  }, soon);
const play = async (sandbox: UnderTest): Promise<Session> => {
  const { status } = await sandbox.control('POST', '/scenarios/blocked-checkout', { speed });
  expect(status).toBe(201);
  return forgotten(sandbox);
};
/** Time goes on for both, the story and the sessions, until so many of them wait. */
const untilWaiting = (sandbox: UnderTest, count: number): Promise<void> =>
  vi.waitFor(() => {
    sandbox.pass(minute / 6);
    expect(sandbox.world.state.orders.waiting).toBe(count);
  }, soon);
const end = (sandbox: UnderTest, { pid, backendStart, user }: Session) =>
  port(sandbox).signal('terminate', { pid, backendStart, user: user ?? '', queryStart: null, xactStart: null });

describe('a forgotten transaction', () => {
  test('blocks the orders one by one, alerts, and is over once its session has ended', async () => {
    const sandbox = await start();
    const root = await play(sandbox);
    sandbox.pass(3 * minute);
    expect(await errorRatio(sandbox)).toBeLessThan(0.01);
    sandbox.pass(minute);
    await untilWaiting(sandbox, 10);
    const waiting = (await sessionsOf(sandbox)).filter(({ blockedBy }) => blockedBy.includes(root.pid));
    expect(waiting.map(({ application }) => application)).toEqual(Array(10).fill('checkout'));
    sandbox.pass(4 * minute);
    expect(await errorRatio(sandbox)).toBeGreaterThan(0.5);
    await vi.waitFor(() => expect(alerts(sandbox)).toEqual(['firing CheckoutErrorRatioHigh']), soon);

    expect(await end(sandbox, root)).toBe('sent');
    await untilWaiting(sandbox, 0);
    sandbox.pass(4 * minute);
    expect(await errorRatio(sandbox)).toBeLessThan(0.01);
    await vi.waitFor(() => expect(alerts(sandbox).at(-1)).toBe('resolved CheckoutErrorRatioHigh'), soon);
    expect(await effects(sandbox)).toMatchObject({ sessionsEnded: 1, statementsCancelled: 0, kube: 0 });
  });

  test('is as old as it is in the story, by the moment at which it began', async () => {
    const sandbox = await start();
    const root = await play(sandbox);
    const realSeconds = (): number => (Date.now() - Date.parse(root.xactStart ?? '')) / 1_000;
    const least = realSeconds() * speed;
    const seen = await port(sandbox).session(root);
    expect(seen?.xactAgeSeconds).toBeGreaterThanOrEqual(least - 1);
    expect(seen?.xactAgeSeconds).toBeLessThanOrEqual(realSeconds() * speed + 1);
    expect(seen?.xactStart).toBe(root.xactStart);
  });

  test('stays where only what waits for it is ended or cancelled, and each of those counts once', async () => {
    const sandbox = await start();
    const root = await play(sandbox);
    sandbox.pass(4 * minute);
    await untilWaiting(sandbox, 10);
    const [first, second] = (await sessionsOf(sandbox)).filter(({ blockedBy }) => blockedBy.length > 0);
    if (!first || !second) throw new Error('nobody waits');
    await end(sandbox, first);
    await port(sandbox).signal('cancel', { ...second, user: second.user ?? '', xactStart: null });
    await vi.waitFor(async () => {
      expect(await effects(sandbox)).toMatchObject({ sessionsEnded: 1, statementsCancelled: 1 });
    }, soon);
    expect((await forgotten(sandbox)).pid).toBe(root.pid);
  });

  test('is rolled back by a reset, which ends nobody', async () => {
    const sandbox = await start();
    await play(sandbox);
    sandbox.pass(4 * minute);
    await untilWaiting(sandbox, 10);
    await sandbox.control('POST', '/reset');
    // The world forgets at once; the desk hears of it at its next look.
    await vi.waitFor(async () => {
      const sessions = await sessionsOf(sandbox);
      expect(sessions.filter(({ application }) => application === 'back-office')).toEqual([]);
      expect(sessions.filter(({ blockedBy }) => blockedBy.length > 0)).toEqual([]);
    }, soon);
    expect(await effects(sandbox)).toMatchObject({ sessionsEnded: 0, statementsCancelled: 0 });
  });

  test('is left open again by a sandbox that was started again, and goes with it when it stops', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'muster-orders-'));
    folders.push(dataFolder);
    const dataFile = join(dataFolder, 'sandbox.json');
    const first = await start({ dataFile });
    const root = await play(first);
    await stop(first);
    const second = await start({ dataFile });
    const again = await forgotten(second);
    expect(again.pid).not.toBe(root.pid);
    await stop(second);
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await vi.waitFor(async () => {
      const { rows } = await client.query("select application_name from pg_stat_activity where usename = 'shop_app'");
      expect(rows).toEqual([]);
    }, soon);
    await client.end();
  });

  test('is gone with a server that goes down, and nobody has ended anything', async () => {
    const sandbox = await start();
    await play(sandbox);
    await server.stop();
    await vi.waitFor(() => expect(sandbox.world.state.orders.forgottenSinceMs).toBeNull(), soon);
    await startServer(server.port);
    await vi.waitFor(async () => {
      sandbox.pass(minute);
      expect((await sessionsOf(sandbox)).some(({ application }) => application === 'checkout')).toBe(true);
    }, soon);
    expect(await effects(sandbox)).toMatchObject({ sessionsEnded: 0 });
  });
});

describe('a sandbox without a database', () => {
  test('refuses what happens in one, says why, and breaks nothing', async () => {
    const sandbox = await startUnderTest();
    running.push(sandbox);
    const { status, body } = await sandbox.control('POST', '/scenarios/blocked-checkout', { speed });
    expect({ status, error: body.error }).toEqual({
      status: 400,
      error: expect.stringMatching(/the sandbox has none here: start Muster with the embedded PostgreSQL/),
    });
    expect(sandbox.world.state).toMatchObject({ runs: [], orders: { forgottenSinceMs: null } });
  });

  test('is well, though orders waited in the database that it had before', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'muster-orders-'));
    folders.push(dataFolder);
    const dataFile = join(dataFolder, 'sandbox.json');
    const before = await start({ dataFile });
    await play(before);
    before.pass(4 * minute);
    await untilWaiting(before, 10);
    await stop(before);
    const sandbox = await startUnderTest({ dataFile });
    running.push(sandbox);
    sandbox.pass(4 * minute);
    expect(await errorRatio(sandbox)).toBeLessThan(0.01);
  });

  test('says so in its list, and plays the others', async () => {
    const sandbox = await startUnderTest();
    running.push(sandbox);
    const { body } = await sandbox.control('GET', '/scenarios');
    const obstructed = (body as { name: string; obstacle: string | null }[]).filter(
      ({ obstacle }) => obstacle !== null,
    );
    expect(obstructed.map(({ name }) => name)).toEqual(['blocked-checkout']);
    expect((await sandbox.control('POST', '/scenarios/bad-release', { speed })).status).toBe(201);
  });
});
