/** Databases for tests: one real server per test process, started when first asked for, a fresh database per call. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import pg from 'pg';
import { type RunningPostgres, startPostgres } from '../../src/embedded/postgres.ts';
import { openStore } from '../../src/store/connect.ts';
import { freePort } from './free-ports.ts';

export interface TestDatabase {
  /** For openStore: the schema is there already. */
  url: string;
  /** Optional: the whole server goes with the test process. */
  drop(): Promise<void>;
}

/** A database of its own with today's schema and no rows. The first call of a process takes about two seconds. */
export const testDatabase = async (): Promise<TestDatabase> => {
  const { url } = await testServer();
  return createDatabase(url, `template ${template}`);
};

/** A database without any schema. */
export const emptyDatabase = async (): Promise<TestDatabase> => {
  const { url } = await testServer();
  return createDatabase(url, '');
};

/**
 * A folder for a server of the test's own. It is gone when this process has ended, however that ended, together with
 * the server named by `endWithTestProcess`: a guard waits for the end of a pipe that only we hold.
 */
export const temporaryServerFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-test-postgres-'));
  const guard = spawn('sh', ['-c', guardScript, 'guard', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  guards.set(folder, guard.stdin);
  return folder;
};

/** The server that runs in the folder now; call it after each start. An ended one's number may be another's later. */
export const endWithTestProcess = (server: Pick<RunningPostgres, 'pid' | 'exited'>, folder: string): void => {
  const guard = guards.get(folder);
  if (!guard) throw new Error(`${folder} is not of temporaryServerFolder`);
  guard.write(`runs ${server.pid}\n`);
  void server.exited.then(() => guard.write(`ended ${server.pid}\n`));
};

const guards = new Map<string, Writable>();

const guardScript = `
  while read -r word number; do
    case "$word" in
      runs) pid=$number ;;
      ended) [ "$pid" = "$number" ] && pid= ;;
    esac
  done
  if [ -n "$pid" ]; then
    kill -QUIT "$pid" 2>/dev/null
    waits=0
    while kill -0 "$pid" 2>/dev/null && [ $waits -lt 100 ]; do sleep 0.1; waits=$((waits + 1)); done
  fi
  rm -rf "$1"`;

const template = 'muster_template';
let shared: Promise<RunningPostgres> | undefined;

const testServer = (): Promise<RunningPostgres> => {
  shared ??= startShared();
  return shared;
};

/** Nothing here must outlive a power cut, so the disk is not waited for. */
const startShared = async (): Promise<RunningPostgres> => {
  const folder = await temporaryServerFolder();
  const server = await startPostgres({
    dataDir: folder,
    port: await freePort(),
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  });
  endWithTestProcess(server, folder);
  await administer(server.url, `create database ${template}`);
  const store = await openStore(databaseUrl(server.url, template));
  await store.close();
  return server;
};

const createDatabase = async (server: string, from: string): Promise<TestDatabase> => {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(server, `create database ${name} ${from}`);
  return {
    url: databaseUrl(server, name),
    drop: () => administer(server, `drop database if exists ${name} with (force)`),
  };
};

const databaseUrl = (server: string, name: string): string => {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
};

const administer = async (server: string, statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: databaseUrl(server, 'postgres') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};
