/** Things to store; each takes only what matters to the test. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { policyFor } from '../../src/packs/load.ts';
import type { Alert } from '../../src/schema/alert.ts';
import type { Actor, IncidentView, TimelineEntry } from '../../src/schema/incident.ts';
import type { RemediationView } from '../../src/schema/remediation.ts';
import type { DeliveryRecord, NewIncident } from '../../src/store/store.ts';
import { guide } from '../support/builders.ts';

export const noon = '2026-03-04T12:00:00.000Z';
export const policy = policyFor(guide);

const monitor: Actor = { kind: 'monitor', id: 'alertmanager', name: 'Alertmanager' };

export const aView = (id: string, more: Partial<IncidentView> = {}): IncidentView => ({
  id,
  workflowId: id,
  title: 'Checkout fails',
  summary: null,
  pack: 'guide-sev1-sev3',
  severity: 'SEV1',
  rank: 1,
  status: 'declared',
  service: 'checkout',
  drill: false,
  speed: 1,
  declaredAt: noon,
  declaredBy: monitor,
  acknowledgedAt: null,
  acknowledgedBy: null,
  mitigatedAt: null,
  resolvedAt: null,
  closedAt: null,
  roles: {},
  minimumRoles: ['commander'],
  deadlines: [],
  updates: { internal: { dueAt: null, kept: 0, broken: 0 }, public: { dueAt: null, kept: 0, broken: 0 } },
  room: null,
  publicUrl: null,
  alertsFiring: 1,
  cause: null,
  continues: null,
  version: 0,
  ...more,
});

export const aNewIncident = (id: string, more: Partial<Omit<NewIncident, 'view' | 'policy'>> = {}): NewIncident => ({
  view: aView(id),
  policy,
  correlationKey: `service:${id}`,
  idempotencyKey: null,
  ...more,
});

export const anEntry = (key: string, more: Partial<TimelineEntry> = {}): TimelineEntry => ({
  key,
  at: noon,
  kind: 'note',
  actor: monitor,
  text: `Said ${key}`,
  why: null,
  public: false,
  ...more,
});

export const anAlert = (more: Partial<Alert> = {}): Alert => ({
  source: 'alertmanager',
  fingerprint: randomUUID(),
  status: 'firing',
  title: 'CheckoutErrors',
  summary: null,
  service: 'checkout',
  severityLabel: 'critical',
  startsAt: noon,
  endsAt: null,
  signals: { errorRate: 0.4 },
  labels: {},
  link: null,
  ...more,
});

export const aDelivery = (more: Partial<DeliveryRecord> = {}): DeliveryRecord => ({
  id: randomUUID(),
  source: 'alertmanager',
  deliveryId: null,
  bodyHash: randomUUID(),
  receivedAt: noon,
  body: '{}',
  note: null,
  ...more,
});

export const aRemediation = (id: string, incidentId: string, more: Partial<RemediationView> = {}): RemediationView => ({
  id,
  incidentId,
  workflowId: 'remediation/sandbox/Deployment/shop/checkout',
  action: 'roll-back-deployment',
  target: { cluster: 'sandbox', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
  params: {},
  status: 'planning',
  proposedBy: monitor,
  because: 'the release of 11:58 is the likely cause',
  runbook: null,
  changeAuthor: null,
  mode: null,
  modeBecause: [],
  joined: [],
  approverPeople: [],
  notAuthorOfChange: false,
  startBy: null,
  plan: null,
  planHash: null,
  approverRoles: ['commander'],
  notProposer: true,
  quorum: 1,
  expiresAt: null,
  decisions: [],
  baseline: null,
  samples: [],
  outcome: null,
  drill: false,
  startedAt: noon,
  endedAt: null,
  version: 1,
  ...more,
});

/** A look past the store, at the rows themselves. */
export const rowsOf = async (
  url: string,
  statement: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement, values)).rows;
  } finally {
    await client.end();
  }
};
