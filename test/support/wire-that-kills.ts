/** An HTTP proxy in front of the sandbox that counts what could change something, and strikes at one of those requests. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface KillingWire {
  url: string;
  /** What reached the sandbox and was accepted, in order. */
  carriedOut: string[];
  close(): Promise<void>;
}

export interface Strike {
  nth: number;
  when: 'before it arrives' | 'before its answer comes';
  act(): void;
}

export const aKillingWire = async (target: string, strike: Strike | null): Promise<KillingWire> => {
  const carriedOut: string[] = [];
  let arrived = 0;
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const path = incoming.url ?? '/';
      const isWrite =
        incoming.method !== 'GET' && !path.includes('dryRun=') && !path.includes('selfsubjectaccessreviews');
      if (isWrite) arrived += 1;
      const struck = isWrite && strike?.nth === arrived ? strike : null;
      const body = await bodyOf(incoming);
      if (struck?.when === 'before it arrives') {
        struck.act();
        incoming.socket.destroy();
        return;
      }
      const {
        host: _,
        connection: __,
        'content-length': ___,
        'transfer-encoding': ____,
        ...headers
      } = incoming.headers;
      const answer = await fetch(`${target}${path}`, {
        method: incoming.method ?? 'GET',
        headers: headers as Record<string, string>,
        ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
      });
      const content = Buffer.from(await answer.arrayBuffer());
      if (isWrite && answer.ok) carriedOut.push(`${incoming.method} ${path.split('?')[0]}`);
      if (struck) {
        struck.act();
        incoming.socket.destroy();
        return;
      }
      const etag = answer.headers.get('etag');
      outgoing.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? 'application/json',
        ...(etag ? { etag } : {}),
      });
      outgoing.end(content);
    })().catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    carriedOut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const bodyOf = async (incoming: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
