import type { AlertReference } from '../schema/alert.ts';
import type { Actor, IncidentView } from '../schema/incident.ts';
import type { PackDocument } from '../schema/policy.ts';
import type { NewIncident } from '../store/store.ts';
import type { IncidentStart } from '../temporal/client.ts';
import type { Rulebook } from './rulebook.ts';

export interface Declaration {
  id: string;
  title: string;
  summary: string | null;
  severity: string;
  service: string | null;
  declaredAt: string;
  declaredBy: Actor;
  drill: boolean;
  speed: number;
  alerts: AlertReference[];
  continues: string | null;
  correlationKey: string;
  idempotencyKey: string | null;
}

/** The row that is stored and the workflow's input, from one declaration: both say the same. */
export const newIncident = (
  rulebook: Rulebook,
  pack: PackDocument,
  declaration: Declaration,
): { incident: NewIncident; start: IncidentStart } => {
  const policy = rulebook.policy(pack);
  const catalogue = rulebook.service(declaration.service);
  const duties = [...new Set(Object.values(pack.severities).flatMap(({ ladder }) => ladder.map((step) => step.page)))];
  const { correlationKey, idempotencyKey, id, ...facts } = declaration;
  return {
    incident: { view: firstView(declaration, pack), policy, correlationKey, idempotencyKey },
    start: {
      incidentId: id,
      ...facts,
      policy,
      catalogue,
      roster: rulebook.roster(duties, declaration.declaredAt, catalogue?.team),
    },
  };
};

/** What is known before the workflow has said anything: version 0 gives way to whatever it writes. */
const firstView = (declaration: Declaration, pack: PackDocument): IncidentView => {
  const severity = pack.severities[declaration.severity];
  return {
    id: declaration.id,
    workflowId: declaration.id,
    title: declaration.title,
    summary: declaration.summary,
    pack: pack.pack,
    severity: declaration.severity,
    rank: severity?.rank ?? 1,
    status: 'declared',
    service: declaration.service,
    drill: declaration.drill,
    speed: declaration.speed,
    declaredAt: declaration.declaredAt,
    declaredBy: declaration.declaredBy,
    acknowledgedAt: null,
    acknowledgedBy: null,
    mitigatedAt: null,
    resolvedAt: null,
    closedAt: null,
    roles: {},
    minimumRoles: severity?.roles.minimum ?? [],
    deadlines: [],
    updates: {
      internal: { dueAt: null, kept: 0, broken: 0 },
      public: { dueAt: null, kept: 0, broken: 0 },
    },
    room: null,
    publicUrl: null,
    alertsFiring: declaration.alerts.filter(({ status }) => status === 'firing').length,
    cause: null,
    continues: declaration.continues,
    version: 0,
  };
};
