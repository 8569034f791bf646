import type { Kysely } from 'kysely';
import type { FollowUpStore } from './store.ts';
import type { Tables } from './tables.ts';
import { json, plain } from './text.ts';
import { announceChange, appendToTimeline } from './timeline.ts';

export const followUpStore = (db: Kysely<Tables>): FollowUpStore => ({
  recordFollowUp: (view, entries) =>
    db.transaction().execute(async (tx) => {
      const columns = { closed_at: view.closedAt, version: view.version, view: json(view) };
      await tx
        .insertInto('follow_up')
        .values({ incident_id: view.incidentId, ...columns })
        .onConflict((clash) =>
          clash.column('incident_id').doUpdateSet(columns).whereRef('follow_up.version', '<=', 'excluded.version'),
        )
        .execute();
      await appendToTimeline(tx, view.incidentId, entries);
    }),

  followUp: async (incidentId) => {
    const row = await db
      .selectFrom('follow_up')
      .select('view')
      .where('incident_id', '=', incidentId)
      .executeTakeFirst();
    return row?.view ?? null;
  },

  savePostmortem: (incidentId, markdown, at) =>
    db.transaction().execute(async (tx) => {
      const columns = { markdown: plain(markdown), drafted_at: at };
      await tx
        .insertInto('postmortem')
        .values({ incident_id: incidentId, ...columns })
        .onConflict((clash) => clash.column('incident_id').doUpdateSet(columns))
        .execute();
      await announceChange(tx, incidentId);
    }),

  postmortem: async (incidentId) => {
    const row = await db
      .selectFrom('postmortem')
      .select(['markdown', 'drafted_at'])
      .where('incident_id', '=', incidentId)
      .executeTakeFirst();
    return row ? { markdown: row.markdown, draftedAt: row.drafted_at } : null;
  },
});
