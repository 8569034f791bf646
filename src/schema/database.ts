/** PostgreSQL as Muster knows it: what the catalogue says of a database, and what its server shows. See docs/databases.md. */
import { z } from 'zod';

/** The connection that leads to the sandbox's own database, which has this name; drills alone take it. */
export const sandboxConnection = 'sandbox';
export const sandboxDatabase = 'shop';

/** A database whose sessions remediations may end; one that is not in the catalogue is never touched. */
export const DatabaseEntry = z.strictObject({
  title: z.string(),
  /** Name of a line of MUSTER_DATABASES, or `sandbox`; never the address itself. */
  connection: z.string(),
  /** As the server calls it. */
  database: z.string(),
  /** Their sessions are never ended. */
  protectedUsers: z.array(z.string()).default([]),
  /** application_name, or its beginning with a star behind it. Backups and high availability are protected anyway. */
  protectedApplications: z.array(z.string()).default([]),
  /** One run ends at most this share of the database's clients, */
  maxShare: z.number().positive().max(1).default(0.2),
  /** and at most so many. */
  maxSessions: z.number().int().min(1).max(100).default(20),
});
export type DatabaseEntry = z.infer<typeof DatabaseEntry>;

/**
 * One backend, told apart from a later one of the same pid by `backendStart`. Instants are exact text in UTC, to the
 * microsecond, so that two of them are the same moment only if they are the same text. Ages are by the server's clock.
 */
export const Session = z.object({
  pid: z.number().int(),
  backendStart: z.string(),
  /** Null for the server's own processes. */
  user: z.string().nullable(),
  isSuperuser: z.boolean(),
  application: z.string(),
  /** Null for a local one. */
  clientAddress: z.string().nullable(),
  database: z.string().nullable(),
  /** `client backend`, `walsender`, `autovacuum worker`, `parallel worker` and so on. */
  backendType: z.string(),
  /** `active`, `idle`, `idle in transaction`, `idle in transaction (aborted)` and so on; null for the server's own. */
  state: z.string().nullable(),
  xactStart: z.string().nullable(),
  queryStart: z.string().nullable(),
  stateChange: z.string().nullable(),
  xactAgeSeconds: z.number().nullable(),
  queryAgeSeconds: z.number().nullable(),
  stateAgeSeconds: z.number().nullable(),
  /** Such as `Lock: transactionid`; null while it waits for nothing but its client. */
  waitsFor: z.string().nullable(),
  /** Whether it holds a lock that another session could have to wait for. */
  holdsLocks: z.boolean(),
  /** Pids that hold what it waits for; 0 is a prepared transaction. */
  blockedBy: z.array(z.number().int()),
  /** Pids that wait for what it holds. */
  blocks: z.array(z.number().int()),
  /** Its last statement without literals and comments, shortened. */
  statement: z.string(),
  /** The statement only reads, as far as its text tells. */
  readsOnly: z.boolean(),
  /** One of Muster's own connections. */
  isOurs: z.boolean(),
});
export type Session = z.infer<typeof Session>;

/** What the role of the connection may do. */
export interface DatabaseRights {
  role: string;
  isSuperuser: boolean;
  /** pg_signal_backend: it may end sessions of others. */
  maySignal: boolean;
}

/** One look at a server. Never partial: a role that may not see the sessions of others gets an error instead. */
export interface DatabaseActivity {
  /** Tells this server and database from any other: `<system identifier>/<oid>`. */
  identity: string;
  rights: DatabaseRights;
  /** Of the whole server. `used` counts clients, as replicas have room of their own; `reserved` is what ordinary roles cannot have. */
  connections: { used: number; max: number; reserved: number };
  /** A standby: it replays, and takes no writes. */
  isInRecovery: boolean;
  /** Of the whole server, oldest first; `left` counts those beyond the bound. */
  sessions: Session[];
  left: number;
}
