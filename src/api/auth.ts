/**
 * Who is asking. A bearer token names a person; the pages exchange it for a cookie, because event streams cannot send
 * headers. The cookie is signed and holds no token: it ends by itself, and with a change of the secret all end.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { NotAuthenticated, NotPermitted } from '../domain/errors.ts';
import { sandboxToken } from '../domain/sandbox-token.ts';
import { sameSecret } from '../intake/receive.ts';
import type { Actor } from '../schema/incident.ts';
import type { Organisation } from '../schema/organisation.ts';
import type { PersonToken } from './people-tokens.ts';
import type { Role } from './permissions.ts';

export interface Principal {
  id: string;
  name: string;
  roles: readonly Role[];
}

export interface Identities {
  /** Throws NotAuthenticated. */
  byToken(token: string): Principal;
  byRequest(request: FastifyRequest): Principal;
  /** Value and life of a new session cookie. */
  session(principal: Principal, now: number): { value: string; maxAgeSeconds: number };
}

export const sessionCookie = 'muster_session';
const sessionSecondsMax = 12 * 60 * 60;
const unknownCaller = 'nobody is known for this request; send Authorization: Bearer <your token> or log in';

export interface Credentials {
  /** Token of `operator`, who holds every role. */
  token: string | undefined;
  /** Lets the sandbox's people in, each with a token of their own. */
  sandboxSecret: string | undefined;
  /** Digests of people's own tokens; each is that person with the organisation's roles. */
  peopleTokens?: readonly PersonToken[];
  organisation: Organisation;
}

/** Sessions of all copies of the api are good for each other while they share the operator's token. */
export const identities = (options: Credentials): Identities => {
  const holders = holdersOf(options);
  const seed = options.token ?? options.sandboxSecret ?? randomBytes(32).toString('hex');
  const key = createHmac('sha256', seed).update('muster session').digest();
  const sign = (payload: string): string => createHmac('sha256', key).update(payload).digest('base64url');

  const byToken = (token: string): Principal => {
    // Every digest is compared, so that time tells nothing about which one was nearly right.
    const given = digestOf(token);
    const found = holders.filter((holder) => timingSafeEqual(given, holder.digest))[0];
    if (!found) throw new NotAuthenticated('this token is not known; check it and send it again');
    return found.principal;
  };

  const bySession = (cookie: string, now: number): Principal => {
    const [payload, signature] = cookie.split('.');
    if (!payload || !signature || !sameSecret(signature, sign(payload))) throw new NotAuthenticated(unknownCaller);
    const { person, endsAt } = Session.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    if (endsAt <= now) throw new NotAuthenticated('your session has ended; log in again');
    const holder = holders.find(({ principal }) => principal.id === person);
    if (!holder) throw new NotAuthenticated('you are not known any more; log in again');
    return holder.principal;
  };

  return {
    byToken,
    byRequest: (request) => {
      const header = request.headers.authorization;
      if (header !== undefined) {
        const token = /^Bearer ([^\s]{1,512})$/i.exec(header)?.[1];
        if (!token) throw new NotAuthenticated(unknownCaller);
        return byToken(token);
      }
      const cookie = request.cookies[sessionCookie];
      if (!cookie) throw new NotAuthenticated(unknownCaller);
      refuseOtherSites(request);
      return bySession(cookie, Date.now());
    },
    session: (principal, now) => {
      const endsAt = now + sessionSecondsMax * 1_000;
      const payload = Buffer.from(JSON.stringify({ person: principal.id, endsAt })).toString('base64url');
      return { value: `${payload}.${sign(payload)}`, maxAgeSeconds: sessionSecondsMax };
    },
  };
};

const Session = z.object({ person: z.string(), endsAt: z.number() });

/** The person behind a request whose route needs one. */
export const principalOf = (request: { principal: Principal | null }): Principal => {
  if (!request.principal) throw new NotAuthenticated(unknownCaller);
  return request.principal;
};

/** Who did it, for timelines. */
export const actorOf = (principal: Principal): Actor => ({ kind: 'person', id: principal.id, name: principal.name });

/** SameSite=Strict does this already; a browser that ignores it still sends the origin. */
const refuseOtherSites = (request: FastifyRequest): void => {
  if (request.method === 'GET') return;
  const origin = request.headers.origin;
  if (origin !== undefined && URL.parse(origin)?.host !== request.headers.host) {
    throw new NotPermitted('a page of another site may not command Muster; use its own pages');
  }
};

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

const holdersOf = (options: Credentials): { digest: Buffer; principal: Principal }[] => {
  const { token, sandboxSecret, peopleTokens = [] } = options;
  const operator: Principal = {
    id: 'operator',
    name: 'Operator',
    roles: ['viewer', 'responder', 'commander', 'admin'],
  };
  const people = Object.entries(options.organisation.people).map(([id, { name, roles }]) => ({ id, name, roles }));
  return [
    ...(token ? [{ digest: digestOf(token), principal: operator }] : []),
    ...people.flatMap((principal) =>
      peopleTokens.filter(({ person }) => person === principal.id).map(({ digest }) => ({ digest, principal })),
    ),
    ...(sandboxSecret
      ? people.map((principal) => ({
          digest: digestOf(sandboxToken(sandboxSecret, `person:${principal.id}`)),
          principal,
        }))
      : []),
  ];
};
