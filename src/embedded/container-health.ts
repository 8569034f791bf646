/**
 * Health of a container, by exit code: `node src/embedded/container-health.ts api | worker | remediation-worker`.
 * The api answers for itself on /healthz. A worker has no port, so Temporal is asked whether this very host polls.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';
import { remediationTaskQueue, taskQueue } from '../domain/names.ts';
import { temporalConnectionOptions } from '../temporal/connection-options.ts';

/** A poll lasts a minute at most, so a living worker has been seen within two. */
const seenWithinMs = 2 * 60_000;
const activityQueue = 2;
const answerWithinMs = 8_000;

const checks: Record<string, () => Promise<boolean>> = {
  api: async () => {
    const url = `http://127.0.0.1:${process.env.MUSTER_PORT || 8080}/healthz`;
    return (await fetch(url, { signal: AbortSignal.timeout(answerWithinMs) })).ok;
  },
  worker: () => isPolling(taskQueue),
  'remediation-worker': () => isPolling(remediationTaskQueue),
};

/** The environment of the process that is looked at, read as it reads it: empty is not given, a file goes before. */
const settings = (): Record<string, string | undefined> => {
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
  const keyFile = given.TEMPORAL_API_KEY_FILE;
  return keyFile === undefined ? given : { ...given, TEMPORAL_API_KEY: readFileSync(keyFile, 'utf8').trim() };
};

/** Poller identities are `pid@host`. */
const isPolling = async (queue: string): Promise<boolean> => {
  const connection = await Connection.connect(temporalConnectionOptions(settings(), '127.0.0.1:7233'));
  try {
    const { pollers } = await connection.withDeadline(Date.now() + answerWithinMs, () =>
      connection.workflowService.describeTaskQueue({
        namespace: process.env.TEMPORAL_NAMESPACE || 'default',
        taskQueue: { name: queue },
        taskQueueType: activityQueue,
      }),
    );
    const since = Date.now() - seenWithinMs;
    return (pollers ?? []).some(
      ({ identity, lastAccessTime }) =>
        identity?.endsWith(`@${hostname()}`) === true && Number(lastAccessTime?.seconds ?? 0) * 1_000 > since,
    );
  } finally {
    await connection.close();
  }
};

const name = process.argv[2] ?? '';
const isHealthy = await (
  checks[name]?.() ?? Promise.reject(new Error(`name one of: ${Object.keys(checks).join(', ')}`))
).catch((error: unknown) => {
  process.stdout.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
  return false;
});
process.exitCode = isHealthy ? 0 : 1;
