/**
 * One child process, kept alive.
 *
 * starting -> ready -> (dies) -> waiting -> starting ... until stopped. Before it was ready for the first time it may
 * die four times within 30 seconds; the fifth death gives up, because something is wrong that waiting does not mend.
 * Later it is started again for ever, with a growing pause that a minute of life resets.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { MusterError, Unavailable } from '../domain/errors.ts';
import type { ProcessList } from './process-list.ts';
import { type Exit, killGroup, lastLogLines, type Running } from './program.ts';

export interface Service {
  name: string;
  logFile: string;
  /** Begins one life. May be called again after the life before has ended. */
  launch(): Promise<Running>;
  /** One look whether it does its work; asked every 100 ms. An exception means no. */
  isReady(running: Running): Promise<boolean>;
  readyWithinMs: number;
  /** The next wave starts without waiting for it, because it knows the address and is patient. Default false. */
  isAwaitedByPatience?: boolean;
}

export interface Tended {
  name: string;
  /** Resolves when it is ready for the first time; rejects when it is given up. */
  firstReady: Promise<void>;
  /** Ends the present life by SIGKILL, as a crash would; false when there is none at the moment. */
  kill(): boolean;
  /** Ends it for good. Idempotent. */
  stop(): Promise<void>;
}

export interface TendingOptions {
  list: ProcessList;
  log: (line: string) => void;
  /** Pauses before the next start, the last one repeated. */
  pausesMs?: readonly number[];
}

const startDeathsMax = 5;
const startDeathsWindowMs = 30_000;
const settledAfterMs = 60_000;
const presetPausesMs = [200, 500, 1_000, 2_000, 5_000];

export const tend = (service: Service, { list, log, pausesMs = presetPausesMs }: TendingOptions): Tended => {
  const stopping = new AbortController();
  let present: Running | null = null;
  let wasReady = false;
  let settle: { resolve: () => void; reject: (error: Error) => void } = { resolve: () => {}, reject: () => {} };
  const firstReady = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  firstReady.catch(() => {});

  const live = async (): Promise<{ livedMs: number; because: string }> => {
    const startedAt = Date.now();
    present = await service.launch();
    const { pid, port, exited } = present;
    const entry = {
      ...{ name: service.name, pid, ...(port === undefined ? {} : { port }) },
      startedAt: new Date(startedAt).toISOString(),
    };
    list.add(entry);
    if (stopping.signal.aborted) await present.stop();
    const becameReady = await untilReady(service, present, stopping.signal);
    if (becameReady) {
      if (wasReady) log(`${service.name} works again (pid ${pid})`);
      wasReady = true;
      list.add({ ...entry, readyAt: new Date().toISOString() });
      settle.resolve();
    } else if (!stopping.signal.aborted && !(await hasEnded(exited))) {
      log(`${service.name} was not ready within ${service.readyWithinMs / 1_000} s; it is ended and started anew`);
      await present.stop();
    }
    const exit = await exited;
    present = null;
    list.remove(service.name);
    return { livedMs: Date.now() - startedAt, because: wordsFor(exit) };
  };

  const run = async (): Promise<void> => {
    const deaths: number[] = [];
    let inARow = 0;
    while (!stopping.signal.aborted) {
      let because: string;
      try {
        const life = await live();
        if (life.livedMs > settledAfterMs) inARow = 0;
        because = life.because;
      } catch (error) {
        // A program that cannot even be run will not be there a second later either.
        if (!wasReady && error instanceof MusterError) return settle.reject(error);
        because = error instanceof Error ? error.message : String(error);
      }
      if (stopping.signal.aborted) return;
      const now = Date.now();
      deaths.push(now);
      const recent = deaths.filter((at) => now - at < startDeathsWindowMs);
      if (!wasReady && recent.length >= startDeathsMax) return settle.reject(gaveUp(service, because));
      const waitMs = pausesMs[Math.min(inARow, pausesMs.length - 1)] ?? 0;
      inARow += 1;
      log(`${service.name} ended (${because}); it is started again in ${waitMs} ms`);
      await pause(waitMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const ended = run();

  return {
    name: service.name,
    firstReady,
    kill: () => {
      if (present === null) return false;
      killGroup(present.pid);
      return true;
    },
    stop: async () => {
      stopping.abort();
      await present?.stop();
      await ended;
      settle.reject(new Unavailable(`${service.name} was stopped`));
    },
  };
};

const untilReady = async (service: Service, running: Running, stopped: AbortSignal): Promise<boolean> => {
  const deadline = Date.now() + service.readyWithinMs;
  while (!stopped.aborted && Date.now() < deadline) {
    if (await service.isReady(running).catch(() => false)) return true;
    if (await hasEnded(running.exited)) return false;
    await pause(100, undefined, { signal: stopped }).catch(() => {});
  }
  return false;
};

const hasEnded = async (exited: Promise<Exit>): Promise<boolean> =>
  (await Promise.race([exited, Promise.resolve('alive')])) !== 'alive';

const wordsFor = ({ code, signal }: Exit): string => (signal ? `killed by ${signal}` : `exit code ${code}`);

const gaveUp = (service: Service, because: string): Unavailable => {
  const lines = lastLogLines(service.logFile).map((line) => `    ${line}`);
  return new Unavailable(
    `${service.name} died ${startDeathsMax} times while starting, last by ${because}. ` +
      (lines.length > 0
        ? `Its last words, from ${service.logFile}:\n${lines.join('\n')}`
        : `${service.logFile} is empty`),
  );
};
