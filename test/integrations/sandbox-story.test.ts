import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { sandboxToken } from '../../src/domain/sandbox-token.ts';
import {
  type Json,
  organisation,
  type Received,
  secret,
  startUnderTest,
  type UnderTest,
} from './sandbox-under-test.ts';

const running: UnderTest[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const sandbox of running.splice(0)) await sandbox.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
const start = async (options: Parameters<typeof startUnderTest>[0] = {}): Promise<UnderTest> => {
  const sandbox = await startUnderTest(options);
  running.push(sandbox);
  return sandbox;
};

const checkout = '/apis/apps/v1/namespaces/shop/deployments/checkout';
const alertsOf = (sandbox: UnderTest): Json[] =>
  sandbox.received
    .filter((request) => request.path === '/webhooks/alertmanager')
    .map((request) => JSON.parse(request.body));
const errorRatio = async (sandbox: UnderTest, service = 'checkout'): Promise<number> => {
  const query = encodeURIComponent(organisation.services[service]?.symptom?.query ?? '');
  const { body } = await sandbox.control('GET', `/prometheus/api/v1/query?query=${query}`);
  return Number(body.data.result[0].value[1]);
};
const rollBack = async (sandbox: UnderTest) => {
  const { items } = (
    await sandbox.kube('GET', '/apis/apps/v1/namespaces/shop/replicasets?labelSelector=app%3Dcheckout')
  ).body;
  const good = items.find((set: Json) => set.spec.template.spec.containers[0].image.endsWith(':2.3.1'));
  const { 'pod-template-hash': _, ...labels } = good.spec.template.metadata.labels;
  const value = { ...good.spec.template, metadata: { labels } };
  return sandbox.kube(
    'PATCH',
    checkout,
    [{ op: 'replace', path: '/spec/template', value }],
    'application/json-patch+json',
  );
};
const triggerPage = (sandbox: UnderTest, person: string, dedupKey: string) => {
  const contact = organisation.people[person]?.contact.find((method) => method.via === 'pager');
  return sandbox.control('POST', '/pagerduty/v2/enqueue', {
    routing_key: contact?.via === 'pager' ? contact.key : '',
    event_action: 'trigger',
    dedup_key: dedupKey,
    payload: { summary: 'Checkout fails', source: 'muster', severity: 'critical' },
  });
};

