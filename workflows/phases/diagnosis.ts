import { proxyActivities } from '@temporalio/workflow';
import type { Diagnosis, RemediationActivities } from '../../activities/index.ts';
import { isOver } from '../../src/domain/incident/state.ts';
import { muster } from '../../src/domain/incident/story.ts';
import { firstStep, nextStep } from '../../src/domain/runbook/next.ts';
import { diagnosing } from '../activity-options.ts';
import type { Desk } from '../desk.ts';
import { reasonOf } from '../outbox.ts';
import { pageDuty } from './paging.ts';
import { proposalOf, startRemediation, type Wanted } from './remediating.ts';

const activities = proxyActivities<RemediationActivities>(diagnosing);

/** Reads the evidence and goes on as the runbook that fits says; without one it proposes to take back a change that stands out. */
export const diagnose = (desk: Desk): void => {
  const { service, after } = desk;
  desk.wantsDiagnosis = false;
  desk.after = null;
  if (!service?.target) return;
  desk.background(async () => {
    const { state, rules } = desk;
    try {
      const diagnosis = await activities.diagnose({
        incident: desk.context,
        key: `${state.id}/diagnosis/${state.version}`,
        service,
        alerts: Object.values(state.alerts),
        answers: desk.answers,
        lookBackMs: rules.policy.remediation.lookBack,
        runbook: after && state.runbook ? { name: state.runbook.name, version: state.runbook.version } : null,
        at: new Date(Date.now()).toISOString(),
      });
      const { finding, suspects, missing } = diagnosis;
      const { stopped } = desk.state;
      // A runbook keeps the version it began with, also when that is no longer there to be asked again.
      const runbook = diagnosis.runbook ?? (after ? desk.state.runbook : null);
      desk.take({ kind: 'diagnosed', finding, suspects, missing, runbook });
      if (runbook?.stop && !stopped) {
        const { page, because } = runbook.stop;
        pageDuty(desk, { duty: page, step: `stop-${runbook.name}`, why: because });
      }
      const wanted = next(desk, diagnosis, after);
      if (wanted && !desk.state.remediation && !isOver(desk.state.status) && !desk.state.stopped) {
        startRemediation(desk, { ...wanted, id: `${state.id}-r${desk.state.remediationsStarted + 1}`, by: muster });
      }
    } catch (error) {
      desk.take({ kind: 'diagnosisFailed', because: reasonOf(error) });
      // In the middle of a runbook nobody else would notice that it stands still.
      if (after && !isOver(desk.state.status))
        pageDuty(desk, {
          duty: 'on-call',
          step: `runbook-${after.step}-unseen`,
          why: `${after.step} was ${after.ending}, and what to do next could not be found out: a person has to decide`,
        });
    }
  });
};

const next = (
  desk: Desk,
  { proposal, suspects }: Diagnosis,
  after: Desk['after'],
): Omit<Wanted, 'id' | 'by'> | null => {
  const { runbook } = desk.state;
  if (!runbook)
    return proposal && { ...proposal, changeAuthor: suspects[0]?.author ?? null, changeAt: suspects[0]?.at ?? null };
  const found = after ? nextStep(runbook, after.step, after.ending) : firstStep(runbook);
  if (found.to === 'step') {
    const wanted = proposalOf(found.step, `${runbook.because} ${found.step.why}`.trim());
    return wanted && { ...wanted, changeAuthor: suspects[0]?.author ?? null, changeAt: suspects[0]?.at ?? null };
  }
  if (!runbook.stop)
    pageDuty(desk, {
      duty: 'on-call',
      step: `runbook-${runbook.name}-${after?.step ?? 'first'}`,
      why: `${runbook.title}: ${found.to === 'finish' ? 'nothing further to do' : found.because}: a person has to decide`,
    });
  return null;
};
