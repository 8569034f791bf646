import { dutiesOf } from '../domain/incident/escalation.ts';
import { firstView } from '../domain/incident/first-state.ts';
import type { Fact } from '../domain/incident/severity.ts';
import { momentsFor } from '../packs/moments.ts';
import type { Alert, AlertReference } from '../schema/alert.ts';
import type { Actor, TimelineEntry } from '../schema/incident.ts';
import type { Override } from '../schema/override.ts';
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
  /** What kind of trouble it is, in the pack's words; asked for the team where the catalogue does not know the service. */
  category: string | null;
  declaredAt: string;
  declaredBy: Actor;
  drill: boolean;
  speed: number;
  alerts: AlertReference[];
  continues: string | null;
  /** To the pack's questions. */
  answers?: Record<string, Fact>;
  correlationKey: string;
  idempotencyKey: string | null;
  /** In force at the declaration. */
  overrides: readonly Override[];
}

/** The row that is stored and the workflow's input, from one declaration: both say the same. */
export const newIncident = (
  rulebook: Rulebook,
  pack: PackDocument,
  declaration: Declaration,
  entries: TimelineEntry[] = [],
): { incident: NewIncident; start: IncidentStart } => {
  const policy = rulebook.policy(pack);
  const catalogue = rulebook.service(declaration.service);
  const { correlationKey, idempotencyKey, id, category, overrides, ...facts } = declaration;
  const team = catalogue?.team ?? routedTeam(pack, category);
  const start = {
    incidentId: id,
    ...facts,
    policy,
    catalogue,
    team,
    moments: momentsFor(policy, rulebook.organisation, declaration.declaredAt),
    roster: rulebook.roster(dutiesOf(policy), declaration.declaredAt, team ?? undefined, overrides),
  };
  const view = firstView({ ...start, id, workflowId: id }, start);
  return { incident: { view, policy, correlationKey, idempotencyKey, entries }, start };
};

/** Team of the pack's routing, whatever the case of the category; null for one that it does not know. */
const routedTeam = ({ routing }: Pick<PackDocument, 'routing'>, category: string | null): string | null => {
  const wanted = category?.trim().toLowerCase();
  return Object.entries(routing).find(([known]) => known.toLowerCase() === wanted)?.[1] ?? null;
};

/** What the monitor says of the kind of trouble: its signal `category`, else its label; null when it says nothing. */
export const categoryOf = ({ signals, labels }: Pick<Alert, 'signals' | 'labels'>): string | null => {
  const said = signals.category ?? labels.category;
  return typeof said === 'string' && said.trim() !== '' ? said : null;
};
