/**
 * Serves dist/web the way the api process does (fallback to the shell, strict policy, cookie session) with recorded
 * answers behind it, and a sandbox on a port of its own. Commands change the recording the way the product would.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BoardFacts } from '../../../src/domain/runbook/board.ts';
import type { FollowUpView } from '../../../src/schema/api.ts';
import type { Evidence } from '../../../src/schema/evidence.ts';
import type { IncidentView, TimelineItem, TimelineKind } from '../../../src/schema/incident.ts';
import type { RemediationView } from '../../../src/schema/remediation.ts';
import type { Stop } from '../../../src/schema/stop.ts';
import * as recorded from './recorded-answers.ts';
import { aRunbookBoard } from './recorded-runbooks.ts';

export const webRoot = fileURLToPath(new URL('../../../dist/web', import.meta.url));
export const token = 'recorded-token-of-the-operator';

const kinds: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface Recording {
  incidents: IncidentView[];
  timeline: TimelineItem[];
  remediations: RemediationView[];
  evidence: Evidence | null;
  followUp: FollowUpView | null;
  stops: Stop[];
  /** What the board of runbooks rests on; null: it cannot be read. */
  runbooks: Partial<BoardFacts> | null;
  me: typeof recorded.operator;
  sandbox: ReturnType<typeof recorded.aSandbox>;
}

export interface SeenRequest {
  method: string;
  path: string;
  body: unknown;
}

export class RecordedServer {
  readonly recording: Recording;
  /** Every POST the pages sent, in order. */
  readonly seen: SeenRequest[] = [];
  url = '';
  sandboxUrl = '';
  #streams = new Set<ServerResponse>();
  #servers: Server[] = [];

  constructor(now: number) {
    this.recording = {
      incidents: [
        recorded.anIncident(now),
        recorded.anIncident(now, {
          id: 'INC-2026-013',
          title: 'Search is slow in one region',
          severity: 'SEV2',
          rank: 2,
          status: 'monitoring',
          service: 'search',
          drill: false,
          speed: 1,
          declaredAt: recorded.at(now, -5_400),
          acknowledgedAt: recorded.at(now, -5_300),
          acknowledgedBy: 'Sam Okafor',
          alertsFiring: 0,
          roles: {},
          deadlines: [
            {
              name: 'hold:end',
              dueAt: recorded.at(now, 610),
              action: 'say resolved if the symptoms stayed away',
              who: 'Muster',
              why: 'guide-sev1-sev3 SEV2: quiet for 15 minutes before resolved',
            },
          ],
          updates: { internal: { dueAt: null, kept: 3, broken: 0 }, public: { dueAt: null, kept: 2, broken: 0 } },
        }),
        recorded.anIncident(now, {
          id: 'INC-2026-012',
          title: 'Thumbnails are missing',
          severity: 'SEV3',
          rank: 3,
          status: 'resolved',
          service: null,
          drill: false,
          declaredAt: recorded.at(now, -90_000),
          resolvedAt: recorded.at(now, -80_000),
          deadlines: [],
        }),
      ],
      timeline: recorded.aTimeline(now),
      remediations: [recorded.aRemediation(now)],
      evidence: recorded.someEvidence(now),
      followUp: null,
      stops: [],
      runbooks: {},
      me: recorded.operator,
      sandbox: recorded.aSandbox(now),
    };
  }

  async start(ports: { web?: number; sandbox?: number } = {}): Promise<void> {
    this.sandboxUrl = await this.#listen(ports.sandbox ?? 0, (request, response) => this.#sandbox(request, response));
    this.url = await this.#listen(ports.web ?? 0, (request, response) => this.#answer(request, response));
  }