describe('a bad release', () => {
  test('climbs to a third of all requests, alerts, and is over after a rollback', async () => {
    const sandbox = await start();
    expect(await errorRatio(sandbox)).toBeLessThan(0.01);
    const started = await sandbox.control('POST', '/scenarios/bad-release', { drill: 'drill-1', speed: 10 });
    expect(started.status).toBe(201);
    sandbox.pass(6_000);
    const early = await errorRatio(sandbox);
    expect(early).toBeGreaterThan(0.1);
    expect(alertsOf(sandbox)).toEqual([]);
    sandbox.pass(14_000);
    const late = await errorRatio(sandbox);
    expect(late).toBeGreaterThan(early);
    expect(late).toBeLessThan(0.4);
    await vi.waitFor(() => expect(alertsOf(sandbox)).toHaveLength(1));
    const [alert] = alertsOf(sandbox);
    expect(alert).toMatchObject({ version: '4', status: 'firing' });
    expect(alert.alerts[0]).toMatchObject({
      status: 'firing',
      labels: {
        service: 'checkout',
        severity: 'critical',
        namespace: 'shop',
        deployment: 'checkout',
        muster_drill: 'drill-1',
      },
      endsAt: '0001-01-01T00:00:00Z',
    });
    expect(Number(alert.alerts[0].annotations.value)).toBeGreaterThan(0.1);
    expect(sandbox.received[0]?.headers.authorization).toBe(`Bearer ${sandboxToken(secret, 'source:alertmanager')}`);
    expect((await rollBack(sandbox)).status).toBe(200);
    sandbox.pass(20_000);
    expect(await errorRatio(sandbox)).toBeLessThan(0.01);
    await vi.waitFor(() => expect(alertsOf(sandbox).at(-1)).toMatchObject({ status: 'resolved' }));
    expect(alertsOf(sandbox).at(-1).alerts[0].fingerprint).toBe(alert.alerts[0].fingerprint);
  });

  test('draws the whole curve, the healthy hours before it included', async () => {
    const sandbox = await start();
    await sandbox.control('POST', '/scenarios/bad-release', { speed: 10 });
    sandbox.pass(30_000);
    const end = sandbox.world.nowMs() / 1_000;
    const query = encodeURIComponent(organisation.services.checkout?.symptom?.query ?? '');
    const path = `/prometheus/api/v1/query_range?query=${query}&start=${end - 3_600}&end=${end}&step=10`;
    const { body } = await sandbox.control('GET', path);
    const values: number[] = body.data.result[0].values.map(([, value]: [number, string]) => Number(value));
    expect(body.data.resultType).toBe('matrix');
    expect(values).toHaveLength(361);
    expect(values.slice(0, 350).every((value) => value < 0.01)).toBe(true);
    expect(values.at(-1)).toBeGreaterThan(0.2);
  });

  test('is one run for one drill, and a second drill gets a release of its own', async () => {
    const sandbox = await start();
    await sandbox.control('POST', '/scenarios/bad-release', { drill: 'a', speed: 60 });
    expect((await sandbox.control('POST', '/scenarios/bad-release', { drill: 'a', speed: 60 })).status).toBe(200);
    sandbox.pass(10_000);
    await rollBack(sandbox);
    sandbox.pass(20_000);
    await sandbox.control('POST', '/scenarios/bad-release', { drill: 'b', speed: 60 });
    const { body } = await sandbox.control('GET', '/state');
    const deployment = body.deployments.find((other: Json) => other.name === 'checkout');
    expect(deployment.image).toContain('2.4.1-bad');
    expect((await sandbox.control('POST', '/scenarios/unheard-of', {})).status).toBe(404);
    expect((await sandbox.control('POST', '/scenarios/bad-release', { speed: 0 })).status).toBe(400);
  });

  test('sends the alert again until it is taken, and does not repeat what was refused', async () => {
    const sandbox = await start({ answerWith: (_, count) => ({ status: count < 3 ? 503 : 202 }) });
    await sandbox.control('POST', '/scenarios/bad-release', { speed: 60 });
    sandbox.pass(4_000);
    await vi.waitFor(() => expect(alertsOf(sandbox)).toHaveLength(3), { timeout: 5_000 });
    const bodies = new Set(sandbox.received.map((request) => request.body));
    expect(bodies.size).toBe(1);
    await vi.waitFor(() => expect(sandbox.world.state.outgoing).toEqual([]));
  });

  test('ends with a reset: healthy figures, a resolved alert, the old image', async () => {
    const sandbox = await start();
    await sandbox.control('POST', '/scenarios/bad-release', { speed: 60 });
    sandbox.pass(4_000);
    await vi.waitFor(() => expect(alertsOf(sandbox)).toHaveLength(1));
    await sandbox.control('POST', '/reset');
    await vi.waitFor(() => expect(alertsOf(sandbox).at(-1)).toMatchObject({ status: 'resolved' }));
    expect(await errorRatio(sandbox)).toBeLessThan(0.01);
    const { body } = await sandbox.kube('GET', checkout);
    expect(body.spec.template.spec.containers[0].image).toContain('2.3.1');
    expect(body.status.readyReplicas).toBe(4);
  });
});

