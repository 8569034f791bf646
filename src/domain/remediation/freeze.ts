/** Windows in which changes wait. Reckons with zones, so it never enters the workflow bundle. */
import type { FreezeWindow, Mode, RemediationPolicy } from '../../schema/remediation-policy.ts';
import { clockMs, dayMs, instantMs, wallAt } from '../on-call/wall-clock.ts';
import type { Cap } from './mode.ts';
import type { ApprovalRule } from './mode-rules.ts';
import { policiesOver, type Scope, selects } from './mode-scope.ts';

/** Every closed window over the scope at this moment (ISO 8601). */
export const frozen = (policies: readonly RemediationPolicy[], at: string, scope: Scope): FreezeWindow[] =>
  policiesOver(policies, scope)
    .flatMap(({ freeze }) => freeze ?? [])
    .filter((window) => selects(window.scope ?? {}, scope) && isClosed(window, at));

export interface FreezeFacts {
  /** Of the incident's severity; 1 is the worst. */
  rank: number;
  /** What a person gave to override the freeze; null: nobody did. */
  override: { by: string; reason: string } | null;
  /** When the change that would be taken back was made; null: nothing is taken back. */
  takesBackChangeOf: string | null;
}

/**
 * The most that the windows allow. An override, or taking back a change that was made during the window, makes a yes
 * possible again, and never less than a yes.
 */
export const freezeCaps = (windows: readonly FreezeWindow[], facts: FreezeFacts): Cap[] =>
  windows.map((window) => {
    const { rank, override, takesBackChangeOf } = facts;
    const closed = `${window.name}: ${window.reason}`;
    if (takesBackChangeOf !== null && isClosed(window, takesBackChangeOf))
      return { mode: 'approve', because: `frozen by ${closed}; it takes back a change made meanwhile` };
    const mayOverride = window.emergencyRank !== undefined && rank <= window.emergencyRank;
    if (override && override.reason.trim() !== '' && mayOverride)
      return { mode: 'approve', because: `frozen by ${closed}; ${override.by} overrides it: ${override.reason}` };
    const mode: Mode = window.capMode;
    const way = mayOverride && mode !== 'approve' ? '; in this emergency a person may override it with a reason' : '';
    return { mode, because: `frozen by ${closed}${way}` };
  });

/** Who must say yes while the windows are closed: their own approvers where they name some, and never fewer people. */
export const approvalDuring = (windows: readonly FreezeWindow[], rule: ApprovalRule): ApprovalRule => {
  let { roles, duties, count } = rule;
  for (const { approvals } of windows) {
    if (approvals?.roles || approvals?.duties) {
      roles = approvals.roles ?? [];
      duties = approvals.duties ?? [];
    }
    count = Math.max(count, approvals?.count ?? 1);
  }
  return { ...rule, roles, duties, count };
};

/** Whether the window is closed at the instant (ISO 8601): its start counts, its end does not. */
export const isClosed = (window: FreezeWindow, at: string): boolean => {
  const atMs = instantMs(at);
  const { from, to, weekly, timezone } = window;
  const isWithin = (from === undefined || atMs >= instantMs(from)) && (to === undefined || atMs < instantMs(to));
  if (!isWithin || !weekly) return isWithin;
  const wallMs = wallAt(atMs, timezone ?? 'UTC');
  return weekly.some((hours) => isInHours(hours, wallMs));
};

type Hours = NonNullable<FreezeWindow['weekly']>[number];

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** Hours may cross midnight and then belong to the day on which they begin; equal times are a whole day. */
const isInHours = ({ days, from, to }: Hours, wallMs: number): boolean => {
  const startMs = clockMs(from);
  const endMs = clockMs(to) > startMs ? clockMs(to) : clockMs(to) + dayMs;
  const today = Math.floor(wallMs / dayMs) * dayMs;
  return [today, today - dayMs].some((day) => {
    const name = weekdays[new Date(day).getUTCDay()];
    const begins = days === undefined || days.some((one) => one === name);
    return begins && wallMs >= day + startMs && wallMs < day + endMs;
  });
};