  async close(): Promise<void> {
    this.dropStreams();
    await Promise.all(
      this.#servers.map(
        (server) =>
          new Promise((done) => {
            server.close(done);
            server.closeAllConnections();
          }),
      ),
    );
  }

  /** The live stream breaks, as in a restart of the api process. */
  dropStreams(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  /** Streams are refused until it is false again. */
  away = false;

  incident(id = 'INC-2026-014'): IncidentView {
    const found = this.recording.incidents.find((view) => view.id === id);
    if (!found) throw new Error(`no recorded incident ${id}`);
    return found;
  }

  /** Changes an incident as its workflow would, and tells the pages. */
  change(over: Partial<IncidentView>, entry?: { kind: TimelineKind; text: string }, id = 'INC-2026-014'): void {
    const view = this.incident(id);
    Object.assign(view, over, { version: view.version + 1 });
    if (entry) {
      const seq = this.recording.timeline.length + 1;
      this.recording.timeline.push({
        key: `incident/${seq}`,
        seq,
        at: new Date().toISOString(),
        actor: { kind: 'person', id: recorded.operator.id, name: recorded.operator.name },
        why: null,
        public: false,
        ...entry,
      });
    }
    this.tell(id);
  }

  tell(id: string): void {
    for (const stream of this.#streams) stream.write(`event: changed\ndata: ${id}\n\n`);
  }

  async #listen(
    port: number,
    answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  ): Promise<string> {
    const server = createServer((request, response) => {
      answer(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
    this.#servers.push(server);
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.url);
    if (!pathname.startsWith('/api/')) return this.#file(pathname, response);
    const body = request.method === 'POST' || request.method === 'DELETE' ? await jsonBody(request) : undefined;
    if (request.method === 'POST' || request.method === 'DELETE')
      this.seen.push({ method: request.method, path: pathname, body });
    if (pathname === '/api/v1/status') return json(response, 200, recorded.aStatus(Date.now()));
    if (pathname === '/api/v1/session' && request.method === 'POST') {
      if ((body as { token?: string }).token !== token)
        return refuse(response, 401, 'The token is not known; copy it again.');
      response.setHeader('set-cookie', 'muster=recorded; HttpOnly; SameSite=Strict; Path=/');
      return json(response, 200, {});
    }
    if (pathname === '/api/v1/session') {
      response.setHeader('set-cookie', 'muster=; Max-Age=0; Path=/');
      return json(response, 204, null);
    }
    if (!request.headers.cookie?.includes('muster=recorded'))
      return refuse(response, 401, 'Sign in with an API token.');
    if (pathname.endsWith('/events')) return this.#stream(response);
    if (request.method !== 'GET' && pathname.startsWith('/api/v1/stops'))
      return this.#stop(request.method === 'POST', pathname, body as { scope: string; reason: string }, response);
    return request.method === 'POST'
      ? this.#command(pathname, body as Record<string, string>, response)
      : this.#read(pathname, response);
  }

  #read(pathname: string, response: ServerResponse): void {
    const { recording } = this;
    if (pathname === '/api/v1/me') return json(response, 200, { person: recording.me, sandboxUrl: this.sandboxUrl });
    if (pathname === '/api/v1/incidents') return json(response, 200, { items: recording.incidents, nextCursor: null });
    if (pathname === '/api/v1/on-call') return json(response, 200, recorded.onCall(Date.now()));
    if (pathname === '/api/v1/health') return json(response, 200, recorded.health);
    if (pathname === '/api/v1/stops') return json(response, 200, { items: recording.stops, record: [] });
    if (pathname === '/api/v1/runbooks')
      return recording.runbooks
        ? json(response, 200, aRunbookBoard(Date.now(), { stops: recording.stops, ...recording.runbooks }))
        : refuse(response, 503, 'PostgreSQL does not answer; try again.');
    const [, id = '', rest = ''] = /^\/api\/v1\/incidents\/([^/]+)(?:\/(.*))?$/.exec(pathname) ?? [];
    const view = recording.incidents.find((one) => one.id === id);
    if (!view) return refuse(response, 404, `There is no incident ${id}; the board lists them.`);
    const main = id === 'INC-2026-014';
    switch (rest) {
      case '':
        return json(response, 200, view);
      case 'timeline':
        return json(response, 200, { items: main ? recording.timeline : [] });
      case 'remediations':
        return json(response, 200, { items: main ? recording.remediations : [] });
      case 'evidence':
        return main && recording.evidence
          ? json(response, 200, recording.evidence)
          : refuse(response, 404, 'Nothing gathered yet.');
      case 'follow-up':
        return main && recording.followUp
          ? json(response, 200, recording.followUp)
          : refuse(response, 404, 'Not over yet.');
      case 'postmortem':
        response.writeHead(200, { 'content-type': 'text/markdown; charset=utf-8' }).end(recorded.aPostmortem);
        return;
      default:
        return refuse(response, 404, `Nothing at ${pathname}.`);
    }
  }

  #command(pathname: string, body: Record<string, string>, response: ServerResponse): void {
    const now = new Date().toISOString();
    const [, command = ''] = /\/incidents\/INC-2026-014\/(.+)$/.exec(pathname) ?? [];
    const [, id, verdict] = /^remediations\/([^/]+)\/(approve|deny)$/.exec(command) ?? [];
    if (verdict) {
      const remediation = this.recording.remediations.find((one) => one.id === id);
      if (!remediation || remediation.planHash !== body.planHash)
        return refuse(response, 409, 'The plan changed; read the new one.');
      remediation.status = verdict === 'approve' ? 'applying' : 'rejected';
      if (verdict === 'deny') remediation.endedAt = now;
      remediation.decisions.push({
        by: { kind: 'person', id: recorded.operator.id, name: recorded.operator.name },
        at: now,
        verdict: verdict === 'approve' ? 'approved' : 'denied',
        planHash: remediation.planHash,
        reason: body.reason ?? null,
        sealedAt: now,
        seal: 'recorded',
      });
      this.change(
        {},
        {
          kind: 'remediationApproved',
          text: `Operator ${verdict === 'approve' ? 'approved' : 'denied'} the rollback.`,
        },
      );
    } else if (command === 'acknowledge') {
      const deadlines = this.incident().deadlines.filter((deadline) => !deadline.name.startsWith('page:'));
      this.change(
        { acknowledgedAt: now, acknowledgedBy: 'Operator', deadlines },
        { kind: 'acknowledged', text: 'Operator acknowledged.' },
      );
    } else if (command === 'updates' && body.audience === 'public' && body.text?.includes('checkout-7c9')) {
      return json(response, 400, {
        type: 'about:blank',
        title: 'The leak guard refused this text',
        status: 400,
        code: 'invalidInput',
        detail: 'Take out what customers must not read, then publish again.',
        errors: [{ path: 'text', message: 'names an internal system: checkout-7c9' }],
      });
    } else if (command === 'notes') this.change({}, { kind: 'note', text: body.text ?? '' });
    else this.change({});
    json(response, 200, this.incident());
  }

  /** The kill switch. */
  #stop(on: boolean, pathname: string, body: { scope: string; reason: string }, response: ServerResponse): void {
    const { recording } = this;
    const scope = on ? body.scope : decodeURIComponent(pathname.split('/').at(-1) ?? '');
    recording.stops = recording.stops.filter((stop) => stop.scope !== scope);
    if (!on) return json(response, 204, null);
    const stop = { scope, reason: body.reason, by: recording.me, since: new Date().toISOString() };
    recording.stops.push(stop);
    json(response, 201, { ...stop, told: [], doubt: null });
  }

  #stream(response: ServerResponse): void {
    if (this.away) {
      response.destroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': hello\n\n');
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }

  async #file(pathname: string, response: ServerResponse): Promise<void> {
    const wanted = normalize(pathname).replace(/^\/+/, '');
    const kind = kinds[extname(wanted)];
    const path = join(webRoot, kind ? wanted : 'index.html');
    try {
      const content = await readFile(path);
      response.writeHead(200, {
        'content-type': kind ?? 'text/html; charset=utf-8',
        'content-security-policy': [
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "img-src 'self'",
          `connect-src 'self' ${this.sandboxUrl}`,
          "base-uri 'none'",
          "form-action 'self'",
        ].join('; '),
      });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  }

  async #sandbox(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('access-control-allow-origin', this.url);
    response.setHeader('access-control-allow-headers', 'content-type');
    if (request.method === 'OPTIONS') return json(response, 204, null);
    const { pathname } = new URL(request.url ?? '/', this.sandboxUrl);
    if (pathname === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: changed\ndata: {}\n\n');
      this.#streams.add(response);
      return;
    }
    if (pathname === '/state') return json(response, 200, this.recording.sandbox);
    if (pathname === '/people') return json(response, 200, recorded.sandboxPeople);
    if (pathname === '/scenarios') return json(response, 200, recorded.scenarios);
    if (request.method === 'POST')
      this.seen.push({ method: 'POST', path: `sandbox ${pathname}`, body: await jsonBody(request) });
    const [, id] = /^\/pages\/([^/]+)\/acknowledge$/.exec(pathname) ?? [];
    for (const page of this.recording.sandbox.pages) if (page.id === id) page.status = 'acknowledged';
    this.tell('sandbox');
    return json(response, 200, {});
  }
}

const jsonBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
};

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === null ? undefined : JSON.stringify(body));
};

const refuse = (response: ServerResponse, status: number, detail: string): void =>
  json(response, status, {
    type: 'about:blank',
    title: status === 401 ? 'Not signed in' : 'Not possible',
    status,
    code: 'refused',
    detail,
  });
