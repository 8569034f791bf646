import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { run } from '../../src/cli/program.ts';
import type { IncidentView } from '../../src/schema/incident.ts';
import type { Plan } from '../../src/schema/remediation.ts';
import { aView } from '../store/records.ts';

export interface Request {
  method: string;
  path: string;
  body: unknown;
  headers: Record<string, string | string[] | undefined>;
}
type Reply = { status?: number; body?: unknown; text?: string };

/**
 * A small API: answers by `METHOD /path` (query excluded), keeps every request, 404 as problem+json for the rest. Ends
 * with the test that started it.
 */
export const startApi = async (routes: Record<string, Reply | ((request: Request) => Reply)>) => {
  const requests: Request[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const path = incoming.url ?? '/';
    const method = incoming.method ?? 'GET';
    const request = { method, path, body: text === '' ? null : JSON.parse(text), headers: incoming.headers };
    requests.push(request);
    const route = routes[`${method} ${path.split('?')[0]}`] ?? {
      status: 404,
      body: aProblem({
        status: 404,
        code: 'notFound',
        detail: 'there is no such thing; list incidents with GET /api/v1/incidents',
      }),
    };
    const reply = typeof route === 'function' ? route(request) : route;
    outgoing.writeHead(reply.status ?? 200, {
      'content-type': reply.text === undefined ? 'application/json' : 'text/markdown; charset=utf-8',
    });
    outgoing.end(reply.text ?? JSON.stringify(reply.body ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, stop };
};
export type Api = Awaited<ReturnType<typeof startApi>>;

/** What lets `muster` speak to it. */
export const talkTo = ({ url }: Pick<Api, 'url'>, more: Record<string, string> = {}) => ({
  MUSTER_API: url,
  MUSTER_TOKEN: 't'.repeat(20),
  ...more,
});

const entry = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

type Outcome = { code: number | null; out: string; err: string };

/** Runs the same program inside this process: as strict, without the second that a process costs. Nobody can be asked. */
export const muster = async (
  parameters: string[],
  environment: Record<string, string> = {},
  workingDir = process.cwd(),
): Promise<Outcome> => {
  const said = { out: '', err: '' };
  const code = await run(parameters, {
    environment: { HOME: '/nonexistent', ...environment },
    workingDir,
    streams: {
      out: { write: (text) => (said.out += text) },
      err: { write: (text) => (said.err += text) },
    },
    now: () => Date.now(),
    ask: async () => null,
  });
  return { code, ...said };
};

/** Runs `muster` as a process of its own, with nothing of this process's environment but the path. */
export const musterProcess = async (
  parameters: string[],
  environment: Record<string, string> = {},
  workingDir = process.cwd(),
): Promise<Outcome> => {
  const child = spawn(process.execPath, [entry, ...parameters], {
    cwd: workingDir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...environment },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
};

export const aProblem = (part: Partial<Record<string, unknown>> = {}) => ({
  type: 'about:blank',
  title: 'Conflict',
  status: 409,
  code: 'conflict',
  detail: 'the incident is closed; declare a new one',
  ...part,
});

export const anIncident = (part: Partial<IncidentView> = {}): IncidentView =>
  aView('INC-2026-014', {
    title: 'Checkout answers errors',
    status: 'investigating',
    declaredAt: '2026-11-18T10:00:00.000Z',
    declaredBy: { kind: 'monitor', id: 'alertmanager', name: 'Alertmanager' },
    deadlines: [
      {
        name: 'page:on-call-lead',
        dueAt: '2026-11-18T10:05:00.000Z',
        action: 'page Dana (on-call-lead) unless acknowledged',
        who: 'Dana',
        why: 'SEV1 ladder, step 2',
      },
    ],
    version: 1,
    ...part,
  });

const aRequest = {
  system: 'kubernetes' as const,
  uid: 'u1',
  method: 'PATCH' as const,
  path: '/x',
  contentType: 'application/json-patch+json',
  body: [],
};
export const aPlan = (part: Partial<Plan> = {}): Plan => ({
  action: 'roll-back-deployment',
  actionVersion: 1,
  target: { cluster: 'sandbox', kind: 'Deployment', namespace: 'shop', name: 'checkout', uid: 'u1' },
  sentence: 'Roll back checkout in shop from revision 5 to revision 4',
  blastClass: 'B2',
  before: {},
  desired: {},
  requests: [aRequest],
  tasks: [],
  alsoLocks: [],
  within: 600_000,
  alarmAfter: null,
  inverse: null,
  differences: [{ path: 'spec.image', before: 'checkout:2.4.0-bad', after: 'checkout:2.3.1' }],
  guards: [{ name: 'availability', passed: true, finding: '3 of 3 replicas stay available' }],
  dryRun: { accepted: true, finding: 'the server would accept it' },
  undo: 'roll forward to revision 5',
  risks: ['sessions of the new release are lost'],
  operationId: 'op-1',
  planHash: 'hash-1',
  ...part,
});

export const aRemediation = (part: Record<string, unknown> = {}) => ({
  id: 'rem-1',
  action: 'roll-back-deployment',
  target: { cluster: 'sandbox', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
  status: 'awaitingApproval',
  planHash: 'hash-1',
  plan: aPlan(),
  expiresAt: '2026-11-18T10:20:00.000Z',
  ...part,
});
