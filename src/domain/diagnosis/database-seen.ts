import type { DatabaseActivity, Session } from '../../schema/database.ts';
import type { DatabaseSeen } from '../../schema/evidence.ts';
import { safeText } from '../shorten.ts';

const sessionsMax = 100;
const blockersMax = 10;
const nameChars = 63;
const queryChars = 300;

/** What a look at the server says about one database, as it is kept. */
export const databaseSeenIn = (name: string, database: string, activity: DatabaseActivity): DatabaseSeen => {
  const own = activity.sessions.filter((session) => session.database === database && !session.isOurs);
  const blockers = own
    .filter(({ blocks, blockedBy }) => blocks.length > 0 && blockedBy.length === 0)
    .map(({ pid, ...session }) => ({ pid, waiting: waitersOf(pid, own), ageSeconds: ageOf(session) }))
    .sort((one, other) => other.waiting - one.waiting || other.ageSeconds - one.ageSeconds);
  return {
    name: safeText(name, nameChars),
    connections: activity.connections,
    left: Math.max(0, own.length - sessionsMax) + activity.left,
    sessions: [...own]
      .sort((one, other) => rankOf(one) - rankOf(other) || ageOf(other) - ageOf(one))
      .slice(0, sessionsMax)
      .map((session) => ({
        pid: session.pid,
        user: safeText(session.user ?? '', nameChars),
        application: safeText(session.application, nameChars),
        state: session.state ?? session.backendType,
        ageSeconds: ageOf(session),
        waiting: session.waitsFor,
        blockedBy: session.blockedBy.slice(0, blockersMax),
        query: safeText(session.statement, queryChars),
      })),
    blockers: blockers.slice(0, blockersMax),
  };
};

/** Who holds others up, then who waits; idle ones come last: pools keep many, and they are older than any statement. */
const rankOf = ({ blocks, blockedBy, state }: Session): number => {
  if (blockedBy.length > 0) return 1;
  if (blocks.length > 0) return 0;
  return state === 'idle' ? 3 : 2;
};

/** Of its transaction; without one, of the state it is in. */
const ageOf = ({ xactAgeSeconds, stateAgeSeconds }: Pick<Session, 'xactAgeSeconds' | 'stateAgeSeconds'>): number =>
  Math.max(0, Math.round(xactAgeSeconds ?? stateAgeSeconds ?? 0));

/** How many sessions wait for it, those included that wait for one that waits. */
const waitersOf = (pid: number, sessions: Session[]): number => {
  const waiting = new Set<number>();
  const follow = (holder: number): void => {
    for (const session of sessions) {
      if (!session.blockedBy.includes(holder) || waiting.has(session.pid) || session.pid === pid) continue;
      waiting.add(session.pid);
      follow(session.pid);
    }
  };
  follow(pid);
  return waiting.size;
};
