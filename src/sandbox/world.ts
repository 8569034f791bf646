/**
 * The world behind the vendors: one cluster, its figures, the phones, the chat, and a clock that ties cause to effect.
 * Instants are those of the clock; only durations of the story are divided by `speed`, as in a drill.
 * Everything happens at computed instants, so a world that was not looked at for a minute has the same history.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Organisation } from '../schema/organisation.ts';
import { seedEndpoints } from './endpoints.ts';
import { Cluster } from './kubernetes/cluster.ts';
import { seedCluster } from './kubernetes/seed.ts';
import { quietOrders } from './orders.ts';
import { emptyChannels } from './slack.ts';
import { noEffects, type WorldState } from './state.ts';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

/** A part of the world that does things by itself. */
export interface Mover {
  /** Infinity: nothing planned. */
  nextDueMs(): number;
  runDue(atMs: number): void;
}

const saveDelayMs = 150;
const saveEveryMs = 2_000;

export class World {
  readonly organisation: Organisation;
  readonly clock: Clock;
  state: WorldState;
  cluster: Cluster;
  private readonly dataFile: string | null;
  private readonly movers: Mover[] = [];
  private readonly watchers = new Set<() => void>();
  private atMs: number;
  private saveTimer: NodeJS.Timeout | null = null;
  private savedText = 0;

  constructor(options: { organisation: Organisation; clock: Clock; dataFile: string | null }) {
    this.organisation = options.organisation;
    this.clock = options.clock;
    this.dataFile = options.dataFile;
    this.atMs = options.clock.now();
    this.state = read(options.dataFile, this.atMs) ?? healthyWorld(options.organisation, this.atMs);
    this.cluster = new Cluster(this.state.cluster, () => this.state.speed);
    this.movers.push({
      nextDueMs: () => this.cluster.nextDueMs(),
      runDue: (atMs) => this.cluster.runDue(atMs),
    });
  }

  addMover(mover: Mover): void {
    this.movers.push(mover);
  }

  /** Lets everything happen that is due, and answers the time. */
  nowMs(): number {
    const now = Math.max(this.clock.now(), this.atMs);
    let happened = false;
    for (let due = this.nextDueMs(); due <= now; due = this.nextDueMs()) {
      this.atMs = Math.max(this.atMs, due);
      for (const mover of this.movers) if (mover.nextDueMs() <= this.atMs) mover.runDue(this.atMs);
      happened = true;
    }
    this.atMs = now;
    if (happened) this.changed('byItself');
    return now;
  }
  nowIso(): string {
    return new Date(this.nowMs()).toISOString();
  }
  nextDueMs(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.movers.map((mover) => mover.nextDueMs()));
  }

  /** A duration of the story in milliseconds of the clock. */
  scaledMs(storyMs: number): number {
    return storyMs / this.state.speed;
  }

  /** Puts the healthy cluster in the place of the present one; what people saw and wrote stays. */
  healCluster(): void {
    const now = this.nowMs();
    this.state.cluster = seedCluster(now);
    this.state.endpoints = seedEndpoints(now);
    this.cluster = new Cluster(this.state.cluster, () => this.state.speed);
    this.state.searchLoad = 1;
    this.state.leakSinceMs = null;
    this.state.nodeBackAtMs = null;
    this.state.orders = quietOrders();
    this.changed('fromOutside');
  }

  /** Forgets pages, messages, posts, mails and counts as well. */
  forget(): void {
    const fresh = healthyWorld(this.organisation, this.nowMs());
    const { pages, channels, statusIncidents, components, mails, effects } = fresh;
    Object.assign(this.state, { pages, channels, statusIncidents, components, mails, effects, runs: [], outgoing: [] });
    this.changed('fromOutside');
  }

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Call after each change; what a request changed is on disk soon, what only moves a curve a little later. */
  changed(why: 'fromOutside' | 'byItself'): void {
    for (const watcher of this.watchers) watcher();
    if (!this.dataFile) return;
    const delayMs =
      why === 'fromOutside' ? saveDelayMs : Math.max(saveDelayMs, this.savedText + saveEveryMs - Date.now());
    if (this.saveTimer && why === 'byItself') return;
    if (this.saveTimer) clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => this.save(), delayMs);
    this.saveTimer.unref();
  }

  /** Atomic: a reader sees the old file or the new one. */
  save(): void {
    if (this.saveTimer) clearTimeout(this.saveTimer);
    this.saveTimer = null;
    if (!this.dataFile) return;
    this.state.savedAtMs = this.atMs;
    mkdirSync(dirname(this.dataFile), { recursive: true });
    writeFileSync(`${this.dataFile}.new`, JSON.stringify(this.state), { mode: 0o600 });
    renameSync(`${this.dataFile}.new`, this.dataFile);
    this.savedText = Date.now();
  }
}

const healthyWorld = (organisation: Organisation, nowMs: number): WorldState => ({
  format: 1,
  createdAtMs: nowMs,
  savedAtMs: nowMs,
  speed: 1,
  releases: 0,
  cluster: seedCluster(nowMs),
  endpoints: seedEndpoints(nowMs),
  figures: {},
  samples: {},
  lastSampleMs: 0,
  searchLoad: 1,
  leakSinceMs: null,
  nodeBackAtMs: null,
  orders: quietOrders(),
  pages: [],
  channels: emptyChannels(organisation, nowMs),
  lastTs: 0,
  statusIncidents: [],
  components: Object.values(organisation.services)
    .filter((service) => service.component !== undefined)
    .map((service) => ({
      id: service.component ?? '',
      name: service.publicName,
      status: 'operational',
      updatedAt: new Date(nowMs).toISOString(),
    })),
  mails: [],
  runs: [],
  outgoing: [],
  effects: noEffects(),
});

/**
 * The world slept while the sandbox was down: everything that was pending is pending still, later by the gap.
 * A file that cannot be read is put aside, and the world begins healthy.
 */
const read = (file: string | null, nowMs: number): WorldState | null => {
  if (!file || !existsSync(file)) return null;
  const state = parse(file);
  if (!state) {
    renameSync(file, `${file}.unreadable`);
    return null;
  }
  // A file of before the sandbox had endpoints, or a database.
  state.endpoints ??= seedEndpoints(nowMs);
  state.orders ??= quietOrders();
  state.effects = { ...noEffects(), ...state.effects };
  const gapMs = nowMs - state.savedAtMs;
  for (const { until } of Object.values(state.endpoints.switches)) if (until) until.atMs += gapMs;
  for (const life of Object.values(state.cluster.lives)) life.at += gapMs;
  shiftAll(state.cluster.progress, gapMs);
  for (const figure of Object.values(state.figures)) figure.atMs += gapMs;
  if (state.nodeBackAtMs !== null) state.nodeBackAtMs += gapMs;
  if (state.orders.forgottenSinceMs !== null) state.orders.forgottenSinceMs += gapMs;
  state.lastSampleMs = nowMs;
  for (const run of state.runs) {
    run.startedAtMs += gapMs;
    run.sinceMs += gapMs;
    shiftAll(run.steps, gapMs);
  }
  return state;
};

const shiftAll = (times: Record<string, number>, byMs: number): void => {
  for (const [name, at] of Object.entries(times)) times[name] = at + byMs;
};

const parse = (file: string): WorldState | null => {
  try {
    const state = JSON.parse(readFileSync(file, 'utf8')) as WorldState;
    return state.format === 1 ? state : null;
  } catch {
    return null;
  }
};
