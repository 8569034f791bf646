/** How the world is touched. Workflows know only the types of this file; worker/ builds the real thing. */
import type { NextMethod } from '../src/domain/incident/contacts.ts';
import type { ApprovalRule } from '../src/domain/remediation/mode-rules.ts';
import type { AlertReference } from '../src/schema/alert.ts';
import type { FollowUpView } from '../src/schema/api.ts';
import type { Actor, IncidentView, Room, TimelineEntry } from '../src/schema/incident.ts';
import type { ServiceFacts } from '../src/schema/organisation.ts';
import type { MessageName, Moments, Policy } from '../src/schema/policy.ts';
import type {
  Observed,
  Plan,
  Proposal,
  RemediationStatus,
  RemediationView,
  Target,
} from '../src/schema/remediation.ts';
import type { Mode } from '../src/schema/remediation-policy.ts';
import type { ChosenRunbook, CompiledCheck } from '../src/schema/runbook.ts';

/** Who and where of an incident, handed to every activity: activities never look the workflow up. */
export interface IncidentContext {
  incidentId: string;
  title: string;
  pack: string;
  severity: string;
  rank: number;
  service: string | null;
  /** Whose duties are paged first: the owner of the service, else the pack's team for the category; null when unknown. */
  team: string | null;
  drill: boolean;
  speed: number;
  declaredAt: string;
}

export type SignalValue = number | string | boolean;

/** The incident workflow's input. By hand only `title` is there, and `admit` fills the rest. */
export interface IncidentInput {
  title: string;
  incidentId?: string;
  severity?: string;
  service?: string | null;
  summary?: string | null;
  declaredAt?: string;
  declaredBy?: Actor;
  drill?: boolean;
  speed?: number;
  alerts?: AlertReference[];
  /** What whoever declared it answered to the pack's questions. */
  answers?: Record<string, SignalValue>;
  policy?: Policy;
  /** Team of the service, or of the category where the catalogue does not know the service. */
  team?: string | null;
  moments?: Moments;
  /** Expected holder of each duty of the ladder, for the words on timers: `{'on-call': 'Dana Reyes'}`. */
  roster?: Record<string, string>;
  /** Facts of the catalogue that the story needs. */
  catalogue?: ServiceFacts | null;
  continues?: string | null;
  /** Set by continue-as-new only. */
  carried?: unknown;
}
export type AdmittedIncident = Required<Omit<IncidentInput, 'carried'>>;

export interface PageRequest {
  incident: IncidentContext;
  /** `<incident>/page/<step>`; people and channels are added to it. */
  key: string;
  /** Duty of the ladder, or `person:<id>`. */
  duty: string;
  /** Workflow time: decides who is on call. */
  at: string;
  summary: string;
  /** Contact methods before this one have been tried; 0 is the first. */
  contactFrom?: number;
  /** Page the fallback group when the duty reaches nobody; false where the workflow takes the next step at once. */
  fallback: boolean;
}
export interface PageOutcome {
  /** People reached, and how. `next`: the contact method to try as well after a while without an acknowledgement. */
  reached: {
    person: string;
    name: string;
    via: string;
    address: string;
    dedupKey: string | null;
    next?: NextMethod;
  }[];
  /** People not reached over any channel. */
  failed: { person: string; name: string; because: string }[];
  /** The duty is held by nobody at that moment; the fallback group was paged instead if `reached` is not empty. */
  nobodyOnDuty: boolean;
}

/**
 * Everything that tells people and is not a page. Delivered in order per destination; each has its key,
 * so that a second delivery of the same telling is none.
 */
