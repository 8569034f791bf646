/** A sandbox with a clock of the test's own, and a stand-in for Muster's API that keeps what it is sent. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'yaml';
import { sandboxToken } from '../../src/domain/sandbox-token.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { Organisation } from '../../src/schema/organisation.ts';

export const secret = 'a secret of the tests only';

export const organisation = Organisation.parse(
  parse(readFileSync(new URL('../../src/sandbox/organisation.yaml', import.meta.url), 'utf8')),
);

export interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface UnderTest extends Sandbox {
  /** Where the stand-in for Muster's API listens. */
  apiUrl: string;
  received: Received[];
  /** Lets this much time pass in the sandbox. */
  pass(ms: number): void;
  kube(method: string, path: string, body?: unknown, contentType?: string): Promise<{ status: number; body: Json }>;
  control(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }>;
  /** Closes the sandbox and the stand-in. */
  stop(): Promise<void>;
}

/** JSON of a vendor; tests look into it without a schema of their own. */
// biome-ignore lint/suspicious/noExplicitAny: answers of eight different APIs, asserted member by member
export type Json = any;

export const startUnderTest = async (
  options: {
    dataFile?: string;
    databaseUrl?: string;
    answerWith?: (received: Received, count: number) => { status: number; body?: unknown };
  } = {},
): Promise<UnderTest> => {
  const received: Received[] = [];
  const muster = createServer((incoming, outgoing) => {
    let body = '';
    incoming.on('data', (chunk) => {
      body += chunk;
    });
    incoming.on('end', () => {
      const request = { method: incoming.method ?? '', path: incoming.url ?? '', headers: incoming.headers, body };
      received.push(request);
      const answer = options.answerWith?.(request, received.length) ?? { status: 202, body: { incidents: [] } };
      outgoing.writeHead(answer.status, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify(answer.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => muster.listen(0, '127.0.0.1', resolve));
  const apiUrl = `http://127.0.0.1:${(muster.address() as AddressInfo).port}`;
  let now = Date.parse('2026-06-01T10:00:00Z');
  const sandbox = await startSandbox({
    port: 0,
    smtpPort: 0,
    secret,
    apiUrl,
    organisation,
    clock: { now: () => now },
    ...(options.dataFile ? { dataFile: options.dataFile } : {}),
    ...(options.databaseUrl ? { databaseUrl: options.databaseUrl } : {}),
  });
  const ask = async (url: string, init: RequestInit): Promise<{ status: number; body: Json }> => {
    const response = await fetch(url, init);
    const text = await response.text();
    try {
      return { status: response.status, body: JSON.parse(text) };
    } catch {
      return { status: response.status, body: text };
    }
  };
  return {
    ...sandbox,
    apiUrl,
    received,
    pass: (ms) => {
      now += ms;
      sandbox.world.nowMs();
    },
    kube: (method, path, body, contentType = 'application/json') =>
      ask(`${sandbox.url}/kube${path}`, {
        method,
        headers: { authorization: `Bearer ${sandboxToken(secret, 'kube')}`, 'content-type': contentType },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    control: (method, path, body) =>
      ask(`${sandbox.url}${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    stop: async () => {
      await sandbox.close();
      muster.closeAllConnections();
      await new Promise<void>((resolve) => muster.close(() => resolve()));
    },
  };
};
