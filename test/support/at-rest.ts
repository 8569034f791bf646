/**
 * Commands to workflows on the server whose clock jumps (temporal-test-server 1.38). What a test of ours has to know of
 * it, seen in experiments and in its source:
 *
 * - Its clock jumps only in `sleep` and while a result is awaited, and then only between workflow tasks and activities.
 *   At all other times it goes at the pace of the machine's, so sleeping while an answer is awaited gains nothing.
 * - Deadly: a workflow task that cancels a timer which fired after the task had begun. The server refuses it half done
 *   ("invalid history builder state"), neither repeats it nor lets it time out, refuses what comes after it, never
 *   answers the update in it, and its clock jumps no more (github.com/temporalio/sdk-java/issues/2606 and 3088).
 *   Nearly every command changes the next deadline, so none may come just before one. A busy machine makes the task
 *   longer and with it the moment in which this can happen; Temporal itself has no trouble with it.
 * - Also for ever: a task in the cache of a worker that is gone. Only workers that keep no workflows may be restarted.
 * - A task whose worker is slow is given out again after ten seconds. An update that meets the last task of a workflow
 *   makes the server repeat that task; one that comes later is refused at once.
 */
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type HistoryEvent = NonNullable<History['events']>[number];

/** Longer than a workflow task takes on a busy machine. */
const reachMs = 3_000;
/** The server has given a task out four times by then. */
const answerMsMax = 45_000;

/**
 * Sends the command when nothing of the workflow is under way and none of its deadlines is near; one that is passes
 * first. Commands in the middle of everything are what the scenarios on the real server are for. Fails with the end of
 * the history when there is no answer.
 */
export const atRestDo = async <Answer>(
  environment: TestWorkflowEnvironment,
  handle: WorkflowHandle,
  command: () => Promise<Answer>,
): Promise<Answer> => {
  await atRest(handle);
  if (environment.supportsTimeSkipping) await letNearDeadlinePass(environment, handle);
  const silence = new AbortController();
  const patience = setTimeout(() => silence.abort(), answerMsMax);
  try {
    return await environment.connection.withAbortSignal(silence.signal, command);
  } catch (error) {
    if (!silence.signal.aborted) throw error;
    const { events } = await handle.fetchHistory();
    const end = (events ?? []).slice(-8).map(kindOf).join(', ');
    throw new Error(`${handle.workflowId} left a command unanswered for ${answerMsMax} ms; its history ends: ${end}`);
  } finally {
    clearTimeout(patience);
  }
};

/** What has failed twice will be tried for as long as the test lets it fail: that is no reason to wait. */
const attemptsMax = 2;

/** Waits until the workflow has no task and no activity under way; after twenty seconds it is as it is. */
export const atRest = async (handle: WorkflowHandle): Promise<void> => {
  let seen = -1;
  for (const giveUpAt = Date.now() + 20_000; Date.now() < giveUpAt; ) {
    const [{ raw }, { events }] = await Promise.all([handle.describe(), handle.fetchHistory()]);
    const last = events?.at(-1);
    const deciding = last?.workflowTaskScheduledEventAttributes || last?.workflowTaskStartedEventAttributes;
    const count = events?.length ?? 0;
    const busy = raw.pendingActivities?.some(({ attempt }) => (attempt ?? 1) <= attemptsMax) ?? false;
    if (!deciding && !busy && count === seen) return;
    seen = deciding ? -1 : count;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
};

/** Another deadline may follow at once; a workflow that has one every second is taken as it is. */
const letNearDeadlinePass = async (environment: TestWorkflowEnvironment, handle: WorkflowHandle): Promise<void> => {
  for (let deadlines = 0; deadlines < 3; deadlines += 1) {
    const [{ events }, nowMs] = await Promise.all([handle.fetchHistory(), environment.currentTimeMs()]);
    const leftMs = Math.min(...timersOf(events ?? []).map((dueMs) => dueMs - nowMs));
    if (leftMs > reachMs) return;
    await environment.sleep(Math.max(1, leftMs + 1));
    await atRest(handle);
  }
};

/** When the timers that run are due. */
const timersOf = (events: HistoryEvent[]): number[] => {
  const running = new Map<string, number>();
  for (const event of events) {
    const { timerStartedEventAttributes: started } = event;
    if (started) running.set(String(event.eventId), msOf(event.eventTime) + msOf(started.startToFireTimeout));
    const ended = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
    if (ended) running.delete(String(ended.startedEventId));
  }
  return [...running.values()];
};

const msOf = (time: HistoryEvent['eventTime']): number =>
  Number(time?.seconds ?? 0) * 1_000 + (time?.nanos ?? 0) / 1_000_000;

const kindOf = (event: HistoryEvent): string =>
  Object.entries(event)
    .find(([key, value]) => key.endsWith('EventAttributes') && value)?.[0]
    .slice(0, -15) ?? '?';
