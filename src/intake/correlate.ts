/**
 * Which incident an alert belongs to, decided inside the one transaction that stores it, under a lock per correlation
 * key: two deliveries at the same time cannot open two incidents for one problem.
 *
 *   seen before, same episode  a repeat: counted, never told again; unless the incident was resolved long ago and the
 *                              monitor still says firing, then what was called resolved is not, and a new one continues it
 *   resolved                   goes to the incident of its firing, else to the open incident of the key, else only recorded
 *   firing, incident open      attaches, and raises the severity when its own is worse
 *   firing, none open          the pack decides: ignored with the reason, or one new incident for all of this delivery
 */
import { correlationKeyOf } from '../domain/incident/correlation.ts';
import { triage, type Verdict } from '../domain/incident/triage.ts';
import { sha256 } from '../domain/sha256.ts';
import type { Alert, AlertReference } from '../schema/alert.ts';
import type { Actor, IncidentView, TimelineEntry } from '../schema/incident.ts';
import type { Override } from '../schema/override.ts';
import type { PackDocument } from '../schema/policy.ts';
import type { DrillRow, IntakeTransaction } from '../store/store.ts';
import { categoryOf, newIncident } from './new-incident.ts';
import type { Rulebook } from './rulebook.ts';

/** An alert with the drill that caused it, if one did. */
export interface DrilledAlert {
  alert: Alert;
  drill: DrillRow | null;
}

/** Payload of an `attachAlerts` row in the outbox. */
export interface AttachPayload {
  alerts: AlertReference[];
  /** Set when the alerts are worse than the incident: told at once. */
  raise: { severity: string; rank: number } | null;
  correlationKey: string;
}

export interface CorrelationRequest {
  tx: IntakeTransaction;
  rulebook: Rulebook;
  alerts: DrilledAlert[];
  receivedAt: string;
  /** Reads an incident as committed. */
  incident: (id: string) => Promise<IncidentView | null>;
  /** In force at an instant; never throws. */
  overrides: (at: string) => Promise<Override[]>;
}

/** A monitor that still repeats a firing alert this long after the incident was resolved contradicts it. */
const notOverAfterMs = 15 * 60_000;
/** More references than this do not fit well into one message to a workflow. */
const alertsPerMessageMax = 200;

/** Stores every alert with its verdict; returns the incidents they belong to and the drills that got theirs. */
export const correlate = async (
  request: CorrelationRequest,
): Promise<{ incidents: string[]; drills: { drillId: string; incidentId: string }[] }> => {
  const groups = new Map<string, DrilledAlert[]>();
  for (const drilled of request.alerts) {
    const key = keyOf(drilled, request.rulebook);
    groups.set(key, [...(groups.get(key) ?? []), drilled]);
  }
  const incidents = new Set<string>();
  const drills: { drillId: string; incidentId: string }[] = [];
  // One order for everybody, so that two deliveries never wait for each other's locks.
  for (const key of [...groups.keys()].sort()) {
    await request.tx.lock(key);
    const touched = await new Group(request, key).settle(groups.get(key) ?? []);
    for (const id of touched.incidents) incidents.add(id);
    if (touched.drill) drills.push(touched.drill);
  }
  return { incidents: [...incidents], drills };
};

/** Drills stay among themselves: a practice alert never joins a real incident, nor the other way round. */
const keyOf = ({ alert, drill }: DrilledAlert, rulebook: Rulebook): string => {
  const key = correlationKeyOf(alert, rulebook.organisation.services);
  return drill ? `drill:${drill.id}:${key}` : key;
};

type Declared = Extract<Verdict, { verdict: 'declare' }>;

/** The alerts of one delivery with one correlation key. */
class Group {
  private readonly request: CorrelationRequest;
  private readonly key: string;
  private readonly incidents = new Set<string>();
  /** What running workflows have to be told, by incident. */
  private readonly news = new Map<string, AlertReference[]>();
  private readonly newcomers: { alert: Alert; verdict: Declared }[] = [];
  private raisedTo: { severity: string; rank: number } | null = null;
  private continues: string | null = null;

  constructor(request: CorrelationRequest, key: string) {
    this.request = request;
    this.key = key;
  }

