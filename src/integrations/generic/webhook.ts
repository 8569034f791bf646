import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InvalidInput } from '../../domain/errors.ts';
import type { Alert } from '../../schema/alert.ts';
import type { ParsedDelivery, Webhook } from '../integration.ts';

/** Anything that can post JSON with a bearer token: one alert, or several under `alerts`. */
export const genericWebhook = (): Webhook => ({
  source: 'generic',
  bearer: true,
  verify: async () => {},
  parse: async ({ raw }) => parseGeneric(raw),
});

/** The documented shape (README.md beside this file). Other keys are ignored. */
export const GenericAlert = z.object({
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

const Batch = z.object({ alerts: z.array(z.unknown()) });

const parseGeneric = (raw: Buffer): ParsedDelivery => {
  const body: unknown = JSON.parse(raw.toString('utf8'));
  const batch = Batch.safeParse(body);
  const parsed: ParsedDelivery = { alerts: [], quarantined: [], answers: [], deliveryId: null, note: null };
  for (const member of batch.success ? batch.data.alerts : [body]) {
    const read = GenericAlert.safeParse(member);
    if (read.success) parsed.alerts.push(alertOf(read.data));
    else if (!batch.success) throw new InvalidInput(`not an alert: ${z.prettifyError(read.error)}`);
    else parsed.quarantined.push({ reason: z.prettifyError(read.error), excerpt: excerptOf(member) });
  }
  return parsed;
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

/** Without a name of its own, the same title about the same service is the same problem. */
const fingerprintOf = (given: GenericAlert): string =>
  createHash('sha256')
    .update(JSON.stringify([given.title, given.service ?? null]))
    .digest('hex')
    .slice(0, 16);

const excerptOf = (member: unknown): string => (JSON.stringify(member) ?? '').slice(0, 2_000);
