/** Which alerts are one incident. */
import type { Alert } from '../../schema/alert.ts';
import type { IncidentStatus } from '../../schema/incident.ts';

/**
 * Alerts with the same key attach to one open incident: a known service gathers all its alerts; without one, each
 * problem (source and fingerprint) stands alone, because guessing would hide one incident inside another.
 */
export const correlationKeyOf = (
  alert: Pick<Alert, 'service' | 'source' | 'fingerprint'>,
  services: Readonly<Record<string, unknown>>,
): string =>
  alert.service !== null && Object.hasOwn(services, alert.service)
    ? `service:${alert.service}`
    : `alert:${alert.source}:${alert.fingerprint}`;

/** While an incident is in one of these an alert joins it; after that a new one continues it. */
export const acceptsAlerts = (status: IncidentStatus): boolean =>
  status !== 'resolved' && status !== 'closed' && status !== 'cancelled';
