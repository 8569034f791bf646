/** Starts and signals on their way to Temporal. */
import { type Kysely, sql } from 'kysely';
import { failpoint } from '../domain/failpoint.ts';
import type { IntakeStore, OutboxRow } from './store.ts';
import type { Tables } from './tables.ts';
import { plain } from './text.ts';

type Outbox = Pick<IntakeStore, 'pendingOutbox' | 'outboxOf' | 'outboxOldest' | 'outboxDone' | 'outboxFailed'>;

/**
 * Only the first row of an incident is ever handed out, and to one process at a time: the next follows when it is
 * done. A claim ends by itself after `leaseMs`, so a process that died with rows in hand delays them, no more.
 */
export const outbox = (db: Kysely<Tables>, { leaseMs }: { leaseMs: number }): Outbox => ({
  pendingOutbox: async (limit) => {
    const { rows } = await sql<Claimed>`
      with quick as (select ${withoutFlush} as done)
      update outbox set not_before = now() + ${leaseMs} * interval '1 millisecond'
      where position in (
        select position from outbox as head
        where not_before <= now() and (select done from quick) is not null
          and not exists (
            select from outbox as earlier
            where earlier.incident_id = head.incident_id and earlier.position < head.position)
        order by position
        limit ${limit}
        for update skip locked)
      returning position, incident_id, kind, payload, created_at, attempts`.execute(db);
    if (rows.length > 0) failpoint('outbox:after-claim');
    return rows.sort((a, b) => a.position - b.position).map(toOutboxRow);
  },

  outboxOf: async (incidentId) => {
    const rows = await db
      .selectFrom('outbox')
      .select(['position', 'incident_id', 'kind', 'payload', 'created_at', 'attempts'])
      .where('incident_id', '=', incidentId)
      .orderBy('position')
      .execute();
    return rows.map(toOutboxRow);
  },

  outboxOldest: async () => {
    const row = await db.selectFrom('outbox').select('created_at').orderBy('position').limit(1).executeTakeFirst();
    return row?.created_at ?? null;
  },

  outboxDone: async (id) => {
    failpoint('outbox:before-done');
    await db.deleteFrom('outbox').where('position', '=', Number(id)).execute();
  },

  /** The pause grows from 0.2 s to 15 s, so that an absent Temporal is not hammered. */
  outboxFailed: async (id, because) => {
    await db
      .updateTable('outbox')
      .set({
        attempts: sql<number>`attempts + 1`,
        not_before: sql<string>`now() + least(15, 0.2 * 2 ^ least(attempts, 10)) * interval '1 second'`,
        last_error: plain(because).slice(0, 2_000),
      })
      .where('position', '=', Number(id))
      .execute();
  },
});

/** For this statement alone: a claim that a crash of PostgreSQL forgets is made again, and repeats a call at worst. */
const withoutFlush = sql`set_config('synchronous_commit', 'off', true)`;

interface Claimed {
  position: number;
  incident_id: string;
  kind: OutboxRow['kind'];
  payload: unknown;
  created_at: string;
  attempts: number;
}

const toOutboxRow = (row: Claimed): OutboxRow => ({
  id: String(row.position),
  incidentId: row.incident_id,
  kind: row.kind,
  payload: row.payload,
  createdAt: row.created_at,
  attempts: row.attempts,
});
