import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rulebookOf } from '../../src/api/rulebook.ts';
import { Unavailable } from '../../src/domain/errors.ts';
import { sandboxToken } from '../../src/domain/sandbox-token.ts';
import { loadPacks } from '../../src/packs/load.ts';
import type { ChangeList, RecordedChange, TakenChange } from '../../src/schema/change.ts';
import type { Store } from '../../src/store/store.ts';
import { aRow, deployment } from '../domain/changes/builders.ts';
import { rowsOf } from '../store/records.ts';
import {
  anApi,
  githubSecret,
  type Harness,
  operatorToken,
  organisation,
  personToken,
  readAnswer,
  sandboxSecret,
} from './harness.ts';

const { checkout, payments, nadia } = {
  checkout: organisation.services.checkout,
  payments: organisation.services.payments,
  nadia: organisation.people.nadia,
};
if (!checkout || !payments || !nadia) throw new Error('the sandbox has checkout, payments and Nadia');
const catalogue = {
  ...organisation,
  people: { ...organisation.people, nadia: { ...nadia, accounts: ['nadia-codes'] } },
  services: {
    ...organisation.services,
    checkout: { ...checkout, repository: 'lanternfish/shop' },
    payments: { ...payments, repository: 'lanternfish/shop' },
  },
};

let api: Harness;
/** Thrown instead of each commit while it is set. */
let trouble: Error | null = null;
const choke = () => {
  throw new Error('a rule of ours choked');
};
/** What is written of changes fails while it is set. */
let isLedgerBroken = false;
const breakable = (store: Store): Store => ({
  ...store,
  ready: async () => {
    if (trouble) throw trouble;
    await store.ready();
  },
  intake: {
    ...store.intake,
    commit: (delivery, quarantined, decide) => {
      if (trouble) return Promise.reject(trouble);
      return store.intake.commit(delivery, quarantined, (tx) =>
        decide(isLedgerBroken ? { ...tx, changes: { record: async (rows) => (rows.length > 0 ? choke() : []) } } : tx),
      );
    },
  },
});
beforeAll(async () => {
  const rulebook = rulebookOf(loadPacks([], catalogue), catalogue, 'guide-sev1-sev3');
  api = await anApi({ rulebook, store: breakable });
});
afterAll(() => api.close());

const all = async (): Promise<number> =>
  Number((await rowsOf(api.databaseUrl, 'select count(*) from change'))[0]?.count);
const listed = async (query = ''): Promise<RecordedChange[]> =>
  ((await api.ask('GET', `/api/v1/changes?limit=200&${query}`)).body as unknown as ChangeList).items;
const tell = async (body: object, token = operatorToken, headers: Record<string, string> = {}) => {
  const answer = readAnswer(
    await api.app.inject({
      method: 'POST',
      url: '/api/v1/changes',
      headers: { authorization: `Bearer ${token}`, ...headers },
      payload: body,
    }),
  );
  return { ...answer, taken: answer.body as unknown as TakenChange };
};
const genericToken = (source = 'generic'): string => sandboxToken(sandboxSecret, `source:${source}`);
const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
/** Nothing of what `act` does is in the ledger. */
const writesNothing = async (act: () => Promise<unknown>): Promise<void> => {
  const before = await all();
  await act();
  expect(await all()).toBe(before);
};

