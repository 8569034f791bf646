import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { type ChildWorkflowHandle, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { isOver } from '../../src/domain/incident-state.ts';
import { remediationWorkflowId, taskQueue } from '../../src/domain/names.ts';
import { muster } from '../../src/domain/story.ts';
import { placeOf } from '../../src/domain/target.ts';
import type { Actor } from '../../src/schema/incident.ts';
import type { Proposal, RemediationStatus } from '../../src/schema/remediation.ts';
import type { Desk } from '../desk.ts';
import { reasonOf } from '../outbox.ts';
import type { remediation } from '../remediation.ts';
import { startHold } from './holding.ts';
import { pageDuty } from './paging.ts';

/** Starts one run; its workflow id is the lock on the target, so a second run on the same target cannot start. */
export const startRemediation = (desk: Desk, proposal: Proposal & { id: string; by: Actor }): void => {
  const { id, target, by, because, action, params } = proposal;
  desk.take({ kind: 'remediationStarted', id, action, target, by, because });
  const { policy } = desk.rules;
  desk.background(async () => {
    try {
      const run = await startChild<typeof remediation>('remediation', {
        workflowId: remediationWorkflowId(target),
        taskQueue,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `${action} on ${target.kind} ${placeOf(target)} for ${desk.state.id}`,
        args: [
          {
            remediationId: id,
            incident: desk.context,
            action,
            target,
            params,
            proposedBy: by,
            because,
            policy: policy.remediation,
            symptom: desk.service?.symptom ?? null,
          },
        ],
      });
      await followRun(desk, id, run);
    } catch (error) {
      const taken = error instanceof WorkflowExecutionAlreadyStartedError;
      desk.take({
        kind: 'remediationNotStarted',
        because: taken ? `another remediation of ${target.kind} ${target.name} is running` : reasonOf(error),
      });
    }
  });
};

/** What only a person can settle wakes one. */
const needsPerson: RemediationStatus[] = [
  'expired',
  'unknown',
  'worse',
  'revertFailed',
  'failed',
  'inconclusive',
  'ineffective',
];

const followRun = async (desk: Desk, id: string, run: ChildWorkflowHandle<typeof remediation>): Promise<void> => {
  let status: RemediationStatus = 'failed';
  let outcome: string;
  let did: string | undefined;
  try {
    ({ status, outcome, did } = await run.result());
  } catch (error) {
    outcome = reasonOf(error);
  }
  desk.take({ kind: 'remediationEnded', status, outcome, did: did ?? outcome });
  if (isOver(desk.state.status)) return;
  if (status === 'recovered' && desk.rules.policy.resolution.onRecovered === 'hold' && !desk.state.hold) {
    startHold(desk, { by: muster, why: `verified: ${outcome}` });
  }
  if (needsPerson.includes(status)) {
    pageDuty(desk, {
      duty: 'on-call',
      step: `remediation-${id}-${status}`,
      why: `remediation ${status}: a person has to decide`,
    });
  }
};
