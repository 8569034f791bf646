/** Which sessions of a database may be ended, and which of them first. Denied by default: what is not known is spared. */
import type { Session } from '../../schema/database.ts';

/**
 * `idleInTransaction` holds locks and does nothing; `blockers` are at the root of what others wait for; `longQueries`
 * only read; `idle` costs nothing but its connection, and its pool opens another one at once.
 */
export const sessionGroups = ['idleInTransaction', 'blockers', 'longQueries', 'idle'] as const;
export type SessionGroup = (typeof sessionGroups)[number];

/** Never more of them than somebody asked for by name: pools that reconnect all at once are a trouble of their own. */
const byDefault: readonly SessionGroup[] = ['idleInTransaction', 'blockers', 'longQueries'];

/** How long it must have been so, where nobody says otherwise. */
const olderThanDefaultSeconds: Record<SessionGroup, number> = {
  idleInTransaction: 600,
  blockers: 60,
  longQueries: 300,
  idle: 600,
};

export interface Protection {
  users: readonly string[];
  /** Names, or beginnings of names with a star at their end. */
  applications: readonly string[];
}

/** Backups and those who keep the database alive; a configuration adds to them and takes none away. */
const alwaysProtected = ['pg_dump*', 'pg_restore*', 'pg_basebackup*', 'pgbackrest*', 'barman*', 'Patroni*', 'repmgr*'];

/** Why the session must not be ended, for people; null: it may be. */
export const whySpared = (session: Session, database: string, protection: Protection): string | null => {
  if (session.backendType !== 'client backend')
    return session.backendType === 'walsender'
      ? 'it streams to a replica (walsender)'
      : `it is the server's own (${session.backendType})`;
  if (session.isOurs) return "it is Muster's own";
  if (session.user === null) return 'nobody can say whose it is';
  if (session.isSuperuser) return `${session.user} is a superuser`;
  if (session.database !== database) return `it is of another database (${session.database ?? 'none'})`;
  if (protection.users.includes(session.user)) return `user ${session.user} is protected`;
  const application = [...alwaysProtected, ...protection.applications].find((one) => matches(one, session.application));
  return application === undefined ? null : `application ${session.application} is protected`;
};

const matches = (pattern: string, name: string): boolean => {
  const [wanted, given] = [pattern.toLowerCase(), name.toLowerCase()];
  return wanted.endsWith('*') ? given.startsWith(wanted.slice(0, -1)) : wanted === given;
};

/** Whether it belongs to the group, whoever it is and however old. */
export const isOf: Record<SessionGroup, (session: Session) => boolean> = {
  idleInTransaction: ({ state, holdsLocks }) => holdsLocks && (state ?? '').startsWith('idle in transaction'),
  blockers: ({ blocks, blockedBy }) => blocks.length > 0 && blockedBy.length === 0,
  longQueries: ({ state, readsOnly }) => state === 'active' && readsOnly,
  idle: ({ state }) => state === 'idle',
};

/** Of what makes it one of its group: the silence, the transaction, the statement. */
const ageIn = (session: Session, group: SessionGroup): number => {
  const { stateAgeSeconds, xactAgeSeconds, queryAgeSeconds } = session;
  if (group === 'longQueries') return queryAgeSeconds ?? 0;
  return (group === 'blockers' ? xactAgeSeconds : stateAgeSeconds) ?? 0;
};

export interface Wish {
  /** Absent: all but the idle ones, which are ended only where somebody asks for them. */
  of?: SessionGroup | undefined;
  olderThanSeconds?: number | undefined;
  /** Only sessions with a statement on its way. */
  runningOnly?: boolean;
  /** At most so many, as `sessionCap` says. */
  max: number;
}

export interface Chosen {
  session: Session;
  group: SessionGroup;
}

export interface Choice {
  /** In the order in which they are to be ended. */
  chosen: Chosen[];
  /** Those that would have been chosen, were they not protected. */
  spared: { session: Session; because: string }[];
  /** So many more than `max` could have been chosen. */
  left: number;
}

/** Locks first, then those whose end costs least; within a group who is most in the way, then the oldest. */
export const chooseSessions = (
  sessions: readonly Session[],
  { database, protection, wish }: { database: string; protection: Protection; wish: Wish },
): Choice => {
  const groups = wish.of === undefined ? byDefault : [wish.of];
  const found = new Map<Session, SessionGroup>();
  for (const group of groups) {
    const leastSeconds = wish.olderThanSeconds ?? olderThanDefaultSeconds[group];
    for (const session of sessions) {
      if (found.has(session) || !isOf[group](session) || ageIn(session, group) < leastSeconds) continue;
      if (!wish.runningOnly || session.state === 'active') found.set(session, group);
    }
  }
  const all = [...found].map(([session, group]) => ({
    session,
    group,
    because: whySpared(session, database, protection),
  }));
  const eligible = all
    .filter(({ because }) => because === null)
    .map(({ session, group }) => ({ session, group }))
    .sort(
      (one, other) =>
        groups.indexOf(one.group) - groups.indexOf(other.group) ||
        other.session.blocks.length - one.session.blocks.length ||
        ageIn(other.session, other.group) - ageIn(one.session, one.group) ||
        one.session.pid - other.session.pid,
    );
  return {
    chosen: eligible.slice(0, wish.max),
    spared: all.flatMap(({ session, because }) => (because === null ? [] : [{ session, because }])),
    left: Math.max(0, eligible.length - wish.max),
  };
};

/**
 * How many sessions one run may end: a share of the database's clients and a plain number, whichever is less, at least
 * one. `cap` is for choosing; `limit`, rounded up, for looking again, as clients come and go while a plan waits.
 */
export const sessionCap = (
  sessions: readonly Session[],
  database: string,
  { maxShare, maxSessions }: { maxShare: number; maxSessions: number },
): { cap: number; limit: number; clients: number } => {
  const clients = sessions.filter(
    (one) => one.backendType === 'client backend' && one.database === database && !one.isOurs,
  ).length;
  const atMost = (share: number): number => Math.max(1, Math.min(maxSessions, share));
  return { cap: atMost(Math.floor(clients * maxShare)), limit: atMost(Math.ceil(clients * maxShare)), clients };
};

/** How many sessions wait for a lock. */
export const lockWaits = (sessions: readonly Session[]): number =>
  sessions.filter((one) => one.blockedBy.length > 0).length;
