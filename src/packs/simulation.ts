import { InvalidInput } from '../domain/errors.ts';
import { dutiesOf } from '../domain/incident/escalation.ts';
import { severityNamed, severityNames } from '../domain/incident/severity.ts';
import type { SimulationRequest } from '../domain/incident/simulate.ts';
import type { Organisation } from '../schema/organisation.ts';
import type { PackDocument } from '../schema/policy.ts';
import { policyFor, rosterFor, serviceFacts } from './load.ts';
import { momentsFor } from './moments.ts';

export interface SimulationWish {
  pack: PackDocument;
  organisation: Organisation;
  /** The worst of the pack when absent. */
  severity?: string | undefined;
  service?: string | undefined;
  category?: string | undefined;
  /** ISO 8601. */
  at: string;
  acknowledgedAfterMs: number | null;
  mitigatedAfterMs: number | null;
}

/**
 * What a declaration at that moment would hand to the workflow. Throws InvalidInput for a severity or a service that is
 * not there, with those that are.
 */
export const simulationOf = (wish: SimulationWish): SimulationRequest => {
  const { pack, organisation, at, service: wanted } = wish;
  const names = severityNames(pack);
  const severity = wish.severity === undefined ? names[0] : severityNamed(pack, wish.severity);
  if (!severity)
    throw new InvalidInput(`${pack.pack} has no severity ${wish.severity}; give one of ${names.join(', ')}`);
  if (wanted !== undefined && !Object.hasOwn(organisation.services, wanted)) {
    const known = Object.keys(organisation.services).join(', ');
    throw new InvalidInput(`the catalogue has no service ${wanted}; give one of ${known}`);
  }
  const policy = policyFor(pack);
  const service = serviceFacts(organisation, wanted ?? null);
  const team = service?.team ?? pack.routing[wish.category ?? ''] ?? null;
  return {
    pack,
    policy,
    organisation,
    severity,
    service,
    team,
    roster: rosterFor(organisation, dutiesOf(policy), at, team ?? undefined),
    moments: momentsFor(policy, organisation, at),
    at,
    acknowledgedAfterMs: wish.acknowledgedAfterMs,
    mitigatedAfterMs: wish.mitigatedAfterMs,
  };
};
