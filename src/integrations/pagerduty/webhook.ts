import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { InvalidInput, NotAuthenticated } from '../../domain/errors.ts';
import type { ParsedDelivery, Webhook, WebhookRequest } from '../integration.ts';

/**
 * PagerDuty V3 webhooks: what people press on their phones comes back here. Several secrets, for rotation.
 * PagerDuty drops what is answered 4xx and disables the subscription after three: only a bad signature gets one.
 * https://developer.pagerduty.com/docs/verifying-webhook-signatures
 */
export const pagerdutyWebhook = (secrets: string[]): Webhook => ({
  source: 'pagerduty',
  bearer: false,
  verify: async (request) => verifySignature(request, secrets),
  parse: async (request) => parsePagerduty(request),
});

/** `X-PagerDuty-Signature: v1=<hex>,v1=<hex>`: any one that fits any secret is enough. */
const verifySignature = ({ headers, raw }: WebhookRequest, secrets: string[]): void => {
  const given = (headers['x-pagerduty-signature'] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => /^v1=[0-9a-f]{64}$/i.test(part))
    .slice(0, signaturesMax)
    .map((part) => Buffer.from(part.slice(3), 'hex'));
  const fits = secrets
    .map((secret) => createHmac('sha256', secret).update(raw).digest())
    .some((expected) => given.some((signature) => timingSafeEqual(signature, expected)));
  if (!fits) throw new NotAuthenticated('the signature does not fit');
};
const signaturesMax = 10;

const Envelope = z.object({
  event: z.object({
    id: z.string().min(1).max(200).nullish(),
    event_type: z.string(),
    occurred_at: z.iso.datetime({ offset: true }),
    agent: z.object({ id: z.string().nullish(), summary: z.string().nullish() }).nullish(),
    data: z.object({ incident_key: z.string().max(255).nullish(), id: z.string().nullish() }).nullish(),
  }),
});

const parsePagerduty = ({ headers, raw }: WebhookRequest): ParsedDelivery => {
  const envelope = Envelope.safeParse(JSON.parse(raw.toString('utf8')));
  if (!envelope.success) throw new InvalidInput('not a PagerDuty V3 webhook: it has no event');
  const { event } = envelope.data;
  const dedupKey = event.data?.incident_key;
  const acknowledged = event.event_type === 'incident.acknowledged' && dedupKey;
  return {
    alerts: [],
    quarantined: [],
    answers: acknowledged
      ? [
          {
            kind: 'acknowledge',
            dedupKey,
            at: new Date(event.occurred_at).toISOString(),
            by: event.agent?.summary ?? event.agent?.id ?? 'somebody at PagerDuty',
          },
        ]
      : [],
    // There is no timestamp in the signature, so a replay is known by its id alone. The event's id is signed, the
    // header is not: a captured body sent again under a new X-Webhook-Id is still the same event.
    deliveryId: event.id ?? headers['x-webhook-id'] ?? null,
    note: acknowledged ? null : `${event.event_type}: nothing to do`,
  };
};
