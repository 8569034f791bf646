import type { AlertReference } from '../../schema/alert.ts';
import type { Actor, IncidentStatus, RoleHolder, RoleName, RoleOffer, Room, Said } from '../../schema/incident.ts';
import type { Moments, Policy, SeverityPolicy } from '../../schema/policy.ts';
import type { Target } from '../../schema/remediation.ts';
import type { ChosenRunbook } from '../../schema/runbook.ts';
import { Bug } from '../errors.ts';

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
  team: string | null;
  publicName: string;
  /** Whether customers notice when the service fails; true while nobody knows. */
  customerFacing: boolean;
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
  /** Roles that wait for somebody's acceptance; absent: none. */
  offers?: Partial<Record<RoleName, RoleOffer>>;
  rolesAsked: boolean;
  alerts: Record<string, AlertReference>;
  batches: string[];
  /** Keys of ladder steps that fired or were passed over. */
  ladderDone: string[];
  pages: OpenPage[];
  /** Further contact methods of people who were paged and have not answered. */
  contacts: NextContact[];
  /** Keys of notices that were given. */
  noticesDone: string[];
  updates: { internal: PromiseState; public: PromiseState };
  room: Room | null;
  /** True once the room was tried and cannot be had: messages go to the standing channel. */
  roomFailed: boolean;
  publicUrl: string | null;
  cause: string | null;
  /** What people added to their updates; the newest of each stands. */
  said: Said;
  /** What is being done about it, in one sentence, for updates nobody wrote. */
  doing: string | null;
  fix: string | null;
  /** The run it waits for; `step` of the runbook, where it carries out one; `joined`: it is another incident's. */
  remediation: { id: string; target: Target; step: string | null; joined?: true } | null;
  /** What it goes by; null: no runbook fits, or none was looked for yet. */
  runbook: ChosenRunbook | null;
  /** Why Muster changes nothing more by itself in this incident; null: it may. */
  stopped: string | null;
  /** What people have to do after changes that were made. */
  tasks: string[];
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
export interface NextContact {
  person: string;
  name: string;
  /** Key of the page that went before. */
  step: string;
  contact: number;
  at: number;
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
  moments: Moments;
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

/** When the time to acknowledge ends; null where the policy counts business days that nobody reckoned. */
export const respondAt = (state: IncidentState, rules: Rules): number | null => {
  const { respondWithin } = severityPolicy(state, rules);
  if (typeof respondWithin === 'number') return state.declaredAt + elapsed(state, respondWithin);
  const at = Date.parse(rules.moments.respondBy[state.severity] ?? '');
  return Number.isNaN(at) ? null : at;
};

/** What customers are promised of this incident; null: nothing. */
export const customersPromise = (state: IncidentState, rules: Rules): SeverityPolicy['updates']['public'] => {
  const { public: customers } = severityPolicy(state, rules).updates;
  return customers?.when === 'customerFacing' && !state.customerFacing ? null : customers;
};

/** How long a hold lasts that starts at `at`, on the incident's clock. */
export const holdTime = (state: IncidentState, rules: Rules, at: number): number => {
  const { for: time, atLeast = 0, atMost = Number.POSITIVE_INFINITY } = severityPolicy(state, rules).hold;
  if (typeof time === 'number') return elapsed(state, time);
  const wanted = time.timesDuration * (at - state.declaredAt);
  return Math.min(Math.max(wanted, elapsed(state, atLeast)), elapsed(state, atMost));
};
