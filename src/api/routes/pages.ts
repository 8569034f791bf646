import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply } from 'fastify';
import { NotFound } from '../../domain/errors.ts';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';

/** Addresses that belong to the pages: each gets the same shell, which reads the rest from the address. */
const addresses = ['/', '/login', '/incidents/:id', '/approvals/:id', '/status', '/sandbox', '/runbooks'];

const notBuilt = `<!doctype html><meta charset="utf-8"><title>Muster</title>
<p>The API runs, and its pages are not built yet: run <code>npm run build</code>. What it offers: <a href="/openapi.json">/openapi.json</a>.</p>
`;

/** The built pages. Nothing inline runs, nothing from elsewhere loads; beside us only the sandbox and the supervisor may be spoken to. */
export const pageRoutes = async (app: App, { webRoot, sandbox, supervisorUrl }: ApiDependencies): Promise<void> => {
  const shellFile = webRoot === null ? null : join(webRoot, 'index.html');
  const policy = contentSecurityPolicy([sandbox?.url, supervisorUrl]);
  const built = (): boolean => shellFile !== null && existsSync(shellFile);
  const send = (reply: FastifyReply): FastifyReply =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', policy)
      .header('cache-control', 'no-cache')
      .send(shellFile !== null && built() ? readFileSync(shellFile) : notBuilt);

  for (const address of addresses) {
    app.get(address, { schema: { hide: true } }, async (_request, reply) => send(reply));
  }
  if (webRoot !== null) await app.register(fastifyStatic, { root: webRoot, serve: false });
  // The names of built files carry their hash: what was fetched once never changes.
  app.get<{ Params: { '*': string } }>('/assets/*', { schema: { hide: true } }, async (request, reply) => {
    if (webRoot === null) throw new NotFound('the pages are not built');
    return reply
      .header('content-security-policy', policy)
      .sendFile(`assets/${request.params['*']}`, { maxAge: '365d', immutable: true });
  });
  app.get('/favicon.svg', { schema: { hide: true } }, async (_request, reply) => {
    if (webRoot === null) throw new NotFound('the pages are not built');
    return reply.sendFile('favicon.svg');
  });
};

const contentSecurityPolicy = (others: (string | null | undefined)[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    ["connect-src 'self'", ...others.flatMap((url) => (url ? [new URL(url).origin] : []))].join(' '),
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
