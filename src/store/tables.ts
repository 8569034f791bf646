/** The tables as Kysely sees them: one interface per table of migrations/, in the same order. */
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { TrustOutcome } from '../domain/remediation/trust.ts';
import type { Alert } from '../schema/alert.ts';
import type { FollowUpView } from '../schema/api.ts';
import type { ChangeKind, WeighedKind } from '../schema/change.ts';
import type { Evidence } from '../schema/evidence.ts';
import type { Actor, IncidentStatus, IncidentView, TimelineKind } from '../schema/incident.ts';
import type { Policy } from '../schema/policy.ts';
import type { RemediationStatus, RemediationView, Target } from '../schema/remediation.ts';
import type { EffectRow, OutboxRow } from './store.ts';

/** Read back parsed; written as text made by `json()`. */
type Json<T> = ColumnType<T, string, string>;
/** ISO 8601 text in both directions. */
type Instant = string;
type GeneratedInstant = ColumnType<Instant, Instant | undefined, Instant>;

export interface Tables {
  incident: {
    id: string;
    workflow_id: string;
    status: IncidentStatus;
    pack: string;
    severity: string;
    rank: number;
    service: string | null;
    drill: boolean;
    declared_at: Instant;
    resolved_at: Instant | null;
    closed_at: Instant | null;
    correlation_key: string;
    idempotency_key: string | null;
    version: number;
    view: Json<IncidentView>;
    policy: ColumnType<Policy | null, string | null, string | null>;
    last_seq: Generated<number>;
    changed_at: GeneratedInstant;
  };
  timeline: {
    incident_id: string;
    seq: number;
    key: string;
    at: Instant;
    kind: TimelineKind;
    actor: Json<Actor>;
    text: string;
    why: string | null;
    public: boolean;
  };
  incident_number: { name: string; last: number };
  delivery: {
    id: string;
    source: string;
    delivery_id: string | null;
    body_hash: string;
    received_at: Instant;
    body: string;
    note: string | null;
    incidents: Generated<string[]>;
  };
  quarantine: { id: GeneratedAlways<number>; delivery: string; reason: string; excerpt: string };
  alert: {
    source: string;
    fingerprint: string;
    starts_at: string;
    status: 'firing' | 'resolved';
    incident_id: string | null;
    ignored_because: string | null;
    alert: Json<Alert>;
    times: Generated<number>;
    position: GeneratedAlways<number>;
    first_seen_at: GeneratedInstant;
    last_seen_at: GeneratedInstant;
  };
  outbox: {
    position: GeneratedAlways<number>;
    incident_id: string;
    kind: OutboxRow['kind'];
    payload: Json<unknown>;
    created_at: GeneratedInstant;
    attempts: Generated<number>;
    not_before: GeneratedInstant;
    last_error: string | null;
  };
  drill: {
    id: string;
    scenario: string;
    pack: string | null;
    severity: string | null;
    speed: number;
    created_at: Instant;
    incident_id: string | null;
  };
  readiness: { only_row: Generated<boolean>; checked_at: GeneratedInstant };
  effect: {
    key: string;
    incident_id: string;
    kind: string;
    status: EffectRow['status'];
    reference: string | null;
    detail: ColumnType<unknown, string | null, string | null>;
    created_at: GeneratedInstant;
    updated_at: GeneratedInstant;
  };
  remediation: {
    id: string;
    incident_id: string;
    status: RemediationStatus;
    action: string;
    target_key: string;
    started_at: Instant;
    ended_at: Instant | null;
    version: number;
    view: Json<RemediationView>;
  };
  evidence: { incident_id: string; gathered_at: Instant; evidence: Json<Evidence> };
  bad_revision: { target_key: string; hash: string; incident_id: string; marked_at: GeneratedInstant };
  stop_switch: { scope: string; stopped: boolean; set_by: string; set_at: GeneratedInstant; reason: string | null };
  schedule_override: {
    id: GeneratedAlways<number>;
    schedule: string;
    person: string;
    starts_at: Instant;
    ends_at: Instant;
    note: string | null;
    made_by: string;
    made_at: GeneratedInstant;
    idempotency_key: string | null;
    removed_by: string | null;
    removed_at: Instant | null;
  };
  audit: {
    id: GeneratedAlways<number>;
    at: GeneratedInstant;
    actor: string;
    act: string;
    subject: string;
    detail: Json<unknown>;
  };
  report: {
    id: GeneratedAlways<number>;
    delivery: string;
    pattern: string;
    pattern_key: string;
    service: string | null;
    customer: string | null;
    customer_key: string | null;
    enterprise: boolean;
    ticket: string | null;
    ticket_key: string | null;
    text: string | null;
    reported_at: Instant;
    received_at: Instant;
    reported_by: string;
    incident_id: ColumnType<string | null, string | null | undefined, string | null>;
    because: ColumnType<string | null, string | null | undefined, string | null>;
  };
  change: {
    id: GeneratedAlways<number>;
    at: Instant;
    recorded_at: GeneratedInstant;
    kind: ChangeKind;
    weighs_as: WeighedKind;
    what: string;
    made_by: string | null;
    author: string | null;
    source: string;
    target: ColumnType<Target | null, string | null, string | null>;
    service: string | null;
    environment: string | null;
    commit_id: string | null;
    url: string | null;
    before: string | null;
    after: string | null;
    concerns: string[];
    drill: boolean;
    dedup_key: string;
  };
  change_watch: {
    cluster: string;
    namespace: string;
    drill: boolean;
    version: number;
    state: Json<unknown>;
    missing: string[];
    looked_at: Instant;
  };
  change_salt: { only_row: Generated<boolean>; salt: string };
  remediation_claim: {
    remediation_id: string;
    incident_id: string;
    target_key: string;
    runbook: string | null;
    cluster: string;
    drill: boolean;
    claimed_at: Instant;
  };
  remediation_breaker: {
    runbook: string;
    target_key: string;
    drill: boolean;
    opened_at: Instant;
    until: Instant;
    because: string;
  };
  remediation_result: {
    remediation_id: string;
    position: GeneratedAlways<number>;
    incident_id: string;
    runbook: string;
    version: number;
    action: string;
    environment: string;
    signature: string;
    outcome: TrustOutcome;
    drill: boolean;
    ended_at: Instant;
  };
  follow_up: { incident_id: string; closed_at: Instant | null; version: number; view: Json<FollowUpView> };
  postmortem: { incident_id: string; markdown: string; drafted_at: Instant };
}
