import { type Kysely, type Selectable, type SelectQueryBuilder, sql, type Transaction } from 'kysely';
import { acceptsAlerts } from '../domain/incident/correlation.ts';
import { incidentStatuses } from '../schema/incident.ts';
import type { Report, ReportCounts } from '../schema/report.ts';
import type { Tables } from './tables.ts';
import { plain } from './text.ts';

/** What reports are counted by: one pattern of one service, or of none. */
export interface ReportGroup {
  patternKey: string;
  service: string | null;
}

export interface NewReport extends Omit<Report, 'id' | 'incidentId' | 'because'> {
  delivery: string;
  patternKey: string;
  customerKey: string | null;
  ticketKey: string | null;
}

/** `since` null: nothing is counted. */
export interface GroupState extends ReportGroup {
  pattern: string;
  counts: ReportCounts | null;
  unmatched: { reports: number; oldestAt: string } | null;
}

export interface ReportStore {
  report(id: string): Promise<Report | null>;
  /** The report that a delivery brought, if it brought a new one. */
  ofDelivery(delivery: string): Promise<Report | null>;
  ofTicket(ticketKey: string): Promise<Report | null>;
  counts(group: ReportGroup, since: string): Promise<ReportCounts>;
  /** The latest by the time of the report, newest first, and the state of the groups that they belong to. */
  list(filter: {
    patternKey: string | null;
    since: string | null;
    limit: number;
  }): Promise<{ items: Report[]; groups: GroupState[] }>;
}

/** What the intake does with reports inside its transaction. Hold the lock of the pattern before you add or count. */
export interface ReportTransaction {
  /** A ticket that was reported before stays as it is; its report comes back. */
  add(report: NewReport): Promise<{ report: Report; isNew: boolean }>;
  counts(group: ReportGroup, since: string): Promise<ReportCounts>;
  /** These, and whatever else of the group since then belongs to no incident, belong to this one. */
  match(group: ReportGroup, since: string, ids: readonly string[], incidentId: string): Promise<void>;
  /** Recorded only; `incidentId` where an incident of the service is open all the same. */
  explain(ids: readonly string[], because: string, incidentId: string | null): Promise<void>;
}

