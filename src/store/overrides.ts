import { type Kysely, type Selectable, sql } from 'kysely';
import { NotFound } from '../domain/errors.ts';
import type { Override } from '../schema/override.ts';
import type { Tables } from './tables.ts';
import { json, plain } from './text.ts';

/** How long a page waits to be told of overrides. */
const patienceMs = 1_000;
const positionMax = Number.MAX_SAFE_INTEGER;

export interface OverrideStore {
  /** The same idempotency key a second time: the override of the first. */
  add(override: Omit<Override, 'id'> & { idempotencyKey: string | null }): Promise<Override>;
  override(id: string): Promise<Override | null>;
  /** Those that touch [from, until), without the removed ones, in the order in which they were made. */
  list(span: { from: string; until: string | null }): Promise<Override[]>;
  /**
   * Those that count at an instant, in the order in which they were made. Fails open, because somebody waits to be
   * paged: a store that has not answered within a second has none.
   */
  inForce(at: string): Promise<Override[]>;
  /** Kept as removed, with who removed it; a second removal changes nothing. Throws NotFound for an id that never was. */
  remove(id: string, by: string): Promise<void>;
}

export const overrideStore = (db: Kysely<Tables>, log: (line: string) => void): OverrideStore => ({
  add: ({ schedule, person, from, until, by, note, idempotencyKey }) =>
    db.transaction().execute(async (tx) => {
      const inserted = await tx
        .insertInto('schedule_override')
        .values({
          schedule,
          person,
          starts_at: from,
          ends_at: until,
          note: note === null ? null : plain(note),
          made_by: by,
          idempotency_key: idempotencyKey,
        })
        .onConflict((clash) => clash.column('idempotency_key').doNothing())
        .returningAll()
        .executeTakeFirst();
      if (!inserted) {
        const before = tx.selectFrom('schedule_override').selectAll().where('idempotency_key', '=', idempotencyKey);
        return toOverride(await before.executeTakeFirstOrThrow());
      }
      const override = toOverride(inserted);
      await tx
        .insertInto('audit')
        .values({ actor: by, act: 'override a schedule', subject: schedule, detail: json(override) })
        .execute();
      return override;
    }),

  override: async (id) => {
    const position = positionOf(id);
    if (position === null) return null;
    const row = await db.selectFrom('schedule_override').selectAll().where('id', '=', position).executeTakeFirst();
    return row ? toOverride(row) : null;
  },

  list: (span) => listOverrides(db, span),

  inForce: async (at) => {
    try {
      return await withinPatience(listOverrides(db, { from: at, until: null, beginBy: at }));
    } catch (error) {
      log(`pages go out without overrides: ${error instanceof Error ? error.message : 'the store does not answer'}`);
      return [];
    }
  },

  remove: (id, by) =>
    db.transaction().execute(async (tx) => {
      const position = positionOf(id);
      const found =
        position === null
          ? undefined
          : await tx
              .selectFrom('schedule_override')
              .selectAll()
              .where('id', '=', position)
              .forUpdate()
              .executeTakeFirst();
      if (!found) throw new NotFound(`there is no override ${id.slice(0, 40)}; list them to see their ids`);
      if (found.removed_at !== null) return;
      await tx
        .updateTable('schedule_override')
        .set({ removed_by: by, removed_at: sql<string>`now()` })
        .where('id', '=', found.id)
        .execute();
      await tx
        .insertInto('audit')
        .values({ actor: by, act: 'remove an override', subject: found.schedule, detail: json(toOverride(found)) })
        .execute();
    }),
});

const listOverrides = async (
  db: Kysely<Tables>,
  { from, until, beginBy }: { from: string; until: string | null; beginBy?: string },
): Promise<Override[]> => {
  let query = db
    .selectFrom('schedule_override')
    .selectAll()
    .where('removed_at', 'is', null)
    .where('ends_at', '>', from)
    .orderBy('id');
  if (until !== null) query = query.where('starts_at', '<', until);
  if (beginBy !== undefined) query = query.where('starts_at', '<=', beginBy);
  return (await query.execute()).map(toOverride);
};

/** Null for what cannot be an id: not a number, or beyond what the database counts. */
const positionOf = (id: string): number | null =>
  /^[1-9]\d{0,15}$/.test(id) && Number(id) <= positionMax ? Number(id) : null;

const withinPatience = async <Result>(work: Promise<Result>): Promise<Result> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the store did not answer in time')), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

const toOverride = (row: Selectable<Tables['schedule_override']>): Override => ({
  id: String(row.id),
  schedule: row.schedule,
  person: row.person,
  from: row.starts_at,
  until: row.ends_at,
  by: row.made_by,
  note: row.note,
});