describe('the other scenarios', () => {
  test.each([
    ['memory-leak', 'CatalogErrorRatioHigh'],
    ['slow-dependency', 'SearchLatencyHigh'],
    ['database-exhaustion', 'DatabaseConnectionsNearLimit'],
    ['node-loss', 'KubeNodeNotReady'],
  ])('%s raises its alert', async (name, alertname) => {
    const sandbox = await start();
    await sandbox.control('POST', `/scenarios/${name}`, { speed: 10 });
    sandbox.pass(40_000);
    await vi.waitFor(() => expect(alertsOf(sandbox)[0]?.alerts[0].labels.alertname).toBe(alertname));
  });

  test('search is quick again once it has five replicas, and no sooner', async () => {
    const sandbox = await start();
    const query = encodeURIComponent(organisation.services.search?.symptom?.query ?? '');
    const latency = async () =>
      Number((await sandbox.control('GET', `/prometheus/api/v1/query?query=${query}`)).body.data.result[0].value[1]);
    await sandbox.control('POST', '/scenarios/slow-dependency', { speed: 10 });
    sandbox.pass(40_000);
    expect(await latency()).toBeGreaterThan(600);
    const scale = '/apis/apps/v1/namespaces/shop/deployments/search/scale';
    await sandbox.kube('PATCH', scale, { spec: { replicas: 5 } }, 'application/merge-patch+json');
    sandbox.pass(40_000);
    expect(await latency()).toBeLessThan(400);
  });

  test('an unknown query answers an empty vector, a missing one is refused', async () => {
    const sandbox = await start();
    const unknown = await sandbox.control('GET', '/prometheus/api/v1/query?query=up');
    expect(unknown.body).toEqual({ status: 'success', data: { resultType: 'vector', result: [] } });
    expect(await sandbox.control('GET', '/prometheus/api/v1/query')).toMatchObject({
      status: 400,
      body: { errorType: 'bad_data' },
    });
  });
});

describe('phones', () => {
  test('a press comes back once, as a webhook with a signature that fits', async () => {
    const sandbox = await start();
    await triggerPage(sandbox, 'nadia', 'INC-1/page/0/nadia');
    const page = (await sandbox.control('GET', '/state')).body.pages[0];
    expect((await sandbox.control('POST', `/pages/${page.id}/acknowledge`)).status).toBe(200);
    expect((await sandbox.control('POST', `/pages/${page.id}/acknowledge`)).status).toBe(200);
    await vi.waitFor(() => expect(sandbox.received).toHaveLength(1));
    const [webhook] = sandbox.received as [Received];
    expect(webhook.path).toBe('/webhooks/pagerduty');
    const key = sandboxToken(secret, 'pagerduty-webhook');
    expect(webhook.headers['x-pagerduty-signature']).toBe(
      `v1=${createHmac('sha256', key).update(webhook.body).digest('hex')}`,
    );
    expect(webhook.headers['x-webhook-id']).toBeTruthy();
    expect(JSON.parse(webhook.body).event).toMatchObject({
      event_type: 'incident.acknowledged',
      agent: { id: 'nadia', summary: 'Nadia Okafor' },
      data: { incident_key: 'INC-1/page/0/nadia' },
    });
    expect((await sandbox.control('POST', '/pages/absent/acknowledge')).status).toBe(404);
  });
});

