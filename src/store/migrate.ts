/** Brings the schema up to date: the .sql files of migrations/, in the order of their names, each once. */
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { MusterError } from '../domain/errors.ts';
import { sha256 } from '../domain/sha256.ts';
import type { ConnectionSettings } from './pool.ts';
import { asMusterError } from './trouble.ts';

const folder = new URL('./migrations/', import.meta.url);

/** Any fixed number: who holds it may change the schema, the others wait. */
const lockNumber = 7_283_911;

/**
 * Each file runs in a transaction of its own together with the row that remembers it. A database that is ahead of
 * this code is left alone, so that old and new processes may run side by side during a rollout.
 * Throws when a file that was applied has since been edited.
 */
export const migrate = async (settings: ConnectionSettings, log: (line: string) => void): Promise<void> => {
  const client = new pg.Client({ ...settings.client, statement_timeout: 0, query_timeout: 0 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select pg_advisory_lock($1)', [lockNumber]);
    await client.query(
      `create table if not exists migration
         (name text primary key, checksum text not null, applied_at timestamptz not null default now())`,
    );
    const { rows } = await client.query<{ name: string; checksum: string }>('select name, checksum from migration');
    const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]));
    for (const migration of await readMigrations()) await apply(client, migration, applied.get(migration.name), log);
  } catch (error) {
    throw asMusterError(error, settings.server);
  } finally {
    await client.end().catch(() => {});
  }
};

interface Migration {
  name: string;
  text: string;
  checksum: string;
}

const readMigrations = async (): Promise<Migration[]> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8');
      return { name, text, checksum: sha256(text) };
    }),
  );
};

const apply = async (
  client: pg.Client,
  { name, text, checksum }: Migration,
  before: string | undefined,
  log: (line: string) => void,
): Promise<void> => {
  if (before === checksum) return;
  if (before !== undefined) {
    throw new MusterError(
      'bug',
      `the migration ${name} was edited after this database had applied it; restore the file and add a new one instead`,
    );
  }
  await client.query('begin');
  try {
    await client.query(text);
    await client.query('insert into migration (name, checksum) values ($1, $2)', [name, checksum]);
    await client.query('commit');
    log(`applied the migration ${name}`);
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
};
