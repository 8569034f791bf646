/** An SNS topic of our own: a real key, a real certificate, real signatures. */
import { execFileSync } from 'node:child_process';
import { createSign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const arn = 'arn:aws:sns:eu-central-1:123456789012:alarms';
const certificateUrl = 'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem';

export interface SnsTopic {
  arn: string;
  certificateUrl: string;
  fetched: string[];
  fetchText: (url: string) => Promise<string>;
  /** A message with its signature; `after` changes it once it is signed. */
  sign(message: Record<string, string>, options?: { version?: '1' | '2'; after?: Record<string, string> }): string;
}

let made: { key: string; certificate: string } | undefined;

export const snsTopic = (): SnsTopic => {
  made ??= makeCertificate();
  const { key, certificate } = made;
  const fetched: string[] = [];
  return {
    arn,
    certificateUrl,
    fetched,
    fetchText: async (url) => {
      fetched.push(url);
      return certificate;
    },
    sign: (given, { version = '2', after = {} } = {}) => {
      const message: Record<string, string> = {
        Type: 'Notification',
        MessageId: 'message-1',
        TopicArn: arn,
        Message: '{}',
        Timestamp: new Date().toISOString(),
        SignatureVersion: version,
        SigningCertURL: certificateUrl,
        ...given,
      };
      const names =
        message.Type === 'Notification'
          ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
          : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
      const text = names
        .filter((name) => message[name] !== undefined)
        .map((name) => `${name}\n${message[name]}\n`)
        .join('');
      const Signature = createSign(version === '2' ? 'RSA-SHA256' : 'RSA-SHA1')
        .update(text)
        .sign(key, 'base64');
      return JSON.stringify({ ...message, Signature, ...after });
    },
  };
};

const makeCertificate = (): { key: string; certificate: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-sns-'));
  const keyFile = join(folder, 'key.pem');
  const certificateFile = join(folder, 'certificate.pem');
  try {
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=sns.test'].concat([
        '-keyout',
        keyFile,
        '-out',
        certificateFile,
      ]),
      { stdio: 'ignore' },
    );
    return { key: readFileSync(keyFile, 'utf8'), certificate: readFileSync(certificateFile, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
