/** How often Muster may act, and when acting again only hides a cause. Pure; counts and histories come from the store. */
import { spanInWords } from '../duration.ts';
import type { Cap } from './mode.ts';
import type { FlapRule, Limits, StormRule } from './mode-rules.ts';

/** Changes that were sent or may have been, without the one in question; drills and live runs are counted apart. */
export interface Counts {
  target: { inWindow: number; inDay: number };
  /** Null: no runbook is behind it. */
  runbook: { inWindow: number } | null;
  cluster: { inWindow: number; running: number };
  total: { inWindow: number };
}

/** Each limit that one more run would break, in words; empty: it may run. */
export const limitsExceeded = (counts: Counts, limits: Limits): string[] => {
  const { perTarget, perRunbook, perCluster, total } = limits;
  const over = (count: number, max: number, what: string, span: string) =>
    count >= max ? [`${count} ${count === 1 ? 'change' : 'changes'} ${what} ${span}, and ${max} are allowed`] : [];
  const within = (ms: number) => `within ${spanInWords(ms)}`;
  return [
    ...over(counts.target.inWindow, perTarget.max, 'of this target', within(perTarget.windowMs)),
    ...over(counts.target.inDay, perTarget.perDay, 'of this target', 'within a day'),
    ...(counts.runbook
      ? over(counts.runbook.inWindow, perRunbook.max, 'by this runbook', within(perRunbook.windowMs))
      : []),
    ...over(counts.cluster.inWindow, perCluster.max, 'in this cluster', within(perCluster.windowMs)),
    ...over(counts.cluster.running, perCluster.concurrent, 'in this cluster', 'at this moment'),
    ...over(counts.total.inWindow, total.max, 'everywhere', within(total.windowMs)),
  ];
};

export const limitCaps = (exceeded: readonly string[]): Cap[] =>
  exceeded.map((because) => ({ mode: 'approve', because }));

/** One time that a runbook helped a target. */
export interface Recovery {
  recoveredAt: string;
  /** When an alert of the same kind fired again; null: not since. */
  cameBackAt: string | null;
}

/**
 * Until when a runbook only recommends itself for a target; null: it does not flap. It does when the last `times` recoveries
 * each lasted less than `within`: the symptom was treated, the cause was not. In milliseconds since the epoch.
 */
export const flapping = (recoveries: readonly Recovery[], rule: FlapRule, atMs: number): number | null => {
  const recent = recoveries
    .filter(({ recoveredAt }) => Date.parse(recoveredAt) > atMs - rule.lookBackMs)
    .toSorted((left, right) => Date.parse(left.recoveredAt) - Date.parse(right.recoveredAt))
    .slice(-rule.times);
  if (recent.length < rule.times) return null;
  const lasted = recent.map(({ recoveredAt, cameBackAt }) =>
    cameBackAt === null ? Number.POSITIVE_INFINITY : Date.parse(cameBackAt) - Date.parse(recoveredAt),
  );
  if (lasted.some((ms) => ms > rule.withinMs)) return null;
  const untilMs = Math.max(...recent.map(({ cameBackAt }) => Date.parse(cameBackAt ?? ''))) + rule.breakerMs;
  return untilMs > atMs ? untilMs : null;
};

export const flapCap = (rule: FlapRule, runbook: string, target: string): Cap => ({
  mode: 'recommend',
  because: `${runbook} helped ${target} ${rule.times} times and each time the alert came back within ${spanInWords(rule.withinMs)}: the symptom is treated, the cause is not`,
});

/** A time during which a service was unwell; `to` null: it still is. */
export interface Unwell {
  service: string;
  from: string;
  to: string | null;
}

export interface StormFacts {
  /** Of live incidents. */
  unwell: readonly Unwell[];
  /** Workloads and nodes that the service stands on, as the caller counts them; null: not counted. One alone is no storm. */
  targets: { unhealthy: number; all: number } | null;
}

/**
 * Why one cause behind it all is likelier than many, in words; null: it is not, and has not been for the cool-down.
 * More than `services` services unwell at one moment, or more than `share` of the targets.
 */
export const storm = ({ unwell, targets }: StormFacts, rule: StormRule, atMs: number): string | null => {
  const worst = mostAtOnce(unwell, atMs - rule.coolDownMs, atMs);
  if (worst > rule.services)
    return `${worst} services were unwell at once within the last ${spanInWords(rule.coolDownMs)}, more than ${rule.services}: look for one cause behind them`;
  if (targets && targets.unhealthy > 1 && targets.unhealthy > rule.share * targets.all)
    return `${targets.unhealthy} of ${targets.all} targets are unwell, more than ${Math.round(rule.share * 100)} %: look for one cause behind them`;
  return null;
};

/** From B2 on; one pod more or less makes no storm worse. */
export const stormCaps = (blastClass: string, because: string | null): Cap[] =>
  because === null || blastClass === 'B0' || blastClass === 'B1' ? [] : [{ mode: 'recommend', because }];

/** The most services that were unwell at one moment of the span. */
const mostAtOnce = (unwell: readonly Unwell[], fromMs: number, toMs: number): number => {
  const spans = unwell
    .map(({ service, from, to }) => ({
      service,
      fromMs: Math.max(fromMs, Date.parse(from)),
      toMs: Math.min(toMs, to === null ? toMs : Date.parse(to)),
    }))
    .filter((span) => span.fromMs <= span.toMs);
  return spans.reduce((most, { fromMs: atMs }) => {
    const then = spans.filter((span) => span.fromMs <= atMs && atMs <= span.toMs);
    return Math.max(most, new Set(then.map(({ service }) => service)).size);
  }, 0);
};
