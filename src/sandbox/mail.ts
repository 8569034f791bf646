/** The company's mailbox: an SMTP server that keeps what it gets. Reads MIME simply: headers, the text, the calendar. */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { ReceivedMail } from './state.ts';
import type { World } from './world.ts';

const mailBytesMax = 5 * 1024 * 1024;
const mailsMax = 500;

export interface MailServer {
  port: number;
  close(): Promise<void>;
}

/** Port 0 takes any free one. Every recipient is accepted; a mail is kept before it is answered for. */
export const startMail = async (world: World, options: { host: string; port: number }): Promise<MailServer> => {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    size: mailBytesMax,
    logger: false,
    onAuth: (auth, _session, callback) => callback(null, { user: auth.username ?? 'anybody' }),
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (stream.sizeExceeded) {
          callback(Object.assign(new Error('message exceeds the size limit'), { responseCode: 552 }));
          return;
        }
        const raw = Buffer.concat(chunks).toString('utf8');
        const envelope = session.envelope;
        keep(world, raw, {
          from: envelope.mailFrom ? envelope.mailFrom.address : '',
          to: envelope.rcptTo.map((recipient) => recipient.address),
        });
        callback(null);
      });
    },
  });
  // A client that goes away in the middle must not take the sandbox with it.
  server.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  const address = server.server.address() as AddressInfo;
  return { port: address.port, close: () => new Promise((resolve) => server.close(() => resolve())) };
};

const keep = (world: World, raw: string, envelope: { from: string; to: string[] }): void => {
  const parsed = parseMail(raw);
  world.state.mails.push({
    ...parsed,
    id: randomUUID(),
    from: envelope.from,
    to: envelope.to,
    at: world.nowIso(),
    raw,
  });
  if (world.state.mails.length > mailsMax) world.state.mails.shift();
  world.state.effects.mails += 1;
  world.changed('fromOutside');
};

type Parsed = Pick<ReceivedMail, 'messageId' | 'subject' | 'text' | 'calendar'>;

export const parseMail = (raw: string): Parsed => {
  const parts = leaves(raw);
  const find = (type: string) => parts.find((part) => part.type === type)?.content ?? null;
  const { headers } = split(raw);
  return {
    messageId: headers['message-id'] ?? '',
    subject: decodeWords(headers.subject ?? ''),
    text: find('text/plain') ?? '',
    calendar: find('text/calendar') ?? find('application/ics'),
  };
};

const split = (raw: string): { headers: Record<string, string>; body: string } => {
  const at = /\r?\n\r?\n/.exec(raw);
  const head = at ? raw.slice(0, at.index) : raw;
  const headers: Record<string, string> = {};
  for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] ??= line.slice(colon + 1).trim();
  }
  return { headers, body: at ? raw.slice(at.index + at[0].length) : '' };
};

const leaves = (raw: string, depth = 0): { type: string; content: string }[] => {
  const { headers, body } = split(raw);
  const contentType = headers['content-type'] ?? 'text/plain';
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? 'text/plain';
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (!type.startsWith('multipart/') || !boundary || depth > 8) {
    return [{ type, content: decodeBody(body, headers['content-transfer-encoding'] ?? '') }];
  }
  return body
    .split(`--${boundary}`)
    .slice(1)
    .filter((part) => !part.startsWith('--'))
    .flatMap((part) => leaves(part.replace(/^\r?\n/, '').replace(/\r?\n$/, ''), depth + 1));
};

const decodeBody = (body: string, encoding: string): string => {
  switch (encoding.toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64').toString('utf8');
    case 'quoted-printable':
      return fromQuoted(body.replace(/=\r?\n/g, ''));
    default:
      return body;
  }
};

const fromQuoted = (text: string): string =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');

/** RFC 2047 words in a header: `=?UTF-8?Q?...?=`. */
const decodeWords = (text: string): string =>
  text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?[^?]+\?([BQ])\?([^?]*)\?=/gi, (_, encoding: string, word: string) =>
      encoding.toUpperCase() === 'B'
        ? Buffer.from(word, 'base64').toString('utf8')
        : fromQuoted(word.replaceAll('_', ' ')),
    );
