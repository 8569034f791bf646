/**
 * Reports of customers on their way to an alert. Inside the one transaction of their delivery, under a lock per
 * pattern, they are kept and counted; the counts are the signals of one alert per pattern and service, which goes
 * through triage and correlation like any other. Two reports at the same time therefore count each other, and open one
 * incident.
 */

import { Conflict } from '../domain/errors.ts';
import { correlationKeyOf } from '../domain/incident/correlation.ts';
import { countsInWords, folded, reportsSource, signalsOf } from '../domain/incident/report.ts';
import { redactSecrets } from '../domain/redaction.ts';
import { sha256 } from '../domain/sha256.ts';
import type { Alert } from '../schema/alert.ts';
import type { PackDocument } from '../schema/policy.ts';
import { type GivenReport, type Report, type ReportCounts, reportLengths, type TakenReport } from '../schema/report.ts';
import type { DeliveryRecord, IntakeTransaction, NewReport, ReportGroup, Store, Triaged } from '../store/store.ts';
import { boundedName, cut, oneLine } from './bounded-alert.ts';
import { correlate, monitor } from './correlate.ts';
import { bodyHashOf } from './payload.ts';
import type { Rulebook } from './rulebook.ts';

export interface ReportOrder {
  given: GivenReport;
  /** Person id, or the source that sent it. */
  by: string;
  /** The same key of the same sender again is the same report; null: only the ticket says so. */
  key: string | null;
  /** Milliseconds. */
  now: number;
}

/**
 * Keeps one report and does what its pack says of the counts. The same key or ticket a second time changes nothing and
 * answers with the first; throws Conflict when that one says something else, Unavailable without the database.
 */
export const takeReport = async (
  { store, rulebook }: { store: Store; rulebook: Rulebook },
  { given, by, key, now }: ReportOrder,
  id: string,
): Promise<TakenReport> => {
  const receivedAt = new Date(now).toISOString();
  const told = newReport(given, { delivery: id, receivedAt, by });
  const body = JSON.stringify(told);
  const delivery: DeliveryRecord = {
    id,
    source: reportsSource,
    deliveryId: key === null ? null : `${by}/${key}`,
    bodyHash: bodyHashOf(Buffer.from(body)),
    receivedAt,
    body,
    note: null,
  };
  let kept: { report: Report; isNew: boolean } | undefined;
  try {
    await store.intake.commit(delivery, [], async (tx) => {
      const taken = await countReports({ tx, rulebook, reports: [given], delivery: id, receivedAt, by });
      const alerts = taken.alerts.map((alert) => ({ alert, drill: null }));
      const incident = (incidentId: string) => store.incidents.incident(incidentId);
      await correlate({ tx: taken.tx, rulebook, alerts, receivedAt, incident, overrides: store.overrides.inForce });
      await taken.settle();
      [kept] = taken.kept;
    });
  } catch (error) {
    if (!(error instanceof Conflict) || typeof error.details.receipt !== 'string') throw error;
    kept = await earlierReport(store, error.details.receipt, told.ticketKey);
  }
  if (!kept) throw new Conflict('this Idempotency-Key was used for another report; choose a new key');
  if (!kept.isNew) refuseOther(kept.report, told);
  const report = (await store.reports.report(kept.report.id)) ?? kept.report;
  const since = windowStart(rulebook.pack(null), receivedAt);
  return { report, repeat: !kept.isNew, counts: since === null ? null : await store.reports.counts(told, since) };
};

const earlierReport = async (
  { reports }: Store,
  delivery: string,
  ticketKey: string | null,
): Promise<{ report: Report; isNew: boolean } | undefined> => {
  const report =
    (await reports.ofDelivery(delivery)) ?? (ticketKey === null ? null : await reports.ofTicket(ticketKey));
  return report ? { report, isNew: false } : undefined;
};

/** A second statement that says something else must not be lost without a word. */
const refuseOther = (first: Report, told: NewReport): void => {
  const facts = ({ pattern, service, customer, enterprise, ticket }: Omit<Report, 'id' | 'incidentId' | 'because'>) =>
    JSON.stringify([folded(pattern), service, customer && folded(customer), enterprise, ticket && folded(ticket)]);
  if (facts(first) === facts(told)) return;
  const sameTicket = first.ticket !== null && folded(first.ticket) === told.ticketKey;
  throw new Conflict(
    sameTicket
      ? `ticket ${first.ticket} was reported before, as "${first.pattern}" with other facts; it counts once and stays as it is`
      : `this Idempotency-Key was used for the report "${first.pattern}"; choose a new key`,
  );
};

// --- inside the transaction of a delivery ---------------------------------------------------------------------------

export interface CountRequest {
  tx: IntakeTransaction;
  rulebook: Pick<Rulebook, 'pack' | 'organisation'>;
  reports: readonly GivenReport[];
  delivery: string;
  receivedAt: string;
  by: string;
}

export interface CountedReports {
  kept: { report: Report; isNew: boolean }[];
  /** One per pattern and service that got a new report; none where the pack counts no reports. */
  alerts: Alert[];
  /** Correlate with this one: it remembers what becomes of the alerts. */
  tx: IntakeTransaction;
  /** After correlation: writes to each report what became of it, and to a new incident which counts made it one. */
  settle(): Promise<void>;
}

/** New reports of one pattern and service. */
interface Group extends ReportGroup {
  ids: string[];
  pattern: string;
}

