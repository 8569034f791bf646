/** The HTTP API: its routes in order, and the rules that hold for all of them. Contacts nothing until it is asked. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import fastifyCookie from '@fastify/cookie';
import fastifySwagger from '@fastify/swagger';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
  type RawServerDefault,
} from 'fastify';
import { createJsonSchemaTransform, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { InvalidInput, NotAuthenticated, NotFound, NotPermitted } from '../domain/errors.ts';
import { faultOf } from '../intake/payload.ts';
import type { Principal } from './auth.ts';
import type { ApiDependencies } from './dependencies.ts';
import { may, type Permission, permissionOf } from './permissions.ts';
import { handleError, sendProblem } from './problem.ts';
import { changeRoutes } from './routes/changes.ts';
import { commandRoutes } from './routes/commands.ts';
import { drillRoutes } from './routes/drills.ts';
import { eventRoutes } from './routes/events.ts';
import { followUpRoutes } from './routes/follow-up.ts';
import { healthRoutes } from './routes/health.ts';
import { incidentRoutes } from './routes/incidents.ts';
import { onCallRoutes } from './routes/on-call.ts';
import { overrideRoutes } from './routes/overrides.ts';
import { pageRoutes } from './routes/pages.ts';
import { peopleRoutes } from './routes/people.ts';
import { planRoutes } from './routes/plans.ts';
import { policyRoutes } from './routes/policy.ts';
import { remediationRoutes } from './routes/remediations.ts';
import { reportRoutes } from './routes/reports.ts';
import { runbookRoutes } from './routes/runbooks.ts';
import { sessionRoutes } from './routes/session.ts';
import { shiftRoutes } from './routes/shifts.ts';
import { statusRoutes } from './routes/status.ts';
import { stopRoutes } from './routes/stops.ts';
import { trustRoutes } from './routes/trust.ts';
import { webhookRoutes } from './routes/webhooks.ts';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set for every route that needs a person. */
    principal: Principal | null;
    /** Only drills have to do with it: it stays out of the metrics. */
    practice: boolean;
  }
}

const bodyBytesMax = 256 * 1024;

export const buildApp = async (dependencies: ApiDependencies): Promise<App> => {
  const app: App = fastify({
    logger: { level: dependencies.logLevel, name: 'api', redact: ['req.headers.authorization', 'req.headers.cookie'] },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyBytesMax,
    exposeHeadRoutes: false,
    // Addresses that are no text never reach a route.
    frameworkErrors: handleError,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 300 },
    forceCloseConnections: 'idle',
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  // Answers come from our own types; checking them again could only turn a good answer into a failure.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(handleError);
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, new NotFound(`there is no ${request.method} ${pathOf(request.url)}; see /openapi.json`)),
  );
  readJson(app);
  await app.register(fastifyCookie);
  guardRoutes(app, dependencies);
  measure(app, dependencies);
  await describe(app);

  await app.register(async (scope) => webhookRoutes(scope.withTypeProvider<ZodTypeProvider>(), dependencies));
  for (const routes of [
    healthRoutes,
    sessionRoutes,
    incidentRoutes,
    commandRoutes,
    policyRoutes,
    remediationRoutes,
    planRoutes,
    stopRoutes,
    trustRoutes,
    runbookRoutes,
    reportRoutes,
    changeRoutes,
    followUpRoutes,
    drillRoutes,
    eventRoutes,
    peopleRoutes,
    onCallRoutes,
    overrideRoutes,
    shiftRoutes,
    statusRoutes,
    pageRoutes,
  ]) {
    await app.register(async (scope) => routes(scope.withTypeProvider<ZodTypeProvider>(), dependencies));
  }
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.ready();
  return app;
};

/** The body is bounded in depth before it is parsed: JSON.stringify of a deep value overflows the stack. */
const readJson = (app: App): void => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    const raw = body as Buffer;
    const fault = raw.length === 0 ? null : faultOf(raw);
    if (fault) return done(new InvalidInput(fault));
    done(null, raw.length === 0 ? {} : JSON.parse(raw.toString('utf8'), refuseForbidden));
  });
  // A command without any word is a command.
  app.addHook('preValidation', async (request) => {
    if (request.method === 'POST' && request.body === undefined) request.body = {};
  });
};

const refuseForbidden = (key: string, value: unknown): unknown => {
  if (key === '__proto__') throw new InvalidInput('the body has a key __proto__; send it without');
  return value;
};

/** Deny by default: a route without a line in the table of permissions does not even register. */
const guardRoutes = (app: App, { identities, receiver }: ApiDependencies): void => {
  /** Null: the generic source by its token. Throws NotAuthenticated for anybody else. */
  const personOrSource = (request: FastifyRequest): Principal | null => {
    try {
      return identities.byRequest(request);
    } catch (error) {
      if (error instanceof NotAuthenticated && receiver.knows('generic', request.headers.authorization)) return null;
      throw error;
    }
  };
  app.decorateRequest('principal', null);
  app.decorateRequest('practice', false);
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) permissionOf(method, route.url);
  });
  app.addHook('onRequest', async (request) => {
    const url = request.routeOptions.url;
    if (url === undefined) return;
    const permission: Permission = permissionOf(request.method, url);
    if (permission === 'public' || permission === 'source') return;
    const orSource = permission === 'responder or source';
    request.principal = orSource ? personOrSource(request) : identities.byRequest(request);
    if (request.principal === null) return;
    const roles = orSource ? 'responder' : permission;
    if (!may(request.principal, roles)) {
      throw new NotPermitted(`this needs the role ${[roles].flat().join(' or ')}; ask somebody who has it`);
    }
  });
};

const measure = (app: App, { metrics }: ApiDependencies): void => {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    if (!request.practice) metrics.onRequest(route, request.method, reply.statusCode, reply.elapsedTime / 1_000);
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
};

const describe = async (app: App): Promise<void> => {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Muster',
        description:
          'Incidents that nobody forgets. Errors are problem+json whose `detail` names what to do next; commands take an Idempotency-Key.',
        version: '1',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    transform: createJsonSchemaTransform({ skipList: ['/openapi.json'] }),
  });
};

const pathOf = (url: string): string => (url.split('?')[0] ?? '').slice(0, 100);
