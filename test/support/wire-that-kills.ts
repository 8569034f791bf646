/** A proxy in front of what a worker changes: it counts the requests that could change something, and strikes at one of them. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Strike {
  nth: number;
  when: 'before it arrives' | 'before its answer comes';
  act(): void;
}

export interface KillingWire {
  url: string;
  /** Counts anew from here, and strikes at that request. */
  expect(strike: Strike | null): void;
  /** What has reached the target since then and was accepted, in order. */
  carriedOut(): string[];
  close(): Promise<void>;
}

/** What every such wire keeps. */
export const aTally = () => {
  let strike: Strike | null = null;
  let arrived = 0;
  let carriedOut: string[] = [];
  return {
    expect(given: Strike | null): void {
      [strike, arrived, carriedOut] = [given, 0, []];
    },
    /** The strike at this request, if it is the one. */
    arrives(): Strike | null {
      arrived += 1;
      return strike?.nth === arrived ? strike : null;
    },
    accepted: (what: string): unknown => carriedOut.push(what),
    carriedOut: () => carriedOut,
  };
};

/** In front of the sandbox: `POST /some/path` for each request. */
export const aKillingWire = async (target: string): Promise<KillingWire> => {
  const { expect, arrives, accepted, carriedOut } = aTally();
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const path = incoming.url ?? '/';
      const isWrite =
        incoming.method !== 'GET' && !path.includes('dryRun=') && !path.includes('selfsubjectaccessreviews');
      const struck = isWrite ? arrives() : null;
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
      if (isWrite && answer.ok) accepted(`${incoming.method} ${path.split('?')[0]}`);
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
    expect,
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
