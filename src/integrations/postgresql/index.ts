import { InvalidInput } from '../../domain/errors.ts';
import { sandboxConnection } from '../../schema/database.ts';
import type { Database } from '../integration.ts';
import { createDatabase } from './client.ts';

export interface DatabaseSettings {
  /** Lines `name: postgres://user:password@host:5432/database`; empty ones and those that begin with # do not count. */
  MUSTER_DATABASES?: string | undefined;
  /** Muster's own, which is never a target. */
  DATABASE_URL?: string | undefined;
  /** The sandbox's, which only drills reach. */
  MUSTER_SANDBOX_DATABASE?: string | undefined;
}

/**
 * The databases of production by name. Throws InvalidInput for lines that cannot be read, naming their number and
 * never what is in them: they hold passwords.
 */
export const databasesOf = ({
  MUSTER_DATABASES: lines = '',
  DATABASE_URL,
  MUSTER_SANDBOX_DATABASE,
}: DatabaseSettings): Map<string, Database> => {
  const found = new Map<string, Database>();
  const [own, sandbox] = [DATABASE_URL, MUSTER_SANDBOX_DATABASE].map((url) =>
    url === undefined ? null : placeOf(url),
  );
  lines.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const fault = (what: string) => new InvalidInput(`MUSTER_DATABASES, line ${index + 1}: ${what}`);
    const [, name = '', url = ''] = /^([\w.-]+)\s*:\s+(\S+)$/.exec(line) ?? [];
    const place = placeOf(url);
    if (place === null) throw fault('not of the form "name: postgres://user:password@host:5432/database"');
    if (name === sandboxConnection)
      throw fault(`${name} is what the sandbox's own database is called; choose another name`);
    if (found.has(name)) throw fault(`${name} is there twice; remove one`);
    if (place === own) throw fault(`${name} is the database of Muster itself, whose sessions it never ends; remove it`);
    if (place === sandbox) throw fault(`${name} is the database of the sandbox, which only drills reach; remove it`);
    found.set(name, createDatabase({ name, url }));
  });
  return found;
};

/** Host, port and database; null for what is no URL of PostgreSQL. */
const placeOf = (url: string): string | null => {
  const parsed = URL.parse(url);
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol) || parsed.pathname.length < 2) return null;
  return `${parsed.hostname || 'localhost'}:${parsed.port || 5432}${parsed.pathname}`;
};
