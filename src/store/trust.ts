import type { Kysely } from 'kysely';
import type { TrustOutcome } from '../domain/remediation/trust.ts';
import type { Tables } from './tables.ts';

/** Whose results are looked at together. */
export interface TrustKeys {
  runbook: string;
  version: number;
  action: string;
  environment: string;
}

export interface TrustResult extends TrustKeys {
  remediationId: string;
  incidentId: string;
  /** What was wrong, in one word such as CrashLoopBackOff; empty where nothing said so. */
  signature: string;
  outcome: TrustOutcome;
  drill: boolean;
  endedAt: string;
}

export interface TrustStore {
  /** The first word on a remediation stands; false: there was one already. */
  recordResult(result: TrustResult): Promise<boolean>;
  /** Oldest first, whatever was wrong. Drills and live runs are never mixed. */
  outcomes(keys: TrustKeys, drill: boolean): Promise<TrustOutcome[]>;
  /** All results in the order in which they came. */
  results(drill: boolean): Promise<TrustResult[]>;
}

export const trustStore = (db: Kysely<Tables>): TrustStore => ({
  recordResult: async ({ remediationId, incidentId, endedAt, ...result }) => {
    const row = await db
      .insertInto('remediation_result')
      .values({ remediation_id: remediationId, incident_id: incidentId, ended_at: endedAt, ...result })
      .onConflict((clash) => clash.column('remediation_id').doNothing())
      .returning('remediation_id')
      .executeTakeFirst();
    return row !== undefined;
  },

  outcomes: async ({ runbook, version, action, environment }, drill) => {
    const rows = await db
      .selectFrom('remediation_result')
      .select('outcome')
      .where('runbook', '=', runbook)
      .where('version', '=', version)
      .where('action', '=', action)
      .where('environment', '=', environment)
      .where('drill', '=', drill)
      .orderBy('position')
      .execute();
    return rows.map(({ outcome }) => outcome);
  },

  results: async (drill) => {
    const rows = await db
      .selectFrom('remediation_result')
      .selectAll()
      .where('drill', '=', drill)
      .orderBy('position')
      .execute();
    return rows.map(({ remediation_id, incident_id, ended_at, position: _, ...result }) => ({
      ...result,
      remediationId: remediation_id,
      incidentId: incident_id,
      endedAt: ended_at,
    }));
  },
});
