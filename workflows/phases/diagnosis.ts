import { proxyActivities } from '@temporalio/workflow';
import type { RemediationActivities } from '../../activities/index.ts';
import { muster } from '../../src/domain/story.ts';
import { diagnosing } from '../activity-options.ts';
import type { Desk } from '../desk.ts';
import { reasonOf } from '../outbox.ts';
import { startRemediation } from './remediating.ts';

const activities = proxyActivities<RemediationActivities>(diagnosing);

/** Reads the evidence and, where one change stands out, proposes the remediation that takes it back. */
export const diagnose = (desk: Desk): void => {
  desk.wantsDiagnosis = false;
  const { service } = desk;
  if (!service?.target) return;
  desk.background(async () => {
    const { state, rules } = desk;
    try {
      const diagnosis = await activities.diagnose({
        incident: desk.context,
        key: `${state.id}/diagnosis/${state.version}`,
        service,
        alerts: Object.values(state.alerts),
        lookBackMs: rules.policy.remediation.lookBack,
        at: new Date(Date.now()).toISOString(),
      });
      const { finding, suspects, missing, proposal } = diagnosis;
      desk.take({ kind: 'diagnosed', finding, suspects, missing });
      if (proposal && !desk.state.remediation && desk.state.resolvedAt === null) {
        startRemediation(desk, { ...proposal, id: `${state.id}-r${desk.state.remediationsStarted + 1}`, by: muster });
      }
    } catch (error) {
      desk.take({ kind: 'diagnosisFailed', because: reasonOf(error) });
    }
  });
};
