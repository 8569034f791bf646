import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidInput, Unavailable } from '../../src/domain/errors.ts';
import { type RunningPostgres, startPostgres } from '../../src/embedded/postgres.ts';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import { endWithTestProcess, temporaryServerFolder, testDatabase } from '../support/postgres.ts';
import { aNewIncident, anEntry, rowsOf } from './records.ts';

/** A server of this file's own, with durability as in production. */
let folder: string;
let server: RunningPostgres;
let store: Store;

beforeAll(async () => {
  folder = await temporaryServerFolder();
  server = await startPostgres({ dataDir: folder });
  endWithTestProcess(server, folder);
  store = await openStore(server.url);
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

const refusalOf = (call: () => Promise<unknown>): Promise<unknown> =>
  call().then(
    () => null,
    (error: unknown) => error,
  );

describe('when PostgreSQL is killed', () => {
  test('every call says so in words, and after the restart all that was committed is there and work goes on', async () => {
    const heard: string[] = [];
    await store.listen((id) => heard.push(id));
    await store.incidents.declare(aNewIncident('INC-kept'), { id: 'INC-kept' });

    process.kill(server.pid, 'SIGKILL');
    await server.exited;
    const calls = [
      () => store.incidents.incident('INC-kept'),
      () => store.incidents.appendEntries('INC-kept', [anEntry('x')]),
      () => store.remediations.stopOver(['global']),
      () => store.ready(),
    ];
    for (const call of calls) {
      // A connection may serve one more call before it notices that its server is dead.
      await expect.poll(() => refusalOf(call), { timeout: 10_000 }).toBeInstanceOf(Unavailable);
      const words = String(await refusalOf(call));
      expect(words).toMatch(/PostgreSQL at 127\.0\.0\.1:\d+ (cannot be reached|is starting or stopping)/);
      expect(words).not.toContain(new URL(server.url).password);
    }

    server = await startPostgres({ dataDir: folder, port: server.port });
    endWithTestProcess(server, folder);
    await store.ready();
    expect(await store.incidents.incident('INC-kept')).toMatchObject({ id: 'INC-kept' });
    expect(await store.intake.outboxOf('INC-kept')).toHaveLength(1);
    await store.incidents.appendEntries('INC-kept', [anEntry('after')]);
    heard.length = 0;
    await expect
      .poll(
        async () => {
          await store.incidents.appendEntries('INC-kept', []);
          return heard;
        },
        { timeout: 15_000 },
      )
      .toContain('INC-kept');
  });

  test('a transaction that was open is gone as a whole', async () => {
    const commit = store.intake.commit(
      {
        id: 'D-1',
        source: 'generic',
        deliveryId: 'd1',
        bodyHash: 'h',
        receivedAt: new Date().toISOString(),
        body: '',
        note: null,
      },
      [],
      async (tx) => {
        await tx.declare(aNewIncident('INC-lost'), {});
        process.kill(server.pid, 'SIGKILL');
        await server.exited;
        const append = () => tx.append('INC-lost', [anEntry('x')]);
        await expect.poll(() => refusalOf(append), { timeout: 10_000 }).toBeInstanceOf(Unavailable);
        await append();
      },
    );
    await expect(commit).rejects.toBeInstanceOf(Unavailable);
    server = await startPostgres({ dataDir: folder, port: server.port });
    endWithTestProcess(server, folder);
    expect(await store.incidents.incident('INC-lost')).toBeNull();
    expect(await store.intake.receiptOf('generic', 'd1', 'h', '2026-01-01T00:00:00Z')).toBeNull();
  });
});

describe('when PostgreSQL does not do what is asked', () => {
  test('a server that is not there is named by host and port, without the password', async () => {
    const error = await openStore('postgres://muster:geheim@127.0.0.1:1/muster').catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(Unavailable);
    expect(String(error)).toContain('127.0.0.1:1 cannot be reached');
    expect(JSON.stringify(error) + String(error)).not.toContain('geheim');
  });

  test('a wrong password and a missing database are told apart', async () => {
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(openStore(wrong.href)).rejects.toThrow('does not accept the user or password');
    const missing = new URL(server.url);
    missing.pathname = '/nothing';
    await expect(openStore(missing.href)).rejects.toThrow('no such database');
    await expect(openStore('localhost')).rejects.toBeInstanceOf(InvalidInput);
  });

  test('a standby that accepts no writes is not ready, and a primary is', async () => {
    const { url } = await testDatabase();
    const name = new URL(url).pathname.slice(1);
    const writable = await openStore(url);
    await writable.ready();
    await writable.close();
    await rowsOf(url, `alter database ${name} set default_transaction_read_only = on`);
    const standby = await openStore(url, { migrate: false });
    const error = await standby.ready().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(Unavailable);
    expect(String(error)).toContain('accepts no writes');
    await standby.close();
  });

  test('a statement that waits for a lock too long is given up', async () => {
    const { url } = await testDatabase();
    const first = await openStore(url);
    const second = await openStore(url);
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const aDelivery = (id: string) => ({
      id,
      source: 's',
      deliveryId: null,
      bodyHash: id,
      receivedAt: '2026-01-01T00:00:00Z',
      body: '',
      note: null,
    });
    let locked: () => void = () => {};
    const isLocked = new Promise<void>((resolve) => {
      locked = resolve;
    });
    const holder = first.intake.commit(aDelivery('a'), [], async (tx) => {
      await tx.lock('key');
      locked();
      await held;
    });
    await isLocked;
    const waiting = second.intake.commit(aDelivery('b'), [], (tx) => tx.lock('key'));
    await expect(waiting).rejects.toThrow('did not answer in time');
    release();
    await holder;
    await first.close();
    await second.close();
  });
});
