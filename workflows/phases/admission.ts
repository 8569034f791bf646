import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities, AdmittedIncident, IncidentInput } from '../../activities/index.ts';
import { firstState } from '../../src/domain/incident/first-state.ts';
import type { IncidentState } from '../../src/domain/incident/state.ts';
import { admitting } from '../activity-options.ts';
import { Desk } from '../desk.ts';

const { admit } = proxyActivities<Activities>(admitting);

/** Everything is in the input when the API declared it; by hand only a title is, and the first activity fills the rest. */
export const admitIncident = async (input: IncidentInput): Promise<AdmittedIncident> =>
  isComplete(input)
    ? input
    : await admit({ ...input, workflowId: workflowInfo().workflowId, at: new Date(Date.now()).toISOString() });

const isComplete = (input: IncidentInput): input is AdmittedIncident =>
  input.incidentId !== undefined && input.policy !== undefined && input.moments !== undefined;

export const openIncident = (admitted: AdmittedIncident, carried: unknown): Desk => {
  const { policy, roster, moments, catalogue, answers = {} } = admitted;
  // Carried by continue-as-new of this very workflow: the state is what an earlier run wrote.
  const state = carried
    ? (carried as IncidentState)
    : firstState({ ...admitted, id: admitted.incidentId, workflowId: workflowInfo().workflowId });
  return new Desk(state, { policy, roster, moments }, catalogue, answers);
};