describe('the people of the sandbox', () => {
  const theirs = {
    id: 'INC-1',
    status: 'investigating',
    title: 'Checkout',
    service: 'checkout',
    acknowledgedBy: 'nadia',
  };
  const pagedWithPeople = async (sandbox: Awaited<ReturnType<typeof start>>): Promise<void> => {
    await sandbox.control('POST', '/scenarios/bad-release', { speed: 60, people: true });
    sandbox.pass(3_000);
    await triggerPage(sandbox, 'nadia', 'INC-1/page/0/nadia');
  };

  test('answer the phone, take their roles and approve exactly the plan they read', async () => {
    const acts: { person: string; path: string; body: Json }[] = [];
    const names = new Map(
      Object.keys(organisation.people).map((id) => [`Bearer ${sandboxToken(secret, `person:${id}`)}`, id]),
    );
    const view = {
      ...theirs,
      roles: {},
      minimumRoles: ['commander', 'technicalLead'],
      updates: { internal: { dueAt: '2026-06-01T12:00:00.000Z' }, public: { dueAt: '2026-06-01T12:00:00.000Z' } },
    };
    const sandbox = await start({
      answerWith: ({ method, path, headers, body }) => {
        if (path.startsWith('/webhooks/')) return { status: 202, body: { incidents: ['INC-1'] } };
        if (method === 'POST') {
          acts.push({ person: names.get(headers.authorization ?? '') ?? 'nobody', path, body: JSON.parse(body) });
          return { status: 200 };
        }
        if (path.endsWith('/remediations')) {
          return { status: 200, body: { items: [{ id: 'r1', status: 'awaitingApproval', planHash: 'hash-1' }] } };
        }
        return { status: 200, body: view };
      },
    });
    await pagedWithPeople(sandbox);
    await vi.waitFor(
      () => {
        sandbox.pass(250);
        expect(acts.some((act) => act.path.endsWith('/remediations/r1/approve'))).toBe(true);
        expect(acts.some((act) => act.body.audience === 'public')).toBe(true);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect((await sandbox.control('GET', '/state')).body.pages[0].status).toBe('acknowledged');
    const find = (predicate: (act: (typeof acts)[number]) => boolean) => acts.find(predicate);
    expect(find((act) => act.body.role === 'commander')).toMatchObject({ person: 'nadia', body: { person: 'nadia' } });
    expect(find((act) => act.body.role === 'technicalLead')?.person).toBe('hugo');
    expect(find((act) => act.path.endsWith('/approve'))).toMatchObject({
      person: 'dana',
      body: { planHash: 'hash-1' },
    });
    expect(acts.filter((act) => act.body.audience === 'internal')).toHaveLength(1);
    expect(find((act) => act.body.audience === 'internal')?.person).toBe('nadia');
  });

  test('write each promised update before it is due, once, and nothing to customers where nothing is promised', async () => {
    const written: { audience: string; nowMs: number; dueMs: number }[] = [];
    const internal = { dueAt: '2026-06-01T10:00:20.000Z' };
    const view = {
      ...theirs,
      roles: { commander: { person: 'nadia' } },
      minimumRoles: ['commander'],
      updates: { internal, public: { dueAt: null } },
    };
    const sandbox = await start({
      answerWith: ({ method, path, body }) => {
        if (path.startsWith('/webhooks/')) return { status: 202, body: { incidents: ['INC-1'] } };
        if (path.endsWith('/updates')) {
          const nowMs = sandbox.world.nowMs();
          written.push({ audience: JSON.parse(body).audience, nowMs, dueMs: Date.parse(internal.dueAt) });
          // A quarter of an hour at sixty times the speed of life.
          internal.dueAt = new Date(nowMs + 15_000).toISOString();
        }
        if (method === 'POST' || path.endsWith('/remediations')) return { status: 200, body: { items: [] } };
        return { status: 200, body: view };
      },
    });
    await pagedWithPeople(sandbox);
    await vi.waitFor(
      () => {
        sandbox.pass(500);
        expect(written.length).toBeGreaterThanOrEqual(3);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(written.filter(({ nowMs, dueMs }) => nowMs > dueMs)).toEqual([]);
    expect(new Set(written.map(({ dueMs }) => dueMs)).size).toBe(written.length);
    expect(written.filter(({ audience }) => audience === 'public')).toEqual([]);
  });

  test('stay away from a drill that did not ask for them', async () => {
    const sandbox = await start({ answerWith: () => ({ status: 202, body: { incidents: ['INC-1'] } }) });
    await sandbox.control('POST', '/scenarios/bad-release', { speed: 60, people: false });
    sandbox.pass(4_000);
    await vi.waitFor(() => expect(sandbox.world.state.runs[0]?.incidents).toEqual(['INC-1']));
    await triggerPage(sandbox, 'nadia', 'INC-1/page/0/nadia');
    sandbox.pass(60_000);
    expect((await sandbox.control('GET', '/state')).body.pages[0].status).toBe('triggered');
  });
});

describe('a restart', () => {
  test('continues with the pages, the rollout and the alert that was not taken yet', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
    folders.push(folder);
    const dataFile = join(folder, 'sandbox.json');
    const first = await startUnderTest({ dataFile, answerWith: () => ({ status: 503 }) });
    await first.control('POST', '/scenarios/bad-release', { speed: 60 });
    await triggerPage(first, 'nadia', 'INC-1/page/0/nadia');
    first.pass(4_000);
    await vi.waitFor(() => expect(alertsOf(first).length).toBeGreaterThan(0));
    await first.stop();
    const second = await start({ dataFile });
    const { body } = await second.control('GET', '/state');
    expect(body.pages).toHaveLength(1);
    expect(body.deployments.find((deployment: Json) => deployment.name === 'checkout').image).toContain('bad');
    await vi.waitFor(() => expect(alertsOf(second)).toHaveLength(1));
    expect(await errorRatio(second)).toBeGreaterThan(0.2);
  });
});
