/**
 * The runs of scenarios: begun, and then judged by the figures as an alerting rule would: over the threshold for `forMs`,
 * firing, repeated, resolved when it is healthy again.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Deliveries } from './deliveries.ts';
import type { Health } from './health.ts';
import { definitionOf, type Scenario } from './scenarios.ts';
import type { ScenarioRun } from './state.ts';
import type { Mover, World } from './world.ts';

const minuteMs = 60_000;
/** Alertmanager's group_interval, in the story's time. */
const repeatMs = 5 * minuteMs;
/** A resolved scenario is still watched for this long, so that a regression fires again. */
const watchedMs = 60 * minuteMs;

export interface StartOrder {
  drill: string | null;
  speed: number;
  people: boolean;
  severity: string | null;
}

export class ScenarioBook implements Mover {
  private readonly world: World;
  private readonly health: Health;
  private readonly deliveries: Deliveries;
  constructor(world: World, health: Health, deliveries: Deliveries) {
    this.world = world;
    this.health = health;
    this.deliveries = deliveries;
  }

  /** Starting one drill twice is one run. What an earlier run left broken is repaired first. */
  start(scenario: Scenario, order: StartOrder): { run: ScenarioRun; isNew: boolean } {
    const { state } = this.world;
    const known = order.drill === null ? undefined : state.runs.find((run) => run.drill === order.drill);
    if (known) return { run: known, isNew: false };
    if (state.runs.some((run) => run.phase !== 'ended' && definitionOf(run)?.service === scenario.service))
      this.repair();
    const now = this.world.nowMs();
    state.speed = order.speed;
    const run: ScenarioRun = {
      id: randomUUID(),
      name: scenario.name,
      drill: order.drill,
      people: order.people,
      severity: monitorSeverities.has(order.severity ?? '') ? (order.severity ?? '') : scenario.severity,
      startedAtMs: now,
      phase: 'quiet',
      sinceMs: now,
      startsAt: null,
      lastSentMs: 0,
      incidents: [],
      steps: {},
    };
    state.runs = [...state.runs.slice(-40), run];
    scenario.begin(this.world, now);
    this.health.follow(now);
    this.world.changed('fromOutside');
    return { run, isNew: true };
  }

  /** Makes the world healthy; alerts that are firing say so, and every run ends. */
  repair(): void {
    const { state } = this.world;
    const broken = state.runs.some((run) => run.phase !== 'ended') && !this.isHealthy();
    if (broken) this.world.healCluster();
    const now = this.world.nowMs();
    this.health.jump(now);
    for (const run of state.runs) {
      if (run.phase === 'firing') this.judge(run, now);
      run.phase = 'ended';
    }
    state.speed = 1;
    this.world.changed('fromOutside');
  }

  nextDueMs(): number {
    return this.world.state.nodeBackAtMs ?? Number.POSITIVE_INFINITY;
  }
  runDue(atMs: number): void {
    this.world.state.nodeBackAtMs = null;
    for (const node of this.world.cluster.store.nodes()) this.world.cluster.setNodeUp(node.metadata.name, true, atMs);
  }

  /** Judges every rule; called at each sample. */
  judgeAll(atMs: number): void {
    for (const run of this.world.state.runs) if (run.phase !== 'ended') this.judge(run, atMs);
  }

  private isHealthy(): boolean {
    const { state } = this.world;
    const deployments = this.world.cluster.store.deployments();
    return (
      state.searchLoad === 1 &&
      state.leakSinceMs === null &&
      state.nodeBackAtMs === null &&
      state.orders.forgottenSinceMs === null &&
      deployments.every((deployment) => deployment.status.availableReplicas === deployment.spec.replicas)
    );
  }

  private judge(run: ScenarioRun, atMs: number): void {
    const scenario = definitionOf(run);
    if (!scenario) return;
    const value = this.valueOf(scenario, atMs);
    const isOver = value > scenario.threshold;
    switch (run.phase) {
      case 'quiet':
      case 'resolved':
        if (isOver) this.turn(run, 'pending', atMs);
        else if (run.phase === 'resolved' && atMs - run.sinceMs > this.world.scaledMs(watchedMs))
          this.turn(run, 'ended', atMs);
        break;
      case 'pending':
        if (!isOver) this.turn(run, 'quiet', atMs);
        else if (atMs - run.sinceMs >= this.world.scaledMs(scenario.forMs)) {
          this.turn(run, 'firing', atMs);
          run.startsAt = new Date(atMs).toISOString();
          this.post(run, scenario, { value, atMs, status: 'firing' });
        }
        break;
      case 'firing':
        if (!isOver) {
          this.turn(run, 'resolved', atMs);
          this.post(run, scenario, { value, atMs, status: 'resolved' });
        } else if (atMs - run.lastSentMs >= this.world.scaledMs(repeatMs)) {
          this.post(run, scenario, { value, atMs, status: 'firing' });
        }
        break;
      case 'ended':
        break;
    }
  }

  private turn(run: ScenarioRun, phase: ScenarioRun['phase'], atMs: number): void {
    run.phase = phase;
    run.sinceMs = atMs;
  }

  private valueOf(scenario: Scenario, atMs: number): number {
    if (scenario.figure === 'nodesDown') return this.world.state.nodeBackAtMs === null ? 0 : 1;
    return this.health.at(scenario.figure, atMs) ?? 0;
  }

  private post(
    run: ScenarioRun,
    scenario: Scenario,
    now: { value: number; atMs: number; status: 'firing' | 'resolved' },
  ): void {
    run.lastSentMs = now.atMs;
    this.deliveries.send({
      kind: 'alertmanager',
      subject: `${run.id}/${now.status}`,
      run: run.id,
      body: JSON.stringify(alertmanagerPayload(run, scenario, now)),
    });
  }
}

const monitorSeverities = new Set(['critical', 'error', 'warning', 'info']);

/** The webhook of Alertmanager, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config). */
const alertmanagerPayload = (
  run: ScenarioRun,
  scenario: Scenario,
  now: { value: number; atMs: number; status: 'firing' | 'resolved' },
) => {
  const labels: Record<string, string> = {
    alertname: scenario.alertname,
    deployment: scenario.deployment,
    namespace: 'shop',
    service: scenario.service,
    severity: run.severity,
    ...(run.drill ? { muster_drill: run.drill } : {}),
  };
  const annotations = {
    summary: scenario.summary,
    description: scenario.description,
    value: String(Number(now.value.toPrecision(4))),
  };
  return {
    version: '4',
    groupKey: `{}:{alertname="${scenario.alertname}"}`,
    truncatedAlerts: 0,
    status: now.status,
    receiver: 'muster',
    groupLabels: { alertname: scenario.alertname },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: 'http://alertmanager.lanternfish.example',
    alerts: [
      {
        status: now.status,
        labels,
        annotations,
        startsAt: run.startsAt,
        endsAt: now.status === 'firing' ? '0001-01-01T00:00:00Z' : new Date(now.atMs).toISOString(),
        generatorURL: `http://prometheus.lanternfish.example/graph?g0.expr=${encodeURIComponent(scenario.figure)}`,
        fingerprint: createHash('sha256').update(JSON.stringify(labels)).digest('hex').slice(0, 16),
      },
    ],
  };
};
