import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { permissions } from '../../src/api/permissions.ts';
import type { TimelineEntry } from '../../src/schema/incident.ts';
import { anApi, eventually, type Harness, operatorToken, personToken, sandboxSecret } from './harness.ts';

let api: Harness;
const drills: { scenario: string; drill: { drill: string; speed: number; severity?: string } }[] = [];
beforeAll(async () => {
  api = await anApi({
    sandbox: {
      url: 'http://127.0.0.1:8090',
      scenarios: async () => ['bad-release'],
      startScenario: async (scenario, drill) => {
        drills.push({ scenario, drill });
      },
    },
  });
});
afterAll(() => api.close());

const declared = async (title = 'Checkout fails'): Promise<string> =>
  String((await api.ask('POST', '/api/v1/incidents', { title })).body.id);
const anEntry = (key: string, more: Partial<TimelineEntry>): TimelineEntry => ({
  key,
  at: '2026-03-02T09:41:00.000Z',
  kind: 'note',
  actor: { kind: 'muster', id: 'muster', name: 'Muster' },
  text: key,
  why: null,
  public: false,
  ...more,
});

describe('reading', () => {
  test('why says which rule caused the last page, before everything else', async () => {
    const id = await declared();
    await api.store.incidents.appendEntries(id, [
      anEntry('1', { kind: 'paged', text: 'Paged Nadia', why: 'step 0' }),
      anEntry('2', { kind: 'paged', text: 'Paged Dana', why: 'step 5 min, not acknowledged' }),
      anEntry('3', { kind: 'note', text: 'a person wrote' }),
      anEntry('4', { kind: 'updateMissed', text: 'Missed', why: 'cadence' }),
    ]);
    const { body } = await api.ask('GET', `/api/v1/incidents/${id}/why`);
    expect((body.items as unknown as { text: string }[]).map(({ text }) => text)).toEqual([
      'Paged Dana',
      'Missed',
      'Paged Nadia',
      'Judged as SEV2.',
    ]);
  });

  test('the list takes several statuses and goes on by a cursor', async () => {
    for (const title of ['a', 'b', 'c']) await declared(title);
    const first = await api.ask('GET', '/api/v1/incidents?status=declared,investigating&limit=2');
    expect(first.body.items).toHaveLength(2);
    const second = await api.ask('GET', `/api/v1/incidents?limit=2&cursor=${first.body.nextCursor}`);
    const ids = [
      ...(first.body.items as unknown as { id: string }[]),
      ...(second.body.items as unknown as { id: string }[]),
    ];
    expect(new Set(ids.map(({ id }) => id)).size).toBe(ids.length);
    expect((await api.ask('GET', '/api/v1/incidents?status=closed')).body.items).toEqual([]);
  });

  test('who is on call says until when, and names duties that nobody holds', async () => {
    const { body } = await api.ask('GET', '/api/v1/on-call');
    const duties = body.duties as unknown as { duty: string; people: { id: string; until: string | null }[] }[];
    const onCall = duties.find(({ duty }) => duty === 'on-call');
    expect(onCall?.people).toHaveLength(1);
    expect(Date.parse(onCall?.people[0]?.until ?? '')).toBeGreaterThan(Date.now());
  });

  test('what is not there yet is said in words', async () => {
    const id = await declared();
    for (const part of ['postmortem', 'follow-up', 'evidence']) {
      const answer = await api.ask('GET', `/api/v1/incidents/${id}/${part}`);
      expect(answer.status, part).toBe(404);
      expect(answer.body.detail).toContain('look again');
    }
    await api.store.followUps.savePostmortem(id, '# What happened\n', new Date().toISOString());
    const answer = await api.ask('GET', `/api/v1/incidents/${id}/postmortem`);
    expect(answer.text).toBe('# What happened\n');
    expect(answer.headers['content-type']).toContain('text/markdown');
  });
});

describe('the public status', () => {
  test('needs no login, shows what customers were told, and no internal word', async () => {
    const { body } = await api.ask('POST', '/api/v1/incidents', {
      title: 'pg-primary-3 is on fire',
      service: 'checkout',
    });
    const id = String(body.id);
    await declared('nothing was told about this one');
    const key = `${id}/status/1`;
    const words = 'Some customers see errors. We are on it.';
    await api.store.effects.intend({
      key,
      incidentId: id,
      kind: 'status',
      detail: { status: 'investigating', body: words },
    });
    await api.store.effects.mark(key, 'applied');
    await eventually(async () => (await status()).text.includes(words));
    const answer = await status();
    expect(answer.text).not.toContain('pg-primary');
    expect(answer.json()).toMatchObject({
      incidents: [{ id, title: 'Checkout: affected', updates: [{ status: 'investigating', text: words }] }],
      components: expect.arrayContaining([{ name: 'Checkout', status: 'degraded' }]),
    });
  });
  const status = async () => {
    const answer = await api.app.inject({ method: 'GET', url: '/api/v1/status' });
    return { text: answer.body, json: () => answer.json() };
  };
});

