/**
 * The words of Muster, one per concept. Every name in code, pages, CLI and messages comes from this list.
 *
 * delivery      a webhook request as received
 * alert         one normalised signal with a fingerprint
 * report        what one customer says, counted with others of its pattern
 * incident      what people work on: one workflow
 * service       an entry of the catalogue with owner, workload and dependencies
 * policy        who is told what, and when, for a severity
 * severity      a pack's own name (P0, SEV1 ...) with a rank; rank 1 is worst
 * ladder        ordered escalation steps
 * cadence       the promised time between updates
 * command       what a person asks (acknowledge, approve ...)
 * change        something that somebody made different: a release, a flag, a node
 * suspect       a change that may have caused the incident
 * effect        one change in the outside world
 * timeline entry  one past-tense fact
 * runbook       when to do what
 * action        a typed remediation verb
 * remediation   one run of an action on a target
 * plan          what a remediation will do, hashed
 * approval      a person's yes to exactly one plan hash
 * verification  the proof that symptoms are gone
 * hold          the quiet time before resolved is final
 * review        the meeting after an incident
 * postmortem    its document
 * action item   a promised improvement
 * drill         a practice incident on the real workflow
 * pack          a named set of policy, messages and runbooks
 * sandbox       the stand-in world that speaks the vendors' wire protocols
 */
import { z } from 'zod';

/** One state machine for every pack; a pack maps its own status words onto these (Policy.statusWords). */
export const incidentStatuses = [
  'declared',
  'investigating',
  'identified',
  'mitigating',
  'monitoring',
  'resolved',
  'closed',
  'cancelled',
] as const;
export const IncidentStatus = z.enum(incidentStatuses);
export type IncidentStatus = z.infer<typeof IncidentStatus>;

export const roleNames = ['commander', 'technicalLead', 'communicationsLead', 'scribe'] as const;
export const RoleName = z.enum(roleNames);
export type RoleName = z.infer<typeof RoleName>;

/** Instants cross boundaries as ISO 8601 text in UTC. */
const Instant = z.string();

/** Who did something: a person, Muster itself, or a monitor. */
export const Actor = z.object({
  kind: z.enum(['person', 'muster', 'monitor']),
  /** Person id of the organisation, source name, or `muster`. */
  id: z.string(),
  name: z.string(),
});
export type Actor = z.infer<typeof Actor>;

/** One thing that will happen by itself unless somebody acts. */
export const Deadline = z.object({
  /** Stable inside one incident, such as `page:on-call-lead` or `update:internal`. */
  name: z.string(),
  dueAt: Instant,
  /** Plain words: "page Dana (on-call lead) unless acknowledged". */
  action: z.string(),
  /** Who is told or asked; a person's name, or a duty when nobody is known yet. */
  who: z.string(),
  /** The rule of the pack that set it. */
  why: z.string(),
});
export type Deadline = z.infer<typeof Deadline>;

export const RoleHolder = z.object({ person: z.string(), name: z.string(), since: Instant });
export type RoleHolder = z.infer<typeof RoleHolder>;

/** Somebody is asked to take a role over; whoever holds it keeps it until they accept. */
export const RoleOffer = z.object({ person: z.string(), name: z.string(), by: Actor, at: Instant });
export type RoleOffer = z.infer<typeof RoleOffer>;

/** A promise of "next update by". `kept` and `broken` count what happened to the earlier ones. */
export const UpdatePromise = z.object({ dueAt: Instant.nullable(), kept: z.number(), broken: z.number() });

export const Room = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  /** Resources of the room that could not be made: `topic`, `invite: dana` ... */
  missing: z.array(z.string()),
});
export type Room = z.infer<typeof Room>;