export type Telling =
  /** `policy`: another one was applied since the last record. */
  | { kind: 'record'; key: string; view: IncidentView; entries: TimelineEntry[]; policy?: Policy }
  | { kind: 'recordRemediation'; key: string; view: RemediationView; entries: TimelineEntry[] }
  | { kind: 'recordFollowUp'; key: string; view: FollowUpView; entries: TimelineEntry[] }
  | { kind: 'chat'; key: string; incident: IncidentContext; room: string; message: MessageName | 'plain'; facts: Facts }
  | {
      kind: 'status';
      key: string;
      incident: IncidentContext;
      status: 'investigating' | 'identified' | 'monitoring' | 'resolved';
      message: MessageName | 'plain';
      facts: Facts;
    }
  /** A message to each person who holds the duty at `at`; nobody's phone rings. Without holders it goes to `room`. */
  | {
      kind: 'direct';
      key: string;
      incident: IncidentContext;
      duty: string;
      at: string;
      room: string;
      message: MessageName | 'plain';
      facts: Facts;
    }
  /** Opens a ticket by mail where the organisation takes them; without such an address it goes to `room`. */
  | { kind: 'ticket'; key: string; incident: IncidentContext; room: string; message: MessageName; facts: Facts }
  /** People who were paged join the room; repeating is harmless. */
  | { kind: 'invite'; key: string; incident: IncidentContext; room: string; people: string[] }
  /** Stops other phones: acknowledge or resolve pages that are still open at the vendor. */
  | {
      kind: 'quiet';
      key: string;
      incident: IncidentContext;
      how: 'acknowledge' | 'resolve';
      pages: { address: string; dedupKey: string }[];
    };

/** Values for a message template; instants as ISO text. */
export type Facts = Record<string, string | number | boolean | null | string[]>;

export interface Told {
  key: string;
  ok: boolean;
  /** What to write on the timeline when it failed; never a secret. */
  because?: string;
  /** Asking again cannot help: tell a person instead of retrying. */
  final?: boolean;
  /** Status page: where customers read it. */
  url?: string;
  /** Status page: the text that went out after the leak guard, when it differs from what was asked. */
  replaced?: string;
}

export interface RoomRequest {
  incident: IncidentContext;
  key: string;
  name: string;
  topic: string;
  /** Person ids, or `duty:<duty>` for whoever holds it at `at`. */
  people: string[];
  at: string;
}

export interface DiagnoseRequest {
  incident: IncidentContext;
  key: string;
  service: ServiceFacts;
  alerts: AlertReference[];
  answers: Record<string, SignalValue>;
  lookBackMs: number;
  /** The one to go on with; null: whichever fits. */
  runbook: { name: string; version: number } | null;
  at: string;
}
export interface Diagnosis {
  /** Sentence for the timeline and the room. */
  finding: string;
  suspects: { what: string; score: number; reasons: string[]; author?: string | null; at?: string }[];
  /** Null where no runbook fits, and where the one asked for is not there in that version any more. */
  runbook: ChosenRunbook | null;
  /** Without a runbook. */
  proposal: Proposal | null;
  missing: string[];
}

export interface SampleRequest {
  incident: IncidentContext;
  query: string;
  healthyBelow: number;
  at: string;
}
export interface SymptomSample {
  at: string;
  value: number | null;
  /** null: no data, and no data is never health. */
  healthy: boolean | null;
}

export interface PlanRequest {
  incident: IncidentContext;
  /** Null: somebody only asks what would be done. */
  remediationId: string | null;
  action: string;
  target: Target;
  params: Record<string, unknown>;
  operationId: string;
  proposedBy: Actor;
  runbook: RemediationView['runbook'];
  circumstances: Circumstances;
}
/** What is the case beside the plan itself. A freeze opens by it no further than to the yes of people. */
export interface Circumstances {
  /** A person overrides it, in an emergency that the window knows. */
  emergency: { by: string; reason: string } | null;
  /** When the change was made that this takes back. */
  takesBackChangeOf: string | null;
  /** Somebody or something suspects that data is lost or corrupt. */
  dataSuspicion: boolean;
}
/** How much Muster may do by itself, by the remediation policies and all that lowers them now. */
export interface RunMode {
  mode: Mode;
  because: string[];
  /** How a yes must look. */
  rule: ApprovalRule | null;
  /** Ids of those who hold one of the rule's duties now. */
  approverPeople: string[];
  /** What on-call should hear at once, such as that a symptom is treated again and again; null: nothing. */
  calls: string | null;
}
export type PlanResult = { kind: 'plan'; plan: Plan; mode: RunMode } | { kind: 'refused'; because: string };

