/** What is known of an incident, as the conditions of runbooks ask for it. */
import type { Evidence } from '../../schema/evidence.ts';
import type { Target } from '../../schema/remediation.ts';
import type { FactParts, Facts } from './fact-table.ts';
import { databaseFacts, endpointFacts, logFacts, roomFacts, signalFacts } from './facts-surroundings.ts';
import { changeFacts, nodeFacts, podFacts, rolloutFacts, symptomFacts } from './facts-workload.ts';

/** What an alert says of itself; labels and signals where the monitor gave some. */
export interface AlertForFacts {
  title: string;
  labels?: Record<string, string>;
  signals?: Record<string, number | string | boolean>;
}

export interface IncidentForFacts {
  /** Of the severity, 1 is the worst; null while nobody judged it. */
  rank: number | null;
  service: string | null;
  drill: boolean;
  /** The workload of the service. */
  target: Target | null;
  alerts: AlertForFacts[];
}

/**
 * Pure. What the evidence does not have is absent, and so is what it names as missing: a list of pods that could not be
 * read is not a workload without pods, and a history that could not be read is not one without changes.
 */
export const factsOf = (evidence: Evidence, incident: IncidentForFacts): Facts => {
  const misses = (part: string) => evidence.missing.some((one) => one.startsWith(part));
  const sawWorkload = incident.target !== null && !misses('the workload');
  const saw = (part: string) => sawWorkload && !misses(part);
  const sawLedger = !misses('the ledger of changes');
  return known({
    incident: {
      rank: incident.rank ?? undefined,
      service: incident.service ?? undefined,
      drill: incident.drill,
      alerts: incident.alerts.map((alert) => alert.title),
    },
    ...(incident.target && {
      workload: { kind: incident.target.kind, namespace: incident.target.namespace, name: incident.target.name },
    }),
    symptom: symptomFacts(evidence),
    change: changeFacts(evidence, {
      images: saw('the rollout history'),
      config: saw('the ConfigMaps') && sawLedger,
    }),
    ...(saw('the pods:') && { pods: podFacts(evidence, !misses('the pods beyond')), nodes: nodeFacts(evidence) }),
    ...(saw('the rollout history') && { rollout: rolloutFacts(evidence, saw('the events')) }),
    ...(saw('the events') && { events: { reasons: [...new Set(evidence.events.map(({ reason }) => reason))].sort() } }),
    endpoints: endpointFacts(evidence),
    database: databaseFacts(evidence),
    logs: logFacts(evidence),
    ...(evidence.health && {
      health: { ok: evidence.health.healthy, status: evidence.health.status ?? undefined },
    }),
    ...(evidence.alarms.length > 0 && { alarms: { names: evidence.alarms.map(({ name }) => name) } }),
    ...roomFacts(evidence),
    ...signalFacts(incident.alerts),
  });
};

/** Without what is undefined or no number; a group without any fact is left out. */
const known = (parts: FactParts): Facts =>
  Object.fromEntries(
    Object.entries(parts).flatMap(([group, fields]) => {
      const facts = Object.entries(fields).filter(
        ([, value]) => value !== undefined && (typeof value !== 'number' || Number.isFinite(value)),
      );
      return facts.length > 0 ? [[group, Object.fromEntries(facts)]] : [];
    }),
  );
