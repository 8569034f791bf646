import { z } from 'zod';
import { InvalidInput } from '../../domain/errors.ts';
import { sha256 } from '../../domain/sha256.ts';
import type { Alert } from '../../schema/alert.ts';
import type { GivenReport } from '../../schema/report.ts';
import type { ParsedDelivery, Webhook } from '../integration.ts';

/**
 * Anything that can post JSON with a bearer token: one alert, or several under `alerts`; one report of a customer under
 * `report`, or several under `reports`.
 */
export const genericWebhook = (): Webhook => ({
  source: 'generic',
  bearer: true,
  verify: async () => {},
  parse: async ({ raw }) => parseGeneric(raw),
});

/** The documented shape (README.md beside this file). Other keys are ignored. */
const GenericAlert = z.object({
  title: z.string().trim().min(1),
  service: z.string().nullish(),
  severity: z.string().nullish(),
  status: z.enum(['firing', 'resolved']).default('firing'),
  fingerprint: z.string().min(1).nullish(),
  summary: z.string().nullish(),
  startsAt: z.iso.datetime({ offset: true }).nullish(),
  endsAt: z.iso.datetime({ offset: true }).nullish(),
  signals: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
  link: z.string().nullish(),
});
type GenericAlert = z.infer<typeof GenericAlert>;

/** What a customer told a help desk. Other keys are ignored. */
const GenericReport = z.object({
  pattern: z.string().trim().min(1),
  service: z.string().nullish(),
  customer: z.string().nullish(),
  enterprise: z.boolean().nullish(),
  ticket: z.union([z.string(), z.number()]).nullish(),
  text: z.string().nullish(),
  reportedAt: z.iso.datetime({ offset: true }).nullish(),
});

const Batch = z.object({ alerts: z.array(z.unknown()).optional(), reports: z.array(z.unknown()).optional() });
const One = z.object({ report: z.unknown() });

/** Alone, what cannot be read is refused as a whole; in a batch the others go on. */
const parseGeneric = (raw: Buffer): ParsedDelivery => {
  const body: unknown = JSON.parse(raw.toString('utf8'));
  const { alerts, reports, alone } = membersOf(body);
  const quarantined: ParsedDelivery['quarantined'] = [];
  const read = <Read>(schema: z.ZodType<Read>, noun: string, members: unknown[]): Read[] =>
    members.flatMap((member) => {
      const { success, data, error } = schema.safeParse(member);
      if (success) return [data];
      if (alone) throw new InvalidInput(`not ${noun}: ${z.prettifyError(error)}`);
      quarantined.push({ reason: z.prettifyError(error), excerpt: excerptOf(member) });
      return [];
    });
  return {
    alerts: read(GenericAlert, 'an alert', alerts).map(alertOf),
    reports: read(GenericReport, 'a report', reports).map(reportOf),
    quarantined,
    answers: [],
    deliveryId: null,
    note: null,
  };
};

const membersOf = (body: unknown): { alerts: unknown[]; reports: unknown[]; alone: boolean } => {
  const batch = Batch.safeParse(body);
  const { alerts, reports } = batch.success ? batch.data : {};
  if (alerts || reports) return { alerts: alerts ?? [], reports: reports ?? [], alone: false };
  const one = One.safeParse(body);
  const report = one.success ? one.data.report : undefined;
  return report === undefined
    ? { alerts: [body], reports: [], alone: true }
    : { alerts: [], reports: [report], alone: true };
};

const alertOf = (given: GenericAlert): Alert => ({
  source: 'generic',
  fingerprint: given.fingerprint ?? fingerprintOf(given),
  status: given.status,
  title: given.title,
  summary: given.summary || null,
  service: given.service || null,
  severityLabel: given.severity?.toLowerCase() || null,
  // Empty: the sender does not say since when; the intake takes the episode of the incident.
  startsAt: given.startsAt ? new Date(given.startsAt).toISOString() : '',
  endsAt: given.endsAt ? new Date(given.endsAt).toISOString() : null,
  signals: given.signals ?? {},
  labels: given.labels ?? {},
  link: given.link || null,
});

const reportOf = (given: z.infer<typeof GenericReport>): GivenReport => ({
  pattern: given.pattern,
  service: given.service || null,
  customer: given.customer || null,
  enterprise: given.enterprise ?? false,
  ticket: given.ticket === null || given.ticket === undefined ? null : String(given.ticket),
  text: given.text || null,
  reportedAt: given.reportedAt ?? null,
});

/** Without a name of its own, the same title about the same service is the same problem. */
const fingerprintOf = (given: GenericAlert): string =>
  sha256(JSON.stringify([given.title, given.service ?? null])).slice(0, 16);

const excerptOf = (member: unknown): string => (JSON.stringify(member) ?? '').slice(0, 2_000);
