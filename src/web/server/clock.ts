/**
 * The server's clock, seen from the browser. An answer's Date header is whole seconds, so each answer only bounds the
 * offset: the true one lies between (date - received) and (date + 1 s - sent). Bounds of many answers narrow it to the
 * round trip; when they contradict each other a clock was set, and the newest answer counts alone.
 */
import { useEffect, useState } from 'preact/hooks';

let lowestOffsetMs = Number.NEGATIVE_INFINITY;
let highestOffsetMs = Number.POSITIVE_INFINITY;

export const observeServerDate = (date: string | null, sentAtMs: number, receivedAtMs: number): void => {
  const serverMs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(serverMs)) return;
  const low = serverMs - receivedAtMs;
  const high = serverMs + 1_000 - sentAtMs;
  const narrowedLow = Math.max(low, lowestOffsetMs);
  const narrowedHigh = Math.min(high, highestOffsetMs);
  const agree = narrowedLow <= narrowedHigh;
  lowestOffsetMs = agree ? narrowedLow : low;
  highestOffsetMs = agree ? narrowedHigh : high;
};

/** Milliseconds since the epoch on the server's clock. */
export const serverNow = (): number =>
  Date.now() + (Number.isFinite(lowestOffsetMs) ? (lowestOffsetMs + highestOffsetMs) / 2 : 0);

const listeners = new Set<(now: number) => void>();
let ticking = false;

const tick = (): void => {
  const now = serverNow();
  for (const listener of listeners) listener(now);
  ticking = listeners.size > 0;
  if (ticking) tickAtNextSecond();
};

/** Just after the second turns, so that rounding is the same for every counter. */
const tickAtNextSecond = (): void => {
  setTimeout(tick, 1_000 - (serverNow() % 1_000) + 5);
};

/** The server's time, once a second for every reader at the same moment. */
export const useNow = (): number => {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    listeners.add(setNow);
    if (!ticking) tickAtNextSecond();
    ticking = true;
    return () => {
      listeners.delete(setNow);
    };
  }, []);
  return now;
};
