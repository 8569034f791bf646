import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  condition,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  startChild,
} from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';
import { isOver } from '../../src/domain/incident/state.ts';
import { muster } from '../../src/domain/incident/story.ts';
import { remediationWorkflowId, taskQueue } from '../../src/domain/names.ts';
import { placeOf } from '../../src/domain/remediation/target.ts';
import { type Ending, nextStep } from '../../src/domain/runbook/next.ts';
import type { Actor } from '../../src/schema/incident.ts';
import type { Proposal, RemediationStatus, Target } from '../../src/schema/remediation.ts';
import type { CompiledStep, Verdict } from '../../src/schema/runbook.ts';
import { looking } from '../activity-options.ts';
import type { Desk } from '../desk.ts';
import {
  join,
  leave,
  type RemediationEnded,
  remediationCalls,
  remediationEnded,
  remediationJoined,
} from '../messages.ts';
import { reasonOf } from '../outbox.ts';
import type { remediation } from '../remediation.ts';
import type { RunbookStepInput } from '../run/run.ts';
import { startHold } from './holding.ts';
import { pageDuty } from './paging.ts';

const { outcomeOf } = proxyActivities<Activities>(looking);

export interface Wanted extends Proposal {
  id: string;
  by: Actor;
  /** The step of the incident's runbook that it carries out. */
  step?: string;
  /** Why a person wants it in spite of a freeze. */
  emergency?: string | undefined;
}

/**
 * Starts one run. Its workflow id is the lock on the target: where that is taken already, this incident joins the run
 * that has it and hears of its end.
 */
export const startRemediation = (desk: Desk, wanted: Wanted): void => {
  const { id, target, by, because, action, params, changeAuthor, changeAt, step, emergency } = wanted;
  desk.take({ kind: 'remediationStarted', id, action, target, by, because, step: step ?? null });
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
            parent: desk.state.workflowId,
            action,
            target,
            params,
            proposedBy: by,
            because,
            changeAuthor: changeAuthor ?? null,
            circumstances: {
              emergency: emergency === undefined ? null : { by: by.name, reason: emergency },
              takesBackChangeOf: changeAt ?? null,
              dataSuspicion: desk.state.stopped !== null,
            },
            step: step === undefined ? null : stepInputOf(desk, step),
            policy: policy.remediation,
            symptom: desk.service?.symptom ?? null,
          },
        ],
      });
      // Cancelled while it was being started: the word to leave has found nobody.
      if (isOver(desk.state.status)) await leaveRun(desk);
      // The run outlives this history; what it does not tell here it tells whoever joins it.
      void run.result().then(
        (result) => ended(desk, { remediationId: id, ...result }),
        (error) =>
          ended(desk, { remediationId: id, status: 'failed', allowed: true, outcome: reasonOf(error), tasks: [] }),
      );
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) await joinRun(desk, id, target);
      else desk.take({ kind: 'remediationNotStarted', because: reasonOf(error) });
    }
  });
};

const stepInputOf = (desk: Desk, id: string): RunbookStepInput | null => {
  const { runbook } = desk.state;
  const step = runbook?.steps.find((one) => one.id === id);
  if (!runbook || !step) return null;
  const { name, version, title, builtIn } = runbook;
  const verdicts = Object.keys(step.on) as Verdict[];
  return {
    runbook: { name, version, title, builtIn, step: step.id },
    verify: step.verify,
    deadlineMs: step.deadlineMs,
    revertAfter: verdicts.filter((verdict) => step.on[verdict].to === 'revertAndEscalate'),
  };
};

/** The run on the target tells this incident its end. Throws where there is none. */
const waitFor = ({ state: { id, workflowId } }: Desk, target: Target): Promise<void> =>
  getExternalWorkflowHandle(remediationWorkflowId(target)).signal(join, { incidentId: id, workflowId });

/** Whoever has the target answers at once; after this nobody does. */
const answersWithinMs = 60_000;

const joinRun = async (desk: Desk, wanted: string, target: Target): Promise<void> => {
  const isAnswered = () => desk.state.remediation?.id !== wanted;
  try {
    await waitFor(desk, target);
    if (await condition(isAnswered, answersWithinMs)) return;
  } catch {
    // It ended a moment ago; whether its change helped is the next diagnosis's to see.
  }
  desk.take({
    kind: 'remediationNotStarted',
    because: `another remediation of ${target.kind} ${placeOf(target)} has just ended; propose it again if it is still wanted`,
  });
};

