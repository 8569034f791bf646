import type { Actor } from '../../schema/incident.ts';
import { stepKey } from './escalation.ts';
import { giveNotices } from './notices.ts';
import { elapsed, type IncidentState, type Rules, severityPolicy } from './state.ts';
import type { Story } from './story.ts';

/** What a severity had done when another took its place. */
export interface Before {
  severity: string;
  rank: number;
  /** Duties whose steps fired or were passed over. */
  paged: string[];
  /** Groups and duties that were told. */
  told: string[];
}

/** To be asked before the severity or the policy is another. */
export const beforeChange = (state: IncidentState, rules: Rules): Before => {
  const { rank, ladder, notify } = severityPolicy(state, rules);
  const isDone = (key: string): boolean => state.ladderDone.includes(key);
  return {
    severity: state.severity,
    rank,
    paged: ladder.filter((step) => isDone(stepKey(state.severity, step))).map(({ page }) => page),
    told: notify.map(({ to }) => to),
  };
};

/** Another severity: the ladder, the promises and who is told follow it. */
export const changeSeverity = (story: Story, fact: { by: Actor; to: string; reason: string | null }): void => {
  const { state, rules } = story;
  const before = beforeChange(state, rules);
  state.severity = fact.to;
  const rises = followRules(story, before);
  const because = fact.reason ? ` (${fact.reason})` : '';
  story.write(
    'severityChanged',
    fact.by,
    `${fact.by.name} changed the severity from ${before.severity} to ${fact.to}${fact.reason ? `: ${fact.reason}` : ''}.`,
    {
      why: rises
        ? 'the severity rose: the acknowledgement no longer counts and paging starts again'
        : 'the severity fell: the acknowledgement stays',
    },
  );
  sayChange(story, before, `severity changed from ${before.severity} to ${fact.to}${because}`);
};

/** Another policy, or another version of the same: what was done under the old one stays done. */
export const applyPolicy = (
  story: Story,
  fact: { by: Actor; severity: string; before: Before; reason: string; summary: string[] },
): void => {
  const { state, rules } = story;
  const { pack } = rules.policy;
  state.pack = pack;
  state.severity = fact.severity;
  followRules(story, fact.before);
  story.write('policyApplied', fact.by, `${fact.by.name} applied the policy ${pack} ${fact.severity}: ${fact.reason}`, {
    why: fact.summary.length > 0 ? fact.summary.join('; ') : 'nothing changes for this incident',
  });
  sayChange(story, fact.before, `the policy is now ${pack} ${fact.severity} (${fact.reason})`);
};

/** Ladder and promises as the present severity has them; answers whether it is a worse one. */
const followRules = (story: Story, before: Before): boolean => {
  const { state, severity: now } = story;
  const rises = now.rank < before.rank;
  if (rises) {
    // A worse severity is news for everybody: the acknowledgement no longer counts and the new ladder starts afresh.
    state.acknowledged = null;
    state.ladderDone = [];
    state.responseLate = false;
  } else {
    // Whoever was paged on the old ladder is not paged again on the gentler one.
    state.ladderDone = now.ladder
      .filter((step) => before.paged.includes(step.page))
      .map((step) => stepKey(state.severity, step));
  }
  state.contacts = [];
  state.rolesAsked = false;
  story.promiseInternal();
  expectPublic(story);
  if (state.hold) state.updates.internal.dueAt = null;
  return rises;
};

/** Customers never wait longer than they were promised. */
const expectPublic = ({ state, customers, at }: Story): void => {
  const { public: promise } = state.updates;
  if (!customers) promise.dueAt = null;
  else if (!state.hold) {
    const next = at + elapsed(state, promise.posted === 0 ? customers.firstWithin : customers.every);
    promise.dueAt = Math.min(promise.dueAt ?? next, next);
  }
};

const sayChange = (story: Story, before: Before, doing: string): void => {
  const { nextUpdateAt } = story;
  story.announce('room', 'update', { number: story.state.updates.internal.posted, doing, nextUpdateAt });
  giveNotices(story, before.told);
};
