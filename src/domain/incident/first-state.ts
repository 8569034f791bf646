import type { AlertReference } from '../../schema/alert.ts';
import type { Actor, IncidentView } from '../../schema/incident.ts';
import type { Policy } from '../../schema/policy.ts';
import type { IncidentState, PromiseState, Rules } from './state.ts';
import { viewOf } from './view.ts';

/** What is known of an incident when it is declared. */
export interface Declared {
  id: string;
  workflowId: string;
  title: string;
  summary: string | null;
  policy: Pick<Policy, 'pack'>;
  severity: string;
  service: string | null;
  team: string | null;
  catalogue: { publicName: string; customerFacing: boolean } | null;
  drill: boolean;
  speed: number;
  continues: string | null;
  declaredAt: string;
  declaredBy: Actor;
  alerts: readonly AlertReference[];
}

/** The state before the first fact. */
export const firstState = (declared: Declared): IncidentState => ({
  id: declared.id,
  workflowId: declared.workflowId,
  title: declared.title,
  summary: declared.summary,
  pack: declared.policy.pack,
  severity: declared.severity,
  service: declared.service,
  team: declared.team,
  publicName: declared.catalogue?.publicName ?? 'our service',
  customerFacing: declared.catalogue?.customerFacing ?? true,
  drill: declared.drill,
  speed: declared.speed,
  continues: declared.continues,
  status: 'declared',
  declaredAt: Date.parse(declared.declaredAt),
  declaredBy: declared.declaredBy,
  acknowledged: null,
  responseLate: false,
  mitigatedAt: null,
  hold: null,
  resolvedAt: null,
  roles: {},
  rolesAsked: false,
  alerts: Object.fromEntries(declared.alerts.map((alert) => [alert.fingerprint, alert])),
  batches: [],
  ladderDone: [],
  pages: [],
  contacts: [],
  noticesDone: [],
  updates: { internal: noPromise(), public: noPromise() },
  room: null,
  roomFailed: false,
  publicUrl: null,
  cause: null,
  said: {},
  doing: null,
  fix: null,
  remediation: null,
  runbook: null,
  stopped: null,
  tasks: [],
  remediationsStarted: 0,
  entryCount: 0,
  version: 1,
});

/** What may be read before the workflow has said anything: version 0 gives way to whatever it writes. */
export const firstView = (declared: Declared, rules: Rules): IncidentView => ({
  ...viewOf(firstState(declared), rules),
  deadlines: [],
  version: 0,
});

const noPromise = (): PromiseState => ({ dueAt: null, reminded: false, posted: 0, kept: 0, broken: 0 });