/** Signals of runs: the incident may have joined one of another, or have begun a new history since. */
export const hearRuns = (desk: () => Desk | null): void => {
  setHandler(remediationJoined, (run) => {
    const here = desk();
    if (here && here.state.remediation?.id !== run.remediationId) here.take({ kind: 'remediationJoined', ...run });
  });
  setHandler(remediationEnded, (end) => {
    const here = desk();
    if (here) ended(here, end);
  });
  setHandler(remediationCalls, ({ duty, why, remediationId }) => {
    const here = desk();
    if (here && !isOver(here.state.status)) pageDuty(here, { duty, step: `remediation-${remediationId}-overdue`, why });
  });
};

/** After a new history has begun: the run that goes on, if it does, is asked to tell its end again. */
export const rejoinRun = (desk: Desk): void => {
  const { remediation } = desk.state;
  if (!remediation) return;
  const onRecord = () => outcomeOf({ remediationId: remediation.id }).catch(() => null);
  desk.background(async () => {
    // Another run may have the target by now, so the record is asked first.
    const end = await onRecord();
    if (end) return ended(desk, { remediationId: remediation.id, ...end });
    try {
      await waitFor(desk, remediation.target);
    } catch {
      const found = await onRecord();
      const outcome = 'what became of it is not on record; look at the target';
      ended(desk, {
        remediationId: remediation.id,
        ...(found ?? { status: 'unknown', allowed: true, outcome, tasks: [] }),
      });
    }
  });
};

/** The incident is over: what has not changed anything yet ends, and what has is brought to its end. */
export const leaveRun = async (desk: Desk): Promise<void> => {
  const { remediation, id, status } = desk.state;
  if (!remediation) return;
  try {
    await getExternalWorkflowHandle(remediationWorkflowId(remediation.target)).signal(leave, {
      incidentId: id,
      because: `${id} is ${status}`,
    });
  } catch {
    // It is over as well.
  }
};

/** What only a person can settle wakes one. */
const needsPerson: RemediationStatus[] = [
  'expired',
  'unknown',
  'worse',
  'reverted',
  'revertFailed',
  'failed',
  'inconclusive',
  'ineffective',
];

/** After a yes people count on it: whatever keeps it from being done is news to them. */
const brokenPromises: RemediationStatus[] = ['refused', 'superseded'];

const ended = (desk: Desk, { remediationId, status, allowed, outcome, did, tasks }: RemediationEnded): void => {
  const { remediation, runbook } = desk.state;
  if (remediation?.id !== remediationId) return;
  // A later diagnosis may have chosen another runbook, which knows nothing of this step.
  const isOfRunbook = runbook?.steps.some(({ id }) => id === remediation.step) ?? false;
  const next =
    runbook && isOfRunbook && remediation.step !== null ? nextStep(runbook, remediation.step, status as Ending) : null;
  const still = next?.to === 'finish' ? [...tasks, ...(runbook?.tasks ?? [])] : tasks;
  desk.take({ kind: 'remediationEnded', status, outcome, did: did ?? outcome, tasks: still });
  if (isOver(desk.state.status)) return;
  if (status === 'recovered' && desk.rules.policy.resolution.onRecovered === 'hold' && !desk.state.hold) {
    startHold(desk, { by: muster, why: `verified: ${outcome}` });
  }
  if (runbook && next && remediation.step !== null) {
    if (next.to === 'finish') return;
    if (next.to === 'step') {
      // The next step is chosen by what is the case now, not by what was.
      desk.after = { step: remediation.step, ending: status as Ending };
      desk.wantsDiagnosis = true;
      desk.stir();
      return;
    }
    askPerson(desk, remediationId, status, `${runbook.title}: ${next.because}`);
    return;
  }
  if (needsPerson.includes(status) || (allowed && brokenPromises.includes(status)))
    askPerson(desk, remediationId, status, `remediation ${status}`);
};

const askPerson = (desk: Desk, id: string, status: RemediationStatus, why: string): void =>
  pageDuty(desk, {
    duty: 'on-call',
    step: `remediation-${id}-${status}`,
    why: `${why}: a person has to decide`,
  });

/** What Muster proposes by itself, of a runbook's step. */
export const proposalOf = (step: CompiledStep, because: string): Omit<Wanted, 'id' | 'by'> | null =>
  step.target ? { action: step.action, target: step.target, params: step.params, because, step: step.id } : null;
