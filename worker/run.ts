import { setTimeout as pause } from 'node:timers/promises';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Config } from '../src/config.ts';
import { MusterError } from '../src/domain/errors.ts';
import { temporalConnectionOptions } from '../src/temporal/connection-options.ts';
import { readConfig } from './dependencies.ts';
import { heartbeats } from './heartbeats.ts';
import { createLog, joinLogs } from './log.ts';

/** Temporal may come up after us, or be restarted while we start. */
const connectPatienceMs = 5 * 60_000;
const connectPauseMs = { first: 250, most: 5_000 };

export interface Parts {
  options: Omit<WorkerOptions, 'connection' | 'namespace'>;
  /** Called when the last activity has ended. */
  close(): Promise<void>;
}

/**
 * One worker process from start to end: configuration, parts, connection with patience, "ready", work, and on SIGTERM or
 * SIGINT an orderly stop: no new tasks, running activities get their grace, exit 0. Anything it cannot work with is one
 * clear line and exit 1.
 */
export const runWorker = async (
  name: string,
  prepare: (config: Config, log: Logger) => Promise<Parts>,
): Promise<void> => {
  let log = createLog(name, 'info');
  try {
    const config = readConfig(process.env);
    log = createLog(name, config.MUSTER_LOG_LEVEL);
    joinLogs(log);
    const stopping = stopSignal(log);
    const parts = await prepare(config, log);
    try {
      await work(config, parts, stopping, log);
    } finally {
      await parts.close();
    }
    log.info('stopped');
    process.exit(0);
  } catch (error) {
    if (error instanceof MusterError) log.fatal(error.message);
    else log.fatal({ err: error }, 'the worker cannot go on');
    // Temporal's runtime and a bundle in the making would keep a process alive that does nothing any more.
    process.exit(1);
  }
};

const work = async (config: Config, parts: Parts, stopping: AbortSignal, log: Logger): Promise<void> => {
  const connected = await connectPatiently(config, parts, stopping, log);
  if (!connected) return;
  const { worker, connection } = connected;
  const stop = (): void => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  try {
    const running = worker.run();
    stopping.addEventListener('abort', stop);
    if (stopping.aborted) stop();
    log.info({ taskQueue: parts.options.taskQueue }, 'ready');
    await running;
  } finally {
    await connection.close();
  }
};

/** Null: asked to stop before there was a connection. */
const connectPatiently = async (
  config: Config,
  parts: Parts,
  stopping: AbortSignal,
  log: Logger,
): Promise<{ worker: Worker; connection: NativeConnection } | null> => {
  const options = temporalConnectionOptions(config, `127.0.0.1:${config.MUSTER_TEMPORAL_PORT}`);
  const until = performance.now() + connectPatienceMs;
  for (let pauseMs = connectPauseMs.first; !stopping.aborted; pauseMs = Math.min(pauseMs * 2, connectPauseMs.most)) {
    let connection: NativeConnection | undefined;
    try {
      connection = await NativeConnection.connect(options);
      const worker = await Worker.create({
        ...parts.options,
        interceptors: { activity: [heartbeats] },
        connection,
        namespace: config.TEMPORAL_NAMESPACE,
      });
      return { worker, connection };
    } catch (error) {
      await connection?.close().catch(() => undefined);
      if (performance.now() > until) throw error;
      log.warn(
        { address: options.address, reason: error instanceof Error ? error.message : String(error) },
        'Temporal is not there yet',
      );
    }
    await pause(pauseMs, undefined, { signal: stopping }).catch(() => undefined);
  }
  return null;
};

const stopSignal = (log: Logger): AbortSignal => {
  const controller = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'stopping');
      controller.abort();
    });
  }
  return controller.signal;
};
