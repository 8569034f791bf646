/** Who is told once, without being woken: at the declaration, or when business hours open. */
import type { Notice } from '../../schema/policy.ts';
import { type IncidentState, type Rules, respondAt, severityPolicy } from './state.ts';
import { muster, type Story } from './story.ts';

export interface HeldNotice {
  key: string;
  notice: Notice;
  at: number;
  /** What ends the waiting. */
  ends: 'opening' | 'responseTime';
}

/** Notices that wait for business hours, or for the end of the response time if that comes first and nobody acknowledged. */
export const heldNotices = (state: IncidentState, rules: Rules): HeldNotice[] => {
  const opensAt = Date.parse(rules.moments.opensAt ?? '');
  if (Number.isNaN(opensAt)) return [];
  const latest = state.acknowledged ? null : respondAt(state, rules);
  const ends = latest !== null && latest < opensAt ? 'responseTime' : 'opening';
  return severityPolicy(state, rules).notify.flatMap((notice) => {
    const key = noticeKey(state, notice);
    if (notice.during === 'always' || state.noticesDone.includes(key)) return [];
    return [{ key, notice, at: ends === 'opening' ? opensAt : (latest ?? opensAt), ends }];
  });
};

/** Gives every notice of the present severity that need not wait, except to those who know already. */
export const giveNotices = (story: Story, toldAlready: readonly string[] = []): void => {
  const { state, rules, severity } = story;
  const held = heldNotices(state, rules).filter(({ at }) => at > story.at);
  const waits = (notice: Notice): boolean => held.some(({ key }) => key === noticeKey(state, notice));
  give(
    story,
    severity.notify.filter((notice) => !toldAlready.includes(notice.to) && !waits(notice)),
    `${rules.policy.pack} ${state.severity}: told once, nobody is woken`,
  );
  const known = severity.notify.filter((notice) => toldAlready.includes(notice.to));
  state.noticesDone = [...state.noticesDone, ...known.map((notice) => noticeKey(state, notice))];
};

/** One notice whose waiting is over. */
export const giveHeldNotice = (story: Story, key: string, why: string): void =>
  give(
    story,
    story.severity.notify.filter((notice) => noticeKey(story.state, notice) === key),
    why,
  );

const give = (story: Story, notices: readonly Notice[], why: string): void => {
  const { state } = story;
  if (notices.length === 0) return;
  state.noticesDone = [...state.noticesDone, ...notices.map((notice) => noticeKey(state, notice))];
  const over = (via: Notice['via']): string[] => notices.filter((notice) => notice.via === via).map(({ to }) => to);
  const [chat, direct, ticket] = [over('chat'), over('direct'), over('ticket')];
  if (chat.length > 0) story.announce('stakeholders', 'stakeholders', { groups: chat });
  for (const duty of direct) story.announce('direct', 'stakeholders', {}, { duty });
  if (ticket.length > 0) story.announce('ticket', 'ticket', { groups: ticket });
  const ways = [
    ...(chat.length > 0 ? [`${chat.join(', ')} in chat`] : []),
    ...(direct.length > 0 ? [`${direct.join(', ')} directly`] : []),
    ...(ticket.length > 0 ? [`${ticket.join(', ')} by a ticket`] : []),
  ];
  story.write('notified', muster, `Told ${ways.join('; ')}.`, { why });
};

/** A severity's own: after a change of severity its notices are others. */
const noticeKey = (state: Pick<IncidentState, 'severity'>, { to, via }: Notice): string =>
  `${state.severity}/${via}/${to}`;
