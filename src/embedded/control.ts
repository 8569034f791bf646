/**
 * The supervisor's own door: on loopback, on a free port, with the API's token. It offers what no other process may
 * do, killing one of the children to see that nothing is lost. Written to <data dir>/supervisor.json.
 *
 *   GET  /processes              {items: [{name, pid, port?, startedAt, readyAt?}]}
 *   POST /processes/{name}/kill  202 {killed: name, pid, at}
 */
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MusterError } from '../domain/errors.ts';
import type { ListedProcess } from './process-list.ts';

export interface Controls {
  processes(): ListedProcess[];
  /** Throws NotFound for a name that is not running. */
  kill(name: string): void;
}

export interface ControlServer {
  port: number;
  url: string;
  close(): Promise<void>;
}

export const openControl = async (options: {
  token: string;
  /** Origins whose pages may call: our own. */
  origins: string[];
  controls: () => Controls;
}): Promise<ControlServer> => {
  const server = createServer((request, response) => answer(request, response, options));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

const answer = (
  request: IncomingMessage,
  response: ServerResponse,
  { token, origins, controls }: { token: string; origins: string[]; controls: () => Controls },
): void => {
  const reply = (status: number, body: unknown, headers: Record<string, string> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
  const problem = (status: number, code: string, detail: string) => reply(status, { status, code, detail });

  const { origin } = request.headers;
  if (origin !== undefined && origins.includes(origin)) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-allow-headers', 'authorization, content-type');
    response.setHeader('access-control-allow-methods', 'GET, POST');
    response.setHeader('vary', 'origin');
  }
  // A page elsewhere that made its own name point to 127.0.0.1 comes with that name.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) {
    return problem(403, 'notPermitted', 'call it as 127.0.0.1');
  }
  if (request.method === 'OPTIONS') return reply(204, null);
  if (!isBearer(request.headers.authorization, token)) {
    return problem(401, 'notAuthenticated', 'send the API token as bearer');
  }
  const name = /^\/processes\/([a-z-]+)\/kill$/.exec(request.url ?? '')?.[1];
  try {
    if (request.method === 'GET' && request.url === '/processes') return reply(200, { items: controls().processes() });
    if (request.method === 'POST' && name !== undefined) {
      const pid = controls()
        .processes()
        .find((listed) => listed.name === name)?.pid;
      controls().kill(name);
      return reply(202, { killed: name, pid, at: new Date().toISOString() });
    }
    problem(404, 'notFound', 'there are GET /processes and POST /processes/{name}/kill');
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    problem(404, error instanceof MusterError ? error.code : 'bug', detail);
  }
};

const isBearer = (header: string | undefined, token: string): boolean => {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
};
