/** The live stream: says that something changed, and admits when it can no longer know. */
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { serverNow } from './clock.ts';

export interface Live {
  /** Grows with each change; a reader loads again when it does. */
  version: number;
  /** Server time since when nothing is known for sure; null while the stream is up. */
  staleSince: number | null;
}

/** A short gap (a server restart, a train tunnel) is not worth a bar. */
const graceMs = 2_500;
const reopenAfterMs = 3_000;
/** Changes in quick succession are one reading. */
const coalesceMs = 250;
/** A reading without any news, in case a proxy swallowed one. */
const readAnywayMs = 30_000;

export const useLive = (path: string): Live => {
  const [version, setVersion] = useState(0);
  const [staleSince, setStaleSince] = useState<number | null>(null);

  useEffect(() => {
    let source: EventSource | undefined;
    let lostAt: number | null = null;
    let pending: ReturnType<typeof setTimeout> | undefined;
    let grace: ReturnType<typeof setTimeout> | undefined;
    let reopening: ReturnType<typeof setTimeout> | undefined;

    const changed = (): void => {
      pending ??= setTimeout(() => {
        pending = undefined;
        setVersion((known) => known + 1);
      }, coalesceMs);
    };
    const found = (): void => {
      clearTimeout(grace);
      grace = undefined;
      if (lostAt !== null) changed();
      lostAt = null;
      setStaleSince(null);
    };
    const lost = (): void => {
      lostAt ??= serverNow();
      grace ??= setTimeout(() => setStaleSince(lostAt), graceMs);
      if (source?.readyState !== EventSource.CLOSED) return;
      clearTimeout(reopening);
      reopening = setTimeout(open, reopenAfterMs);
    };
    const open = (): void => {
      source?.close();
      source = new EventSource(path);
      source.onopen = found;
      source.onerror = lost;
      source.addEventListener('changed', changed);
    };
    const seenAgain = (): void => {
      if (document.visibilityState === 'visible') changed();
    };

    open();
    const anyway = setInterval(changed, readAnywayMs);
    document.addEventListener('visibilitychange', seenAgain);
    return () => {
      source?.close();
      clearInterval(anyway);
      for (const each of [pending, grace, reopening]) clearTimeout(each);
      document.removeEventListener('visibilitychange', seenAgain);
    };
  }, [path]);

  return { version, staleSince };
};

/** Counters ask it whether they may still tick. */
export const LiveContext = createContext<Live>({ version: 0, staleSince: null });
export const useStaleSince = (): number | null => useContext(LiveContext).staleSince;
