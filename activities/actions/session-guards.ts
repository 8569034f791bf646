import { lockWaits, sessionCap, whySpared } from '../../src/domain/remediation/sessions.ts';
import type { Session } from '../../src/schema/database.ts';
import type { Guard } from '../../src/schema/remediation.ts';
import type { ActionContext, Settlement } from './action.ts';
import { reading } from './database-reads.ts';
import { guard } from './guards.ts';
import { entryOf, type Planned, protectionOf, type SessionState } from './session-choice.ts';
import { sparedWords } from './session-words.ts';

/** Guards of both: rights, who is spared, and how many of the clients it takes. */
export const sessionGuards = async (context: ActionContext, state: SessionState): Promise<Guard[]> => {
  const entry = entryOf(context);
  const { cluster, name } = context.target;
  const activity = await reading(context, (database) => database.activity(name));
  const { rights, connections, isInRecovery } = activity;
  const present = state.sessions.flatMap((planned) => {
    const session = activity.sessions.find((one) => isSame(planned, one));
    return session ? [session] : [];
  });
  const spared = present.flatMap((session) => {
    const because = whySpared(session, name, protectionOf(entry));
    return because === null ? [] : [{ session, because }];
  });
  const { limit, clients } = sessionCap(activity.sessions, name, entry);
  return [
    guard(
      'rights',
      !rights.isSuperuser && rights.maySignal,
      rights.isSuperuser
        ? `role ${rights.role} is a superuser, and nobody is ended as one; make the role of docs/databases.md`
        : rights.maySignal
          ? `role ${rights.role} may end sessions of others, and is no superuser`
          : `role ${rights.role} may not end sessions of others: GRANT pg_signal_backend TO ${rights.role}`,
    ),
    guard('scope', true, `${name} of ${cluster} is in the catalogue${isInRecovery ? '; its server is a standby' : ''}`),
    guard(
      'protected',
      spared.length === 0,
      spared.length === 0
        ? 'no replica, no process of the server, no superuser and no protected user or application is among them'
        : `never ended: ${sparedWords(spared)}`,
    ),
    guard(
      'share',
      present.length <= limit,
      `${present.length} of ${clients} clients of ${name}, and one run may end ${limit}`,
    ),
    guard(
      'connections',
      true,
      `${connections.used} of ${connections.max} connections are used, ${connections.reserved} of them reserved; ${lockWaits(activity.sessions)} sessions wait for a lock`,
    ),
  ];
};

/** How many of the planned sessions are done with, and what that did: "0 sessions wait for a lock". */
export const sessionsSettled = async (
  context: ActionContext,
  state: SessionState,
  isLeft: (planned: Planned, session: Session) => boolean,
): Promise<Settlement> => {
  const { sessions, connections } = await reading(context, (database) => database.activity(context.target.name));
  const left = state.sessions.filter((planned) => {
    const session = sessions.find((one) => isSame(planned, one));
    return session !== undefined && isLeft(planned, session);
  });
  const waits = lockWaits(sessions);
  const ended = state.sessions.length - left.length;
  return {
    state: 'settled',
    finding: [
      `${ended} of ${state.sessions.length} have ended${left.length > 0 ? ', and the rest went on to something else and was left alone' : ''}`,
      `${waits} ${waits === 1 ? 'session waits' : 'sessions wait'} for a lock`,
      `${connections.used} of ${connections.max} connections are used`,
    ].join('; '),
  };
};

const isSame = (planned: Planned, session: Session): boolean =>
  planned.pid === session.pid && planned.backendStart === session.backendStart;
