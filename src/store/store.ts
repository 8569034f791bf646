/** What Muster keeps in PostgreSQL, as the rest of the code sees it. One file per table family implements it. */
import type { Alert } from '../schema/alert.ts';
import type { FollowUpView } from '../schema/api.ts';
import type { Evidence } from '../schema/evidence.ts';
import type { IncidentStatus, IncidentView, TimelineEntry, TimelineItem } from '../schema/incident.ts';
import type { Policy } from '../schema/policy.ts';
import type { RemediationView } from '../schema/remediation.ts';
import type { ChangeStore, ChangeTransaction } from './changes.ts';
import type { LimitStore } from './limits.ts';
import type { OverrideStore } from './overrides.ts';
import type { ReportStore, ReportTransaction } from './reports.ts';
import type { StopStore } from './stops.ts';
import type { TrustStore } from './trust.ts';

export type { ChangeStore, WatchPlace } from './changes.ts';
export type { BudgetAnswer, BudgetClaim, BudgetKeys, LimitStore } from './limits.ts';
export type { OverrideStore } from './overrides.ts';
export type { GroupState, NewReport, ReportGroup } from './reports.ts';
export type { TrustKeys, TrustResult, TrustStore } from './trust.ts';

/** One webhook request as received. `bodyHash` + `source` or the vendor's `deliveryId` makes a repeat a repeat. */
export interface DeliveryRecord {
  id: string;
  source: string;
  deliveryId: string | null;
  bodyHash: string;
  receivedAt: string;
  body: string;
  note: string | null;
}

/** What intake decided about one alert; committed together with the delivery. */
export type Triaged =
  | { verdict: 'ignored'; alert: Alert; because: string }
  | { verdict: 'attached'; alert: Alert; incidentId: string }
  | { verdict: 'declared'; alert: Alert; incidentId: string; because?: string };

/** A start or signal that Temporal must still be given. Rows leave the outbox when Temporal has accepted them. */
export interface OutboxRow {
  id: string;
  incidentId: string;
  kind: 'start' | 'attachAlerts' | 'acknowledge';
  payload: unknown;
  createdAt: string;
  attempts: number;
}

export interface NewIncident {
  view: IncidentView;
  policy: Policy;
  /** Alerts of this key attach to it while it is open: service, else fingerprint. */
  correlationKey: string;
  idempotencyKey: string | null;
  /** First entries of its timeline, written with it or not at all. */
  entries?: TimelineEntry[];
}

export interface EffectRow {
  key: string;
  incidentId: string;
  kind: string;
  status: 'intent' | 'started' | 'applied' | 'notApplied' | 'unknown' | 'verified';
  /** Vendor's reference once there is one. */
  reference: string | null;
  detail: unknown;
  updatedAt: string;
}

export interface DrillRow {
  id: string;
  scenario: string;
  pack: string | null;
  severity: string | null;
  speed: number;
  createdAt: string;
  incidentId: string | null;
}

export interface IncidentFilter {
  status?: IncidentStatus[];
  cursor?: string;
  limit: number;
}

export interface IncidentStore {
  /** Next free id for the pack's pattern, such as INC-2026-014; unique under concurrency. */
  allocateIncidentId(pattern: string, at: string): Promise<string>;
  /**
   * Writes incident and outbox row in one transaction; with an idempotency key or an id seen before, returns that
   * incident instead. `start` null: its workflow runs already, nothing goes to the outbox.
   */
  declare(incident: NewIncident, start: unknown): Promise<{ view: IncidentView; existed: boolean }>;
  incident(id: string): Promise<IncidentView | null>;
  /** The policy the incident runs on; null for one that nobody declared. */
  policy(id: string): Promise<Policy | null>;
  /** From now on it runs on this one; its workflow has taken it already. */
  keepPolicy(id: string, policy: Policy): Promise<void>;
  incidents(filter: IncidentFilter): Promise<{ items: IncidentView[]; nextCursor: string | null }>;
  openIncidentFor(correlationKey: string): Promise<IncidentView | null>;
  /**
   * Keeps the view with the highest version, appends entries that are new by key, notifies listeners. An incident that
   * nobody declared gets its row here, without policy.
   */
  record(view: IncidentView, entries: TimelineEntry[]): Promise<void>;
  appendEntries(incidentId: string, entries: TimelineEntry[]): Promise<void>;
  timeline(id: string): Promise<TimelineItem[]>;
}