  async settle(
    group: DrilledAlert[],
  ): Promise<{ incidents: Set<string>; drill: { drillId: string; incidentId: string } | null }> {
    const drill = group[0]?.drill ?? null;
    const pack = this.request.rulebook.pack(drill?.pack ?? null);
    const open = await this.request.tx.openIncidentFor(this.key);
    for (const drilled of inOrderOfEvents(group)) await this.settleOne(drilled, open, pack);
    if (this.newcomers.length > 0) await this.declare(drill, pack);
    for (const [incidentId, alerts] of this.news) await this.tell(incidentId, alerts, open);
    const first = [...this.incidents][0];
    return { incidents: this.incidents, drill: drill && first ? { drillId: drill.id, incidentId: first } : null };
  }

  private async settleOne(
    { alert: given, drill }: DrilledAlert,
    open: IncidentView | null,
    pack: PackDocument,
  ): Promise<void> {
    const { tx, receivedAt } = this.request;
    const dated = given.startsAt !== '';
    // A sender that does not say since when means: since this incident began.
    const alert = dated ? given : { ...given, startsAt: open?.declaredAt ?? receivedAt };
    const seen = await tx.seenAlert(alert);
    const verdict = this.judge(alert, drill, pack);

    if (seen?.incidentId) {
      const again = alert.status === 'firing' && !open && (await this.isNotOver(seen.incidentId));
      if (again && verdict.verdict === 'declare') {
        this.continues = seen.incidentId;
        this.newcomers.push({ alert, verdict });
        return;
      }
      // A firing that comes after its own recovery is old news, unless the sender dates nothing.
      const isNews = seen.status !== alert.status && (alert.status === 'resolved' || !dated);
      return this.attach(alert, seen.incidentId, isNews);
    }
    if (alert.status === 'resolved') {
      if (open) return this.attach(alert, open.id, true);
      return tx.save({ verdict: 'ignored', alert, because: 'resolved, and its firing was never seen here' });
    }
    if (verdict.verdict === 'ignore') return tx.save({ verdict: 'ignored', alert, because: verdict.because });
    if (!open) {
      this.newcomers.push({ alert, verdict });
      return;
    }
    if (verdict.rank < (this.raisedTo?.rank ?? open.rank)) {
      this.raisedTo = { severity: verdict.severity, rank: verdict.rank };
    }
    return this.attach(alert, open.id, true);
  }

  /** The severity that a drill asks for stands, whatever the figures say, also when the trouble begins again. */
  private judge(alert: Alert, drill: DrillRow | null, pack: PackDocument): Verdict {
    const { rulebook, receivedAt } = this.request;
    const verdict = triage({ alert, pack, organisation: rulebook.organisation, now: receivedAt });
    const { severity } = drill ?? { severity: null };
    const policy = severity === null ? undefined : pack.severities[severity];
    if (severity === null || policy === undefined) return verdict;
    const serviceKnown = verdict.verdict === 'declare' && verdict.serviceKnown;
    return {
      verdict: 'declare',
      severity,
      rank: policy.rank,
      because: 'the drill asks for this severity',
      rule: 'drill',
      serviceKnown,
    };
  }

  private async attach(alert: Alert, incidentId: string, isNews: boolean): Promise<void> {
    await this.request.tx.save({ verdict: 'attached', alert, incidentId });
    this.incidents.add(incidentId);
    if (isNews) this.news.set(incidentId, [...(this.news.get(incidentId) ?? []), referenceOf(alert)]);
  }

  private async isNotOver(incidentId: string): Promise<boolean> {
    const old = await this.request.incident(incidentId);
    if (!old?.resolvedAt || old.status === 'cancelled') return false;
    return Date.parse(this.request.receivedAt) - Date.parse(old.resolvedAt) >= notOverAfterMs;
  }

