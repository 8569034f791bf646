/** A PostgreSQL server of production as tests need it: roles, tables, clients that misbehave, and a replica. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { type RunningPostgres, startPostgres } from '../../src/embedded/postgres.ts';
import { endWithTestProcess, temporaryServerFolder } from './postgres.ts';

const settings = { fsync: 'off', full_page_writes: 'off', wal_level: 'replica', autovacuum_naptime: '1' };

export interface ProductionDatabase {
  /** For the remediation worker: pg_read_all_stats and pg_signal_backend, and nothing else. */
  url: string;
  /** Of another role of the server; its password is its name. */
  urlOf(role: string): string;
  superuserUrl: string;
  /** A client that stays until the test is over. */
  connect(as?: { role?: string; application?: string; database?: string }): Promise<TestClient>;
  /** Ends all clients of this test. */
  disconnect(): Promise<void>;
  /** As the superuser. */
  ask(statement: string): Promise<Record<string, unknown>[]>;
  /** Starts the replica, once; resolves when it streams. */
  replica(): Promise<RunningPostgres>;
  isStreaming(): Promise<boolean>;
}

export interface TestClient {
  pid: number;
  query(statement: string): Promise<unknown>;
  /** Sends and does not wait; resolves with what became of it, as text. */
  start(statement: string): Promise<string>;
  /** Once the server has ended it, or it has been closed. */
  ended: Promise<void>;
  isOpen(): boolean;
}

let shared: Promise<ProductionDatabase> | undefined;

/** One server per test process; the roles are `muster_remediation`, `blind`, `mute`, `shop`, `payroll` and `replicator`. */
export const productionDatabase = (): Promise<ProductionDatabase> => {
  shared ??= start();
  return shared;
};

const schema = `
  create role shop login password 'shop';
  create role payroll login password 'payroll';
  create role replicator login replication password 'replicator';
  create role blind login password 'blind';
  grant pg_signal_backend to blind;
  create role mute login password 'mute';
  grant pg_read_all_stats to mute;
  create role muster_remediation login password 'muster_remediation';
  grant pg_read_all_stats, pg_signal_backend to muster_remediation;
  create table orders (id int primary key, state text not null, card text);
  insert into orders select n, 'new', 'secret-' || n from generate_series(1, 100) n;
  grant select, insert, update on orders to shop, payroll`;

const start = async (): Promise<ProductionDatabase> => {
  const folder = await temporaryServerFolder();
  const first = await startPostgres({ dataDir: folder, settings });
  await administer(first.url, 'create database shop');
  await administer(withName(first.url, 'shop'), schema);
  // The replica begins as a cold copy: the programs at hand have no pg_basebackup.
  await first.stop();
  const replicaFolder = await temporaryServerFolder();
  await copyWhole(join(folder, 'cluster'), join(replicaFolder, 'cluster'));
  await copyFile(join(folder, 'password'), join(replicaFolder, 'password'));
  const server = await startPostgres({ dataDir: folder, port: first.port, settings });
  endWithTestProcess(server, folder);
  return overServer(server, replicaFolder);
};

const overServer = (server: RunningPostgres, replicaFolder: string): ProductionDatabase => {
  const superuserUrl = withName(server.url, 'shop');
  const open = new Map<pg.Client, number>();
  let replica: Promise<RunningPostgres> | undefined;
  const urlOf = (role: string, database = 'shop'): string => {
    const url = new URL(withName(server.url, database));
    if (role !== 'muster') [url.username, url.password] = [role, role];
    return url.href;
  };
  const ask = (statement: string) => administer(superuserUrl, statement);
  const isStreaming = async (): Promise<boolean> =>
    (await ask("select 1 from pg_stat_replication where state = 'streaming'")).length === 1;

  return {
    url: urlOf('muster_remediation'),
    urlOf,
    superuserUrl,
    ask,
    isStreaming,
    connect: async ({ role = 'shop', application = 'checkout', database = 'shop' } = {}) => {
      const client = new pg.Client({ connectionString: urlOf(role, database), application_name: application });
      let isOpen = true;
      const ended = new Promise<void>((resolve) => {
        client.once('end', () => {
          isOpen = false;
          open.delete(client);
          resolve();
        });
      });
      client.on('error', () => {});
      await client.connect();
      const { rows } = await client.query('select pg_backend_pid() as pid');
      const { pid } = rows[0] as { pid: number };
      open.set(client, pid);
      return {
        pid,
        query: (statement) => client.query(statement),
        start: (statement) => client.query(statement).then(() => 'done', String),
        ended,
        isOpen: () => isOpen,
      };
    },
    disconnect: async () => {
      // A client in the middle of a statement would wait for it.
      const pids = [...open.values()].join(',');
      await ask(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid = any('{${pids}}'::int[])`);
      await Promise.all([...open.keys()].map((client) => client.end().catch(() => {})));
      open.clear();
    },
    replica: () => {
      replica ??= startReplica(server, replicaFolder, isStreaming);
      return replica;
    },
  };
};

const startReplica = async (
  primary: RunningPostgres,
  folder: string,
  isStreaming: () => Promise<boolean>,
): Promise<RunningPostgres> => {
  await copyFile('/dev/null', join(folder, 'cluster', 'standby.signal'));
  const server = await startPostgres({
    dataDir: folder,
    settings: {
      ...settings,
      primary_conninfo: `host=127.0.0.1 port=${primary.port} user=replicator password=replicator application_name=replica`,
    },
  });
  endWithTestProcess(server, folder);
  await until('the replica streams', isStreaming);
  return server;
};

/** Polls what another process does; the only clock is its patience. */
export const until = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + 20_000; !(await isSo()); await pause(30))
    if (Date.now() > deadline) throw new Error(`never came: ${what}`);
};

/** With owners and modes, which the server insists on. */
const copyWhole = async (from: string, to: string): Promise<void> => {
  const [code] = await once(spawn('cp', ['-a', from, to], { stdio: 'inherit' }), 'exit');
  if (code !== 0) throw new Error(`cp -a ${from} ${to} ended with ${code}`);
};

const withName = (server: string, database: string): string => {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
};

const administer = async (url: string, statement: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows ?? [];
  } finally {
    await client.end();
  }
};