export interface IntakeStore {
  /** The earlier receipt of the same delivery, if there is one. */
  receiptOf(
    source: string,
    deliveryId: string | null,
    bodyHash: string,
    since: string,
  ): Promise<{ receipt: string; incidents: string[] } | null>;
  /**
   * ONE transaction: delivery, alerts, new incidents, attachments and outbox rows. `decide` runs inside it, under a lock
   * per correlation key; take several locks in sorted order. The same delivery a second time (source and deliveryId, or
   * id) throws Conflict with details {receipt, incidents} of the first, and `decide` does not run.
   */
  commit(
    delivery: DeliveryRecord,
    quarantined: { reason: string; excerpt: string }[],
    decide: (tx: IntakeTransaction) => Promise<void>,
  ): Promise<void>;
  /**
   * Claims rows for some seconds: at most the first row of each incident, so a later one never overtakes an earlier
   * one. Ask again after outboxDone until nothing comes.
   */
  pendingOutbox(limit: number): Promise<OutboxRow[]>;
  /** All rows of one incident, in order, for whoever holds its first: what can be told together is told together. */
  outboxOf(incidentId: string): Promise<OutboxRow[]>;
  /** When the row that waits longest was committed; null when nothing waits. Claims nothing. */
  outboxOldest(): Promise<string | null>;
  outboxDone(id: string): Promise<void>;
  /** Hands the row out again after a pause that grows from 0.2 s to 15 s. */
  outboxFailed(id: string, because: string): Promise<void>;
  alerts(incidentId: string): Promise<Alert[]>;
  drill(id: string): Promise<DrillRow | null>;
  addDrill(drill: DrillRow): Promise<void>;
  claimDrill(id: string, incidentId: string): Promise<void>;
  /** Incident and step a page's dedup key belongs to. */
  pageOf(dedupKey: string): Promise<{ incidentId: string; person: string } | null>;
}
export interface IntakeTransaction {
  lock(correlationKey: string): Promise<void>;
  openIncidentFor(correlationKey: string): Promise<IncidentView | null>;
  /** Same source, fingerprint and episode seen before: its incident, or null when it was ignored. */
  seenAlert(alert: Alert): Promise<{ incidentId: string | null; status: 'firing' | 'resolved' } | null>;
  allocateIncidentId(pattern: string, at: string): Promise<string>;
  declare(incident: NewIncident, start: unknown): Promise<void>;
  save(triaged: Triaged): Promise<void>;
  enqueue(row: { incidentId: string; kind: OutboxRow['kind']; payload: unknown }): Promise<void>;
  append(incidentId: string, entries: TimelineEntry[]): Promise<void>;
  reports: ReportTransaction;
  changes: ChangeTransaction;
}

export interface EffectStore {
  /** The row of this key as it is; when it is new, written as `intent`, or as `started` by whoever begins at once. */
  intend(effect: {
    key: string;
    incidentId: string;
    kind: string;
    detail?: unknown;
    status?: 'intent' | 'started';
  }): Promise<{ row: EffectRow; isNew: boolean }>;
  /**
   * What is not given stays; an object adds its fields to the detail. `applied` is left only for `verified`: a late
   * report of an attempt believed dead does not undo it. Throws NotFound for a key that was never intended.
   */
  mark(key: string, status: EffectRow['status'], reference?: string | null, detail?: unknown): Promise<void>;
  effect(key: string): Promise<EffectRow | null>;
  effects(incidentId: string): Promise<EffectRow[]>;
}

export interface RemediationStore {
  recordRemediation(view: RemediationView, entries: TimelineEntry[]): Promise<void>;
  remediation(id: string): Promise<RemediationView | null>;
  remediations(incidentId: string): Promise<RemediationView[]>;
  saveEvidence(incidentId: string, evidence: Evidence): Promise<void>;
  evidence(incidentId: string): Promise<Evidence | null>;
  /** Template hashes that were rolled back from on this target: never chosen as a destination. */
  badRevisions(targetKey: string): Promise<string[]>;
  /**
   * Runs of an action on a target whose request was sent in the last days, by the ledger of effects and its clock;
   * outcomes that are not known count. Reverts do not, nor does the named operation. Drills are counted apart.
   */
  timesDone(of: {
    targetKey: string;
    action: string;
    withinDays: number;
    drill: boolean;
    exceptOperation: string;
  }): Promise<number>;
  markBadRevision(targetKey: string, hash: string, incidentId: string): Promise<void>;
  /** The first stop that covers any of the scopes: nothing may be changed. Throws Unavailable when it cannot be read; callers then refuse. */
  stopOver(scopes: readonly string[]): Promise<{ scope: string; reason: string | null; by: string } | null>;
}

export interface FollowUpStore {
  recordFollowUp(view: FollowUpView, entries: TimelineEntry[]): Promise<void>;
  followUp(incidentId: string): Promise<FollowUpView | null>;
  savePostmortem(incidentId: string, markdown: string, at: string): Promise<void>;
  postmortem(incidentId: string): Promise<{ markdown: string; draftedAt: string } | null>;
}

export interface Store {
  incidents: IncidentStore;
  intake: IntakeStore;
  effects: EffectStore;
  remediations: RemediationStore;
  followUps: FollowUpStore;
  overrides: OverrideStore;
  stops: StopStore;
  limits: LimitStore;
  trust: TrustStore;
  reports: ReportStore;
  changes: ChangeStore;
  /** Calls back with the incident id after each committed change, from any process. Returns the way to stop. */
  listen(onChange: (incidentId: string) => void): Promise<() => Promise<void>>;
  /** Throws Unavailable when a durable commit is not possible now. */
  ready(): Promise<void>;
  close(): Promise<void>;
}
