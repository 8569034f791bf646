/**
 * The watcher of changes: looks at every place of the catalogue about every 30 s, for as long as the remediation worker
 * runs. Several workers may do so at once. Nothing waits for it, and nothing that fails here stops anything.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { lookForChanges } from '../activities/change-watch.ts';
import { InvalidInput } from '../src/domain/errors.ts';
import { createGate, type Gate } from '../src/domain/gate.ts';
import type { Cluster } from '../src/integrations/integration.ts';
import type { Organisation } from '../src/schema/organisation.ts';
import type { ChangeStore, WatchPlace } from '../src/store/store.ts';

export interface ChangeWatcher {
  store: { changes: ChangeStore };
  organisation: Pick<Organisation, 'services' | 'people'>;
  /** Throws InvalidInput where there is no way to the cluster. */
  cluster(name: string, drill: boolean): Cluster;
  log: { info(facts: object, text: string): void; warn(facts: object, text: string): void };
  /** Ends it, after the look that is under way. */
  signal: AbortSignal;
  /** Between two looks at one place; a fifth more or less, so that workers do not look in step. */
  everyMs?: number;
  /** 0 to 1. */
  random?: () => number;
}

const everyMsDefault = 30_000;
const jitter = 0.2;
/** Places that are looked at at once. */
const lanes = 4;
/** A place that does not answer is asked again after twice as long, up to this. */
const slowestMs = 5 * 60_000;
const keptMs = 90 * 86_400_000;
/** Soon after the start, because a worker may be restarted every day, and then now and again. */
const tidyMs = { first: 10 * 60_000, every: 6 * 3_600_000 };
const tidyBatch = 1_000;
const tidyBatchesMax = 100;

/** Ends with the signal. Never throws. */
export const watchChanges = async (watcher: ChangeWatcher): Promise<void> => {
  const places = placesOf(watcher);
  const gate = createGate(lanes);
  await Promise.all([...places.map((place) => watchPlace(watcher, place, gate)), tidy(watcher)]);
};

/**
 * Namespaces of the catalogue's workloads and the nodes of their clusters: as they are, and as drills play in them. What there
 * is no way to is left out; whoever needs it hears so from a plan.
 */
export const placesOf = ({ organisation, cluster }: Pick<ChangeWatcher, 'organisation' | 'cluster'>): WatchPlace[] => {
  const places = new Map<string, WatchPlace>();
  for (const { workload } of Object.values(organisation.services)) {
    if (!workload) continue;
    for (const drill of [false, true]) {
      if (!isReachable(() => cluster(workload.cluster, drill))) continue;
      for (const namespace of [workload.namespace, '']) {
        const place = { cluster: workload.cluster, namespace, drill };
        places.set(JSON.stringify(place), place);
      }
    }
  }
  return [...places.values()];
};

const isReachable = (reach: () => Cluster): boolean => {
  try {
    reach();
    return true;
  } catch (error) {
    if (error instanceof InvalidInput) return false;
    throw error;
  }
};

const watchPlace = async (watcher: ChangeWatcher, place: WatchPlace, gate: Gate): Promise<void> => {
  const { store, organisation, log, signal, everyMs = everyMsDefault, random = Math.random } = watcher;
  let [missingBefore, troubleBefore, failures] = ['', '', 0];
  // Not all places in the first second of the worker.
  await sleep(everyMs * random() * jitter, signal);
  while (!signal.aborted) {
    try {
      const cluster = watcher.cluster(place.cluster, place.drill);
      const at = new Date().toISOString();
      const look = await gate(() => lookForChanges({ store: store.changes, cluster, organisation, place, at }));
      const missing = look?.missing.join('; ') ?? missingBefore;
      if (missing !== missingBefore && missing !== '')
        log.warn({ ...place }, `changes are watched only in part: ${missing}`);
      if (troubleBefore !== '') log.info({ ...place }, 'changes are watched again');
      if (look && look.recorded.length > 0) log.info({ ...place, changes: look.recorded.length }, 'recorded changes');
      [missingBefore, troubleBefore, failures] = [missing, '', 0];
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      if (trouble !== troubleBefore) log.warn({ ...place }, `changes cannot be watched now: ${trouble}`);
      troubleBefore = trouble;
      failures += 1;
    }
    const waitMs = Math.min(everyMs * 2 ** Math.min(failures, 10), Math.max(slowestMs, everyMs));
    await sleep(waitMs * (1 + jitter * (2 * random() - 1)), signal);
  }
};

/** Gives up what is older than 90 days, a batch at a time so that nobody waits for it. */
const tidy = async ({ store, log, signal, random = Math.random }: ChangeWatcher): Promise<void> => {
  for (let waitMs = tidyMs.first; ; waitMs = tidyMs.every) {
    await sleep(waitMs * (0.5 + random()), signal);
    if (signal.aborted) return;
    try {
      const before = new Date(Date.now() - keptMs).toISOString();
      for (let batch = 0; batch < tidyBatchesMax && !signal.aborted; batch += 1)
        if ((await store.changes.forget(before, tidyBatch)) < tidyBatch) break;
    } catch (error) {
      log.warn({ err: error }, 'old changes cannot be given up now');
    }
  }
};

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  pause(ms, undefined, { signal, ref: false }).then(
    () => undefined,
    () => undefined,
  );
