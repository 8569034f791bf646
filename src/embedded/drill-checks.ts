/** What must be true of a drill once it has ended. Pure: facts in, one verdict with its figure per check out. */

import {
  acknowledgement,
  firstPublicPost,
  holdKept,
  machineAllowanceMs,
  reviewBooked,
  type ScoreFacts,
  updatesOnTime,
} from '../domain/incident/drill-score.ts';
import { roomName } from '../domain/incident/room-name.ts';
import type { BusinessCalendar } from '../domain/on-call/business-time.ts';
import type { FollowUpView, ScoreLine } from '../schema/api.ts';
import type { IncidentView, TimelineItem, TimelineKind } from '../schema/incident.ts';
import type { PackDocument } from '../schema/policy.ts';

export interface DrillFacts {
  incident: IncidentView;
  timeline: TimelineItem[];
  remediations: { id: string; action: string; status: string }[];
  followUp: FollowUpView | null;
  postmortem: string | null;
  pack: PackDocument;
  calendar: BusinessCalendar;
  /** As the catalogue says it of the service; null for one it does not know. */
  customerFacing: boolean | null;
  /** The trouble passes without anybody's doing, so nothing need be changed. */
  healsItself: boolean;
  /** What the outside world received since the drill began, as the sandbox counted it. */
  received: Received;
}

export interface Received {
  /** Each phone that rang; `dedupKey` is one per person and step. */
  pages: { dedupKey: string; to: string; at: string }[];
  statusPosts: { id: string; status: string; body: string; at: string }[];
  /** `#channel key` of each message of the incident. */
  messageKeys: string[];
  /** Null when the sandbox did not say. */
  changes: Changes | null;
}

export interface Changes {
  /** Writes that changed the cluster. */
  cluster: number;
  /** Sessions that were ended and statements that were cancelled, as the application noticed it. */
  database: number;
}

export interface Verdict {
  check: string;
  holds: boolean;
  /** What was measured, for people. */
  figure: string;
}

export const checkDrill = (facts: DrillFacts): Verdict[] => [
  pagedAtOnce(facts),
  acknowledgedInTime(facts),
  publicInTime(facts),
  nothingDoubled(
    'no page is doubled',
    facts.received.pages.map(({ dedupKey }) => dedupKey),
    'pages',
  ),
  nothingDoubled('no chat message is doubled', facts.received.messageKeys, 'messages'),
  nothingDoubled(
    'no status post is doubled',
    facts.received.statusPosts.map(({ status, body }) => `${status}: ${body}`),
    'posts',
  ),
  changedOnce(facts),
  ...(facts.healsItself && facts.remediations.length === 0 ? [] : [approvedByAnother(facts), verified(facts)]),
  heldLongEnough(facts),
  promisesKept(facts),
  roomNamed(facts),
  reviewInTime(facts),
  postmortemTells(facts),
  nothingUnknown(facts),
];

const pagedAtOnce = (facts: DrillFacts): Verdict => {
  const paged = first(facts, 'paged');
  return withinLimit('somebody was paged within a minute of the alert', facts, paged?.at ?? null, 60_000);
};

const acknowledgedInTime = (facts: DrillFacts): Verdict =>
  verdictOf('acknowledged within the target of the pack', acknowledgement(scored(facts)));

const publicInTime = (facts: DrillFacts): Verdict =>
  verdictOf('customers were told in time', firstPublicPost(scored(facts)));

/** As the score has it; what the pack does not ask for holds. */
const verdictOf = (check: string, { outcome, figure, target, because }: ScoreLine): Verdict => ({
  check,
  holds: outcome === 'holds' || outcome === 'notApplicable',
  figure: `${figure}${target === null ? '' : `, target ${target}`}${because === null ? '' : ` (${because})`}`,
});

/** Nothing more is waited for. */
const scored = (facts: DrillFacts): ScoreFacts => ({ ...facts, severity: severityOf(facts), now: null });

const withinLimit = (check: string, facts: DrillFacts, at: string | null, limitMs: number): Verdict => {
  if (at === null) return { check, holds: false, figure: 'it never happened' };
  const realMs = Date.parse(at) - Date.parse(facts.incident.declaredAt);
  const tookMs = realMs * facts.incident.speed;
  const holds = realMs <= limitMs / facts.incident.speed + machineAllowanceMs;
  return { check, holds, figure: `after ${words(tookMs)} (${realMs} ms of real time), target ${words(limitMs)}` };
};

const nothingDoubled = (check: string, keys: string[], what: string): Verdict => {
  const seen = new Set<string>();
  const doubled = new Set(keys.filter((key) => seen.size === seen.add(key).size));
  if (doubled.size === 0) return { check, holds: true, figure: `${keys.length} ${what}, each once` };
  return { check, holds: false, figure: `doubled: ${[...doubled].map((key) => key.slice(0, 80)).join('; ')}` };
};