/** Keeps and counts. Call it before any other lock of the transaction is taken: everybody takes those of patterns first. */
export const countReports = async (request: CountRequest): Promise<CountedReports> => {
  const { tx, rulebook, receivedAt } = request;
  const pack = rulebook.pack(null);
  const reports = request.reports.map((given) => newReport(given, request));
  for (const patternKey of [...new Set(reports.map((report) => report.patternKey))].sort()) {
    await tx.lock(`reports:${patternKey}`);
  }
  const kept: CountedReports['kept'] = [];
  const groups = new Map<string, Group>();
  for (const told of reports.toSorted(byTicket)) {
    const one = await tx.reports.add(told);
    kept.push(one);
    if (!one.isNew) continue;
    const { patternKey, service, pattern } = told;
    const group = groups.get(fingerprintOf(told)) ?? { patternKey, service, pattern, ids: [] };
    groups.set(fingerprintOf(told), { ...group, ids: [...group.ids, one.report.id] });
  }

  const since = windowStart(pack, receivedAt);
  if (since === null) {
    const because = `the pack ${pack.pack} counts no reports: it has no "reports" with a window`;
    for (const { ids } of groups.values()) await tx.reports.explain(ids, because, null);
    return { kept, alerts: [], tx, settle: async () => {} };
  }
  const counts = new Map<string, ReportCounts>();
  for (const [fingerprint, group] of groups) counts.set(fingerprint, await tx.reports.counts(group, since));
  const verdicts = new Map<string, Triaged>();
  return {
    kept,
    alerts: [...groups].map(([fingerprint, group]) => alertOf(fingerprint, group, countsOf(counts, fingerprint))),
    tx: {
      ...tx,
      save: async (triaged) => {
        await tx.save(triaged);
        if (triaged.alert.source === reportsSource) verdicts.set(triaged.alert.fingerprint, triaged);
      },
    },
    settle: async () => {
      for (const [fingerprint, group] of groups) {
        const verdict = verdicts.get(fingerprint);
        if (verdict) await settleGroup(request, group, { since, verdict, counts: countsOf(counts, fingerprint) });
      }
    },
  };
};

/** Two deliveries that share several tickets wait for each other in one order. */
const byTicket = (a: NewReport, b: NewReport): number => (a.ticketKey ?? '').localeCompare(b.ticketKey ?? '');

const countsOf = (counts: ReadonlyMap<string, ReportCounts>, fingerprint: string): ReportCounts =>
  counts.get(fingerprint) ?? { tickets: 0, enterpriseCustomers: 0, reports: 0 };

/** Reports from this instant on count together; null where the pack counts none. */
export const windowStart = ({ reports }: Pick<PackDocument, 'reports'>, now: string): string | null =>
  reports ? new Date(Date.parse(now) - reports.window).toISOString() : null;

const settleGroup = async (
  { tx, rulebook, receivedAt }: CountRequest,
  group: Group,
  { since, verdict, counts }: { since: string; verdict: Triaged; counts: ReportCounts },
): Promise<void> => {
  if (verdict.verdict === 'ignored') {
    // Too few to raise an alarm; while the service has an incident people find them there all the same.
    const open = await tx.openIncidentFor(correlationKeyOf(verdict.alert, rulebook.organisation.services));
    return tx.reports.explain(group.ids, verdict.because, open?.id ?? null);
  }
  const { incidentId } = verdict;
  await tx.reports.match(group, since, group.ids, incidentId);
  if (verdict.verdict !== 'declared') return;
  await tx.append(incidentId, [
    {
      key: `reports/${verdict.alert.fingerprint}`,
      at: receivedAt,
      kind: 'note',
      actor: monitor(reportsSource),
      text: `Reports of customers made this an incident: ${countsInWords(counts)} with "${group.pattern}".`,
      why: verdict.because ?? null,
      public: false,
    },
  ]);
};

/** Names of customers and tickets stay with the reports: an incident's title and summary travel further. */
const alertOf = (fingerprint: string, { pattern, service }: Group, counts: ReportCounts): Alert => ({
  source: reportsSource,
  fingerprint,
  status: 'firing',
  title: `Customers report: ${pattern}`,
  summary: `${countsInWords(counts)} with the same report; GET /api/v1/reports lists them.`,
  service,
  severityLabel: null,
  // No date: the episode is that of the incident.
  startsAt: '',
  endsAt: null,
  signals: signalsOf(counts),
  labels: {},
  link: null,
});

const fingerprintOf = ({ patternKey, service }: ReportGroup): string =>
  sha256(JSON.stringify([patternKey, service])).slice(0, 32);

/** In the sizes and without the secrets that must not be kept, whoever sends it; never from the future. */
const newReport = (
  given: GivenReport,
  { delivery, receivedAt, by }: { delivery: string; receivedAt: string; by: string },
): NewReport => {
  const pattern = oneLine(redactSecrets(given.pattern), reportLengths.pattern) || 'Report without a pattern';
  const customer = named(given.customer);
  const ticket = named(given.ticket);
  const text = given.text === null ? null : cut(redactSecrets(given.text), reportLengths.text) || null;
  const reportedMs = given.reportedAt === null ? Date.parse(receivedAt) : Date.parse(given.reportedAt);
  return {
    delivery,
    pattern,
    patternKey: folded(pattern),
    service: named(given.service),
    customer,
    customerKey: customer === null ? null : folded(customer),
    enterprise: given.enterprise,
    ticket,
    ticketKey: ticket === null ? null : folded(ticket),
    text,
    reportedAt: new Date(Math.min(reportedMs, Date.parse(receivedAt))).toISOString(),
    receivedAt,
    by,
  };
};

const named = (given: string | null): string | null =>
  given === null ? null : boundedName(given, reportLengths.name) || null;
