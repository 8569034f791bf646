/**
 * How well people did in a drill, against the targets of their own pack. Pure: facts in, one line per target out.
 * Uses business-time, so never in the workflow bundle.
 */
import type { DrillScore, FollowUpView, ScoreLine } from '../../schema/api.ts';
import type { IncidentView, TimelineItem, TimelineKind } from '../../schema/incident.ts';
import type { SeverityPolicy } from '../../schema/policy.ts';
import { instant, spanInWords } from '../duration.ts';
import { type BusinessCalendar, windowEnd } from '../on-call/business-time.ts';

export interface ScoreFacts {
  incident: IncidentView;
  /** Of the incident's severity, as its own policy says it; undefined for an incident that nobody gave a policy. */
  severity: SeverityPolicy | undefined;
  timeline: TimelineItem[];
  followUp: FollowUpView | null;
  calendar: BusinessCalendar;
  /** Whether customers notice the service, as the catalogue says; null for a service it does not know. */
  customerFacing: boolean | null;
  /** Until when there was time; null: nothing more is waited for, so what is not there is missed. */
  now: string | null;
}

/**
 * Policy durations shrink with the drill's speed, the machine does not get faster: at sixty times the speed one
 * minute is one second, in which a busy machine may not even have started a process. So each limit has this on top,
 * in real time, and the figure shows what was measured.
 */
export const machineAllowanceMs = 5_000;

/** `pending` while a target can still be kept, then `missed` when one was not, else `held`. */
export const scoreDrill = (facts: ScoreFacts): DrillScore => {
  const { id, pack, severity, speed } = facts.incident;
  const lines = [
    acknowledgement(facts),
    firstPublicPost(facts),
    updatesOnTime(facts, 'internal'),
    updatesOnTime(facts, 'public'),
    rolesFilled(facts),
    holdKept(facts),
    reviewBooked(facts),
  ];
  const has = (outcome: ScoreLine['outcome']) => lines.some((line) => line.outcome === outcome);
  const verdict = has('pending') ? 'pending' : has('missed') ? 'missed' : 'held';
  return { incidentId: id, pack, severity, speed, verdict, lines };
};

type Named = Pick<ScoreLine, 'check' | 'title'>;

/** Time from the declaration to the acknowledgement, within the pack's response time. */
export const acknowledgement = (facts: ScoreFacts): ScoreLine => {
  const named: Named = { check: 'acknowledged', title: 'acknowledged' };
  const limit = facts.severity?.respondWithin;
  if (limit === undefined) return notApplicable(named, noPolicy(facts));
  const { declaredAt, acknowledgedAt } = facts.incident;
  if (typeof limit === 'number') return withinLimit(named, facts, acknowledgedAt, limit);
  // Business days are those of the calendar, however fast the drill runs.
  const endMs = Date.parse(windowEnd(limit, declaredAt, facts.calendar));
  return byInstant(named, facts, acknowledgedAt, { endMs, target: `within ${limit}` });
};

/** Time from the declaration to the first word on the status page. */
export const firstPublicPost = (facts: ScoreFacts): ScoreLine => {
  const named: Named = { check: 'firstPublicPost', title: 'customers told' };
  const limits = publicUpdatesOf(facts);
  if (typeof limits === 'string') return notApplicable(named, limits);
  return withinLimit(named, facts, all(facts, 'publicUpdatePosted')[0]?.at ?? null, limits.firstWithin);
};

/** Every promise of "next update by": kept, broken, or missed and posted by Muster instead. */
export const updatesOnTime = (facts: ScoreFacts, audience: 'internal' | 'public'): ScoreLine => {
  const named: Named = { check: `${audience}Updates`, title: `${audience} updates on time` };
  const limits = audience === 'public' ? publicUpdatesOf(facts) : internalUpdatesOf(facts);
  if (typeof limits === 'string') return notApplicable(named, limits);
  const { kept, broken } = facts.incident.updates[audience];
  const missed = all(facts, audience === 'public' ? 'publicUpdateMissed' : 'updateMissed').length;
  const outcome = broken + missed > 0 ? 'missed' : isOpen(facts) ? 'pending' : 'holds';
  const figure = `kept ${kept}, broken ${broken}, missed ${missed}`;
  return { ...named, target: `every ${spanInWords(limits.every)}`, figure, outcome, because: null };
};

