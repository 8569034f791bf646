/**
 * How new alerts of one incident are gathered on their way to its workflow: the first goes at once, then a window of
 * 1 s, 2, 4 ... 30 s is waited for each further batch, and a quiet minute starts over. Pure: the caller has the clock.
 */
export interface Window {
  /** Milliseconds; nothing goes before, unless it is urgent. */
  opensAt: number;
  lengthMs: number;
}

const lengthMsFirst = 1_000;
const lengthMsMax = 30_000;
const quietMs = 60_000;

/** Milliseconds to wait until the next batch may go. */
export const waitMs = (window: Window | undefined, now: number): number => Math.max(0, (window?.opensAt ?? 0) - now);

/** The window after a batch that went at `now`. */
export const nextWindow = (window: Window | undefined, now: number): Window => {
  const lengthMs =
    window && now < window.opensAt + quietMs ? Math.min(window.lengthMs * 2, lengthMsMax) : lengthMsFirst;
  return { opensAt: now + lengthMs, lengthMs };
};

/** True when nothing is left to remember about an incident that has gone quiet. */
export const isOver = (window: Window, now: number): boolean => now >= window.opensAt + quietMs;
