/** Requests and answers of the HTTP API; /openapi.json is generated from these. */
import { z } from 'zod';
import { IncidentView, RoleName, Said, TimelineItem } from './incident.ts';
import { Plan, RemediationStatus, Target } from './remediation.ts';

const text = (max: number) => z.string().trim().min(1).max(max);

export const DeclareIncident = z.strictObject({
  title: text(200),
  severity: z.string().max(40).optional(),
  service: z.string().max(120).optional(),
  /** What kind of trouble; decides the team where the catalogue does not know the service. */
  category: z.string().max(80).optional(),
  summary: z.string().max(4_000).optional(),
  /** Answers to the pack's questions, by signal; they give the severity when none is given. */
  assessment: z.record(z.string().max(80), z.union([z.boolean(), z.string().max(200), z.number()])).optional(),
  /** Pack id; the installation's default when absent. */
  pack: z.string().max(80).optional(),
});
export type DeclareIncident = z.infer<typeof DeclareIncident>;

export const StartDrill = z.strictObject({
  scenario: text(60),
  pack: z.string().max(80).optional(),
  severity: z.string().max(40).optional(),
  /** How many times faster than life policy durations run. */
  speed: z.number().min(1).max(600).default(1),
  /** Whether the sandbox's people answer phones and approve by themselves. */
  people: z.boolean().default(false),
});
export type StartDrill = z.infer<typeof StartDrill>;

/** `as` lets a token that holds every role speak for a person of the organisation; otherwise it is the token's own. */
export const AcknowledgeBody = z.strictObject({ note: z.string().max(2_000).optional() });
export const EscalateBody = z.strictObject({ reason: text(2_000), to: z.string().max(80).optional() });
export const SeverityBody = z.strictObject({ severity: text(40), reason: z.string().max(2_000).optional() });
export const RoleBody = z.strictObject({ role: RoleName, person: text(80) });
export const AcceptRoleBody = z.strictObject({ role: RoleName });
export const UpdateBody = z.strictObject({
  text: text(4_000),
  /** internal: the room; public: the status page, through the leak guard. */
  audience: z.enum(['internal', 'public']).default('internal'),
  status: z.enum(['investigating', 'identified', 'mitigating']).optional(),
  ...Said.shape,
});
export const NoteBody = z.strictObject({ text: text(4_000) });
export const MitigateBody = z.strictObject({
  note: z.string().max(2_000).optional(),
  cause: z.string().max(2_000).optional(),
});
export const ResolveBody = z.strictObject({
  note: z.string().max(2_000).optional(),
  cause: z.string().max(2_000).optional(),
});
export const ReopenBody = z.strictObject({ reason: text(2_000) });
export const CancelBody = z.strictObject({ reason: text(2_000) });

/** The incident goes on under the pack as it is loaded now, or under another pack. */
export const ApplyPolicyBody = z.strictObject({
  /** Pack id; the incident's own when absent. */
  pack: z.string().max(80).optional(),
  /** Severity of the new policy; else the one of the same name or, from pack to pack, of the same rank. */
  severity: z.string().max(40).optional(),
  reason: text(2_000),
});

/** The policy an incident runs on, read aloud and as it is. */
export const IncidentPolicy = z.object({
  incidentId: z.string(),
  pack: z.string(),
  severity: z.string(),
  /** One sentence per promise, worst severity first; `severity` null: holds for all of them. */
  promises: z.array(z.object({ severity: z.string().nullable(), place: z.string(), text: z.string() })),
  policy: z.looseObject({ pack: z.string() }),
});
export const PolicyDifference = z.object({
  incidentId: z.string(),
  /** Packs that are compared: the one the incident runs on, and the one as it is loaded now. */
  from: z.string(),
  to: z.string(),
  /** How severities were matched: two packs may give one name to different ranks. */
  matchedBy: z.enum(['name', 'rank']),
  /** The incident's severity, and what it would be; null: whoever applies must say. */
  severity: z.object({ before: z.string(), after: z.string().nullable() }),
  changes: z.array(
    z.object({
      severity: z.string().nullable(),
      field: z.string(),
      before: z.string().nullable(),
      after: z.string().nullable(),
      text: z.string(),
    }),
  ),
});
/** What a pack asks of whoever declares by hand. */
export const AssessmentView = z.object({
  pack: z.string(),
  title: z.string(),
  severities: z.array(z.object({ name: z.string(), title: z.string(), meaning: z.string() })),
  /** Answers that count; null: yes or no. */
  questions: z.array(z.object({ signal: z.string(), question: z.string(), answers: z.array(z.string()).nullable() })),
  categories: z.array(z.object({ category: z.string(), team: z.string() })),
});

