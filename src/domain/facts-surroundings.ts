/** Facts about what stands around the workload: room to grow, database, logs, and what the alerts claim. */
import type { Evidence } from '../schema/evidence.ts';
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

export const databaseFacts = ({ database }: Evidence): Part<'database'> => {
  if (!database) return {};
  const { used, max, reserved } = database.connections;
  const inState = (state: string) => database.sessions.filter((session) => session.state === state);
  const oldestMinutes = (sessions: { ageSeconds: number }[]) =>
    sessions.length > 0 ? Math.max(...sessions.map(({ ageSeconds }) => ageSeconds)) / 60 : 0;
  const stuck = database.sessions.filter(({ state }) => state.startsWith('idle in transaction'));
  return {
    connections: used,
    connectionsMax: max - reserved,
    usedRatio: used / (max - reserved),
    active: inState('active').length,
    idle: inState('idle').length,
    idleInTransaction: stuck.length,
    longestActiveMinutes: oldestMinutes(inState('active')),
    longestIdleMinutes: oldestMinutes(inState('idle')),
    longestIdleInTransactionMinutes: oldestMinutes(stuck),
    blocked: database.sessions.filter(({ blockedBy }) => blockedBy.length > 0).length,
    blockers: database.blockers.length,
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
