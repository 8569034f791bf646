/**
 * The embedded PostgreSQL: the real server on a folder of ours, listening on loopback alone.
 *
 *   <dataDir>/cluster     PostgreSQL's own files, owned by the user the server runs as
 *   <dataDir>/password    the generated password, 0600
 *   <dataDir>/server.log  what the server says
 *   <dataDir>/owner.json  the process that started it
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, open, readFile, realpath, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { Conflict, type MusterError, Unavailable } from '../domain/errors.ts';
import { type Identity, postgresBinaries } from './postgres-binaries.ts';
import {
  checkMajor,
  ensurePassword,
  exitOf,
  initialiseWhenMissing,
  pathFor,
  type ServerExit,
  serverEnvironment,
  serverIdentity,
  tail,
  unusable,
  user,
} from './postgres-cluster.ts';
import { clearLeftover, clusterName, removeOwner, writeOwner } from './postgres-leftover.ts';

export interface PostgresOptions {
  /** A folder of our own; made when missing. What is in it survives restarts. */
  dataDir: string;
  /** Default: a free one. Give the same again when restarting, so that open pools find the server. */
  port?: number;
  /** Lines for people: what is done and why. */
  log?: (line: string) => void;
  /** More server settings, such as `{fsync: 'off'}` for tests. Durability is on by default. */
  settings?: Record<string, string>;
  startWithinMs?: number;
}

export interface RunningPostgres {
  /** Contains the password: for environments of children, never for logs. */
  url: string;
  pid: number;
  port: number;
  /** Resolves once, when the server has ended for whatever reason. */
  exited: Promise<ServerExit>;
  /** Fast shutdown: open transactions are rolled back, committed ones are safe. Idempotent. */
  stop(): Promise<void>;
}

const database = 'muster';

/** Folders whose server this process runs now. */
const running = new Set<string>();

/**
 * Starts the server and returns when it answers queries and the database `muster` exists. The server is a child in
 * a session of its own, so that Ctrl-C does not reach it, and it outlives us when we are killed; the next start on
 * the folder ends such an orphan first. It does not keep our own process alive either. Throws Conflict
 * (port or folder in use) or Unavailable, with what to do.
 */
export const startPostgres = async (options: PostgresOptions): Promise<RunningPostgres> => {
  const log = options.log ?? (() => {});
  const folder = await ourFolder(options.dataDir);
  if (running.has(folder)) throw new Conflict(`PostgreSQL in ${folder} is running already; stop it first`);
  const cluster = join(folder, 'cluster');
  const identity = await serverIdentity(cluster);
  if (identity !== null) await chmod(folder, 0o711);
  const binaries = await postgresBinaries(identity, log);
  await clearLeftover(folder, cluster, log);
  await writeOwner(folder);
  try {
    const password = await ensurePassword(folder);
    const sync = options.settings?.fsync !== 'off';
    await initialiseWhenMissing({ folder, cluster, initdb: binaries.initdb, identity, log, sync });
    await checkMajor(cluster, binaries.major);
    return await launch({ folder, cluster, postgres: binaries.postgres, identity, password, options });
  } catch (error) {
    await removeOwner(folder);
    throw error;
  }
};

const ourFolder = async (dataDir: string): Promise<string> => {
  try {
    await mkdir(dataDir, { recursive: true });
    return await realpath(dataDir);
  } catch (error) {
    throw unusable(dataDir, error);
  }
};

interface Launch {
  folder: string;
  cluster: string;
  postgres: string;
  identity: Identity;
  password: string;
  options: PostgresOptions;
}

const launch = async ({ folder, cluster, postgres, identity, password, options }: Launch): Promise<RunningPostgres> => {
  const port = options.port && options.port > 0 ? options.port : await freePort();
  await checkPort(port);
  const logFile = await openLog(folder);
  const settings = { ...serverSettings(folder, port), ...options.settings };
  const child = spawn(
    postgres,
    [
      '-D',
      await pathFor(cluster, identity),
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    {
      cwd: cluster,
      detached: true,
      stdio: ['ignore', logFile.handle.fd, logFile.handle.fd],
      env: serverEnvironment(),
      ...(identity ?? {}),
    },
  );
  running.add(folder);
  const exited = exitOf(child).finally(() => running.delete(folder));
  await logFile.handle.close();
  const url = `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
  try {
    await untilAnswering({ url, exited, limitMs: options.startWithinMs ?? 60_000, said: logFile.said });
  } catch (error) {
    await stopServer(child, exited);
    throw error;
  }
  child.unref();
  return {
    url,
    pid: child.pid ?? 0,
    port,
    exited,
    stop: async () => {
      await stopServer(child, exited);
      await removeOwner(folder);
    },
  };
};

const serverSettings = (folder: string, port: number): Record<string, string> => ({
  listen_addresses: '127.0.0.1',
  port: String(port),
  unix_socket_directories: '',
  cluster_name: clusterName(folder),
  max_connections: '80',
  shared_buffers: '64MB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
});

const logBytesMax = 5_000_000;

const openLog = async (folder: string) => {
  const file = join(folder, 'server.log');
  const before = await stat(file).catch(() => null);
  if (before !== null && before.size > logBytesMax) await rename(file, `${file}.1`);
  const handle = await open(file, 'a', 0o640);
  const from = (await handle.stat()).size;
  return { handle, said: async () => tail((await readFile(file)).subarray(from).toString('utf8')) };
};

interface Waiting {
  url: string;
  exited: RunningPostgres['exited'];
  limitMs: number;
  said: () => Promise<string>;
}

const untilAnswering = async ({ url, exited, limitMs, said }: Waiting): Promise<void> => {
  const deadline = Date.now() + limitMs;
  let ended: ServerExit | null = null;
  void exited.then((exit) => {
    ended = exit;
  });
  for (;;) {
    const failure = await tryOnce(url);
    if (failure === null) return;
    if (ended !== null) throw startFailure(ended, await said());
    if (Date.now() > deadline) {
      throw new Unavailable(`PostgreSQL did not answer within ${limitMs} ms: ${failure}; it said: ${await said()}`);
    }
    await Promise.race([pause(40), exited]);
  }
};

const startFailure = ({ neverRan }: ServerExit, said: string): MusterError =>
  /could not bind|Address already in use/.test(said)
    ? new Conflict('the port of PostgreSQL was taken in the meantime; start again or give another port')
    : new Unavailable(`PostgreSQL ended while starting: ${neverRan ?? said}`);

/** Makes the database on the way; null when everything is there. */
const tryOnce = async (url: string): Promise<string | null> => {
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  const client = new pg.Client({ connectionString: maintenance.href, connectionTimeoutMillis: 3_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const found = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${database}`);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await client.end().catch(() => {});
  }
};

/** SIGINT is fast shutdown, SIGQUIT immediate (https://www.postgresql.org/docs/18/server-shutdown.html). */
const stopServer = async (child: ChildProcess, exited: RunningPostgres['exited']): Promise<void> => {
  for (const [signal, patienceMs] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    const given = new AbortController();
    await Promise.race([exited, pause(patienceMs, undefined, { signal: given.signal }).catch(() => {})]);
    given.abort();
  }
};

const checkPort = (port: number): Promise<void> =>
  listenOn(port).then(
    () => {},
    (error: NodeJS.ErrnoException) => {
      throw error.code === 'EADDRINUSE'
        ? new Conflict(`port ${port} for PostgreSQL is in use; end what listens there or give another port`)
        : new Unavailable(`cannot listen on port ${port} for PostgreSQL: ${error.message}`, error);
    },
  );

const freePort = (): Promise<number> => listenOn(0);

const listenOn = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
