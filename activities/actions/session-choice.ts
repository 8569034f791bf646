/** Which sessions a plan means, and whether each is still the one that was meant. */
import { z } from 'zod';
import {
  chooseSessions,
  isOf,
  type SessionGroup,
  sessionCap,
  sessionGroups,
  whySpared,
} from '../../src/domain/remediation/sessions.ts';
import { type DatabaseActivity, type DatabaseEntry, Session } from '../../src/schema/database.ts';
import { Duration } from '../../src/schema/policy.ts';
import type { PostgresRequest, Request } from '../../src/schema/remediation.ts';
import { type ActionContext, Refused } from './action.ts';
import { reading } from './database-reads.ts';
import { nobodyThere, type Spared } from './session-words.ts';

/** What was seen of a session when it was chosen; as long as this holds, it is the one that is meant. */
const Planned = Session.pick({
  pid: true,
  backendStart: true,
  application: true,
  state: true,
  queryStart: true,
  xactStart: true,
}).extend({ user: z.string(), group: z.enum(sessionGroups).nullable() });
export type Planned = z.infer<typeof Planned>;

/** Only what lasts while somebody reads the plan: figures of the moment stand in the guards, which bind nobody's yes. */
export const SessionState = z.object({ sessions: z.array(Planned) });
export type SessionState = z.infer<typeof SessionState>;

/** Params of both actions: a group and its bounds, or one session by name. */
export const sessionParams = <Group extends SessionGroup>(groups: readonly [Group, ...Group[]]) =>
  z
    .strictObject({
      of: z.enum(groups).optional(),
      olderThan: Duration.optional(),
      max: z.number().int().min(1).max(100).optional(),
      pid: z.number().int().positive().optional(),
      backendStart: z.string().optional(),
    })
    .refine(
      ({ pid, backendStart }) => (pid === undefined) === (backendStart === undefined),
      'give pid and backendStart together: a process number is used again',
    )
    .refine(
      ({ of, olderThan, max, pid }) => pid === undefined || (of ?? olderThan ?? max) === undefined,
      'give either one session by pid and backendStart, or a group with of, olderThan and max',
    );
export type SessionParams = z.infer<ReturnType<typeof sessionParams<SessionGroup>>>;

export interface Found {
  activity: DatabaseActivity;
  chosen: { session: Session; planned: Planned }[];
  spared: Spared;
  /** So many more could have been chosen, had one run been allowed to. */
  left: number;
}

/** Throws Refused when there is nobody to end, saying who was spared and why. */
export const findSessions = async (
  context: ActionContext,
  params: SessionParams,
  { runningOnly, groups }: { runningOnly: boolean; groups: readonly SessionGroup[] },
): Promise<Found> => {
  const entry = entryOf(context);
  const { name } = context.target;
  const activity = await reading(context, (database) => database.activity(name));
  if (params.pid !== undefined) return { activity, ...named(activity, entry, params) };
  const { cap } = sessionCap(activity.sessions, name, entry);
  const { chosen, spared, left } = chooseSessions(activity.sessions, {
    database: name,
    protection: protectionOf(entry),
    wish: {
      of: params.of,
      olderThanSeconds: params.olderThan === undefined ? undefined : params.olderThan / 1_000,
      runningOnly,
      max: Math.min(params.max ?? cap, cap),
    },
  });
  if (chosen.length === 0)
    throw new Refused(nobodyThere(context.target, params.of === undefined ? groups : [params.of], spared));
  return {
    activity,
    spared,
    left,
    chosen: chosen.map(({ session, group }) => ({ session, planned: plannedOf(session, group) })).toSorted(lasting),
  };
};

/** How many wait for each changes from look to look: that decides who is among them, and not in which order a plan has them. */
const lasting = (one: Found['chosen'][number], other: Found['chosen'][number]): number => {
  const placeOf = ({ session, planned }: Found['chosen'][number]): string =>
    [
      sessionGroups.indexOf(planned.group ?? 'idle'),
      session.blocks.length > 0 ? 0 : 1,
      session.xactStart ?? session.stateChange,
      session.backendStart,
      session.pid,
    ].join(' ');
  return placeOf(one) < placeOf(other) ? -1 : 1;
};

const named = (
  { sessions }: DatabaseActivity,
  entry: DatabaseEntry,
  { pid, backendStart }: SessionParams,
): Pick<Found, 'chosen' | 'spared' | 'left'> => {
  const session = sessions.find((one) => one.pid === pid && one.backendStart === backendStart);
  if (!session) throw new Refused(`there is no session ${pid} that began at ${backendStart}`);
  const because = whySpared(session, entry.database, protectionOf(entry));
  if (because !== null) throw new Refused(`session ${pid} is never ended: ${because}`);
  return { chosen: [{ session, planned: plannedOf(session, null) }], spared: [], left: 0 };
};

const plannedOf = (session: Session, group: SessionGroup | null): Planned => {
  const { pid, backendStart, application, state, queryStart, xactStart } = session;
  // whySpared lets nobody through who has no user.
  return { pid, backendStart, application, state, queryStart, xactStart, user: session.user ?? '', group };
};

/** Deny by default: a database that does not stand in the catalogue is not touched, whatever the connection reaches. */
export const entryOf = ({ organisation, target }: ActionContext): DatabaseEntry => {
  const entry = organisation.databases[target.cluster];
  if (!entry) throw new Refused(`the organisation has no database ${target.cluster}; add it under databases`);
  if (entry.database !== target.name)
    throw new Refused(
      `${target.cluster} is database ${entry.database}, and not ${target.name || 'one without a name'}`,
    );
  return entry;
};

export const protectionOf = ({ protectedUsers: users, protectedApplications: applications }: DatabaseEntry) => ({
  users,
  applications,
});

export const stateOf = ({ chosen }: Found): SessionState => ({ sessions: chosen.map(({ planned }) => planned) });

/** Asked for before each request leaves as well: by the server, in the statement that ends the session. */
export const requestFor = (statement: PostgresRequest['statement'], planned: Planned): PostgresRequest => {
  const { pid, backendStart, user, group } = planned;
  const byTransaction = group === 'blockers';
  const meansStatement = statement === 'cancel' || (group !== null && !byTransaction);
  return {
    system: 'postgres',
    statement,
    session: {
      pid,
      backendStart,
      user,
      queryStart: meansStatement ? planned.queryStart : null,
      xactStart: byTransaction ? planned.xactStart : null,
    },
  };
};

export const plannedFor = (state: SessionState, request: Request): Planned | undefined =>
  request.system === 'postgres'
    ? state.sessions.find((one) => one.pid === request.session.pid && one.backendStart === request.session.backendStart)
    : undefined;

/** Whether there is still a reason to end it: it does what it was chosen for, and is called as it was. */
export const isStillMeant = (planned: Planned, session: Session): boolean => {
  if (planned.application !== session.application) return false;
  if (planned.group === null) return true;
  if (planned.group === 'blockers') return planned.xactStart === session.xactStart && isOf.blockers(session);
  return planned.queryStart === session.queryStart && planned.state === session.state;
};
