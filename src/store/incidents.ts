import { type Kysely, sql, type Transaction } from 'kysely';
import { InvalidInput } from '../domain/errors.ts';
import type { IncidentView } from '../schema/incident.ts';
import { nextIncidentId } from './incident-ids.ts';
import type { IncidentFilter, IncidentStore, NewIncident } from './store.ts';
import type { Tables } from './tables.ts';
import { json } from './text.ts';
import { announceChange, appendToTimeline } from './timeline.ts';

export const incidentStore = (db: Kysely<Tables>, numbers: Kysely<Tables>): IncidentStore => ({
  allocateIncidentId: (pattern, at) => nextIncidentId(numbers, pattern, at),

  declare: (incident, start) =>
    db.transaction().execute(async (tx) => {
      if (await insertIncident(tx, incident, start)) return { view: incident.view, existed: false };
      const before = await tx
        .selectFrom('incident')
        .select('view')
        .where((is) =>
          incident.idempotencyKey === null
            ? is('id', '=', incident.view.id)
            : is.or([is('idempotency_key', '=', incident.idempotencyKey), is('id', '=', incident.view.id)]),
        )
        .orderBy(sql`idempotency_key is null`)
        .executeTakeFirstOrThrow();
      return { view: before.view, existed: true };
    }),

  incident: async (id) => {
    const row = await db.selectFrom('incident').select('view').where('id', '=', id).executeTakeFirst();
    return row?.view ?? null;
  },

  policy: async (id) => {
    const row = await db.selectFrom('incident').select('policy').where('id', '=', id).executeTakeFirst();
    return row?.policy ?? null;
  },

  keepPolicy: async (id, policy) => {
    await db
      .updateTable('incident')
      .set({ policy: json(policy) })
      .where('id', '=', id)
      .execute();
  },

  incidents: (filter) => listIncidents(db, filter),

  openIncidentFor: (correlationKey) => openIncidentFor(db, correlationKey),

  record: (view, entries) =>
    db.transaction().execute(async (tx) => {
      await keepNewest(tx, view);
      await appendToTimeline(tx, view.id, entries);
    }),

  appendEntries: (incidentId, entries) => db.transaction().execute((tx) => appendToTimeline(tx, incidentId, entries)),

  timeline: async (id) => {
    const rows = await db
      .selectFrom('timeline')
      .select(['seq', 'key', 'at', 'kind', 'actor', 'text', 'why', 'public'])
      .where('incident_id', '=', id)
      .orderBy('seq')
      .execute();
    return rows;
  },
});

/** Row, outbox row (unless `start` is null: a workflow that runs already) and notice. False: id or key exists. */
export const insertIncident = async (
  tx: Transaction<Tables>,
  { view, policy, correlationKey, idempotencyKey, entries = [] }: NewIncident,
  start: unknown,
): Promise<boolean> => {
  const inserted = await tx
    .insertInto('incident')
    .values({
      ...columnsOf(view),
      policy: json(policy),
      correlation_key: correlationKey,
      idempotency_key: idempotencyKey,
    })
    .onConflict((clash) => clash.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!inserted) return false;
  if (start !== null && start !== undefined) {
    await tx
      .insertInto('outbox')
      .values({ incident_id: view.id, kind: 'start', payload: json(start) })
      .execute();
  }
  if (entries.length > 0) await appendToTimeline(tx, view.id, entries);
  else await announceChange(tx, view.id);
  return true;
};

/** The newest incident of the key that still takes alerts. */
export const openIncidentFor = async (db: Kysely<Tables>, correlationKey: string): Promise<IncidentView | null> => {
  const row = await db
    .selectFrom('incident')
    .select('view')
    .where('correlation_key', '=', correlationKey)
    .where('status', 'not in', ['resolved', 'closed', 'cancelled'])
    .orderBy('declared_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.view ?? null;
};

/**
 * An older version that arrives late changes nothing. A workflow that reports before anybody declared it (its
 * declaration could not be stored) gets its row here: people see it, and no alert attaches to it by accident.
 */
const keepNewest = async (tx: Transaction<Tables>, view: IncidentView): Promise<void> => {
  const columns = columnsOf(view);
  await tx
    .insertInto('incident')
    .values({ ...columns, policy: null, correlation_key: `incident/${view.id}`, idempotency_key: null })
    .onConflict((clash) =>
      clash.column('id').doUpdateSet(columns).whereRef('incident.version', '<=', 'excluded.version'),
    )
    .execute();
};

const columnsOf = (view: IncidentView) => ({
  id: view.id,
  workflow_id: view.workflowId,
  status: view.status,
  pack: view.pack,
  severity: view.severity,
  rank: view.rank,
  service: view.service,
  drill: view.drill,
  declared_at: view.declaredAt,
  resolved_at: view.resolvedAt,
  closed_at: view.closedAt,
  version: view.version,
  view: json(view),
});

/** Newest first. The cursor names the last row seen, so that incidents declared meanwhile do not shift the pages. */
const listIncidents = async (db: Kysely<Tables>, { status, cursor, limit }: IncidentFilter) => {
  let query = db.selectFrom('incident').select('view').orderBy('declared_at', 'desc').orderBy('id', 'desc');
  if (status) query = status.length > 0 ? query.where('status', 'in', status) : query.where(sql<boolean>`false`);
  if (cursor !== undefined) {
    const [declaredAt, id] = readCursor(cursor);
    query = query.where(sql<boolean>`(declared_at, id) < (${declaredAt}::timestamptz, ${id})`);
  }
  const rows = await query.limit(limit + 1).execute();
  const items = rows.slice(0, limit).map(({ view }) => view);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? writeCursor(last) : null };
};

const writeCursor = (view: IncidentView): string =>
  Buffer.from(JSON.stringify([view.declaredAt, view.id])).toString('base64url');

const readCursor = (cursor: string): [string, string] => {
  try {
    const [declaredAt, id]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (typeof declaredAt === 'string' && typeof id === 'string' && !Number.isNaN(Date.parse(declaredAt))) {
      return [declaredAt, id];
    }
  } catch {
    // Said below, in words.
  }
  throw new InvalidInput('the cursor is not one of ours; start again without it', [
    { path: 'cursor', message: 'use nextCursor of the answer before' },
  ]);
};
