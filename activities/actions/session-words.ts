/** Sessions in words for people: never with the data of their statements. */
import type { SessionGroup } from '../../src/domain/remediation/sessions.ts';
import type { Session } from '../../src/schema/database.ts';
import type { Target } from '../../src/schema/remediation.ts';

/** Sessions that would have been chosen, were they not protected. */
export type Spared = { session: Session; because: string }[];

export const nobodyThere = (target: Target, groups: readonly SessionGroup[], spared: Spared): string => {
  const wanted = groups.map((group) => groupWords[group]).join(' or ');
  const others = sparedWords(spared);
  return `no session of ${target.name} to end: none that may be ended is ${wanted}${others === '' ? '' : `; spared: ${others}`}`;
};

const groupWords: Record<SessionGroup, string> = {
  idleInTransaction: 'idle in a transaction with locks for long enough',
  blockers: 'at the root of what others wait for',
  longQueries: 'reading for long enough',
  idle: 'idle for long enough',
};

const sparedMax = 5;

/** Empty when nobody was spared. */
export const sparedWords = (spared: Spared): string =>
  [
    ...spared.slice(0, sparedMax).map(({ session, because }) => `session ${session.pid}, because ${because}`),
    ...(spared.length > sparedMax ? [`${spared.length - sparedMax} more`] : []),
  ].join('; ');

/** "checkout as shop from 10.0.0.1, idle in transaction since 10:02:11 UTC, others wait for it: update orders set state = ?" */
export const sessionInWords = (session: Session): string => {
  const { application, user, clientAddress, state, blocks, statement } = session;
  const since = state === 'active' ? session.queryStart : session.stateChange;
  return [
    `${application || 'no application name'} as ${user}${clientAddress ? ` from ${clientAddress}` : ''}`,
    `${state}${since ? ` since ${since.slice(11, 19)} UTC` : ''}`,
    ...(blocks.length > 0 ? ['others wait for it'] : []),
  ]
    .join(', ')
    .concat(statement === '' ? '' : `: ${statement}`);
};
