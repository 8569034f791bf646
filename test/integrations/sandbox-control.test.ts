import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sandboxToken } from '../../src/domain/sandbox-token.ts';
import { sandboxOrganisation } from '../support/sandbox-organisation.ts';
import { type Json, secret, startUnderTest, type UnderTest } from './sandbox-under-test.ts';

const checkout = '/apis/apps/v1/namespaces/shop/deployments/checkout';

let sandbox: UnderTest;
beforeEach(async () => {
  sandbox = await startUnderTest();
});
afterEach(() => sandbox.stop());

/** fetch sets Host and Origin itself, so these go over plain http. */
const ask = (path: string, headers: Record<string, string>): Promise<{ status: number; headers: Json }> =>
  new Promise((resolve, reject) => {
    const outgoing = request(`${sandbox.url}${path}`, { headers }, (incoming) => {
      incoming.resume();
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });

describe('faults', () => {
  test('loses the answer of a write that was applied, exactly as often as ordered', async () => {
    await sandbox.control('POST', '/faults', {
      path: `/kube${checkout}`,
      method: 'PATCH',
      kind: 'dropAfterApply',
      times: 1,
    });
    const patch = () => sandbox.kube('PATCH', checkout, { spec: { replicas: 6 } }, 'application/merge-patch+json');
    await expect(patch()).rejects.toThrow();
    expect((await sandbox.kube('GET', checkout)).body.spec.replicas).toBe(6);
    expect((await sandbox.control('GET', '/effects')).body).toMatchObject({ kube: 1, kubeChanges: 1 });
    expect((await patch()).status).toBe(200);
    expect((await sandbox.control('GET', '/effects')).body).toMatchObject({ kube: 2, kubeChanges: 1 });
  });

  test('answers with the ordered status and has no effect', async () => {
    await sandbox.control('POST', '/faults', {
      path: '/kube/apis',
      method: 'PATCH',
      kind: 'status',
      status: 504,
      times: 2,
    });
    const patch = () => sandbox.kube('PATCH', checkout, { spec: { replicas: 6 } }, 'application/merge-patch+json');
    expect((await patch()).status).toBe(504);
    expect((await patch()).status).toBe(504);
    expect((await sandbox.kube('GET', checkout)).body.spec.replicas).toBe(4);
    expect((await patch()).status).toBe(200);
  });

  test('refuses a fault it cannot play', async () => {
    expect((await sandbox.control('POST', '/faults', { path: '/kube', kind: 'explode' })).status).toBe(400);
  });
});

describe('who may look', () => {
  test("shows the people's tokens on loopback, and they are the ones Muster knows", async () => {
    const { body } = await sandbox.control('GET', '/people');
    expect(body.map(({ id }: Json) => id)).toEqual(Object.keys(sandboxOrganisation.people));
    expect(body.find((person: Json) => person.id === 'dana')).toMatchObject({
      name: 'Dana Whitfield',
      roles: ['responder', 'commander'],
      token: sandboxToken(secret, 'person:dana'),
    });
  });

  test('shows nothing to a page of a foreign site, nor to one that borrowed the address', async () => {
    expect((await ask('/people', { origin: 'https://evil.example' })).status).toBe(401);
    expect((await ask('/people', { host: 'evil.example:8090' })).status).toBe(401);
    const page = await ask('/state', { origin: 'http://localhost:8080' });
    expect(page.status).toBe(200);
    expect(page.headers['access-control-allow-origin']).toBe('http://localhost:8080');
  });

  test('lets the api in from elsewhere with the control token', async () => {
    const authorization = `Bearer ${sandboxToken(secret, 'control')}`;
    expect((await ask('/state', { host: 'sandbox:8090', authorization })).status).toBe(200);
    expect((await ask('/state', { host: 'sandbox:8090', authorization: 'Bearer other' })).status).toBe(401);
  });
});

describe('what the page gets', () => {
  test('has everything the issue names, and tells of changes as they happen', async () => {
    const { body } = await sandbox.control('GET', '/state');
    expect(body.deployments).toContainEqual({
      namespace: 'shop',
      name: 'checkout',
      image: 'registry.lanternfish.example/shop/checkout:2.3.1',
      revision: 4,
      replicas: 4,
      ready: 4,
    });
    expect(body).toMatchObject({ pages: [], statusPosts: [], mails: [] });
    expect(body.channels).toHaveLength(7);
    expect(body.pods).toHaveLength(12);
    const stopped = new AbortController();
    const events = await fetch(`${sandbox.url}/events`, { signal: stopped.signal });
    const reader = (events.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await sandbox.control('POST', '/scenarios/bad-release', {});
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toContain('event: changed');
    stopped.abort();
    const after = (await sandbox.control('GET', '/state')).body;
    expect(after.series[0].title).toContain('Checkout');
    expect(after.series[0].marks.at(-1).text).toContain('2.4.0-bad');
  });
});
