/** Which incidents wait for a run: the one that started it, and those that found its target taken and joined. */
import { allHandlersFinished, condition, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow';
import { join, leave, remediationCalls, remediationEnded, remediationJoined } from '../messages.ts';
import type { Run } from './run.ts';

export class Attendance {
  /** Workflow by incident, of those that are told the end by a signal. */
  readonly joined = new Map<string, string>();
  private readonly left = new Set<string>();

  constructor(run: Run) {
    run.awaitedBy = () => {
      const [other] = this.joined.values();
      return this.left.has(run.view.incidentId) ? (other ?? run.input.parent) : run.input.parent;
    };
    setHandler(join, async ({ incidentId, workflowId }) => {
      this.joined.set(incidentId, workflowId);
      this.left.delete(incidentId);
      // Somebody waits for it again.
      run.abandoned = null;
      if (incidentId !== run.view.incidentId && !run.view.joined.includes(incidentId)) {
        run.view.joined = [...run.view.joined, incidentId];
        // On record at once: whoever decides for that incident finds the run by it.
        await run.record();
      }
      const { id, action, target, plan, incidentId: of } = run.view;
      await toldOrGone(() =>
        getExternalWorkflowHandle(workflowId).signal(remediationJoined, {
          remediationId: id,
          incidentId: of,
          action,
          target,
          what: plan?.sentence ?? `${action} on ${target.kind} ${target.name}`,
        }),
      );
    });
    setHandler(leave, ({ incidentId, because }) => {
      this.left.add(incidentId);
      this.joined.delete(incidentId);
      const others = [run.view.incidentId, ...run.view.joined].filter((one) => !this.left.has(one));
      if (others.length === 0) run.abandoned = because;
    });
  }

  async tellTheEnd(run: Run): Promise<void> {
    // An incident hears that it joined before it hears the end, or it would wait for another one.
    await condition(allHandlersFinished);
    for (const workflowId of this.joined.values())
      await toldOrGone(() =>
        getExternalWorkflowHandle(workflowId).signal(remediationEnded, {
          remediationId: run.view.id,
          ...run.result(),
        }),
      );
  }
}

/** Nobody decided in time: an incident that still waits pages the next ones. */
export const callForHelp = async (run: Run, duty: string, why: string): Promise<void> => {
  await toldOrGone(() =>
    getExternalWorkflowHandle(run.awaitedBy()).signal(remediationCalls, { remediationId: run.view.id, duty, why }),
  );
};

/** An incident that is over has nobody left to tell. */
const toldOrGone = async (tell: () => Promise<void>): Promise<void> => {
  try {
    await tell();
  } catch {
    // Its own timeline has what the run wrote.
  }
};
