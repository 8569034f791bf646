/**
 * The sandbox as one HTTP server (all vendors under path prefixes, the control API at the root) and one mail server.
 * `/slack/api`, `/pagerduty`, `/statuspage`, `/kube`, `/endpoints`, `/prometheus`; faults are played here, around every vendor alike.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sandboxToken } from '../domain/sandbox-token.ts';
import type { Organisation } from '../schema/organisation.ts';
import { handleControl } from './control.ts';
import { Deliveries, type Log } from './deliveries.ts';
import { handleEndpoints } from './endpoints.ts';
import { Faults } from './faults.ts';
import { Health } from './health.ts';
import { handleHealthPages } from './health-pages.ts';
import { handleKubernetes } from './kubernetes/api.ts';
import { Denials } from './kubernetes/denials.ts';
import { startMail } from './mail.ts';
import { OrderDesk } from './order-desk.ts';
import { quietOrders } from './orders.ts';
import { handlePagerDuty, pressAcknowledge } from './pagerduty.ts';
import { People } from './people.ts';
import { handlePrometheus } from './prometheus.ts';
import { ScenarioBook } from './scenario-book.ts';
import { handleSlack } from './slack.ts';
import type { Page } from './state.ts';
import { handleStatuspage } from './statuspage.ts';
import type { SandboxAnswer, SandboxRequest } from './wire.ts';
import { type Clock, World } from './world.ts';

export interface SandboxOptions {
  /** 0: any free port. */
  port: number;
  smtpPort: number;
  host?: string;
  secret: string;
  /** Where Muster listens: webhooks go there, and the people of the sandbox work there. */
  apiUrl: string;
  organisation: Organisation;
  /** The shop's own PostgreSQL, as its application; absent: what happens in a database cannot be played. */
  databaseUrl?: string;
  /** Absent: nothing outlives the process. */
  dataFile?: string;
  clock?: Clock;
  log?: Log;
}

export interface Sandbox {
  url: string;
  smtpUrl: string;
  world: World;
  close(): Promise<void>;
}

const bodyBytesMax = 4 * 1024 * 1024;
/** The longest pause between two looks at the clock. */
const tickMaxMs = 1_000;
const tickMinMs = 25;

export const startSandbox = async (options: SandboxOptions): Promise<Sandbox> => {
  const host = options.host ?? '127.0.0.1';
  const log: Log = options.log ?? (() => {});
  const world = new World({
    organisation: options.organisation,
    clock: options.clock ?? { now: () => Date.now() },
    dataFile: options.dataFile ?? null,
  });
  const token = (purpose: string) => sandboxToken(options.secret, purpose);
  const apiUrl = options.apiUrl.replace(/\/+$/, '');
  const deliveries = new Deliveries(world, { apiUrl, secret: options.secret, log });
  const health = new Health(world, (atMs) => book.judgeAll(atMs));
  const book = new ScenarioBook(world, health, deliveries);
  world.addMover(health);
  world.addMover(book);
  const press = (page: Page) => {
    const body = pressAcknowledge(world, page);
    if (body) deliveries.send({ kind: 'pagerduty', subject: `acknowledged/${page.id}`, run: null, body });
  };
  const people = new People(world, { apiUrl, secret: options.secret, log, press });
  const desk = options.databaseUrl === undefined ? null : new OrderDesk(world, { url: options.databaseUrl, log });
  // Whatever was left open in a database that is not there any more is over.
  if (!desk) world.state.orders = quietOrders();
  const faults = new Faults();
  const denials = new Denials();
  const control = { world, health, book, faults, denials, secret: options.secret, hasDatabase: desk !== null, press };

  const vendors: Record<string, (request: SandboxRequest) => SandboxAnswer> = {
    '/slack/api': (request) => handleSlack(world, token('slack'), request),
    '/pagerduty': (request) => handlePagerDuty(world, request),
    '/statuspage': (request) => handleStatuspage(world, token('statuspage'), request),
    '/endpoints': (request) => handleEndpoints(world, token('endpoints'), request),
    '/prometheus': (request) => handlePrometheus(world, health, request),
    '/health-pages': (request) => handleHealthPages(world, request),
    '/kube': (request) =>
      handleKubernetes(
        {
          cluster: world.cluster,
          denials,
          token: token('kube'),
          nowMs: () => world.nowMs(),
          onWrite: (changed) => {
            world.state.effects.kube += 1;
            if (changed) world.state.effects.kubeChanges += 1;
          },
        },
        request,
      ),
  };

  const dispatch = (request: SandboxRequest, isTrusted: boolean): SandboxAnswer => {
    world.nowMs();
    for (const [prefix, handle] of Object.entries(vendors)) {
      if (request.path !== prefix && !request.path.startsWith(`${prefix}/`)) continue;
      const result = handle({ ...request, path: request.path.slice(prefix.length) || '/' });
      if (request.method !== 'GET') world.changed('fromOutside');
      return result;
    }
    return (
      handleControl(control, request, isTrusted) ?? { status: 404, body: { error: 'the sandbox has nothing here' } }
    );
  };

  const server = createServer((incoming, outgoing) => {
    void serve(incoming, outgoing).catch((error: unknown) => {
      log('error', 'the sandbox failed to answer', { path: incoming.url?.split('?')[0], reason: String(error) });
      if (!outgoing.headersSent)
        send(outgoing, { status: 500, body: { error: 'the sandbox failed; its log says why' } }, {});
    });
  });

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', 'http://sandbox');
    const method = incoming.method ?? 'GET';
    const cors = corsHeaders(incoming, apiUrl);
    if (method === 'OPTIONS') return send(outgoing, { status: 204 }, cors);
    const isTrusted = isLocal(incoming, apiUrl) || incoming.headers.authorization === `Bearer ${token('control')}`;
    if (url.pathname === '/events' && method === 'GET') return streamChanges(world, outgoing, cors, isTrusted);
    const body = await readBody(incoming);
    if (body === null) return send(outgoing, { status: 413, body: { error: 'too large' } }, cors);
    const path = decodePath(url.pathname);
    const fault = faults.take(method, path, url.searchParams.has('dryRun'));
    if (fault?.kind === 'status') return send(outgoing, { status: fault.status, body: { error: 'as ordered' } }, cors);
    if (fault?.kind === 'dropBeforeApply') return void incoming.socket.destroy();
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
    );
    const result = dispatch({ method, path, query: url.searchParams, headers, body }, isTrusted);
    if (fault?.kind === 'dropAfterApply') return void incoming.socket.destroy();
    send(outgoing, result, cors);
  };

  await listen(server, options.port, host);
  const mail = await startMail(world, { host, port: options.smtpPort }).catch((error: unknown) => {
    server.close();
    throw error;
  });

  let timer: NodeJS.Timeout | null = null;
  const tick = () => {
    world.nowMs();
    const untilNextMs = world.nextDueMs() - world.clock.now();
    timer = setTimeout(tick, Math.min(tickMaxMs, Math.max(tickMinMs, untilNextMs)));
  };
  tick();
  deliveries.start();
  people.start();
  desk?.start();

  const { port } = server.address() as AddressInfo;
  const named = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return {
    url: `http://${named}:${port}`,
    smtpUrl: `smtp://${named}:${mail.port}`,
    world,
    close: async () => {
      if (timer) clearTimeout(timer);
      deliveries.close();
      people.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await Promise.all([closed, mail.close(), desk?.close()]);
      world.save();
    },
  };
};

