import { z } from 'zod';
import { InvalidInput } from '../../domain/errors.ts';
import type { Alert } from '../../schema/alert.ts';
import { call } from '../http.ts';
import type { ParsedDelivery, Webhook } from '../integration.ts';
import { confirmationUrl, SnsEnvelope, type SnsTrust, verifySns } from './sns.ts';

export interface CloudWatchOptions {
  /** Topics whose alarms are accepted; signatures say who sent, not whether we want it. */
  topicArns: string[];
  /** Fetches a certificate by its checked URL; tests bring their own. */
  fetchText?: (url: string) => Promise<string>;
}

/** CloudWatch alarms through an SNS HTTPS subscription. Verified by SNS's own RSA signature, no token. */
export const cloudwatchWebhook = (options: CloudWatchOptions): Webhook => {
  const fetchText = options.fetchText ?? fetchFromSns;
  const trust: SnsTrust = { topicArns: options.topicArns, fetchText, certificates: new Map() };
  return {
    source: 'cloudwatch',
    bearer: false,
    verify: ({ raw, now }) => verifySns(raw, now, trust),
    async parse({ raw }) {
      const envelope = SnsEnvelope.safeParse(JSON.parse(raw.toString('utf8')));
      if (!envelope.success) throw new InvalidInput('not an SNS message');
      const message = envelope.data;
      if (message.Type === 'Notification') return notification(message.Message, message.MessageId);
      if (message.Type === 'UnsubscribeConfirmation')
        return handshake(message.MessageId, `the subscription to ${message.TopicArn} was cancelled`);
      return handshake(message.MessageId, await confirm(message.TopicArn, message.Token ?? '', fetchText));
    },
  };
};

/** The address is built from the checked topic; the SubscribeURL that was sent is never fetched. */
const confirm = async (
  topicArn: string,
  token: string,
  fetchText: (url: string) => Promise<string>,
): Promise<string> => {
  try {
    await fetchText(confirmationUrl(topicArn, token));
    return `the subscription to ${topicArn} was confirmed`;
  } catch (error) {
    return `the subscription to ${topicArn} could not be confirmed (${error instanceof Error ? error.message : 'no reason'}); request it again`;
  }
};

const handshake = (messageId: string, note: string): ParsedDelivery => ({
  alerts: [],
  quarantined: [],
  answers: [],
  deliveryId: messageId,
  note,
});

const fetchFromSns = async (url: string): Promise<string> => {
  const answer = await call({ vendor: 'sns', method: 'GET', url, timeoutMs: 5_000, answerBytesMax: 64 * 1024 });
  if (answer.status !== 200) throw new InvalidInput(`SNS answered ${answer.status}`);
  return answer.text;
};

const Alarm = z.object({
  AlarmName: z.string().min(1),
  AlarmArn: z.string().min(1),
  AlarmDescription: z.string().nullish(),
  NewStateValue: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
  NewStateReason: z.string().nullish(),
  StateChangeTime: z.string(),
  Region: z.string().nullish(),
  /** Composite alarms have none, metric-math alarms a list instead of one metric. */
  Trigger: z
    .object({
      MetricName: z.string().nullish(),
      Namespace: z.string().nullish(),
      Dimensions: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
    })
    .nullish(),
});
type Alarm = z.infer<typeof Alarm>;

const notification = (message: string, messageId: string): ParsedDelivery => {
  let inside: unknown;
  try {
    inside = JSON.parse(message);
  } catch {
    throw new InvalidInput('the SNS message carries something other than a CloudWatch alarm');
  }
  const alarm = Alarm.safeParse(inside);
  if (!alarm.success) throw new InvalidInput(`not a CloudWatch alarm: ${z.prettifyError(alarm.error)}`);
  return { alerts: [alertOf(alarm.data)], quarantined: [], answers: [], deliveryId: messageId, note: null };
};

const alertOf = (alarm: Alarm): Alert => {
  const dimensions = Object.fromEntries((alarm.Trigger?.Dimensions ?? []).map(({ name, value }) => [name, value]));
  const blind = alarm.NewStateValue === 'INSUFFICIENT_DATA';
  const resolved = alarm.NewStateValue === 'OK';
  // `+0000` without a colon: Date reads it, stricter parsers do not.
  const changedAt = new Date(alarm.StateChangeTime);
  const at = Number.isNaN(changedAt.getTime()) ? '' : changedAt.toISOString();
  return {
    source: 'cloudwatch',
    fingerprint: alarm.AlarmArn,
    status: resolved ? 'resolved' : 'firing',
    title: blind ? `${alarm.AlarmName} has no data` : alarm.AlarmName,
    summary: alarm.NewStateReason ?? null,
    service: word(alarm, 'service') ?? dimensions.ServiceName ?? dimensions.Service ?? null,
    // No data is never health, and only alarms that ask for it send it.
    severityLabel: blind ? 'warning' : (word(alarm, 'severity')?.toLowerCase() ?? null),
    // A recovery tells when it ended, not which episode: the open incident names that.
    startsAt: resolved ? '' : at,
    endsAt: resolved && at ? at : null,
    signals: {},
    labels: {
      ...dimensions,
      alarm: alarm.AlarmName,
      ...(alarm.Region ? { region: alarm.Region } : {}),
      ...(alarm.Trigger?.MetricName ? { metric: alarm.Trigger.MetricName } : {}),
      ...(alarm.Trigger?.Namespace ? { namespace: alarm.Trigger.Namespace } : {}),
    },
    link: null,
  };
};

/** Alarms have no labels that reach us, so their description may say `service=checkout severity=critical`. */
const word = (alarm: Alarm, name: 'service' | 'severity'): string | null =>
  new RegExp(`\\b${name}=([A-Za-z0-9._-]{1,120})`).exec(alarm.AlarmDescription ?? '')?.[1] ?? null;
