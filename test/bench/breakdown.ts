/** Where the time of a page went, read from the workflow's own history: the server's instants, to the millisecond. */
import type { Client } from '@temporalio/client';
import { percentile, rounded } from './figures.ts';

/** Instants of one sample in Unix milliseconds. */
export interface Sample {
  workflowId: string;
  sentAt: number;
  answeredAt: number;
  arrivedAt: number;
}

export type Breakdown = Record<string, number>;

/** Median of each stretch. `activityType` is the activity that makes the page. */
export const breakdownOf = async (
  client: Client,
  samples: readonly Sample[],
  activityType: string,
): Promise<Breakdown> => {
  const stretches: Record<string, number[]> = {};
  for (const sample of samples) {
    for (const [name, ms] of Object.entries(await stretchesOf(client, sample, activityType))) {
      stretches[name] = [...(stretches[name] ?? []), ms];
    }
  }
  return Object.fromEntries(
    Object.entries(stretches).map(([name, values]) => [name, rounded(percentile(values, 0.5))]),
  );
};

const stretchesOf = async (client: Client, sample: Sample, activityType: string): Promise<Record<string, number>> => {
  const { events } = await client.workflow.getHandle(sample.workflowId).fetchHistory();
  const at = (time: { seconds?: unknown; nanos?: number | null } | null | undefined): number =>
    Number(time?.seconds ?? 0) * 1_000 + (time?.nanos ?? 0) / 1e6;
  const all = events ?? [];
  const scheduled = all.find(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activityType,
  );
  const taskStarted = all.find((event) => event.workflowTaskStartedEventAttributes);
  const activityStarted = all.find(
    (event) => Number(event.activityTaskStartedEventAttributes?.scheduledEventId ?? -1) === Number(scheduled?.eventId),
  );
  const started = at(all[0]?.eventTime);
  const marks = [started, at(taskStarted?.eventTime), at(scheduled?.eventTime), at(activityStarted?.eventTime)];
  if (marks.some((mark) => mark === 0)) return {};
  const [, taskAt = 0, scheduledAt = 0, activityAt = 0] = marks;
  return {
    'sent to answered': sample.answeredAt - sample.sentAt,
    'sent to workflow started': started - sample.sentAt,
    'to workflow task picked up': taskAt - started,
    'to page scheduled': scheduledAt - taskAt,
    'to activity picked up': activityAt - scheduledAt,
    'to page arrived': sample.arrivedAt - activityAt,
  };
};
