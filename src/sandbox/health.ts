/**
 * From cause to figure: what the pods do decides where each service's error ratio and answer time are heading;
 * the figure follows smoothly, as a rate over a window does, and is sampled so that a curve can be drawn.
 */
import { isReady, type Pod } from './kubernetes/objects.ts';
import { orderSessions } from './orders.ts';
import type { Figure } from './state.ts';
import type { Mover, World } from './world.ts';

/** Time constants of the story: errors spread while traffic reaches the new pods, and leave the window a little faster. */
const riseMs = 60_000;
const fallMs = 30_000;

const historyMs = 6 * 3_600_000;
const seededMs = 2 * 3_600_000;
const fineMs = 15 * 60_000;
const coarseStepMs = 10_000;

const baselineErrors = 0.002;
const baselineLatencyMs = 110;
const baselineConnections = 0.42;
const ordinaryLatencyMs = 140;

/** The figures Prometheus can be asked for, and where each is heading now. */
export const targets = (world: World): Record<string, number> => {
  const latency = searchLatencyMs(world);
  const connections = connectionShare(world);
  // An order that waits keeps a session of checkout, and whoever finds none is sent away.
  const stuck = Math.min(1, world.state.orders.waiting / orderSessions);
  const result: Record<string, number> = {
    'latency/search': latency,
    'connections/database': connections,
  };
  for (const deployment of world.cluster.store.deployments()) {
    const { name, namespace } = deployment.metadata;
    if (namespace !== 'shop') continue;
    let errors = errorRatio(podsOf(world, name), deployment.spec.replicas);
    if (name === 'catalog' && latency > 600) errors += 0.06;
    if (name === 'payments' && connections > 0.9) errors += 0.12;
    if (name === 'checkout') errors += 0.6 * stuck;
    result[`errors/${name}`] = Math.min(1, errors);
    if (name !== 'search') result[`latency/${name}`] = latencyMs(name, { search: latency, stuck });
  }
  return result;
};

const latencyMs = (name: string, { search, stuck }: { search: number; stuck: number }): number => {
  if (name === 'catalog') return 60 + search * 0.8;
  return name === 'checkout' ? ordinaryLatencyMs + 3_000 * stuck : ordinaryLatencyMs;
};

const podsOf = (world: World, app: string): Pod[] =>
  world.cluster.store
    .pods()
    .filter(
      (pod) => pod.metadata.namespace === 'shop' && pod.metadata.labels?.app === app && !pod.metadata.deletionTimestamp,
    );

/** Crash-looping pods answer with errors between their restarts; too few ready pods refuse what they cannot take. */
const errorRatio = (pods: Pod[], wanted: number): number => {
  const ready = pods.filter(isReady).length;
  if (ready === 0) return 1;
  const failing = pods.filter(
    (pod) => !isReady(pod) && pod.status.containerStatuses?.some((status) => status.restartCount > 0),
  ).length;
  const overload = Math.max(0, 1 - ready / Math.max(1, wanted) - 0.25) * 0.8;
  return baselineErrors + 0.875 * (failing / pods.length) + overload;
};

const searchLatencyMs = (world: World): number => {
  const ready = podsOf(world, 'search').filter(isReady).length;
  if (ready === 0) return 10_000;
  return baselineLatencyMs * Math.max(1, (world.state.searchLoad * 2) / ready) ** 1.7;
};

const connectionShare = (world: World): number => {
  const since = world.state.leakSinceMs;
  const pods = podsOf(world, 'payments');
  if (since === null || pods.length === 0) return baselineConnections;
  const leaking = pods.filter((pod) => Date.parse(pod.metadata.creationTimestamp) < since).length;
  return baselineConnections + 0.55 * (leaking / pods.length);
};

/** The figure at an instant, with the small unrest every real curve has. */
export const figureAt = (name: string, figure: Figure, atMs: number, speed: number): number => {
  const constantMs = (figure.target > figure.value ? riseMs : fallMs) / speed;
  const share = Math.exp(-Math.max(0, atMs - figure.atMs) / constantMs);
  const value = figure.target + (figure.value - figure.target) * share;
  return value * (1 + 0.06 * (noise(`${name}/${Math.floor(atMs / 1_000)}`) - 0.5));
};

/** 0 to 1, the same for the same text. */
const noise = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return (hash >>> 8) / 0x1_00_00_00;
};

