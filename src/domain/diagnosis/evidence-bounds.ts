import type { Evidence } from '../../schema/evidence.ts';

/** Of the stored JSON: large enough for a hundred lines of several pods, small enough to load with the page. */
export const evidenceBytesMax = 256 * 1024;

/**
 * The same evidence within the bound. What is bulky and least telling goes first, half of it at a time: the oldest lines of
 * logs, then rows of the log search, events, sessions, pods that are well (they come last), points of figures. That
 * something was left out is said in `missing`.
 */
export const bounded = (evidence: Evidence, bytesMax = evidenceBytesMax): Evidence => {
  if (sizeOf(evidence) <= bytesMax) return evidence;
  let kept = { ...evidence, missing: [...evidence.missing, `what is beyond ${Math.round(bytesMax / 1_024)} KiB`] };
  while (kept.logs.some((log) => log.lines.length > fewest) && sizeOf(kept) > bytesMax) kept = lessLog(kept);
  for (const less of cuts) {
    while (sizeOf(kept) > bytesMax) {
      const next = less(kept);
      if (sizeOf(next) === sizeOf(kept)) break;
      kept = next;
    }
  }
  return kept;
};

/** Lines that are kept of a log whatever happens: the last words. */
const fewest = 10;

const lessLog = (evidence: Evidence): Evidence => ({
  ...evidence,
  logs: evidence.logs.map((log) => ({
    ...log,
    lines: log.lines.slice(-Math.max(fewest, Math.ceil(log.lines.length / 2))),
  })),
});

const cuts: ((evidence: Evidence) => Evidence)[] = [
  (evidence) => ({
    ...evidence,
    logSearch: evidence.logSearch && { ...evidence.logSearch, rows: half(evidence.logSearch.rows), complete: false },
  }),
  (evidence) => ({ ...evidence, events: half(evidence.events) }),
  (evidence) => ({
    ...evidence,
    database: evidence.database && {
      ...evidence.database,
      sessions: half(evidence.database.sessions),
      left: evidence.database.left + evidence.database.sessions.length - half(evidence.database.sessions).length,
    },
  }),
  (evidence) => ({
    ...evidence,
    pods: half(evidence.pods),
    missing: [...new Set([...evidence.missing, 'the pods beyond those shown'])],
  }),
  (evidence) => ({ ...evidence, figures: half(evidence.figures) }),
  (evidence) => ({ ...evidence, revisions: half(evidence.revisions) }),
  (evidence) => ({ ...evidence, logs: half(evidence.logs) }),
];

const half = <Item>(items: Item[]): Item[] => items.slice(0, Math.floor(items.length / 2));

const sizeOf = (evidence: Evidence): number => Buffer.byteLength(JSON.stringify(evidence));
