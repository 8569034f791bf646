import { DefaultLogger, type LogLevel, Runtime } from '@temporalio/worker';
import { type Logger, pino } from 'pino';

/** One JSON line per event on stdout, with the process's name. */
export const createLog = (name: string, level: string): Logger => pino({ name, level });

/** Temporal's own lines join ours; its signal handling stays off, because run.ts stops the process in order. Once per process, before anything else of Temporal. */
export const joinLogs = (log: Logger): void => {
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => log[levels[level]](meta ?? {}, message)),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'WARN' }, forward: {} } },
    shutdownSignals: [],
  });
};

const levels: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  // "Worker state changed", "Workflow completed" ...: one line per step of each incident would drown ours.
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
};
