import rateLimit from '@fastify/rate-limit';
import { z } from 'zod';
import { NotPermitted } from '../../domain/errors.ts';
import type { App } from '../app.ts';
import { type Principal, principalOf, sessionCookie } from '../auth.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { answers, describeOperation, usualProblems } from './operation.ts';

const Person = z.object({ id: z.string(), name: z.string(), roles: z.array(z.string()) });
const Me = z.object({
  person: Person,
  sandboxUrl: z.string().nullable(),
  /** Where a process may be killed to see that nothing is lost; only under `npm start`. */
  supervisorUrl: z.string().nullable(),
});
type Me = z.infer<typeof Me>;
const triesPerMinuteMax = 20;

/** Logging in with a token, and who one is. */
export const sessionRoutes = async (app: App, dependencies: ApiDependencies): Promise<void> => {
  const { identities, sandbox, supervisorUrl, secureCookies } = dependencies;
  const answerFor = (principal: Principal): Me => ({
    person: { ...principal, roles: [...principal.roles] },
    sandboxUrl: sandbox?.url ?? null,
    supervisorUrl: supervisorUrl ?? null,
  });
  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: () => new NotPermitted('too many tries to log in; wait a minute'),
  });

  app.post(
    '/api/v1/session',
    {
      config: { rateLimit: { max: triesPerMinuteMax, timeWindow: '1 minute' } },
      schema: {
        ...describeOperation('people', 'Exchange a token for a cookie, for the pages'),
        security: [],
        body: z.strictObject({ token: z.string().min(1).max(512) }),
        response: answers({ 200: Me }, [400, 401]),
      },
    },
    async (request, reply) => {
      const principal = identities.byToken(request.body.token);
      const { value, maxAgeSeconds } = identities.session(principal, Date.now());
      reply.setCookie(sessionCookie, value, {
        httpOnly: true,
        sameSite: 'strict',
        secure: secureCookies,
        path: '/',
        maxAge: maxAgeSeconds,
      });
      return answerFor(principal);
    },
  );

  app.delete(
    '/api/v1/session',
    { schema: { ...describeOperation('people', 'Log out'), security: [], response: { 204: z.null() } } },
    async (_request, reply) => {
      reply.clearCookie(sessionCookie, { path: '/' });
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/api/v1/me',
    { schema: { ...describeOperation('people', 'Who you are'), response: answers({ 200: Me }, usualProblems) } },
    async (request) => answerFor(principalOf(request)),
  );
};
