import type { AlertReference } from '../schema/alert.ts';
import type { Actor, IncidentStatus, RoleHolder, RoleName, Room } from '../schema/incident.ts';
import type { Policy, SeverityPolicy } from '../schema/policy.ts';
import type { Target } from '../schema/remediation.ts';
import { Bug } from './errors.ts';

/**
 * What an incident knows about itself: one serialisable object, changed only by `evolve` (incident.ts).
 * Instants are milliseconds since the epoch in workflow time.
 */
export interface IncidentState {
  id: string;
  workflowId: string;
  title: string;
  summary: string | null;
  pack: string;
  severity: string;
  service: string | null;
  publicName: string;
  drill: boolean;
  speed: number;
  continues: string | null;
  status: IncidentStatus;
  declaredAt: number;
  declaredBy: Actor;
  acknowledged: { at: number; by: string; expiresAt: number | null } | null;
  /** Set once the time to acknowledge has passed without one. */
  responseLate: boolean;
  mitigatedAt: number | null;
  hold: Hold | null;
  resolvedAt: number | null;
  roles: Partial<Record<RoleName, RoleHolder>>;
  rolesAsked: boolean;
  alerts: Record<string, AlertReference>;
  batches: string[];
  /** Keys of ladder steps that fired or were passed over. */
  ladderDone: string[];
  pages: OpenPage[];
  updates: { internal: PromiseState; public: PromiseState };
  room: Room | null;
  /** True once the room was tried and cannot be had: messages go to the standing channel. */
  roomFailed: boolean;
  publicUrl: string | null;
  cause: string | null;
  /** What is being done about it, in one sentence, for updates nobody wrote. */
  doing: string | null;
  fix: string | null;
  remediation: { id: string; target: Target } | null;
  remediationsStarted: number;
  entryCount: number;
  version: number;
}

export interface Hold {
  startedAt: number;
  endsAt: number;
  samplesTaken: number;
  lastHealthy: boolean | null;
  by: Actor;
}
export interface OpenPage {
  person: string;
  name: string;
  address: string;
  dedupKey: string;
}
export interface PromiseState {
  dueAt: number | null;
  reminded: boolean;
  posted: number;
  kept: number;
  broken: number;
}

/** Policy of one incident at its present severity, with the names it knows. */
export interface Rules {
  policy: Policy;
  roster: Record<string, string>;
}

export const severityPolicy = (state: Pick<IncidentState, 'severity'>, rules: Rules): SeverityPolicy => {
  const found = rules.policy.severities[state.severity];
  if (!found) throw new Bug(`severity ${state.severity} is not in pack ${rules.policy.pack}`);
  return found;
};

/** From which status which may follow. Anything else is refused by validators and never reached by evolve. */
export const transitions: Record<IncidentStatus, readonly IncidentStatus[]> = {
  declared: ['investigating', 'identified', 'mitigating', 'monitoring', 'cancelled'],
  investigating: ['identified', 'mitigating', 'monitoring', 'cancelled'],
  identified: ['investigating', 'mitigating', 'monitoring', 'cancelled'],
  mitigating: ['investigating', 'identified', 'monitoring', 'cancelled'],
  monitoring: ['investigating', 'resolved', 'cancelled'],
  resolved: ['closed'],
  closed: [],
  cancelled: [],
};

export const isOver = (status: IncidentStatus): boolean => transitions[status].every((next) => next === 'closed');

/** A policy duration on this incident's clock. */
export const elapsed = (state: Pick<IncidentState, 'speed'>, durationMs: number): number => durationMs / state.speed;
