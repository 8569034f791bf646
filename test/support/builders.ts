import { fileURLToPath } from 'node:url';
import type { AdmittedIncident } from '../../activities/index.ts';
import { firstState } from '../../src/domain/incident/first-state.ts';
import type { IncidentState, Rules } from '../../src/domain/incident/state.ts';
import { loadPack, policyFor } from '../../src/packs/load.ts';
import { Evidence } from '../../src/schema/evidence.ts';
import type { Actor } from '../../src/schema/incident.ts';

export const guide = loadPack(fileURLToPath(new URL('../../src/packs/policies/guide-sev1-sev3.yaml', import.meta.url)));

export const minutesMs = (minutes: number): number => minutes * 60_000;

export const aPerson = (id = 'robin', name = 'Robin'): Actor => ({ kind: 'person', id, name });

export const theRules = (more: Partial<Rules> = {}): Rules => ({
  policy: policyFor(guide),
  roster: { 'on-call': 'Robin', 'on-call-lead': 'Lee', 'engineering-manager': 'Mo', 'vp-engineering': 'Vic' },
  moments: { opensAt: null, respondBy: {} },
  ...more,
});

/** Declared at 0 unless said otherwise: minutes of a test are minutes of the incident. */
export const anIncident = (more: Partial<IncidentState> = {}): IncidentState => ({
  ...firstState({
    id: 'INC-2026-001',
    workflowId: 'INC-2026-001',
    title: 'Checkout fails',
    summary: null,
    policy: guide,
    severity: 'SEV1',
    service: 'checkout',
    team: null,
    catalogue: { publicName: 'Checkout', customerFacing: true },
    drill: false,
    speed: 1,
    continues: null,
    declaredAt: new Date(0).toISOString(),
    declaredBy: aPerson(),
    alerts: [],
  }),
  ...more,
});

/** Evidence of a look that found nothing. */
export const noEvidence = (more: Partial<Record<keyof Evidence, unknown>> = {}): Evidence =>
  Evidence.parse({
    gatheredAt: '2026-11-24T10:05:00Z',
    onset: '2026-11-24T10:00:00Z',
    suspects: [],
    series: [],
    pods: [],
    events: [],
    revisions: [],
    logs: [],
    missing: [],
    ...more,
  });

/** The complete input of an incident's workflow, as the API would hand it over. */
export const anAdmission = (more: Partial<AdmittedIncident> = {}): AdmittedIncident => ({
  title: 'Checkout fails',
  incidentId: 'INC-2026-001',
  severity: 'SEV1',
  service: null,
  summary: null,
  declaredAt: new Date(0).toISOString(),
  declaredBy: aPerson(),
  drill: false,
  speed: 1,
  alerts: [],
  answers: {},
  policy: policyFor(guide),
  team: more.catalogue?.team ?? null,
  moments: theRules().moments,
  roster: theRules().roster,
  catalogue: null,
  continues: null,
  ...more,
});
