/**
 * Stands before the sandbox and notes when a page arrives at its pager, on this process's clock; everything goes on to
 * the sandbox. Bare pages of the comparison arrive at the same door and are answered there.
 */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

export interface Doorman {
  url: string;
  /** Instant of the first page whose source is this (`performance.now()`); rejects after `limitMs`. */
  arrival(source: string, limitMs: number): Promise<number>;
  /** Where to pass on to; the sandbox listens only later. */
  leadTo(sandboxUrl: string): void;
  close(): Promise<void>;
}

export const openDoorman = async (): Promise<Doorman> => {
  const agent = new Agent({ keepAlive: true });
  const arrived = new Map<string, number>();
  const waiting = new Map<string, (at: number) => void>();
  let sandboxUrl = '';

  const note = (source: string, at: number): void => {
    if (arrived.has(source)) return;
    arrived.set(source, at);
    waiting.get(source)?.(at);
  };

  const receive = async (incoming: IncomingMessage, outgoing: ServerResponse, at: number): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (incoming.url?.endsWith('/v2/enqueue')) note(sourceOf(body), at);
    if (incoming.url?.startsWith('/bare/')) {
      outgoing.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"success"}');
      return;
    }
    const onward = request(
      `${sandboxUrl}${incoming.url ?? '/'}`,
      { method: incoming.method ?? 'GET', headers: incoming.headers, agent },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    onward.end(body);
  };

  const server = createServer((incoming, outgoing) => {
    const at = performance.now();
    receive(incoming, outgoing, at).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  return {
    url: `http://127.0.0.1:${port}`,
    leadTo: (url) => {
      sandboxUrl = url;
    },
    arrival: (source, limitMs) =>
      new Promise((resolve, reject) => {
        const already = arrived.get(source);
        if (already !== undefined) return resolve(already);
        const late = setTimeout(() => reject(new Error(`no page for ${source} within ${limitMs} ms`)), limitMs);
        waiting.set(source, (at) => {
          clearTimeout(late);
          waiting.delete(source);
          resolve(at);
        });
      }),
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const sourceOf = (body: Buffer): string => {
  const event = JSON.parse(body.toString('utf8')) as { payload?: { source?: string } };
  return event.payload?.source ?? '';
};