describe('what is told by hand or by a pipeline', () => {
  test('is in the ledger, with the person behind the token', async () => {
    const { status, taken } = await tell(
      { kind: 'flag', what: 'new-search switched on for everybody', service: 'search', before: 'off', after: 'on' },
      personToken('hugo'),
    );
    expect(status).toBe(201);
    expect(taken).toMatchObject({
      repeat: false,
      change: { kind: 'flag', source: 'person', by: 'Hugo Barreto', author: 'hugo', service: 'search', after: 'on' },
    });
    expect((await listed('service=search'))[0]).toEqual(taken.change);
  });

  test('by the token of the source names its author, by id, mail or name, or nobody', async () => {
    const told = async (author: string) =>
      (await tell({ kind: 'image', what: `release by ${author}`, author }, genericToken())).taken.change;
    expect(await told('nadia@lanternfish.example')).toMatchObject({ source: 'generic', author: 'nadia' });
    expect(await told('Nadia Okafor')).toMatchObject({ author: 'nadia', by: 'Nadia Okafor' });
    expect(await told('nadia-codes')).toMatchObject({ author: 'nadia' });
    expect(await told('some robot')).toMatchObject({ author: null, by: 'some robot' });
  });

  test('is the same change with the same key, and a refusal when it says something else', async () => {
    const body = { kind: 'config', what: 'pool size 10 to 20', service: 'checkout', key: 'pool-20' };
    const first = await tell(body);
    const again = await tell(body);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.taken).toEqual({ change: first.taken.change, repeat: true });
    const other = await tell({ ...body, what: 'pool size 20 to 30' });
    expect(other.status).toBe(409);
    expect(other.body.detail).toBe('this key was used for another change; choose a new key');
    const byHeader = { 'idempotency-key': 'header-1' };
    const { key: _, ...bare } = body;
    expect((await tell(bare, operatorToken, byHeader)).status).toBe(201);
    expect((await tell(bare, operatorToken, byHeader)).status).toBe(200);
    expect((await tell(bare)).status).toBe(201);
  });

  test('is never of tomorrow, and keeps no secret', async () => {
    const { taken } = await tell({
      kind: 'config',
      what: 'DB_PASSWORD=hunter2 was set',
      before: 'postgres://shop:swordfish@db/shop',
      url: 'https://user:hunter2@ci.example/7',
      at: daysAgo(-1),
    });
    expect(Date.parse(taken.change.at)).toBeLessThanOrEqual(Date.now());
    expect(JSON.stringify(taken)).not.toMatch(/hunter2|swordfish/);
    expect(taken.change.reference.url).toBe('https://ci.example/7');
    const secret = await tell({
      kind: 'secret',
      what: 'the key was renewed',
      before: 'plain words',
      after: 'other words',
    });
    expect(secret.taken.change).toMatchObject({ before: null, after: null });
  });

  test.each([
    ['an action, which only Muster takes', { kind: 'action', what: 'x' }, 'kind'],
    ['a link that would run in a browser', { kind: 'flag', what: 'x', url: 'javascript:alert(1)' }, 'url'],
    ['an unknown field', { kind: 'flag', what: 'x', severity: 'SEV1' }, 'severity'],
    ['no words', { kind: 'flag', what: '  ' }, 'what'],
    ['a service that a person mistyped', { kind: 'flag', what: 'x', service: 'chekout' }, 'no such service'],
    ['a time that is none', { kind: 'flag', what: 'x', at: 'yesterday' }, 'at'],
    ['words that are too long', { kind: 'flag', what: 'x'.repeat(501) }, 'what'],
  ])('is refused with the reason for %s, and nothing is written', async (_, body, reason) => {
    await writesNothing(async () => {
      const { status, body: problem } = await tell(body);
      expect(status).toBe(400);
      expect(problem.detail).toContain(reason);
    });
  });

  test('that a source tells of an unknown service is kept under that name', async () => {
    const { status, taken } = await tell({ kind: 'image', what: 'release', service: 'brand-new' }, genericToken());
    expect([status, taken.change.service]).toEqual([201, 'brand-new']);
  });

  test('is refused from strangers, from other sources and from whoever may only look; nothing is written', async () => {
    await writesNothing(async () => {
      const body = { kind: 'flag', what: 'x' };
      for (const token of ['wrong', genericToken('alertmanager')]) {
        const { status, body: problem } = await tell(body, token);
        expect(status).toBe(401);
        expect(problem.detail).toContain('token');
      }
      const { status, body: problem } = await tell(body, personToken('clara'));
      expect(status).toBe(403);
      expect(problem.detail).toContain('responder');
    });
  });

  test('is refused when it is too large, and nothing is written', async () => {
    await writesNothing(async () => {
      const { status } = await tell({ kind: 'flag', what: 'x', after: 'y'.repeat(300_000) });
      expect(status).toBe(413);
    });
  });
});

