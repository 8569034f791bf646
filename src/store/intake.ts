import { type Kysely, sql, type Transaction } from 'kysely';
import { Conflict } from '../domain/errors.ts';
import { failpoint } from '../domain/failpoint.ts';
import { changeTransaction } from './changes.ts';
import { nextIncidentId } from './incident-ids.ts';
import { insertIncident, openIncidentFor } from './incidents.ts';
import { outbox } from './outbox.ts';
import { reportTransaction } from './reports.ts';
import type { DeliveryRecord, IntakeStore, IntakeTransaction, Triaged } from './store.ts';
import type { Tables } from './tables.ts';
import { json, plain } from './text.ts';
import { announceChange, appendToTimeline } from './timeline.ts';

export const intakeStore = (
  db: Kysely<Tables>,
  numbers: Kysely<Tables>,
  options: { leaseMs: number },
): IntakeStore => ({
  ...outbox(db, options),

  /** The vendor's own delivery id decides alone where there is one; else the same body since `since`. */
  receiptOf: async (source, deliveryId, bodyHash, since) => {
    const row = await db
      .selectFrom('delivery')
      .select(['id', 'incidents'])
      .where('source', '=', source)
      .$if(deliveryId !== null, (query) => query.where('delivery_id', '=', deliveryId))
      .$if(deliveryId === null, (query) => query.where('body_hash', '=', bodyHash).where('received_at', '>=', since))
      .orderBy('received_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row ? { receipt: row.id, incidents: row.incidents } : null;
  },

  commit: async (delivery, quarantined, decide) => {
    await db.transaction().execute(async (tx) => {
      await insertDelivery(tx, delivery);
      if (quarantined.length > 0) {
        await tx
          .insertInto('quarantine')
          .values(
            quarantined.map(({ reason, excerpt }) => ({
              delivery: delivery.id,
              reason: plain(reason),
              excerpt: plain(excerpt),
            })),
          )
          .execute();
      }
      const incidents = new Set<string>();
      await decide(intakeTransaction(tx, numbers, incidents));
      if (incidents.size > 0) {
        await tx
          .updateTable('delivery')
          .set({ incidents: [...incidents] })
          .where('id', '=', delivery.id)
          .execute();
      }
      failpoint('store:before-intake-commit');
    });
  },

  alerts: async (incidentId) => {
    const rows = await db
      .selectFrom('alert')
      .select('alert')
      .where('incident_id', '=', incidentId)
      .orderBy('position')
      .execute();
    return rows.map(({ alert }) => alert);
  },

  drill: async (id) => {
    const row = await db.selectFrom('drill').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) return null;
    const { created_at: createdAt, incident_id: incidentId, ...drill } = row;
    return { ...drill, createdAt, incidentId };
  },

  addDrill: async ({ createdAt, incidentId, ...drill }) => {
    await db
      .insertInto('drill')
      .values({ ...drill, created_at: createdAt, incident_id: incidentId })
      .onConflict((clash) => clash.column('id').doNothing())
      .execute();
  },

  /** The first incident keeps the drill. */
  claimDrill: async (id, incidentId) => {
    await db
      .updateTable('drill')
      .set({ incident_id: incidentId })
      .where('id', '=', id)
      .where('incident_id', 'is', null)
      .execute();
  },

  pageOf: async (dedupKey) => {
    const row = await db
      .selectFrom('effect')
      .select(['incident_id', sql<string | null>`detail ->> 'person'`.as('person')])
      .where(sql<boolean>`detail ? 'dedupKey' and detail ->> 'dedupKey' = ${dedupKey}`)
      .orderBy('created_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.person ? { incidentId: row.incident_id, person: row.person } : null;
  },
});

/** Two copies of one delivery at once: the second waits for the first here, and is told its receipt. */
const insertDelivery = async (tx: Transaction<Tables>, delivery: DeliveryRecord): Promise<void> => {
  const inserted = await tx
    .insertInto('delivery')
    .values({
      id: delivery.id,
      source: delivery.source,
      delivery_id: delivery.deliveryId,
      body_hash: delivery.bodyHash,
      received_at: delivery.receivedAt,
      body: plain(delivery.body),
      note: delivery.note === null ? null : plain(delivery.note),
    })
    .onConflict((clash) => clash.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted) return;
  const before = await tx
    .selectFrom('delivery')
    .select(['id', 'incidents'])
    .where('source', '=', delivery.source)
    .where((is) => is.or([is('delivery_id', '=', delivery.deliveryId), is('id', '=', delivery.id)]))
    .executeTakeFirst();
  throw new Conflict('this delivery was accepted before; its receipt is in the details', {
    receipt: before?.id ?? delivery.id,
    incidents: before?.incidents ?? [],
  });
};

const intakeTransaction = (
  tx: Transaction<Tables>,
  numbers: Kysely<Tables>,
  incidents: Set<string>,
): IntakeTransaction => ({
  lock: async (correlationKey) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${correlationKey}, 0))`.execute(tx);
  },

  openIncidentFor: (correlationKey) => openIncidentFor(tx, correlationKey),

  seenAlert: async ({ source, fingerprint, startsAt }) => {
    const row = await tx
      .selectFrom('alert')
      .select(['incident_id', 'status'])
      .where('source', '=', source)
      .where('fingerprint', '=', plain(fingerprint))
      .where('starts_at', '=', plain(startsAt))
      .executeTakeFirst();
    return row ? { incidentId: row.incident_id, status: row.status } : null;
  },

  allocateIncidentId: (pattern, at) => nextIncidentId(numbers, pattern, at),

  declare: async (incident, start) => {
    if (!(await insertIncident(tx, incident, start))) {
      throw new Conflict(`the incident ${incident.view.id} exists already; allocate another id`);
    }
    incidents.add(incident.view.id);
  },

  save: async (triaged) => {
    await saveAlert(tx, triaged);
    if (triaged.verdict === 'ignored') return;
    incidents.add(triaged.incidentId);
    await announceChange(tx, triaged.incidentId);
  },

  enqueue: async ({ incidentId, kind, payload }) => {
    await tx
      .insertInto('outbox')
      .values({ incident_id: incidentId, kind, payload: json(payload) })
      .execute();
  },

  append: (incidentId, entries) => appendToTimeline(tx, incidentId, entries),

  reports: reportTransaction(tx),
  changes: changeTransaction(tx),
});

/** A repeat of an episode updates its row; one that belongs to an incident stays there even if the repeat is ignored. */
const saveAlert = async (tx: Transaction<Tables>, triaged: Triaged): Promise<void> => {
  const { alert } = triaged;
  const ignored = triaged.verdict === 'ignored';
  await tx
    .insertInto('alert')
    .values({
      source: alert.source,
      fingerprint: plain(alert.fingerprint),
      starts_at: plain(alert.startsAt),
      status: alert.status,
      incident_id: ignored ? null : triaged.incidentId,
      ignored_because: ignored ? plain(triaged.because) : null,
      alert: json(alert),
    })
    .onConflict((clash) =>
      clash.columns(['source', 'fingerprint', 'starts_at']).doUpdateSet((row) => ({
        status: row.ref('excluded.status'),
        incident_id: sql<string | null>`coalesce(excluded.incident_id, alert.incident_id)`,
        ignored_because: sql<string | null>`case when coalesce(excluded.incident_id, alert.incident_id) is null
          then excluded.ignored_because end`,
        alert: row.ref('excluded.alert') as never,
        times: sql<number>`alert.times + 1`,
        last_seen_at: sql<string>`now()`,
      })),
    )
    .execute();
};
