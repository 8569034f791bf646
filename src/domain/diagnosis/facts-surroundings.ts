/** Facts about what stands around the workload: room to grow, database, logs, and what the alerts claim. */
import type { Evidence } from '../../schema/evidence.ts';
import { type FactParts, factTable } from './fact-table.ts';
import type { AlertForFacts } from './facts.ts';

type Part<Group extends keyof FactParts> = NonNullable<FactParts[Group]>;

/** An empty list is one that nobody could see or that there is nothing of: either way nothing is known. */
export const roomFacts = ({ autoscalers, quotas, budgets }: Evidence): FactParts => {
  const [autoscaler] = autoscalers;
  const share = quotas.length > 0 ? Math.max(...quotas.map((quota) => quota.share)) : undefined;
  return {
    ...(autoscaler && {
      autoscaler: {
        min: autoscaler.min,
        max: autoscaler.max,
        current: autoscaler.current,
        atMax: autoscaler.atMaximum,
      },
    }),
    ...(share !== undefined && { quota: { share, exhausted: share >= 1 } }),
    ...(budgets.length > 0 && {
      budget: { disruptionsAllowed: Math.min(...budgets.map((budget) => budget.allowed)) },
    }),
  };
};

export const endpointFacts = ({ endpoints }: Evidence): Part<'endpoints'> =>
  endpoints.length === 0
    ? {}
    : {
        ready: endpoints.reduce((sum, { ready }) => sum + ready, 0),
        notReady: endpoints.reduce((sum, { notReady }) => sum + notReady, 0),
      };

/**
 * Where sessions were left out, the idle ones go first and each group is listed oldest first: how old the oldest is stays
 * known, and how many there are is only known of what stands before the first idle one.
 */
export const databaseFacts = ({ database }: Evidence): Part<'database'> => {
  if (!database) return {};
  const { connections, sessions, left, blockers } = database;
  const inState = (state: string) => sessions.filter((session) => session.state.startsWith(state));
  const [active, stuck] = [inState('active'), inState('idle in transaction')];
  const running = active.filter(({ blockedBy }) => blockedBy.length === 0);
  const idle = sessions.filter(({ state }) => state === 'idle');
  const sawAllBusy = left === 0 || idle.length > 0;
  const oldestMinutes = (some: { ageSeconds: number }[], all: boolean) => {
    if (some.length === 0) return all ? 0 : undefined;
    return Math.max(...some.map(({ ageSeconds }) => ageSeconds)) / 60;
  };
  return {
    connections: connections.used,
    connectionsMax: connections.max - connections.reserved,
    usedRatio: connections.used / (connections.max - connections.reserved),
    ...(sawAllBusy && {
      active: active.length,
      idleInTransaction: stuck.length,
      blocked: sessions.filter(({ blockedBy }) => blockedBy.length > 0).length,
    }),
    ...(left === 0 && { idle: idle.length }),
    longestActiveMinutes: oldestMinutes(running, sawAllBusy),
    longestIdleMinutes: oldestMinutes(idle, left === 0),
    longestIdleInTransactionMinutes: oldestMinutes(stuck, sawAllBusy),
    blockers: blockers.length,
    // Who holds others up is listed first, so one that is left out is left out of the blockers too.
    activeBlockers: blockers.filter(({ pid }) => running.some((session) => session.pid === pid)).length,
  };
};

/** Lines that show nothing known are an answer; no lines are none. */
export const logFacts = ({ signatures, logs, logSearch }: Evidence): Part<'logs'> =>
  signatures.length + logs.length > 0 || logSearch ? { signatures: signatures.map(({ name }) => name).sort() } : {};

const suspicions = {
  data: ['dataLoss', 'suspectedCorruption'],
  security: ['unauthorisedAccess', 'dataBreach', 'activeExploit'],
};

/** Of several alerts the worst figure counts. Suspicion is a claim: where nobody makes it, there is none. */
export const signalFacts = (alerts: AlertForFacts[]): FactParts => {
  const given = (name: string) => alerts.flatMap(({ signals }) => signals?.[name] ?? []);
  const claimed = (names: string[]) => names.some((name) => given(name).includes(true));
  const signals = Object.entries(factTable.signals).map(([name, { type }]) => {
    if (type === 'truth') return [name, given(name).includes(true) || undefined];
    const figures = given(name).filter((value) => typeof value === 'number');
    const worst = name === 'availability' ? Math.min(...figures) : Math.max(...figures);
    return [name, figures.length > 0 ? worst : undefined];
  });
  return {
    data: { suspected: claimed(suspicions.data) },
    security: { suspected: claimed(suspicions.security) },
    signals: Object.fromEntries(signals),
  };
};