export const ProposeRemediation = z.strictObject({
  action: text(80),
  target: Target.strict(),
  params: z.record(z.string(), z.unknown()).default({}),
  because: z.string().max(2_000).optional(),
  /** Overrides a freeze whose policy allows it at this rank; people still have to say yes. */
  emergency: text(500).optional(),
});
/** `service`: whose environment decides on the mode; the target's own in the catalogue when absent. */
export const AskPlan = z.strictObject({
  action: text(80),
  target: Target.strict(),
  params: z.record(z.string(), z.unknown()).default({}),
  service: text(120).optional(),
  runbook: z.strictObject({ name: text(80), version: z.number().int().min(1), step: text(80) }).optional(),
  drill: z.boolean().default(false),
});
/** What would be done, and how much of it without a question; or why it would not be done. */
export const PlannedAnswer = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('plan'),
    plan: Plan,
    mode: z.enum(['off', 'observe', 'recommend', 'approve', 'auto']),
    because: z.array(z.string()),
  }),
  z.object({ kind: z.literal('refused'), because: z.string() }),
]);
export const DecideRemediation = z.strictObject({ planHash: text(128), reason: z.string().max(2_000).optional() });

export const IncidentList = z.object({ items: z.array(IncidentView), nextCursor: z.string().nullable() });
export const TimelineList = z.object({ items: z.array(TimelineItem) });
export const NextItem = z.object({
  name: z.string(),
  dueAt: z.string(),
  action: z.string(),
  who: z.string(),
  why: z.string(),
});
export const NextList = z.object({ items: z.array(NextItem) });
export const WhyList = z.object({
  items: z.array(z.object({ at: z.string(), text: z.string(), why: z.string() })),
});
export const RemediationItem = z.object({
  id: z.string(),
  action: z.string(),
  target: Target,
  status: RemediationStatus,
  planHash: z.string().nullable(),
  plan: Plan.nullable(),
  expiresAt: z.string().nullable(),
});
export const Receipt = z.object({ receipt: z.string(), accepted: z.number().int(), incidents: z.array(z.string()) });
export type Receipt = z.infer<typeof Receipt>;

export const ActionItem = z.object({
  id: z.string(),
  text: z.string(),
  owner: z.string(),
  dueAt: z.string().nullable(),
  doneAt: z.string().nullable(),
});
export type ActionItem = z.infer<typeof ActionItem>;
export const AddActionItem = z.strictObject({ text: text(1_000), owner: text(80), dueAt: z.string().optional() });

/** After the incident: what the follow-up workflow tracks. */
export const FollowUpView = z.object({
  incidentId: z.string(),
  reviewAt: z.string().nullable(),
  reviewRequired: z.boolean(),
  facilitator: z.string().nullable(),
  attendees: z.array(z.string()),
  documentDueAt: z.string().nullable(),
  documentDraftedAt: z.string().nullable(),
  roomArchivedAt: z.string().nullable(),
  actionItems: z.array(ActionItem),
  deadlines: z.array(NextItem),
  closedAt: z.string().nullable(),
  version: z.number().int(),
});
export type FollowUpView = z.infer<typeof FollowUpView>;

/** A drill that starts by itself each month, in business hours of the organisation. */
export const ScheduleDrill = StartDrill.extend({
  /** Weekday of the month, such as `first tuesday`. */
  day: text(40),
  /** Wall clock in the organisation's zone, such as `10:00`. */
  at: text(5),
});
export type ScheduleDrill = z.infer<typeof ScheduleDrill>;

export const DrillSchedule = ScheduleDrill.extend({
  id: z.string(),
  timezone: z.string(),
  /** The next starts, inside business hours, as instants. */
  nextAt: z.array(z.string()),
});
export type DrillSchedule = z.infer<typeof DrillSchedule>;
export const DrillScheduleList = z.object({ items: z.array(DrillSchedule) });

/** What a scheduled drill does now: begin, look again later, or not take place this time. */
export type ScheduledMoment =
  | { kind: 'begin' }
  | { kind: 'wait'; until: string; because: string; putOff: boolean }
  | { kind: 'skip'; because: string };

const scoreChecks = [
  'acknowledged',
  'firstPublicPost',
  'internalUpdates',
  'publicUpdates',
  'rolesFilled',
  'holdKept',
  'reviewBooked',
] as const;

/** One target of the pack and what came of it. */
export const ScoreLine = z.object({
  check: z.enum(scoreChecks),
  title: z.string(),
  /** In words; null where the pack asks for nothing. */
  target: z.string().nullable(),
  /** What was measured, in the time of the scenario. */
  figure: z.string(),
  outcome: z.enum(['holds', 'missed', 'notApplicable', 'pending']),
  /** Why it is not applicable or not yet known; null otherwise. */
  because: z.string().nullable(),
});
export type ScoreLine = z.infer<typeof ScoreLine>;

/** A drill against its pack's own targets; final once nothing is `pending`. */
export const DrillScore = z.object({
  incidentId: z.string(),
  pack: z.string(),
  severity: z.string(),
  speed: z.number(),
  verdict: z.enum(['pending', 'missed', 'held']),
  lines: z.array(ScoreLine),
});
export type DrillScore = z.infer<typeof DrillScore>;

/** RFC 9457; `code` is from the closed union of src/domain/errors.ts, `detail` names the next action. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