describe('logging in', () => {
  test('exchanges a token for a cookie that scripts cannot read and other sites cannot send', async () => {
    const login = await api.app.inject({
      method: 'POST',
      url: '/api/v1/session',
      payload: { token: personToken('dana') },
    });
    expect(login.statusCode).toBe(200);
    const cookie = String(login.headers['set-cookie']);
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Strict');
    expect(cookie).not.toContain(personToken('dana'));
    const [pair] = cookie.split(';');
    const me = await api.app.inject({ method: 'GET', url: '/api/v1/me', headers: { cookie: pair ?? '' } });
    expect(me.json()).toMatchObject({
      person: { id: 'dana', roles: ['responder', 'commander'] },
      sandboxUrl: 'http://127.0.0.1:8090',
      supervisorUrl: null,
    });
    const foreign = await api.app.inject({
      method: 'POST',
      url: '/api/v1/incidents',
      headers: { cookie: pair ?? '', origin: 'https://evil.example' },
      payload: { title: 'x' },
    });
    expect(foreign.statusCode).toBe(403);
    const own = await api.app.inject({
      method: 'POST',
      url: '/api/v1/incidents',
      headers: { cookie: pair ?? '', origin: 'http://muster.example', host: 'muster.example' },
      payload: { title: 'x' },
    });
    expect(own.statusCode).toBe(201);
  });

  test('with a wrong token says so and sets nothing', async () => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/api/v1/session',
      payload: { token: `${sandboxSecret}x` },
    });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });
});

describe('who may do what', () => {
  /** Each route, asked by somebody who may just do it and by somebody who may just not. */
  const people = { viewer: 'clara', responder: 'hugo', commander: 'dana' } as const;
  const routes = Object.entries(permissions).map(([route, permission]) => {
    const [method, url] = route.split(' ') as ['GET' | 'POST', string];
    return { route, method, permission, url: url.replace(':id', 'INC-1').replace(':rid', 'R').replace(':item', '1') };
  });

  test.each(routes.filter(({ permission }) => permission !== 'public' && permission !== 'source'))(
    '$route refuses strangers',
    async ({ method, url }) => {
      expect((await api.app.inject({ method, url })).statusCode).toBe(401);
    },
  );
  test.each(routes.filter(({ permission }) => permission === 'responder'))(
    '$route refuses who may only look',
    async ({ method, url }) => {
      expect((await api.ask(method, url, {}, personToken(people.viewer))).status).toBe(403);
      expect((await api.ask(method, url, {}, personToken(people.responder))).status).not.toBe(403);
    },
  );
  test('every route of the API stands in the table and in the description', async () => {
    const document = (await api.app.inject({ method: 'GET', url: '/openapi.json' })).json() as {
      openapi: string;
      paths: Record<string, Record<string, unknown>>;
    };
    expect(document.openapi).toBe('3.1.0');
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    const pages = [
      '/',
      '/login',
      '/incidents/:id',
      '/approvals/:id',
      '/status',
      '/sandbox',
      '/runbooks',
      '/assets/*',
      '/favicon.svg',
      '/openapi.json',
    ];
    const listed = Object.keys(permissions).filter((route) => !pages.includes(route.split(' ')[1] ?? ''));
    expect(described.sort()).toEqual(listed.sort());
  });
});

describe('drills', () => {
  test('are kept before the sandbox is told, and their alert becomes a drill at their speed', async () => {
    const answer = await api.ask('POST', '/api/v1/drills', { scenario: 'bad-release', speed: 60, severity: 'sev1' });
    expect(answer.status).toBe(201);
    const id = String(answer.body.id);
    expect(drills.at(-1)).toEqual({
      scenario: 'bad-release',
      drill: { drill: id, speed: 60, people: false, severity: 'SEV1' },
    });
    const alert = { title: 'High errors', service: 'checkout', severity: 'warning', labels: { muster_drill: id } };
    const { body } = await api.alert(alert);
    const [incident] = body.incidents as unknown as string[];
    expect((await api.ask('GET', `/api/v1/incidents/${incident}`)).body).toMatchObject({
      drill: true,
      speed: 60,
      severity: 'SEV1',
    });
    expect(await api.store.intake.drill(id)).toMatchObject({ incidentId: incident });
    const real = await api.alert({
      title: 'High errors',
      service: 'checkout',
      severity: 'warning',
      fingerprint: 'real',
    });
    expect(real.body.incidents).not.toEqual([incident]);
  });
});

describe('the stream of changes', () => {
  test('says which incident changed, and stays alive in between', async () => {
    const address = await api.app.listen({ port: 0, host: '127.0.0.1' });
    const abort = new AbortController();
    const stream = await fetch(`${address}/api/v1/events`, {
      headers: { authorization: `Bearer ${operatorToken}` },
      signal: abort.signal,
    });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    let text = '';
    const reading = (async () => {
      for await (const chunk of stream.body ?? []) text += Buffer.from(chunk).toString();
    })().catch(() => {});
    const id = await declared();
    await eventually(() => text.includes(`event: changed\ndata: {"incidentId":"${id}"}`));
    await eventually(() => text.includes(': alive'));
    abort.abort();
    await reading;
  });
});

describe('the process', () => {
  test('lives, is ready, and can be measured', async () => {
    expect((await api.app.inject({ method: 'GET', url: '/healthz' })).json()).toEqual({ status: 'ok' });
    expect((await api.app.inject({ method: 'GET', url: '/readyz' })).statusCode).toBe(200);
    const { body } = await api.app.inject({ method: 'GET', url: '/metrics' });
    expect(body).toContain('muster_incidents_open{severity=');
    expect(body).toContain('muster_http_request_duration_seconds_count');
  });

  test('says what it is itself worried about', async () => {
    const { body } = await api.ask('GET', '/api/v1/health-summary');
    expect(body.checks).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'Temporal', healthy: true })]));
  });

  test('serves its pages under a policy that lets nothing foreign run', async () => {
    const page = await api.app.inject({ method: 'GET', url: '/incidents/INC-2026-001' });
    expect(page.statusCode).toBe(200);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("connect-src 'self' http://127.0.0.1:8090");
    expect(policy).not.toContain('unsafe');
  });
});