export interface ApplyRequest {
  incident: IncidentContext;
  remediationId: string;
  key: string;
  plan: Plan;
  /** true: carry out plan.inverse instead. */
  revert: boolean;
  /** The approval this rests on; the activity reads it back from the store and refuses without it. */
  approvedHash: string | null;
  proposedBy: Actor;
  runbook: RemediationView['runbook'];
  circumstances: Circumstances;
}
/** The end of a run, for whoever waits for it. */
export interface RunOutcome {
  status: RemediationStatus;
  /** It had been allowed, by people or by the policy. */
  allowed: boolean;
  outcome: string;
  /** What was done to production, in the plan's words; absent when nothing was. */
  did?: string;
  /** What people have to do now; empty when nothing was done. */
  tasks: string[];
}
export interface CheckRequest {
  incident: IncidentContext;
  check: CompiledCheck;
  symptom: ServiceFacts['symptom'];
  /** Before anything was changed. */
  baseline: number | null;
  at: string;
}
export interface ApplyResult {
  /** `held`: the kill switch is on; `unknown`: sent, and nothing can prove what became of it. */
  outcome: 'applied' | 'superseded' | 'gone' | 'refused' | 'held' | 'unknown';
  /** true when an earlier attempt had done it and this one only found it done. */
  foundDone: boolean;
  /** Not all of the plan, but some of it shows at the target. */
  partly: boolean;
  finding: string;
}
export interface SettledRequest {
  incident: IncidentContext;
  plan: Plan;
  revert: boolean;
}
export interface SettledResult {
  state: 'settled' | 'moving' | 'failed' | 'superseded';
  finding: string;
  observed: Observed;
}

export interface ReviewRequest {
  incident: IncidentContext;
  key: string;
  resolvedAt: string;
  attendees: string[];
  window: string;
  notBefore?: string | undefined;
  preferred?: string | undefined;
  documentWindow: string;
  lengthMinutes: number;
}
export interface ReviewBooked {
  reviewAt: string;
  documentDueAt: string;
  facilitator: string | null;
  attendees: string[];
}

/** Task queue `muster`. */
export interface Activities {
  /** Fills an incident started by hand: id, policy, roster; writes the incident row. Idempotent by workflow id. */
  admit(input: IncidentInput & { workflowId: string; at: string }): Promise<AdmittedIncident>;
  page(request: PageRequest): Promise<PageOutcome>;
  openRoom(request: RoomRequest): Promise<Room>;
  archiveRoom(request: { incident: IncidentContext; key: string; room: string }): Promise<void>;
  /** One result per telling, in order; never throws for a single failed telling. */
  tell(tellings: Telling[]): Promise<Told[]>;
  /** One telling, durably: throws so that Temporal retries, until its deadline. */
  tellAgain(telling: Telling): Promise<Told>;
  sampleSymptom(request: SampleRequest): Promise<SymptomSample>;
  /** What is on record of a run; null while it has not ended. */
  outcomeOf(request: { remediationId: string }): Promise<RunOutcome | null>;
  bookReview(request: ReviewRequest): Promise<ReviewBooked>;
  writePostmortem(request: { incident: IncidentContext; key: string; at: string }): Promise<{ draftedAt: string }>;
  remind(request: {
    incident: IncidentContext;
    key: string;
    person: string;
    subject: string;
    text: string;
  }): Promise<void>;
}

/** Task queue `muster-remediation`: the only holder of cluster and cloud credentials. */
export interface RemediationActivities {
  diagnose(request: DiagnoseRequest): Promise<Diagnosis>;
  planRemediation(request: PlanRequest): Promise<PlanResult>;
  /** Every attempt observes first; sends at most when the target is still as the plan saw it. */
  applyRemediation(request: ApplyRequest): Promise<ApplyResult>;
  observeSettled(request: SettledRequest): Promise<SettledResult>;
  /** One figure of a runbook's verification. Reads only; what cannot be read is no data. */
  sampleCheck(request: CheckRequest): Promise<SymptomSample>;
}

export type { ServiceFacts };
