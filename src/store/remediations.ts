import { type Kysely, sql } from 'kysely';
import { remediationWorkflowId } from '../domain/names.ts';
import type { RemediationStore } from './store.ts';
import type { Tables } from './tables.ts';
import { json } from './text.ts';
import { announceChange, appendToTimeline } from './timeline.ts';

export const remediationStore = (db: Kysely<Tables>): RemediationStore => ({
  recordRemediation: (view, entries) =>
    db.transaction().execute(async (tx) => {
      const columns = {
        incident_id: view.incidentId,
        status: view.status,
        action: view.action,
        target_key: remediationWorkflowId(view.target),
        started_at: view.startedAt,
        ended_at: view.endedAt,
        version: view.version,
        view: json(view),
      };
      await tx
        .insertInto('remediation')
        .values({ id: view.id, ...columns })
        .onConflict((clash) =>
          clash.column('id').doUpdateSet(columns).whereRef('remediation.version', '<=', 'excluded.version'),
        )
        .execute();
      await appendToTimeline(tx, view.incidentId, entries);
    }),

  remediation: async (id) => {
    const row = await db.selectFrom('remediation').select('view').where('id', '=', id).executeTakeFirst();
    return row?.view ?? null;
  },

  remediations: async (incidentId) => {
    const rows = await db
      .selectFrom('remediation')
      .select('view')
      .where((is) =>
        is.or([is('incident_id', '=', incidentId), sql<boolean>`view -> 'joined' @> ${json([incidentId])}::jsonb`]),
      )
      .orderBy('started_at')
      .orderBy('id')
      .execute();
    return rows.map(({ view }) => view);
  },

  saveEvidence: (incidentId, evidence) =>
    db.transaction().execute(async (tx) => {
      const columns = { gathered_at: evidence.gatheredAt, evidence: json(evidence) };
      await tx
        .insertInto('evidence')
        .values({ incident_id: incidentId, ...columns })
        .onConflict((clash) => clash.column('incident_id').doUpdateSet(columns))
        .execute();
      await announceChange(tx, incidentId);
    }),

  evidence: async (incidentId) => {
    const row = await db
      .selectFrom('evidence')
      .select('evidence')
      .where('incident_id', '=', incidentId)
      .executeTakeFirst();
    return row?.evidence ?? null;
  },

  badRevisions: async (targetKey) => {
    const rows = await db
      .selectFrom('bad_revision')
      .select('hash')
      .where('target_key', '=', targetKey)
      .orderBy('marked_at')
      .execute();
    return rows.map(({ hash }) => hash);
  },

  timesDone: async ({ targetKey, action, withinDays, drill, exceptOperation }) => {
    const wanted = json({ target: targetKey, action, drill, revert: false });
    const { count } = await db
      .selectFrom('effect')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .where('kind', '=', 'cluster')
      .where('status', 'in', ['started', 'unknown', 'applied', 'verified'])
      .where(sql<boolean>`detail @> ${wanted}::jsonb`)
      .where(sql<boolean>`detail ->> 'operationId' <> ${exceptOperation}`)
      .where(sql<boolean>`updated_at > now() - make_interval(days => ${withinDays}::int)`)
      .executeTakeFirstOrThrow();
    return Number(count);
  },

  markBadRevision: async (targetKey, hash, incidentId) => {
    await db
      .insertInto('bad_revision')
      .values({ target_key: targetKey, hash, incident_id: incidentId })
      .onConflict((clash) => clash.doNothing())
      .execute();
  },

  stopOver: async (scopes) => {
    const row = await db
      .selectFrom('stop_switch')
      .select(['scope', 'reason', 'set_by'])
      .where('scope', 'in', [...scopes])
      .where('stopped', '=', true)
      .orderBy('set_at')
      .limit(1)
      .executeTakeFirst();
    return row ? { scope: row.scope, reason: row.reason, by: row.set_by } : null;
  },
});
