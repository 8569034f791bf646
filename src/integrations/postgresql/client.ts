/** The database port over plain pg: one connection per call, so that none is held where connections are what is missing. */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { VendorError } from '../../domain/errors.ts';
import { bareStatement } from '../../domain/remediation/statement.ts';
import { type DatabaseRights, Session } from '../../schema/database.ts';
import type { Database } from '../integration.ts';
import { asVendorError, vendor } from './failure.ts';
import {
  everySessionQuery,
  oneSessionQuery,
  rightsQuery,
  serverQuery,
  signalQueries,
  stillRunsQuery,
} from './queries.ts';

const sessionsMax = 2_000;
const connectMs = 3_000;
const statementMs = 5_000;
/** Only a server that has stopped answering gets here. */
const answerMs = 7_000;
/** As long as a termination waits: one run may have many sessions to end, and looks again anyway. */
const cancelPatienceMs = 1_000;
const cancelLookMs = 100;

const Rights = z.object({
  role: z.string(),
  isSuperuser: z.boolean(),
  maySee: z.boolean(),
  maySignal: z.boolean(),
});
const Server = z.object({
  identity: z.string(),
  used: z.number().int(),
  max: z.number().int(),
  reserved: z.number().int(),
  isInRecovery: z.boolean(),
  total: z.number().int(),
});
const Row = Session.omit({ statement: true, readsOnly: true }).extend({ query: z.string(), isCut: z.boolean() });
const Signalled = z.object({ isSuperuser: z.boolean(), sent: z.boolean().nullable() });

/** `name` is for messages: the URL holds a password. Nothing is contacted until the first call. */
export const createDatabase = ({ name, url }: { name: string; url: string }): Database => {
  const connected = async <Result>(work: (ask: Ask) => Promise<Result>): Promise<Result> => {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'muster',
      connectionTimeoutMillis: connectMs,
      statement_timeout: statementMs,
      lock_timeout: statementMs,
      query_timeout: answerMs,
    });
    // A connection that breaks between two statements says so here; the next statement then fails in words.
    client.on('error', () => {});
    try {
      await client.connect();
      return await work(async (text, values = []) => (await client.query(text, values)).rows);
    } catch (error) {
      throw asVendorError(error, name);
    } finally {
      await client.end().catch(() => {});
    }
  };

  return {
    activity: (database) =>
      connected(async (ask) => {
        const rights = await seeingRights(ask, name);
        // Within one transaction the server shows one and the same moment of its sessions.
        await ask('begin read only');
        const [found] = z.array(Server).parse(await ask(serverQuery, [database]));
        if (!found) throw refusal(404, `database ${name}: its server has no database called ${database}`);
        const { identity, used, max, reserved, isInRecovery, total } = found;
        const sessions = sessionsOf(await ask(everySessionQuery, [sessionsMax]));
        return {
          identity,
          rights,
          connections: { used, max, reserved },
          isInRecovery,
          sessions,
          left: sessions.length < sessionsMax ? 0 : Math.max(0, total - sessions.length),
        };
      }),

    session: ({ pid, backendStart }) =>
      connected(async (ask) => {
        await seeingRights(ask, name);
        return sessionsOf(await ask(oneSessionQuery, [pid, backendStart]))[0] ?? null;
      }),

    rights: () => connected((ask) => seeingRights(ask, name)),

    signal: (how, key) =>
      connected(async (ask) => {
        const { maySignal, role } = await seeingRights(ask, name);
        if (!maySignal) throw refusal(403, missingGrant(name, role, 'pg_signal_backend', 'end sessions of others'));
        const same = [key.pid, key.backendStart];
        const given = [...same, key.user, key.queryStart, key.xactStart];
        const [answer] = z.array(Signalled).parse(await ask(signalQueries[how], given));
        if (!answer) return 'gone';
        if (answer.isSuperuser)
          throw refusal(
            403,
            `session ${key.pid} of database ${name} belongs to a superuser; only a superuser may end it`,
          );
        if (how === 'cancel') await untilEnded(ask, [...same, key.queryStart]);
        return 'sent';
      }),
  };
};

type Ask = (text: string, values?: unknown[]) => Promise<unknown[]>;

/** Without the right to see others their state reads as nothing at all, so nothing is read without it. */
const seeingRights = async (ask: Ask, name: string): Promise<DatabaseRights> => {
  const [found] = z.array(Rights).parse(await ask(rightsQuery));
  if (!found?.maySee)
    throw refusal(403, missingGrant(name, found?.role ?? 'the role', 'pg_read_all_stats', 'see sessions of others'));
  const { role, isSuperuser, maySignal } = found;
  return { role, isSuperuser, maySignal };
};

export const missingGrant = (name: string, role: string, right: string, purpose: string): string =>
  `database ${name}: role ${role} may not ${purpose}; grant it with GRANT ${right} TO ${quoted(role)}`;

const quoted = (role: string): string => (/^[a-z_][a-z0-9_]*$/.test(role) ? role : `"${role.replaceAll('"', '""')}"`);

const refusal = (status: number, words: string): VendorError =>
  new VendorError(words, { vendor, status, terminal: true });

const sessionsOf = (rows: unknown[]): Session[] =>
  z
    .array(Row)
    .parse(rows)
    .map(({ query, isCut, ...row }) => {
      const { text, readsOnly } = bareStatement(query, isCut);
      return { ...row, statement: text, readsOnly };
    });

/** A signal is only a wish; the statement notices it at its next safe point. Whoever looks afterwards decides. */
const untilEnded = async (ask: Ask, key: unknown[]): Promise<void> => {
  for (let waitedMs = 0; waitedMs < cancelPatienceMs; waitedMs += cancelLookMs) {
    if ((await ask(stillRunsQuery, key)).length === 0) return;
    await pause(cancelLookMs);
  }
};
