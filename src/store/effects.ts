import { type Kysely, type Selectable, sql } from 'kysely';
import { NotFound } from '../domain/errors.ts';
import type { EffectRow, EffectStore } from './store.ts';
import type { Tables } from './tables.ts';
import { json } from './text.ts';

export const effectStore = (db: Kysely<Tables>): EffectStore => ({
  intend: async ({ key, incidentId, kind, detail, status = 'intent' }) => {
    const inserted = await db
      .insertInto('effect')
      .values({
        key,
        incident_id: incidentId,
        kind,
        status,
        reference: null,
        detail: detail === undefined ? null : json(detail),
      })
      .onConflict((clash) => clash.column('key').doNothing())
      .returningAll()
      .executeTakeFirst();
    if (inserted) return { row: toEffectRow(inserted), isNew: true };
    const before = await db.selectFrom('effect').selectAll().where('key', '=', key).executeTakeFirstOrThrow();
    return { row: toEffectRow(before), isNew: false };
  },

  /**
   * What is not given stays, and an object adds to the detail. An effect that was applied stays so (or becomes
   * verified): an attempt believed dead may still report `unknown` after its successor had the answer.
   */
  mark: async (key, status, reference, detail) => {
    const marked = await db
      .updateTable('effect')
      .set({
        status: sql<EffectRow['status']>`case
          when effect.status = 'verified' then effect.status
          when effect.status = 'applied' and ${status} <> 'verified' then effect.status
          else ${status} end`,
        reference: sql<string | null>`coalesce(${reference ?? null}, effect.reference)`,
        ...(detail === undefined ? {} : { detail: merged(json(detail)) }),
        updated_at: sql<string>`now()`,
      })
      .where('key', '=', key)
      .returning('key')
      .executeTakeFirst();
    if (!marked) throw new NotFound(`the effect ${key} was never intended; write the intent before the act`);
  },

  effect: async (key) => {
    const row = await db.selectFrom('effect').selectAll().where('key', '=', key).executeTakeFirst();
    return row ? toEffectRow(row) : null;
  },

  effects: async (incidentId) => {
    const rows = await db
      .selectFrom('effect')
      .selectAll()
      .where('incident_id', '=', incidentId)
      .orderBy('created_at')
      .orderBy('key')
      .execute();
    return rows.map(toEffectRow);
  },
});

/** Two objects become one, the new one's fields winning; anything else is replaced. */
const merged = (detail: string) => sql<string>`case
  when jsonb_typeof(effect.detail) = 'object' and jsonb_typeof(${detail}::jsonb) = 'object'
    then effect.detail || ${detail}::jsonb
  else ${detail}::jsonb end`;

const toEffectRow = (row: Selectable<Tables['effect']>): EffectRow => ({
  key: row.key,
  incidentId: row.incident_id,
  kind: row.kind,
  status: row.status,
  reference: row.reference,
  detail: row.detail,
  updatedAt: row.updated_at,
});
