/**
 * Signatures of SNS HTTPS deliveries, by the rules of
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html and stricter where those leave room:
 * the certificate's host is compared, not matched by a loose pattern (an S3 bucket may be called `sns`).
 */
import { createVerify, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { NotAuthenticated, Unavailable } from '../../domain/errors.ts';

export const SnsEnvelope = z.object({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z.string().min(1).max(200),
  TopicArn: z.string(),
  Subject: z.string().nullish(),
  Message: z.string(),
  Timestamp: z.string(),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string(),
  SigningCertURL: z.string(),
  Token: z.string().max(2_000).nullish(),
  SubscribeURL: z.string().nullish(),
});
export type SnsEnvelope = z.infer<typeof SnsEnvelope>;

export interface SnsTrust {
  topicArns: string[];
  fetchText: (url: string) => Promise<string>;
  /** By URL; SNS uses one per region for months. */
  certificates: Map<string, string>;
}

/** A delivery is retried for at most an hour; older or later ones are replays or a wrong clock. */
const ageMsMax = 60 * 60 * 1_000;
const certificatesMax = 20;
const regionPattern = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** Throws NotAuthenticated; Unavailable when the certificate cannot be had now, so that SNS tries again. */
export const verifySns = async (raw: Buffer, now: number, trust: SnsTrust): Promise<void> => {
  const message = readEnvelope(raw);
  const age = Math.abs(now - Date.parse(message.Timestamp));
  if (!(age <= ageMsMax)) throw new NotAuthenticated('the message is too old or from the future');
  if (!trust.topicArns.includes(message.TopicArn)) throw new NotAuthenticated('the topic is not in SNS_TOPIC_ARNS');
  if (message.Type !== 'Notification') checkConfirmation(message);
  const certificate = await certificateOf(certificateUrl(message), now, trust);
  const verifier = createVerify(message.SignatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1').update(
    signedText(message),
  );
  if (!verifier.verify(certificate.publicKey, message.Signature, 'base64')) {
    throw new NotAuthenticated('the signature does not fit');
  }
};

const readEnvelope = (raw: Buffer): SnsEnvelope => {
  try {
    return SnsEnvelope.parse(JSON.parse(raw.toString('utf8')));
  } catch {
    throw new NotAuthenticated('not a signed SNS message');
  }
};

/** Keys in byte order, absent ones left out, each as `name\nvalue\n`. */
const signedText = (message: SnsEnvelope): string => {
  const names =
    message.Type === 'Notification'
      ? (['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const)
      : (['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'] as const);
  return names
    .filter((name) => message[name] !== undefined && message[name] !== null)
    .map((name) => `${name}\n${message[name]}\n`)
    .join('');
};

/** `arn:aws:sns:<region>:...`; the host of everything we fetch follows from it. */
const snsHost = (topicArn: string): string => {
  const [, partition, service, region] = topicArn.split(':');
  if (service !== 'sns' || !region || !regionPattern.test(region)) throw new NotAuthenticated('not an SNS topic');
  return `sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
};

const isOnSns = (url: URL, topicArn: string): boolean =>
  url.protocol === 'https:' && url.host === snsHost(topicArn) && url.username === '' && url.password === '';

const certificateUrl = (message: SnsEnvelope): string => {
  const url = URL.parse(message.SigningCertURL);
  const fits =
    url &&
    isOnSns(url, message.TopicArn) &&
    /^\/SimpleNotificationService-[0-9a-f]+\.pem$/.test(url.pathname) &&
    url.search === '' &&
    url.hash === '';
  if (!fits) throw new NotAuthenticated('the certificate is not at SNS');
  return url.href;
};

const checkConfirmation = (message: SnsEnvelope): void => {
  const url = URL.parse(message.SubscribeURL ?? '');
  const fits =
    url &&
    isOnSns(url, message.TopicArn) &&
    url.searchParams.get('Action') === 'ConfirmSubscription' &&
    url.searchParams.get('TopicArn') === message.TopicArn &&
    message.Token;
  if (!fits) throw new NotAuthenticated('the confirmation does not lead to SNS');
};

/** Where a subscription is confirmed, built from checked parts only. */
export const confirmationUrl = (topicArn: string, token: string): string => {
  const query = new URLSearchParams({ Action: 'ConfirmSubscription', TopicArn: topicArn, Token: token });
  return `https://${snsHost(topicArn)}/?${query}`;
};

const certificateOf = async (url: string, now: number, trust: SnsTrust): Promise<X509Certificate> => {
  const known = trust.certificates.get(url);
  const text = known ?? (await fetched(url, trust));
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(text);
  } catch {
    throw new NotAuthenticated('the certificate cannot be read');
  }
  if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo)) {
    trust.certificates.delete(url);
    throw new NotAuthenticated('the certificate is not valid now');
  }
  if (!known) {
    if (trust.certificates.size >= certificatesMax) trust.certificates.clear();
    trust.certificates.set(url, text);
  }
  return certificate;
};

const fetched = async (url: string, trust: SnsTrust): Promise<string> => {
  try {
    return await trust.fetchText(url);
  } catch (error) {
    throw new Unavailable('the certificate of SNS cannot be fetched now', error);
  }
};