export class Health implements Mover {
  private readonly world: World;
  private readonly onSample: (atMs: number) => void;

  /** `onSample` runs at each sample, when every figure is up to date: alert rules are judged there. */
  constructor(world: World, onSample: (atMs: number) => void) {
    this.world = world;
    this.onSample = onSample;
    const now = world.clock.now();
    if (world.state.lastSampleMs === 0) this.seedHistory(now);
  }

  nextDueMs(): number {
    const { state } = this.world;
    const moving = state.runs.some((run) => run.phase !== 'ended') || this.isMoving();
    return state.lastSampleMs + (moving ? Math.min(2_000, Math.max(200, 2_000 / state.speed)) : 15_000);
  }

  runDue(atMs: number): void {
    const { state } = this.world;
    this.follow(atMs);
    for (const [name, figure] of Object.entries(state.figures)) {
      const samples = state.samples[name] ?? [];
      samples.push([atMs, round(figureAt(name, figure, atMs, state.speed))]);
      state.samples[name] = samples;
    }
    state.lastSampleMs = atMs;
    this.thin(atMs);
    this.onSample(atMs);
  }

  /** Call when causes may have changed: each figure turns towards its new target from where it is. */
  follow(atMs: number): void {
    const { figures, speed } = this.world.state;
    for (const [name, target] of Object.entries(targets(this.world))) {
      const figure = figures[name];
      if (!figure) figures[name] = { value: target, atMs, target };
      else if (figure.target !== target) {
        const constantMs = (figure.target > figure.value ? riseMs : fallMs) / speed;
        const share = Math.exp(-Math.max(0, atMs - figure.atMs) / constantMs);
        figures[name] = { value: figure.target + (figure.value - figure.target) * share, atMs, target };
      }
    }
  }

  /** Puts every figure where it is heading: after a reset nothing lingers. */
  jump(atMs: number): void {
    this.world.state.figures = {};
    this.follow(atMs);
    this.runDue(atMs);
  }

  /** The present value, not the last sample. Null for a figure we do not have. */
  now(name: string): number | null {
    const atMs = this.world.nowMs();
    this.follow(atMs);
    const figure = this.world.state.figures[name];
    return figure ? round(figureAt(name, figure, atMs, this.world.state.speed)) : null;
  }

  /** The last sample at or before an instant, at most five minutes old, as Prometheus looks back. */
  at(name: string, atMs: number): number | null {
    const samples = this.world.state.samples[name] ?? [];
    let low = 0;
    let high = samples.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((samples[middle]?.[0] ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    const found = samples[low - 1];
    return found && atMs - found[0] <= 5 * 60_000 ? found[1] : null;
  }

  private isMoving(): boolean {
    return Object.values(this.world.state.figures).some(
      (figure) => Math.abs(figure.value - figure.target) > 0.02 * Math.abs(figure.target) && this.isRecent(figure),
    );
  }
  private isRecent(figure: Figure): boolean {
    return this.world.state.lastSampleMs - figure.atMs < (8 * riseMs) / this.world.state.speed;
  }

  private seedHistory(nowMs: number): void {
    const { state } = this.world;
    for (const [name, target] of Object.entries(targets(this.world))) {
      const figure = { value: target, atMs: nowMs - seededMs, target };
      state.figures[name] = figure;
      state.samples[name] = [];
      for (let atMs = nowMs - seededMs; atMs <= nowMs; atMs += 30_000) {
        state.samples[name].push([atMs, round(figureAt(name, figure, atMs, 1))]);
      }
    }
    state.lastSampleMs = nowMs;
  }

  /** Fine for a quarter of an hour, coarse for six hours, then gone. */
  private thin(nowMs: number): void {
    const { samples } = this.world.state;
    const some = Object.values(samples)[0];
    if (!some || (some.length % 200 !== 0 && (some[0]?.[0] ?? nowMs) > nowMs - historyMs)) return;
    for (const [name, list] of Object.entries(samples)) {
      let keptMs = 0;
      samples[name] = list.filter(([atMs]) => {
        if (atMs < nowMs - historyMs) return false;
        if (atMs < nowMs - fineMs && atMs - keptMs < coarseStepMs) return false;
        keptMs = atMs;
        return true;
      });
    }
  }
}

const round = (value: number): number => Number(value.toPrecision(5));
