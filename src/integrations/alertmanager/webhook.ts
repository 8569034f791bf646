import { z } from 'zod';
import { InvalidInput } from '../../domain/errors.ts';
import { sha256 } from '../../domain/sha256.ts';
import type { Alert } from '../../schema/alert.ts';
import type { ParsedDelivery, Webhook } from '../integration.ts';

/** Alertmanager sends no signature: the bearer token of its `http_config` is checked by the intake. */
export const alertmanagerWebhook = (): Webhook => ({
  source: 'alertmanager',
  bearer: true,
  verify: async () => {},
  parse: async ({ raw }) => parseAlertmanager(raw),
});

/** Newer versions add fields and Grafana sends a superset, so unknown keys and the version number are left alone. */
const Envelope = z.object({ alerts: z.array(z.unknown()) });

const Member = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()).nullish(),
  /** Nanoseconds and offsets occur. */
  startsAt: z.iso.datetime({ offset: true }),
  endsAt: z.string().nullish(),
  generatorURL: z.string().nullish(),
  fingerprint: z.string().nullish(),
});
type Member = z.infer<typeof Member>;

const parseAlertmanager = (raw: Buffer): ParsedDelivery => {
  const envelope = Envelope.safeParse(JSON.parse(raw.toString('utf8')));
  if (!envelope.success) throw new InvalidInput('not an Alertmanager v4 webhook: it has no list of alerts');
  const parsed: ParsedDelivery = { alerts: [], quarantined: [], answers: [], deliveryId: null, note: null };
  for (const member of envelope.data.alerts) {
    const read = Member.safeParse(member);
    if (read.success) parsed.alerts.push(alertOf(read.data));
    else parsed.quarantined.push({ reason: z.prettifyError(read.error), excerpt: excerptOf(member) });
  }
  return parsed;
};

/** The status of the group stays `firing` while a member of it is resolved: only the member's own counts. */
const alertOf = (member: Member): Alert => {
  const { labels } = member;
  const annotations = member.annotations ?? {};
  return {
    source: 'alertmanager',
    fingerprint: member.fingerprint || fingerprintOf(labels),
    status: member.status,
    title: annotations.summary || annotations.title || labels.alertname || 'Alert without a name',
    summary: annotations.description || annotations.message || null,
    service: labels.service || labels.app || null,
    severityLabel: labels.severity?.toLowerCase() ?? null,
    startsAt: new Date(member.startsAt).toISOString(),
    endsAt: member.status === 'resolved' ? realInstant(member.endsAt) : null,
    signals: signalsOf(annotations),
    labels,
    link: member.generatorURL || null,
  };
};

/** Annotations `signal_<name>` carry the figures that severity rules look at: `signal_errorRate: "0.12"`. */
const signalsOf = (annotations: Record<string, string>): Alert['signals'] =>
  Object.fromEntries(
    Object.entries(annotations)
      .filter(([name]) => name.startsWith('signal_'))
      .map(([name, text]) => [name.slice('signal_'.length), signalValue(text)]),
  );

const signalValue = (text: string): number | string | boolean => {
  if (text === 'true' || text === 'false') return text === 'true';
  const figure = Number(text);
  return text.trim() !== '' && Number.isFinite(figure) ? figure : text;
};

/** A firing alert ends in year 1: Go's zero time. */
const realInstant = (text: string | null | undefined): string | null => {
  const at = new Date(text ?? Number.NaN);
  return Number.isNaN(at.getTime()) || at.getUTCFullYear() <= 1 ? null : at.toISOString();
};

/** Labels name the problem, in any order. */
const fingerprintOf = (labels: Record<string, string>): string =>
  sha256(JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))).slice(0, 16);

const excerptOf = (member: unknown): string => (JSON.stringify(member) ?? '').slice(0, 2_000);