  /** One incident for all newcomers, by the worst of them. */
  private async declare(drill: DrillRow | null, pack: PackDocument): Promise<void> {
    const { tx, rulebook, receivedAt } = this.request;
    const worstFirst = [...this.newcomers].sort((a, b) => a.verdict.rank - b.verdict.rank);
    const [lead] = worstFirst;
    if (!lead) return;
    const references = this.newcomers.map(({ alert }) => referenceOf(alert));
    const id = await tx.allocateIncidentId(pack.incidentId, receivedAt);
    const { incident, start } = newIncident(rulebook, pack, {
      id,
      title: lead.alert.title.slice(0, 200),
      summary: lead.alert.summary,
      severity: lead.verdict.severity,
      service: lead.alert.service,
      category: worstFirst.map(({ alert }) => categoryOf(alert)).find((category) => category !== null) ?? null,
      declaredAt: receivedAt,
      declaredBy: monitor(lead.alert.source),
      drill: drill !== null,
      speed: drill?.speed ?? 1,
      alerts: references.slice(0, alertsPerMessageMax),
      continues: this.continues,
      correlationKey: this.key,
      idempotencyKey: null,
      overrides: await this.request.overrides(receivedAt),
    });
    await tx.declare(incident, start);
    this.incidents.add(id);
    const { because } = lead.verdict;
    for (const { alert } of this.newcomers) {
      const declared = alert === lead.alert;
      await tx.save(
        declared
          ? { verdict: 'declared', alert, incidentId: id, because }
          : { verdict: 'attached', alert, incidentId: id },
      );
    }
    if (references.length > alertsPerMessageMax) this.news.set(id, references.slice(alertsPerMessageMax));
  }

  private async tell(incidentId: string, alerts: AlertReference[], open: IncidentView | null): Promise<void> {
    const raise = open?.id === incidentId ? this.raisedTo : null;
    for (let from = 0; from < alerts.length; from += alertsPerMessageMax) {
      const payload: AttachPayload = {
        alerts: alerts.slice(from, from + alertsPerMessageMax),
        raise: from === 0 ? raise : null,
        correlationKey: this.key,
      };
      await this.request.tx.enqueue({ incidentId, kind: 'attachAlerts', payload });
    }
    await this.write(incidentId, alerts);
  }

  /** Written here, where it is committed anyway: a workflow that has nothing to decide need not wake the record. */
  private async write(incidentId: string, alerts: AlertReference[]): Promise<void> {
    const { tx, receivedAt } = this.request;
    for (const [status, kind, words] of newsInWords) {
      const these = alerts.filter((alert) => alert.status === status);
      const [first] = these;
      if (!first) continue;
      const key = `${kind}/${these.map((alert) => `${alert.fingerprint}@${alert.startsAt}`).join(',')}`;
      const entry: TimelineEntry = {
        key: `alerts/${sha256(key).slice(0, 32)}`,
        at: receivedAt,
        kind,
        actor: monitor(first.source),
        text: words(these.length, titlesOf(these)),
        why: null,
        public: false,
      };
      await tx.append(incidentId, [entry]);
    }
  }
}

const newsInWords = [
  [
    'firing',
    'alertAttached',
    (count: number, titles: string) => `Attached ${count === 1 ? 'an alert' : `${count} alerts`}: ${titles}.`,
  ],
  [
    'resolved',
    'alertCleared',
    (count: number, titles: string) => `${count === 1 ? 'An alert' : `${count} alerts`} cleared: ${titles}.`,
  ],
] as const;

const titlesOf = (alerts: AlertReference[]): string => {
  const titles = [...new Set(alerts.map((alert) => alert.title))];
  return titles.length > 3 ? `${titles.slice(0, 3).join(', ')} and ${titles.length - 3} more` : titles.join(', ');
};

/** By episode, and a firing before its own recovery, in whatever order a batch lists them. */
const inOrderOfEvents = (group: DrilledAlert[]): DrilledAlert[] =>
  [...group].sort(
    (a, b) =>
      a.alert.startsAt.localeCompare(b.alert.startsAt) ||
      Number(a.alert.status === 'resolved') - Number(b.alert.status === 'resolved'),
  );

const referenceOf = (alert: Alert): AlertReference => ({
  fingerprint: alert.fingerprint,
  title: alert.title,
  status: alert.status,
  startsAt: alert.startsAt,
  source: alert.source,
});

export const monitor = (source: string): Actor => ({ kind: 'monitor', id: source, name: source });