/** Every minimum role had somebody in time. */
export const rolesFilled = (facts: ScoreFacts): ScoreLine => {
  const named: Named = { check: 'rolesFilled', title: 'minimum roles filled' };
  const roles = facts.severity?.roles;
  if (roles === undefined) return notApplicable(named, noPolicy(facts));
  if (roles.minimum.length === 0) return notApplicable(named, `${inPack(facts)} asks for no roles`);
  const target = `${roles.minimum.join(', ')} within ${spanInWords(roles.filledWithin)}`;
  const [asked] = all(facts, 'roleMissing');
  if (asked) return { ...named, target, figure: asked.text, outcome: 'missed', because: null };
  const holders = roles.minimum.map((role) => facts.incident.roles[role]?.since ?? null);
  const last = holders.includes(null)
    ? null
    : (holders
        .filter((since) => since !== null)
        .sort()
        .at(-1) ?? null);
  const line = withinLimit(named, facts, last, roles.filledWithin);
  // A later holder took over from one who was there in time, or Muster would have asked for the role.
  const handedOver = line.outcome === 'missed' && last !== null;
  return { ...line, target, ...(handedOver ? { outcome: 'holds', figure: 'filled in time, handed over since' } : {}) };
};

/** The quiet time before resolved was final was as long as the pack asks. */
export const holdKept = (facts: ScoreFacts): ScoreLine => {
  const named: Named = { check: 'holdKept', title: 'quiet time kept' };
  const hold = facts.severity?.hold;
  if (hold === undefined) return notApplicable(named, noPolicy(facts));
  if (facts.incident.status === 'cancelled') return notApplicable(named, 'the incident was cancelled');
  const started = all(facts, 'holdStarted').at(-1);
  const { declaredAt, resolvedAt, speed } = facts.incident;
  const target = holdInWords(hold);
  if (!started || resolvedAt === null) {
    return { ...named, target, figure: started ? 'it runs' : 'there was none', ...notYet(facts) };
  }
  const wantedMs = wantedHoldMs(hold, (Date.parse(started.at) - Date.parse(declaredAt)) * speed);
  const heldMs = (Date.parse(resolvedAt) - Date.parse(started.at)) * speed;
  // Instants are kept to the millisecond, so the difference may miss a fraction on either side.
  const outcome = heldMs >= wantedMs - 2 * speed ? 'holds' : 'missed';
  const figure = `${spanInWords(heldMs)}, the pack asks for ${spanInWords(wantedMs)}`;
  return { ...named, target, figure, outcome, because: null };
};

/** The meeting has a date, inside the pack's window after the resolution. */
export const reviewBooked = (facts: ScoreFacts): ScoreLine => {
  const named: Named = { check: 'reviewBooked', title: 'review booked' };
  const review = facts.severity?.review;
  const { status, resolvedAt } = facts.incident;
  if (review === undefined) return notApplicable(named, noPolicy(facts));
  if (status === 'cancelled') return notApplicable(named, 'the incident was cancelled');
  const target = `within ${review.within}`;
  if (resolvedAt === null || facts.followUp === null) {
    return { ...named, target, figure: 'it is not booked', ...notYet(facts) };
  }
  const { reviewAt, attendees } = facts.followUp;
  if (reviewAt === null) {
    if (!review.required) return notApplicable(named, `${inPack(facts)} leaves the review to the people`);
    return { ...named, target, figure: 'it is not booked', outcome: 'missed', because: null };
  }
  const atMs = Date.parse(reviewAt);
  const isInside =
    atMs >= Date.parse(resolvedAt) && atMs <= Date.parse(windowEnd(review.within, resolvedAt, facts.calendar));
  const figure = `${reviewAt} with ${attendees.length} people`;
  return { ...named, target, figure, outcome: isInside ? 'holds' : 'missed', because: null };
};

// --- what the pack asks ---------------------------------------------------------------------------------------------

