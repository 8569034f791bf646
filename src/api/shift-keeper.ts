import { setTimeout as pause } from 'node:timers/promises';
import type { Shifts } from '../temporal/shifts.ts';

interface Log {
  warn(fields: Record<string, unknown>, words: string): void;
}

const pauseMs = { first: 1_000, most: 60_000 };
/** A workflow that somebody ended, or that a worker with an older organisation let end, comes back within this. */
const againMs = 10 * 60_000;

/**
 * Sees to it that every schedule's shifts are watched, from now on and again and again: starting what runs is harmless.
 * While Temporal is away it tries on without holding anything up.
 */
export const keepShifts = ({
  shifts,
  schedules,
  log,
}: {
  shifts: Pick<Shifts, 'start'>;
  schedules: readonly string[];
  log: Log;
}): { stop(): Promise<void> } => {
  const stopping = new AbortController();
  const startAll = async (): Promise<boolean> => {
    for (const schedule of schedules) {
      try {
        await shifts.start(schedule);
      } catch (error) {
        log.warn(
          { schedule, because: error instanceof Error ? error.message : 'unknown' },
          'a shift is not watched yet',
        );
        return false;
      }
    }
    return true;
  };
  const keep = async (): Promise<void> => {
    for (let waitMs = pauseMs.first; !stopping.signal.aborted; ) {
      const started = await startAll();
      await pause(started ? againMs : waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      waitMs = started ? pauseMs.first : Math.min(waitMs * 2, pauseMs.most);
    }
  };
  const running = keep();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
};
