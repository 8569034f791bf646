/** Answers of the API that are not in src/schema: who is asking, the public page, who is on call, Muster's own health. */
import type { z } from 'zod';
import type { IncidentList, NextList, TimelineList } from '../../schema/api.ts';
import type { RemediationView } from '../../schema/remediation.ts';

export type Incidents = z.infer<typeof IncidentList>;
export type Timeline = z.infer<typeof TimelineList>;
export type Next = z.infer<typeof NextList>;
export type Remediations = { items: RemediationView[] };

export interface Me {
  person: { id: string; name: string; roles: string[] };
  /** Present only while a sandbox runs; its control API. */
  sandboxUrl?: string | null;
  /** Present only under `npm start`, on loopback. */
  supervisorUrl?: string | null;
}

/** GET /api/v1/on-call: who would be paged now. */
export interface OnCall {
  duties: { duty: string; people: { id: string; name: string; until?: string | null }[]; note?: string | null }[];
  gaps?: { duty: string; from: string; until: string | null }[];
  /** Everybody who can be given a role. */
  people?: { id: string; name: string }[];
}

/** GET /api/v1/health: whether Muster itself can be trusted right now. */
export interface MusterHealth {
  checks: { name: string; healthy: boolean; finding: string }[];
}

/** GET /api/v1/status: what customers may know. */
export interface PublicIncident {
  id: string;
  title: string;
  status: string;
  nextUpdateAt?: string | null;
  updates: { at: string; status: string; text: string }[];
}
export interface PublicStatus {
  name?: string;
  generatedAt?: string;
  components?: { name: string; status: string }[];
  incidents: PublicIncident[];
  past?: PublicIncident[];
}