const changedOnce = (facts: DrillFacts): Verdict => {
  const check = 'each remediation changed its target once';
  const applied = all(facts, 'remediationApplied').length + all(facts, 'remediationReverted').length;
  const { changes } = facts.received;
  if (changes === null) return { check, holds: false, figure: 'the sandbox did not say how often it was changed' };
  return {
    check,
    holds: (applied >= 1 || facts.healsItself) && changes.cluster + changes.database === applied,
    figure: `${applied} on the timeline, ${changes.cluster} in the cluster, ${changes.database} in the database`,
  };
};

const approvedByAnother = (facts: DrillFacts): Verdict => {
  const check = 'the change was approved by somebody other than its proposer';
  const proposed = first(facts, 'remediationProposed') ?? first(facts, 'remediationPlanned');
  const approved = first(facts, 'remediationApproved');
  if (!approved) return { check, holds: false, figure: 'nobody approved anything' };
  return {
    check,
    holds: approved.actor.kind === 'person' && approved.actor.id !== proposed?.actor.id,
    figure: `proposed by ${proposed?.actor.name ?? 'nobody'}, approved by ${approved.actor.name}`,
  };
};

const verified = (facts: DrillFacts): Verdict => {
  const statuses = facts.remediations.map(({ action, status }) => `${action}: ${status}`);
  return {
    check: 'the recovery was verified',
    holds:
      facts.remediations.some(({ status }) => status === 'recovered') &&
      first(facts, 'remediationVerified') !== undefined,
    figure: statuses.join(', ') || 'no remediation',
  };
};

const heldLongEnough = (facts: DrillFacts): Verdict =>
  verdictOf('the quiet time was kept to its end', holdKept(scored(facts)));

const promisesKept = (facts: DrillFacts): Verdict => {
  const parts = (['internal', 'public'] as const).map((audience) =>
    verdictOf(audience, updatesOnTime(scored(facts), audience)),
  );
  return {
    check: 'every promised update came in time',
    holds: parts.every(({ holds }) => holds),
    figure: parts.map(({ check, figure }) => `${check}: ${figure}`).join('; '),
  };
};

const roomNamed = (facts: DrillFacts): Verdict => {
  const wanted = roomName(facts.pack.room.name, facts.incident);
  const found = facts.incident.room?.name.replace(/^#/, '') ?? null;
  return {
    check: 'the room is open under the name of the pack',
    // A taken name gets a suffix.
    holds:
      found !== null && (found === wanted || found.startsWith(`${wanted}-`)) && !facts.incident.room?.missing.length,
    figure: found === null ? 'there is none' : `#${found}${missingWords(facts.incident.room?.missing ?? [])}`,
  };
};

const missingWords = (missing: string[]): string => (missing.length > 0 ? `, without ${missing.join(', ')}` : '');

const reviewInTime = (facts: DrillFacts): Verdict => {
  const within = severityOf(facts)?.review.within ?? 'its window';
  return verdictOf(`the review is booked within ${within}`, reviewBooked(scored(facts)));
};

const postmortemTells = (facts: DrillFacts): Verdict => {
  const check = 'the postmortem tells what happened';
  const text = facts.postmortem;
  if (text === null) return { check, holds: false, figure: 'it was not written' };
  const changed = facts.healsItself && facts.remediations.length === 0 ? [] : (['remediationApplied'] as const);
  const milestones = ['declared', 'acknowledged', ...changed, 'resolved'] as const;
  const sentences = milestones.flatMap((kind) => first(facts, kind)?.text ?? []);
  const told = sentences.filter((sentence) => text.includes(sentence));
  return {
    check,
    holds: sentences.length === milestones.length && told.length === sentences.length,
    figure: `${told.length} of ${milestones.length} milestones in ${text.length} characters`,
  };
};

const nothingUnknown = (facts: DrillFacts): Verdict => {
  const unknown = all(facts, 'effectUnknown').map(({ text }) => text);
  const stuck = facts.remediations.filter(({ status }) => status === 'unknown').map(({ action }) => action);
  const undelivered = [...all(facts, 'pageFailed'), ...all(facts, 'deliveryFailed')].map(({ text }) => text);
  const found = [...unknown, ...stuck, ...undelivered];
  return {
    check: 'nothing is unknown or undelivered',
    holds: found.length === 0,
    figure: found.length === 0 ? 'every effect has its outcome' : found.join('; '),
  };
};

const severityOf = ({ pack, incident }: DrillFacts) => pack.severities[incident.severity];

const all = ({ timeline }: DrillFacts, kind: TimelineKind): TimelineItem[] =>
  timeline.filter((entry) => entry.kind === kind);

const first = (facts: DrillFacts, kind: TimelineKind): TimelineItem | undefined => all(facts, kind)[0];

/** 93 000 ms as `1 min 33 s`. */
export const words = (ms: number): string => {
  const total = Math.round(ms / 1_000);
  const [hours, minutes, seconds] = [Math.floor(total / 3_600), Math.floor(total / 60) % 60, total % 60];
  const parts = [hours > 0 ? `${hours} h` : '', minutes > 0 ? `${minutes} min` : '', seconds > 0 ? `${seconds} s` : ''];
  return parts.filter((part) => part !== '').join(' ') || '0 s';
};