export const reportStore = (db: Kysely<Tables>): ReportStore => ({
  report: async (id) => oneOf(db.selectFrom('report').selectAll().where('id', '=', Number(id))),
  ofDelivery: async (delivery) => oneOf(db.selectFrom('report').selectAll().where('delivery', '=', delivery)),
  ofTicket: async (ticketKey) => oneOf(db.selectFrom('report').selectAll().where('ticket_key', '=', ticketKey)),
  counts: (group, since) => countReports(db, group, since),

  list: async ({ patternKey, since, limit }) => {
    const rows = await db
      .selectFrom('report')
      .selectAll()
      .$if(patternKey !== null, (query) => query.where('pattern_key', '=', patternKey ?? ''))
      .orderBy('reported_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return { items: rows.map(toReport), groups: await groupsOf(db, rows, since) };
  },
});

export const reportTransaction = (tx: Transaction<Tables>): ReportTransaction => ({
  add: async (report) => {
    const inserted = await tx
      .insertInto('report')
      .values({
        delivery: report.delivery,
        pattern: plain(report.pattern),
        pattern_key: plain(report.patternKey),
        service: report.service === null ? null : plain(report.service),
        customer: report.customer === null ? null : plain(report.customer),
        customer_key: report.customerKey === null ? null : plain(report.customerKey),
        enterprise: report.enterprise,
        ticket: report.ticket === null ? null : plain(report.ticket),
        ticket_key: report.ticketKey === null ? null : plain(report.ticketKey),
        text: report.text === null ? null : plain(report.text),
        reported_at: report.reportedAt,
        received_at: report.receivedAt,
        reported_by: report.by,
      })
      .onConflict((clash) => clash.column('ticket_key').doNothing())
      .returningAll()
      .executeTakeFirst();
    if (inserted) return { report: toReport(inserted), isNew: true };
    const before = tx.selectFrom('report').selectAll().where('ticket_key', '=', report.ticketKey);
    return { report: toReport(await before.executeTakeFirstOrThrow()), isNew: false };
  },

  counts: (group, since) => countReports(tx, group, since),

  match: async ({ patternKey, service }, since, ids, incidentId) => {
    await tx
      .updateTable('report')
      .set({ incident_id: incidentId, because: null })
      .where('incident_id', 'is', null)
      .where((is) =>
        is.or([
          is('id', 'in', ids.map(Number)),
          is.and([
            is('pattern_key', '=', patternKey),
            is('service', 'is not distinct from', service),
            is('reported_at', '>=', since),
          ]),
        ]),
      )
      .execute();
  },

  explain: async (ids, because, incidentId) => {
    await tx
      .updateTable('report')
      .set({ because: plain(because), incident_id: incidentId })
      .where('id', 'in', ids.map(Number))
      .execute();
  },
});

const openStatuses = incidentStatuses.filter(acceptsAlerts);

/**
 * No bound at the end: a report that another process took a moment later, and committed before us, counts. One that
 * belongs to an incident which is over has been answered, and makes no second one.
 */
const counting = (db: Kysely<Tables>, since: string) =>
  db
    .selectFrom('report')
    .leftJoin('incident', 'incident.id', 'report.incident_id')
    .where('report.reported_at', '>=', since)
    .where((is) => is.or([is('report.incident_id', 'is', null), is('incident.status', 'in', openStatuses)]))
    .select([
      sql<number>`count(distinct report.ticket_key)`.as('tickets'),
      sql<number>`count(distinct report.customer_key) filter (where report.enterprise)`.as('enterpriseCustomers'),
      sql<number>`count(*)`.as('reports'),
    ]);

const countReports = (db: Kysely<Tables>, { patternKey, service }: ReportGroup, since: string): Promise<ReportCounts> =>
  counting(db, since)
    .where('report.pattern_key', '=', patternKey)
    .where('report.service', 'is not distinct from', service)
    .executeTakeFirstOrThrow();

/** The groups of these rows in their order, each once, named as its first row writes it. */
const groupsOf = async (
  db: Kysely<Tables>,
  rows: readonly Selectable<Tables['report']>[],
  since: string | null,
): Promise<GroupState[]> => {
  if (rows.length === 0) return [];
  const patterns = [...new Set(rows.map((row) => row.pattern_key))];
  const inGroups = ['report.pattern_key', 'report.service'] as const;
  const counted =
    since === null
      ? []
      : await counting(db, since)
          .where('report.pattern_key', 'in', patterns)
          .select(inGroups)
          .groupBy(inGroups)
          .execute();
  const unmatched = await db
    .selectFrom('report')
    .where('report.incident_id', 'is', null)
    .where('report.pattern_key', 'in', patterns)
    .select([sql<number>`count(*)`.as('reports'), sql<string>`min(reported_at)`.as('oldestAt')])
    .select(inGroups)
    .groupBy(inGroups)
    .execute();
  const countsBy = new Map(counted.map(({ pattern_key, service, ...counts }) => [keyOf(pattern_key, service), counts]));
  const unmatchedBy = new Map(
    unmatched.map(({ pattern_key, service, ...rest }) => [keyOf(pattern_key, service), rest]),
  );
  const firsts = new Map<string, Selectable<Tables['report']>>();
  for (const row of rows) {
    const key = keyOf(row.pattern_key, row.service);
    if (!firsts.has(key)) firsts.set(key, row);
  }
  return [...firsts].map(([key, { pattern, pattern_key: patternKey, service }]) => ({
    patternKey,
    service,
    pattern,
    counts: since === null ? null : (countsBy.get(key) ?? { tickets: 0, enterpriseCustomers: 0, reports: 0 }),
    unmatched: unmatchedBy.get(key) ?? null,
  }));
};

const keyOf = (patternKey: string, service: string | null): string => JSON.stringify([patternKey, service]);

type ReportRows = SelectQueryBuilder<Tables, 'report', Selectable<Tables['report']>>;

const oneOf = async (rows: ReportRows): Promise<Report | null> => {
  const row = await rows.orderBy('id').limit(1).executeTakeFirst();
  return row ? toReport(row) : null;
};

const toReport = (row: Selectable<Tables['report']>): Report => ({
  id: String(row.id),
  pattern: row.pattern,
  service: row.service,
  customer: row.customer,
  enterprise: row.enterprise,
  ticket: row.ticket,
  text: row.text,
  reportedAt: row.reported_at,
  receivedAt: row.received_at,
  by: row.reported_by,
  incidentId: row.incident_id,
  because: row.because,
});
