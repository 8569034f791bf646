/**
 * The wire that kills in front of a PostgreSQL server. It reads the messages of the protocol
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html) as far as to know a statement that signals a
 * session from all others, which pass as they are.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { aTally, type KillingWire, type Strike } from './wire-that-kills.ts';

interface Signal {
  how: string;
  pid: string;
  strike: Strike | null;
  answer: Buffer;
}

/** What ends an answer, and what stands in one that is no error; a signal in vain is one too many as well. */
const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5]);
const wasSelected = Buffer.from('SELECT ');

/** In front of the server at this URL: `terminate 4711` for each signal, whether it still found somebody or not. */
export const aKillingSessionWire = async (target: string): Promise<KillingWire> => {
  const tally = aTally();
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let signal: Signal | null = null;
    const hangUp = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('error', hangUp);
      socket.on('close', () => {
        open.delete(socket);
        other.end();
      });
    }
    const messages = messagesOf((message) => {
      if (client.destroyed) return;
      const how = message[0] === 0x50 ? /pg_(terminate|cancel)_backend\(/.exec(message.toString('latin1'))?.[1] : null;
      if (how) signal = { how, pid: '', strike: tally.arrives(), answer: Buffer.alloc(0) };
      else if (signal && message[0] === 0x42) signal.pid = firstValueOf(message);
      if (signal?.strike?.when !== 'before it arrives') return upstream.write(message);
      signal.strike.act();
      return hangUp();
    });
    client.on('data', messages);
    upstream.on('data', (chunk: Buffer) => {
      if (!signal) return client.write(chunk);
      signal.answer = Buffer.concat([signal.answer, chunk]);
      if (!signal.answer.includes(readyForQuery)) return;
      const { how, pid, strike, answer } = signal;
      signal = null;
      if (answer.includes(wasSelected)) tally.accepted(`${how} ${pid}`);
      if (!strike) return client.write(answer);
      strike.act();
      return hangUp();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    expect: tally.expect,
    carriedOut: tally.carriedOut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
};

/** Hands on whole messages; the first of a connection has no letter in front of its length. */
const messagesOf = (hand: (message: Buffer) => void): ((chunk: Buffer) => void) => {
  let rest = Buffer.alloc(0);
  let letter = 0;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= letter + 4) {
      const length = letter + rest.readInt32BE(letter);
      if (rest.length < length) return;
      const message = rest.subarray(0, length);
      rest = rest.subarray(length);
      letter = 1;
      hand(message);
    }
  };
};

/** Of a Bind message: behind two names and the formats of its values. */
const firstValueOf = (message: Buffer): string => {
  const portalEnd = message.indexOf(0, 5);
  const formats = message.indexOf(0, portalEnd + 1) + 1;
  const values = formats + 2 + 2 * message.readInt16BE(formats);
  const length = message.readInt32BE(values + 2);
  return message.toString('utf8', values + 6, values + 6 + length);
};
