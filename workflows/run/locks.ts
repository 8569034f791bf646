/**
 * The run's own id is the lock on its target. Others that its plan needs are held by small workflows with the ids that
 * runs on those targets would have, in sorted order: a run waits only for locks that sort behind all it holds, so two
 * runs can never wait for each other.
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  type ChildWorkflowHandle,
  condition,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { instant } from '../../src/domain/duration.ts';
import { remediationWorkflowId, taskQueue } from '../../src/domain/names.ts';
import { placeOf } from '../../src/domain/remediation/target.ts';
import type { Plan, Target } from '../../src/schema/remediation.ts';
import { join, release } from '../messages.ts';
import type { Run } from './run.ts';

const askAgainMs = 10_000;

/** Holds a target for its owner until that says so or ends. An incident that wants the target is sent to the owner. */
export async function targetLock({ owner }: { owner: string }): Promise<void> {
  let held = true;
  setHandler(release, () => {
    held = false;
  });
  setHandler(join, async (joining) => {
    await getExternalWorkflowHandle(owner)
      .signal(join, joining)
      .catch(() => {
        // An owner that is gone holds nothing.
        held = false;
      });
  });
  await condition(() => !held);
}

export class Locks {
  private readonly holders: ChildWorkflowHandle<typeof targetLock>[] = [];

  /** False: a target was not free in time, and the run has ended with the reason. */
  async take(run: Run, plan: Plan): Promise<boolean> {
    const own = workflowInfo().workflowId;
    const others = plan.alsoLocks
      .map((target) => ({ id: remediationWorkflowId(target), target }))
      .filter(({ id }) => id !== own)
      .sort((one, other) => (one.id < other.id ? -1 : 1));
    const until = Date.parse(run.view.expiresAt ?? '');
    const startedAt = Date.now();
    for (const { id, target } of others) {
      while (!(await this.holds(id, target, own))) {
        const taken = `another remediation works on ${target.kind} ${placeOf(target)}`;
        if (id < own || Date.now() >= until || run.abandoned !== null) {
          await run.end('refused', 'remediationRefused', `Nothing was changed: ${run.abandoned ?? taken}`);
          return false;
        }
        if (run.view.status !== 'held') await run.write('held', 'remediationHeld', `Waits: ${taken}.`);
        await sleep(run.pause(askAgainMs), { summary: `look whether ${target.kind} ${placeOf(target)} is free` });
      }
    }
    // The time to decide begins when people can.
    run.view.expiresAt = instant(until + Date.now() - startedAt);
    return true;
  }

  async release(): Promise<void> {
    // One that is not there any more holds nothing.
    for (const holder of this.holders.splice(0)) await holder.signal(release).catch(() => undefined);
  }

  private async holds(id: string, target: Target, owner: string): Promise<boolean> {
    try {
      this.holders.push(
        await startChild<typeof targetLock>('targetLock', {
          workflowId: id,
          taskQueue,
          // Whatever becomes of the owner, the lock does not outlive it.
          parentClosePolicy: ParentClosePolicy.TERMINATE,
          staticSummary: `${target.kind} ${placeOf(target)} is held by ${owner}`,
          args: [{ owner }],
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  }
}
