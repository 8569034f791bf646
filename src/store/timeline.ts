/** Writing to a timeline: shared by everything that records a fact of an incident. */
import { sql, type Transaction } from 'kysely';
import { NotFound } from '../domain/errors.ts';
import type { TimelineEntry } from '../schema/incident.ts';
import type { Tables } from './tables.ts';
import { json, plain } from './text.ts';

export const changesChannel = 'muster_changes';

/** Told to listeners when the transaction commits, and only then; its time is kept for listeners who were away. */
export const announceChange = async (tx: Transaction<Tables>, incidentId: string): Promise<void> => {
  await sql`
    with changed as (update incident set changed_at = now() where id = ${incidentId})
    select pg_notify(${changesChannel}, ${incidentId})`.execute(tx);
};

/**
 * Adds the entries whose keys are new, in the given order, and announces the change. The incident's row lock makes
 * writers queue, so that numbers have no gaps and a later commit never gets a lower number.
 * Throws NotFound when the incident is not in the store.
 */
export const appendToTimeline = async (
  tx: Transaction<Tables>,
  incidentId: string,
  entries: TimelineEntry[],
): Promise<void> => {
  const incident = await tx
    .selectFrom('incident')
    .select('last_seq')
    .where('id', '=', incidentId)
    .forUpdate()
    .executeTakeFirst();
  if (!incident) throw new NotFound(`there is no incident ${incidentId}; list them with GET /api/v1/incidents`);
  const fresh = await newEntries(tx, incidentId, entries);
  if (fresh.length > 0) {
    await tx
      .insertInto('timeline')
      .values(
        fresh.map((entry, index) => ({
          incident_id: incidentId,
          seq: incident.last_seq + 1 + index,
          key: entry.key,
          at: entry.at,
          kind: entry.kind,
          actor: json(entry.actor),
          text: plain(entry.text),
          why: entry.why === null ? null : plain(entry.why),
          public: entry.public,
        })),
      )
      .execute();
    await tx
      .updateTable('incident')
      .set({ last_seq: incident.last_seq + fresh.length })
      .where('id', '=', incidentId)
      .execute();
  }
  await announceChange(tx, incidentId);
};

const newEntries = async (
  tx: Transaction<Tables>,
  incidentId: string,
  entries: TimelineEntry[],
): Promise<TimelineEntry[]> => {
  if (entries.length === 0) return [];
  const byKey = new Map<string, TimelineEntry>();
  for (const entry of entries) if (!byKey.has(entry.key)) byKey.set(entry.key, entry);
  const known = await tx
    .selectFrom('timeline')
    .select('key')
    .where('incident_id', '=', incidentId)
    .where('key', 'in', [...byKey.keys()])
    .execute();
  for (const { key } of known) byKey.delete(key);
  return [...byKey.values()];
};