describe('GitHub', () => {
  const incidents = async (): Promise<number> =>
    ((await api.ask('GET', '/api/v1/incidents')).body.items as unknown as unknown[]).length;
  let count = 0;
  const aDeployment = (more: { state?: string; deployment?: object; status?: object; repository?: string } = {}) => {
    count += 1;
    return {
      action: 'created',
      deployment_status: {
        id: 9_000 + count,
        state: more.state ?? 'in_progress',
        created_at: '2026-05-04T12:01:00Z',
        log_url: `https://github.com/lanternfish/shop/actions/runs/${count}`,
        creator: { login: 'github-actions[bot]' },
        ...more.status,
      },
      deployment: {
        id: 500 + count,
        sha: '4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e',
        ref: 'v2.4.0',
        environment: 'production',
        created_at: '2026-05-04T12:00:00Z',
        creator: { login: 'Nadia-Codes' },
        payload: { service: 'checkout' },
        ...more.deployment,
      },
      repository: { full_name: more.repository ?? 'lanternfish/shop', html_url: 'https://github.com/lanternfish/shop' },
      sender: { login: 'github-actions[bot]' },
    };
  };
  const sign = (raw: string, secret = githubSecret): string =>
    `sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`;
  const deliver = async (
    body: object | string,
    more: { signature?: string | null; delivery?: string; event?: string } = {},
  ) => {
    const raw = typeof body === 'string' ? body : JSON.stringify(body);
    const signature = more.signature === undefined ? sign(raw) : more.signature;
    const answer = await api.app.inject({
      method: 'POST',
      url: '/webhooks/github',
      headers: {
        'content-type': 'application/json',
        'x-github-event': more.event ?? 'deployment_status',
        ...(more.delivery ? { 'x-github-delivery': more.delivery } : {}),
        ...(signature === null ? {} : { 'x-hub-signature-256': signature }),
      },
      payload: raw,
    });
    return readAnswer(answer);
  };
  const ofDeployment = async ({ deployment: { id } }: { deployment: { id: number } }) =>
    (await listed()).filter(({ dedupKey }) => dedupKey.startsWith(`github/`) && dedupKey.includes(`/deployment/${id}`));

  test('tells of a deployment: which service, which commit, whose hand, and where to read more', async () => {
    const event = aDeployment();
    expect((await deliver(event)).status).toBe(202);
    expect(await ofDeployment(event)).toMatchObject([
      {
        kind: 'image',
        what: 'deployment of shop at v2.4.0 to production',
        at: '2026-05-04T12:01:00.000Z',
        by: 'Nadia-Codes',
        author: 'nadia',
        source: 'github',
        service: 'checkout',
        environment: 'production',
        reference: { commit: event.deployment.sha, url: event.deployment_status.log_url },
        drill: false,
      },
    ]);
  });

  test('of all statuses of one deployment makes one change, dated by its start', async () => {
    const event = aDeployment({ state: 'queued' });
    const later = (state: string, id: number) => ({
      ...event,
      deployment_status: { ...event.deployment_status, id: 10_000 + id, state, created_at: `2026-05-04T12:0${id}:00Z` },
    });
    await deliver(event);
    expect(await ofDeployment(event)).toEqual([]);
    for (const [id, state] of ['in_progress', 'success', 'inactive'].entries()) await deliver(later(state, id + 2));
    expect(await ofDeployment(event)).toMatchObject([{ at: '2026-05-04T12:02:00.000Z' }]);
  });

  test('that tells only the end of a deployment dates it by its beginning', async () => {
    const event = aDeployment({ state: 'success' });
    await deliver(event);
    expect(await ofDeployment(event)).toMatchObject([{ at: '2026-05-04T12:00:00.000Z' }]);
  });

  test('deploys every service of a repository that names none, or the one with its name', async () => {
    const both = aDeployment({ deployment: { payload: {} } });
    await deliver(both);
    expect((await ofDeployment(both)).map(({ service }) => service).toSorted()).toEqual(['checkout', 'payments']);
    const named = aDeployment({ deployment: { payload: '' }, repository: 'lanternfish/search' });
    await deliver(named);
    expect(await ofDeployment(named)).toMatchObject([{ service: 'search' }]);
    const unknown = aDeployment({ deployment: { payload: '' }, repository: 'lanternfish/website' });
    await deliver(unknown);
    expect(await ofDeployment(unknown)).toMatchObject([{ service: null }]);
  });

  test('that delivers again changes nothing, under whatever delivery id, at once or after the window of repeats', async () => {
    const event = aDeployment();
    expect((await deliver(event, { delivery: 'one' })).status).toBe(202);
    await writesNothing(async () => {
      expect((await deliver(event, { delivery: 'two' })).status).toBe(200);
      // Other bytes, the same event.
      const respaced = JSON.stringify(event, null, 2);
      expect((await deliver(respaced, { delivery: 'three' })).status).toBe(200);
    });
  });

  test.each([
    ['forged with another secret', (raw: string) => sign(raw, 'a-secret-of-somebody-else')],
    ['of other bytes', () => sign('{}')],
    ['of SHA-1', (raw: string) => `sha1=${createHmac('sha1', githubSecret).update(raw).digest('hex')}`],
    ['cut short', (raw: string) => sign(raw).slice(0, -2)],
    ['missing', () => null],
  ])('is not believed with a signature %s: refused, and nothing is written', async (_, signature) => {
    await writesNothing(async () => {
      const raw = JSON.stringify(aDeployment());
      const answer = await deliver(raw, { signature: signature(raw) });
      expect(answer.status).toBe(401);
      expect(answer.body.detail).toContain('not authentic');
    });
  });

  test('is believed with either of two secrets while one replaces the other', async () => {
    const event = aDeployment();
    const raw = JSON.stringify(event);
    expect((await deliver(raw, { signature: sign(raw, 'another-secret-for-tests') })).status).toBe(202);
    expect(await ofDeployment(event)).toHaveLength(1);
  });

  test('is refused what is too large for its signature to be checked, and nothing is written', async () => {
    await writesNothing(async () => {
      const raw = JSON.stringify({ ...aDeployment(), filling: 'x'.repeat(1024 * 1024) });
      expect((await deliver(raw)).status).toBe(401);
    });
  });

  test('is heard while the database is away, and recorded when it is back', async () => {
    const event = aDeployment();
    trouble = new Unavailable('the database is away');
    expect((await deliver(event)).status).toBe(202);
    trouble = null;
    expect(await ofDeployment(event)).toEqual([]);
    expect(await api.drainSpool()).toBe(1);
    expect(await ofDeployment(event)).toMatchObject([{ service: 'checkout', author: 'nadia' }]);
  });

  test('pages nobody when our own rules choke on it: it is kept for whoever looks', async () => {
    isLedgerBroken = true;
    const event = aDeployment();
    const before = await incidents();
    await writesNothing(async () => expect((await deliver(event)).status).toBe(202));
    isLedgerBroken = false;
    expect(await incidents()).toBe(before);
    const [kept] = await rowsOf(api.databaseUrl, 'select reason from quarantine order by id desc limit 1');
    expect(kept?.reason).toBe('Muster failed to judge it; see its log');
  });

  test('pages nobody by a ping, by an event about something else, or by one that cannot be read', async () => {
    const before = await incidents();
    await writesNothing(async () => {
      expect((await deliver({ zen: 'Keep it logically awesome.' }, { event: 'ping' })).status).toBe(202);
      expect((await deliver({ action: 'opened', issue: {} }, { event: 'issues' })).status).toBe(202);
      expect((await deliver({ deployment_status: { state: 7 } })).status).toBe(202);
      expect((await deliver('{half')).status).toBe(400);
    });
    expect(await incidents()).toBe(before);
    const [kept] = await rowsOf(api.databaseUrl, `select reason from quarantine order by id desc offset 1 limit 1`);
    expect(String(kept?.reason)).toContain('not a deployment_status event');
  });
});

