import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities, AdmittedIncident, IncidentInput } from '../../activities/index.ts';
import { muster } from '../../src/domain/incident.ts';
import type { IncidentState, PromiseState } from '../../src/domain/incident-state.ts';
import { admitting } from '../activity-options.ts';
import { Desk } from '../desk.ts';

const { admit } = proxyActivities<Activities>(admitting);

/** Everything is in the input when the API declared it; by hand only a title is, and the first activity fills the rest. */
export const admitIncident = async (input: IncidentInput): Promise<AdmittedIncident> =>
  isComplete(input)
    ? input
    : await admit({ ...input, workflowId: workflowInfo().workflowId, at: new Date(Date.now()).toISOString() });

const isComplete = (input: IncidentInput): input is AdmittedIncident =>
  input.incidentId !== undefined && input.policy !== undefined;

export const openIncident = (admitted: AdmittedIncident, carried: unknown): Desk => {
  const rules = { policy: admitted.policy, roster: admitted.roster };
  // Carried by continue-as-new of this very workflow: the state is what an earlier run wrote.
  const state = carried ? (carried as IncidentState) : firstState(admitted);
  return new Desk(state, rules, admitted.catalogue);
};

const firstState = (input: AdmittedIncident): IncidentState => ({
  id: input.incidentId,
  workflowId: workflowInfo().workflowId,
  title: input.title,
  summary: input.summary,
  pack: input.policy.pack,
  severity: input.severity,
  service: input.service,
  publicName: input.catalogue?.publicName ?? 'our service',
  drill: input.drill,
  speed: input.speed,
  continues: input.continues,
  status: 'declared',
  declaredAt: Date.parse(input.declaredAt),
  declaredBy: input.declaredBy ?? muster,
  acknowledged: null,
  responseLate: false,
  mitigatedAt: null,
  hold: null,
  resolvedAt: null,
  roles: {},
  rolesAsked: false,
  alerts: Object.fromEntries(input.alerts.map((alert) => [alert.fingerprint, alert])),
  batches: [],
  ladderDone: [],
  pages: [],
  updates: { internal: noPromise(), public: noPromise() },
  room: null,
  roomFailed: false,
  publicUrl: null,
  cause: null,
  doing: null,
  fix: null,
  remediation: null,
  remediationsStarted: 0,
  entryCount: 0,
  version: 1,
});

const noPromise = (): PromiseState => ({ dueAt: null, reminded: false, posted: 0, kept: 0, broken: 0 });