const inPack = ({ incident }: ScoreFacts): string => `${incident.severity} of ${incident.pack}`;
const noPolicy = (facts: ScoreFacts): string => `the policy of ${inPack(facts)} is not known`;

const internalUpdatesOf = (facts: ScoreFacts) => {
  if (facts.severity === undefined) return noPolicy(facts);
  return facts.severity.updates.internal ?? `${inPack(facts)} promises no internal updates`;
};

const publicUpdatesOf = (facts: ScoreFacts) => {
  if (facts.severity === undefined) return noPolicy(facts);
  const limits = facts.severity.updates.public;
  if (limits === null) return `${inPack(facts)} has no public updates`;
  if (limits.when === 'customerFacing' && facts.customerFacing === false) {
    return `customers never notice ${facts.incident.service ?? 'the service'}`;
  }
  return limits;
};

const wantedHoldMs = (hold: SeverityPolicy['hold'], lastedMs: number): number => {
  if (typeof hold.for === 'number') return hold.for;
  const atLeastMs = Math.max(hold.atLeast ?? 0, hold.for.timesDuration * lastedMs);
  return Math.min(hold.atMost ?? Number.POSITIVE_INFINITY, atLeastMs);
};

const holdInWords = ({ for: time, atLeast, atMost }: SeverityPolicy['hold']): string => {
  if (typeof time === 'number') return spanInWords(time);
  const bounds = [
    ...(atLeast === undefined ? [] : [`at least ${spanInWords(atLeast)}`]),
    ...(atMost === undefined ? [] : [`at most ${spanInWords(atMost)}`]),
  ];
  return [`${time.timesDuration} times the duration`, ...bounds].join(', ');
};

// --- what happened --------------------------------------------------------------------------------------------------

const all = ({ timeline }: ScoreFacts, kind: TimelineKind): TimelineItem[] =>
  timeline.filter((entry) => entry.kind === kind);

const isOpen = ({ incident, now }: ScoreFacts): boolean =>
  now !== null && !['resolved', 'closed', 'cancelled'].includes(incident.status);

const notApplicable = (named: Named, because: string): ScoreLine => ({
  ...named,
  target: null,
  figure: 'not applicable',
  outcome: 'notApplicable',
  because,
});

/** What comes only after the resolution: while somebody waits for it, it may still come. */
const notYet = ({ now }: ScoreFacts): Pick<ScoreLine, 'outcome' | 'because'> =>
  now === null ? { outcome: 'missed', because: null } : { outcome: 'pending', because: 'it may still come' };

/** `limitMs` counts from the declaration, in the time of the scenario. */
const withinLimit = (named: Named, facts: ScoreFacts, at: string | null, limitMs: number): ScoreLine => {
  const { declaredAt, speed } = facts.incident;
  const endMs = Date.parse(declaredAt) + limitMs / speed + machineAllowanceMs;
  return byInstant(named, facts, at, { endMs, target: `within ${spanInWords(limitMs)}` });
};

const byInstant = (
  named: Named,
  facts: ScoreFacts,
  at: string | null,
  { endMs, target }: { endMs: number; target: string },
): ScoreLine => {
  const { declaredAt, resolvedAt, speed } = facts.incident;
  if (at !== null) {
    const realMs = Date.parse(at) - Date.parse(declaredAt);
    const figure = `after ${spanInWords(realMs * speed)}${speed === 1 ? '' : ` (${realMs} ms of real time)`}`;
    return { ...named, target, figure, outcome: Date.parse(at) <= endMs ? 'holds' : 'missed', because: null };
  }
  const overAt = resolvedAt ?? all(facts, 'cancelled')[0]?.at;
  if (overAt !== undefined && Date.parse(overAt) <= endMs) {
    return notApplicable(named, 'the incident was over before that was due');
  }
  if (isOpen(facts) && Date.parse(facts.now ?? '') <= endMs) {
    return { ...named, target, figure: 'not yet', outcome: 'pending', because: `due by ${instant(endMs)}` };
  }
  return { ...named, target, figure: 'it never happened', outcome: 'missed', because: null };
};