describe('the list', () => {
  test('is of one service, of what the cluster says of its workload too, since a time, of one kind', async () => {
    const { workload } = organisation.services.catalog ?? {};
    if (!workload) throw new Error('the catalogue service has a workload');
    const rows = [
      { ...aRow({ service: 'catalog', dedupKey: 'list-1', at: daysAgo(0.3), kind: 'flag', weighsAs: 'flag' }) },
      { ...aRow({ target: workload, dedupKey: 'list-2', at: daysAgo(0.2) }) },
      { ...aRow({ target: deployment('other'), dedupKey: 'list-3' }) },
    ];
    await api.store.changes.record(rows.map(({ id: _, recordedAt: __, ...row }) => row));
    const keys = async (query: string) => (await listed(query)).map(({ dedupKey }) => dedupKey);
    expect(await keys('service=catalog')).toEqual(['list-2', 'list-1']);
    expect(await keys(`service=catalog&since=${daysAgo(0.25)}`)).toEqual(['list-2']);
    expect(await keys('service=catalog&kind=flag')).toEqual(['list-1']);
    expect(await keys('service=catalog&drill=true')).toEqual([]);
  });

  test('says what is watched, and what of it could not be read', async () => {
    const place = { cluster: 'sandbox', namespace: 'shop', drill: false };
    await api.store.changes.keepLook(place, { version: 0, missing: ['Secrets: no right'], at: daysAgo(0) }, []);
    const { watched } = (await api.ask('GET', '/api/v1/changes')).body as unknown as ChangeList;
    expect(watched).toMatchObject([{ ...place, missing: ['Secrets: no right'] }]);
  });

  test('is for everybody who may look, and for nobody else', async () => {
    expect((await api.ask('GET', '/api/v1/changes', undefined, personToken('clara'))).status).toBe(200);
    expect((await api.ask('GET', '/api/v1/changes', undefined, 'wrong')).status).toBe(401);
    expect((await api.ask('GET', '/api/v1/changes?service=nowhere')).status).toBe(400);
  });
});