/** What everybody may know of an incident: written by its workflow, read by API, pages and CLI. */
export const IncidentView = z.object({
  id: z.string(),
  workflowId: z.string(),
  title: z.string(),
  summary: z.string().nullable(),
  pack: z.string(),
  severity: z.string(),
  rank: z.number().int().min(1),
  status: IncidentStatus,
  service: z.string().nullable(),
  /** Whose duties are paged first; absent in views of earlier versions. */
  team: z.string().nullable().optional(),
  drill: z.boolean(),
  /** Elapsed durations are divided by it; 1 in production. */
  speed: z.number().positive(),
  declaredAt: Instant,
  declaredBy: Actor,
  acknowledgedAt: Instant.nullable(),
  acknowledgedBy: z.string().nullable(),
  mitigatedAt: Instant.nullable(),
  resolvedAt: Instant.nullable(),
  closedAt: Instant.nullable(),
  roles: z.partialRecord(RoleName, RoleHolder),
  minimumRoles: z.array(RoleName),
  /** Roles that somebody was asked to take over and has not accepted; absent: none. */
  offers: z.partialRecord(RoleName, RoleOffer).optional(),
  deadlines: z.array(Deadline),
  updates: z.object({ internal: UpdatePromise, public: UpdatePromise }),
  room: Room.nullable(),
  publicUrl: z.string().nullable(),
  alertsFiring: z.number().int(),
  /** What the people on it believe is the cause; null while unknown. */
  cause: z.string().nullable(),
  /** Incident this one continues (an alert that raced with the closing of the old one). */
  continues: z.string().nullable(),
  /** Grows by one with each change; a reader keeps the highest. */
  version: z.number().int(),
});
export type IncidentView = z.infer<typeof IncidentView>;

export const timelineKinds = [
  'declared',
  'alertAttached',
  'alertCleared',
  'paged',
  'pageFailed',
  'nobodyOnCall',
  'acknowledged',
  'acknowledgementExpired',
  'escalated',
  'severityChanged',
  'policyApplied',
  'roleOffered',
  'roleTaken',
  'roleMissing',
  'roomOpened',
  'roomIncomplete',
  'notified',
  'updatePosted',
  'updateMissed',
  'publicUpdatePosted',
  'publicUpdateMissed',
  'reminded',
  'note',
  'evidenceGathered',
  'causeSuspected',
  'causeIdentified',
  'remediationProposed',
  'remediationPlanned',
  'remediationJoined',
  'remediationHeld',
  'remediationNotAsked',
  'remediationApproved',
  'remediationDenied',
  'remediationExpired',
  'remediationRefused',
  'remediationApplied',
  'remediationSettled',
  'remediationVerified',
  'remediationIneffective',
  'remediationReverted',
  'remediationFailed',
  'remediationSuperseded',
  'changesStopped',
  'changesAllowed',
  'effectUnknown',
  'mitigated',
  'holdStarted',
  'holdSampled',
  'regressed',
  'reopened',
  'resolved',
  'roomArchived',
  'reviewBooked',
  'postmortemDrafted',
  'postmortemDue',
  'actionItemAdded',
  'actionItemDone',
  'deliveryFailed',
  'closed',
  'cancelled',
] as const;
export const TimelineKind = z.enum(timelineKinds);
export type TimelineKind = z.infer<typeof TimelineKind>;

/** What a person adds to an update, in their own words; each stands in later messages until somebody says otherwise. */
export const Said = z.strictObject({
  /** What is broken and who is affected. */
  impact: z.string().max(2_000).optional(),
  nextSteps: z.string().max(2_000).optional(),
  /** When it will be over, as estimated; reaches customers only where the pack allows it. */
  eta: z.string().max(200).optional(),
  workaround: z.string().max(2_000).optional(),
  /** The cause in words for customers; reaches them only where the pack allows it. */
  briefCause: z.string().max(500).optional(),
});
export type Said = z.infer<typeof Said>;

/** A fact as the workflow hands it to the store. `key` makes writing it twice one entry. */
export const TimelineEntry = z.object({
  /** Unique inside the incident, such as `incident/12` or `remediation/<id>/3`. */
  key: z.string(),
  at: Instant,
  kind: TimelineKind,
  actor: Actor,
  /** One past-tense sentence, the same words on every surface. */
  text: z.string(),
  /** Rule and facts behind an automatic act; null where a person decided. */
  why: z.string().nullable(),
  /** Told to customers as well. */
  public: z.boolean(),
});
export type TimelineEntry = z.infer<typeof TimelineEntry>;

/** The entry as read back: the store adds the order. */
export const TimelineItem = TimelineEntry.extend({ seq: z.number().int() });
export type TimelineItem = z.infer<typeof TimelineItem>;
