/** How the store reaches PostgreSQL: limits of time, types, and errors in our own words. */
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { InvalidInput } from '../domain/errors.ts';
import { asMusterError, breaksConnection } from './trouble.ts';

/** What every connection of ours agrees on. `server` is host and port, for messages; the URL itself holds a secret. */
export interface ConnectionSettings {
  server: string;
  client: pg.ClientConfig;
}

export const connectionSettings = (url: string, name: string): ConnectionSettings => {
  if (!URL.canParse(url)) {
    throw new InvalidInput('DATABASE_URL is not a URL; it looks like postgres://user:password@host:5432/muster');
  }
  const { hostname, port } = new URL(url);
  return {
    server: `${hostname}:${port || 5432}`,
    client: {
      connectionString: url,
      application_name: name,
      connectionTimeoutMillis: 3_000,
      statement_timeout: 5_000,
      idle_in_transaction_session_timeout: 15_000,
      // Longer than the server's own limit: only a server that has stopped answering gets here.
      query_timeout: 7_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      types: { getTypeParser },
    },
  };
};

/** Every error leaves as one of ours, and a connection that broke is thrown away instead of going back to the pool. */
export const translatingPool = ({ client, server }: ConnectionSettings, max: number): PostgresPool => {
  const pool = new pg.Pool({ ...client, max, idleTimeoutMillis: 30_000, allowExitOnIdle: true });
  // A server that restarts ends idle and busy connections; the next call opens new ones.
  pool.on('error', () => {});
  pool.on('connect', (connection) => connection.on('error', () => {}));
  return {
    connect: async () => {
      const connection = await pool.connect().catch((error: unknown) => {
        throw asMusterError(error, server);
      });
      let broken = false;
      const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
        try {
          return await connection.query(text, [...parameters]);
        } catch (error) {
          broken ||= breaksConnection(error);
          throw asMusterError(error, server);
        }
      };
      return asKyselyClient({ query, release: () => connection.release(broken) });
    },
    end: () => pool.end(),
  };
};

interface PlainClient {
  query(text: string, parameters: readonly unknown[]): Promise<unknown>;
  release(): void;
}

/** Sound because the dialect is given no cursor class: then Kysely only ever calls query(text, parameters). */
const asKyselyClient = (client: PlainClient): PostgresPoolClient => client as unknown as PostgresPoolClient;

const timestamptz = 1184;
const bigint = 20;

/** Instants as ISO 8601 text in UTC; counts and positions as numbers, which stay below 2^53. */
const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (id: number, format?: 'text' | 'binary') => {
  if (id === timestamptz) return (text: string) => new Date(text).toISOString();
  if (id === bigint) return Number;
  return pg.types.getTypeParser(id, format ?? 'text');
};
