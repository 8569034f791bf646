import type { LadderStep, Policy } from '../../schema/policy.ts';
import { elapsed, type IncidentState, type Rules, severityPolicy } from './state.ts';

export interface DueStep {
  key: string;
  step: LadderStep;
  at: number;
}

/** Names a step for good: a rebuilt ladder after a change of severity has steps of its own. */
export const stepKey = (severity: string, step: LadderStep): string =>
  `${severity}-${step.page}-${step.after / 60_000}m${step.unless === 'acknowledged' ? '' : `-until-${step.unless}`}`
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-');

const isStopped = (step: LadderStep, state: IncidentState): boolean => {
  // While the hold runs nobody is woken; reopening resumes what was not done.
  if (state.hold || state.resolvedAt !== null || state.status === 'cancelled') return true;
  switch (step.unless) {
    case 'acknowledged':
      return state.acknowledged !== null;
    case 'mitigated':
      return state.mitigatedAt !== null;
    case 'resolved':
      return false;
  }
};

/** Steps that will still fire unless somebody acts, of both ladders, earliest first. Offsets count from the declaration. */
export const openSteps = (state: IncidentState, rules: Rules): DueStep[] =>
  severityPolicy(state, rules)
    .ladder.map((step) => ({
      key: stepKey(state.severity, step),
      step,
      at: state.declaredAt + elapsed(state, step.after),
    }))
    .filter(({ key, step }) => !state.ladderDone.includes(key) && !isStopped(step, state))
    .sort((one, other) => one.at - other.at);

/**
 * What to fire now and what to pass over. Of several overdue steps of one ladder only the highest fires, once:
 * after an outage or a late change of severity nobody wants the whole backlog.
 */
export const stepsDue = (state: IncidentState, rules: Rules, now: number): { fire: DueStep[]; passOver: DueStep[] } => {
  const overdue = openSteps(state, rules).filter((due) => due.at <= now);
  const fire: DueStep[] = [];
  const passOver: DueStep[] = [];
  for (const due of overdue) {
    const sameLadder = overdue.filter(
      (other) => (other.step.unless === 'acknowledged') === (due.step.unless === 'acknowledged'),
    );
    const highest = Math.max(...sameLadder.map((other) => other.step.after));
    (due.step.after === highest ? fire : passOver).push(due);
  }
  return { fire, passOver };
};

/** The step to fire at once when nobody holds the duty of `from`: the next open one of the same ladder. */
export const stepAfter = (state: IncidentState, rules: Rules, from: LadderStep): DueStep | null =>
  openSteps(state, rules).find(
    ({ step }) => step.after > from.after && (step.unless === 'acknowledged') === (from.unless === 'acknowledged'),
  ) ?? null;

/** Every duty that a policy may reach: its ladders, who is told directly, and who is paged when nobody answers. */
export const dutiesOf = ({ severities }: Pick<Policy, 'severities'>): string[] => [
  ...new Set(
    Object.values(severities).flatMap(({ ladder, notify }) => [
      ...ladder.map(({ page }) => page),
      ...notify.filter(({ via }) => via === 'direct').map(({ to }) => to),
      ...notify.flatMap(({ otherwisePage }) => (otherwisePage === null ? [] : [otherwisePage])),
    ]),
  ),
];