const listen = (server: ReturnType<typeof createServer>, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });

const send = (outgoing: ServerResponse, result: SandboxAnswer, cors: Record<string, string>): void => {
  const isText = typeof result.body === 'string';
  const headers = {
    ...cors,
    ...(result.body === undefined ? {} : { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json' }),
    ...result.headers,
  };
  outgoing.writeHead(result.status, headers);
  outgoing.end(result.body === undefined ? undefined : isText ? result.body : JSON.stringify(result.body));
};

/** Null when it is larger than anything a vendor takes. */
const readBody = async (incoming: IncomingMessage): Promise<Buffer | null> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= bodyBytesMax) chunks.push(chunk);
  }
  return bytes <= bodyBytesMax ? Buffer.concat(chunks) : null;
};

const decodePath = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

const isFriendlyOrigin = (origin: string, apiUrl: string): boolean => {
  const url = URL.parse(origin);
  return url !== null && (loopbackNames.has(url.hostname) || url.origin === URL.parse(apiUrl)?.origin);
};

/**
 * A local process, or a page that is ours. The Host header is looked at as well, because a foreign site can point a
 * name of its own at 127.0.0.1 and would then count as local.
 */
const isLocal = (incoming: IncomingMessage, apiUrl: string): boolean => {
  const address = incoming.socket.remoteAddress ?? '';
  const isLoopback = address === '::1' || /^(::ffff:)?127\./.test(address);
  const host = URL.parse(`http://${incoming.headers.host ?? ''}`)?.hostname ?? '';
  const { origin } = incoming.headers;
  return isLoopback && loopbackNames.has(host) && (origin === undefined || isFriendlyOrigin(origin, apiUrl));
};

const corsHeaders = (incoming: IncomingMessage, apiUrl: string): Record<string, string> => {
  const { origin } = incoming.headers;
  if (origin === undefined || !isFriendlyOrigin(origin, apiUrl)) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
    'access-control-allow-headers': 'content-type, authorization',
    vary: 'Origin',
  };
};

/** Server-sent events: one `changed` per burst of changes, so that a page knows when to look again. */
const streamChanges = (
  world: World,
  outgoing: ServerResponse,
  cors: Record<string, string>,
  isTrusted: boolean,
): void => {
  if (!isTrusted) return send(outgoing, { status: 401, body: { error: 'present the control token' } }, cors);
  outgoing.writeHead(200, { ...cors, 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  outgoing.write('event: changed\ndata: {}\n\n');
  let pending: NodeJS.Timeout | null = null;
  const stop = world.watch(() => {
    pending ??= setTimeout(() => {
      pending = null;
      outgoing.write('event: changed\ndata: {}\n\n');
    }, 200);
  });
  const beat = setInterval(() => outgoing.write(': still here\n\n'), 15_000);
  outgoing.on('close', () => {
    stop();
    clearInterval(beat);
    if (pending) clearTimeout(pending);
  });
};
