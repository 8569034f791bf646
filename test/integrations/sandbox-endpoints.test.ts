/** The sandbox's switches and its Argo CD behave on the wire as the real ones do, or drills would teach the wrong thing. */
import { afterEach, describe, expect, test } from 'vitest';
import { sandboxToken } from '../../src/domain/sandbox-token.ts';
import { pushCommit } from '../../src/sandbox/argo-cd.ts';
import { type Json, secret, startUnderTest, type UnderTest } from './sandbox-under-test.ts';

const open: UnderTest[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.stop()));
});
const start = async (options?: Parameters<typeof startUnderTest>[0]): Promise<UnderTest> => {
  const sandbox = await startUnderTest(options);
  open.push(sandbox);
  return sandbox;
};

const token = sandboxToken(secret, 'endpoints');
const ask = async (
  { url }: UnderTest,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; etag: string | null; body: Json }> => {
  const answer = await fetch(`${url}/endpoints${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'x-api-key': token, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, etag: answer.headers.get('etag'), body: await answer.json() };
};

describe('a switch of the sandbox', () => {
  const flag = '/flags/flags/recommendations';
  const off = { enabled: false, comment: 'a test' };

  test('shows its state and version, and each change raises the version', async () => {
    const sandbox = await start();
    expect(await ask(sandbox, 'GET', flag)).toMatchObject({ status: 200, etag: '"1"', body: { enabled: true } });
    expect(await ask(sandbox, 'PUT', flag, off)).toMatchObject({ status: 200, etag: '"2"' });
    expect(await ask(sandbox, 'GET', flag)).toMatchObject({ etag: '"2"', body: { enabled: false } });
  });

  test('refuses a change of another version, by header and by body', async () => {
    const sandbox = await start();
    expect((await ask(sandbox, 'PUT', flag, off, { 'if-match': '"7"' })).status).toBe(412);
    expect((await ask(sandbox, 'PUT', flag, off, { 'if-match': '"1"' })).status).toBe(200);
    const breaker = '/mesh/breakers/payments';
    expect((await ask(sandbox, 'PUT', breaker, { state: 'open', revision: 9 })).status).toBe(409);
    expect((await ask(sandbox, 'PUT', breaker, { state: 'open', revision: 1 })).status).toBe(200);
  });

  test('carries out what comes under one key once, and refuses another request under it', async () => {
    const sandbox = await start();
    const key = { 'idempotency-key': 'op-1' };
    expect((await ask(sandbox, 'PUT', flag, off, key)).status).toBe(200);
    expect((await ask(sandbox, 'PUT', flag, off, key)).body).toMatchObject({ repeated: true });
    expect((await ask(sandbox, 'PUT', flag, { ...off, enabled: true }, key)).status).toBe(422);
    expect(sandbox.world.state.effects.switches).toBe(1);
  });

  test('goes back by itself when its time is over, and not before', async () => {
    const sandbox = await start();
    await ask(sandbox, 'PUT', flag, { ...off, ttlSeconds: 60 });
    sandbox.pass(59_000);
    expect((await ask(sandbox, 'GET', flag)).body).toEqual({ enabled: false });
    sandbox.pass(2_000);
    expect(await ask(sandbox, 'GET', flag)).toMatchObject({ etag: '"3"', body: { enabled: true } });
  });

  test('takes the state from the path, where the catalogue says so', async () => {
    const sandbox = await start();
    expect((await ask(sandbox, 'POST', '/edge/maintenance/on', { by: 'a test' })).status).toBe(200);
    expect((await ask(sandbox, 'GET', '/edge/maintenance')).body).toEqual({ mode: 'on' });
  });

  test('knows its token, its header and its shape', async () => {
    const sandbox = await start();
    expect((await ask(sandbox, 'GET', flag, undefined, { authorization: 'Bearer other' })).status).toBe(401);
    expect((await ask(sandbox, 'GET', '/edge/maintenance', undefined, { 'x-api-key': 'other' })).status).toBe(401);
    expect((await ask(sandbox, 'GET', '/nowhere/x')).status).toBe(404);
    expect((await ask(sandbox, 'GET', '/constructor/x')).status).toBe(404);
    expect((await ask(sandbox, 'PUT', flag, { other: 1 })).status).toBe(400);
    expect((await ask(sandbox, 'PUT', flag, { enabled: { a: 1 }, comment: '' })).status).toBe(422);
    expect(sandbox.world.state.effects.switches).toBe(0);
  });
});

describe('the application of the sandbox', () => {
  const path = '/argo-cd/api/v1/applications/storefront';
  const off = {
    patchType: 'json',
    patch: JSON.stringify([{ op: 'remove', path: '/spec/syncPolicy/automated' }]),
  };
  const deployed = async (sandbox: UnderTest): Promise<string> =>
    (await ask(sandbox, 'GET', path)).body.status.history.at(-1).revision;
  const afterBadCommit = async (): Promise<UnderTest> => {
    const sandbox = await start();
    const [app] = sandbox.world.state.endpoints.apps;
    if (app) pushCommit(app, 'badbadbad', { broken: true });
    await ask(sandbox, 'GET', path);
    sandbox.pass(5_000);
    return sandbox;
  };

  test('deploys what git has while auto-sync is on, and is degraded by a bad commit', async () => {
    const sandbox = await afterBadCommit();
    const { status } = (await ask(sandbox, 'GET', path)).body;
    expect(status).toMatchObject({ health: { status: 'Degraded' }, sync: { status: 'Synced' } });
    expect(status.history.at(-1)).toMatchObject({ id: 6, revision: 'badbadbad' });
  });

  test('refuses a rollback while auto-sync is on, to an id it does not have, and beside another operation', async () => {
    const sandbox = await afterBadCommit();
    const rollBack = (id: number) => ask(sandbox, 'POST', `${path}/rollback`, { id });
    expect((await rollBack(5)).body).toMatchObject({ code: 9, message: expect.stringContaining('auto-sync') });
    await ask(sandbox, 'PATCH', path, off);
    expect((await rollBack(99)).body).toMatchObject({ code: 3 });
    expect((await rollBack(5)).status).toBe(200);
    expect((await rollBack(5)).body).toMatchObject({ code: 9, message: 'another operation is already in progress' });
  });

  test('goes back under a new id, is out of sync then, and comes to the bad commit again with auto-sync', async () => {
    const sandbox = await afterBadCommit();
    await ask(sandbox, 'PATCH', path, off);
    await ask(sandbox, 'POST', `${path}/rollback`, { id: 5 });
    sandbox.pass(5_000);
    const { status } = (await ask(sandbox, 'GET', path)).body;
    expect(status.history.at(-1)).toMatchObject({ id: 7, revision: 'c41a7706f9e2' });
    expect(status.sync).toEqual({ status: 'OutOfSync', revision: 'badbadbad' });
    const on = [{ op: 'add', path: '/spec/syncPolicy/automated', value: { prune: true } }];
    await ask(sandbox, 'PATCH', path, { patchType: 'json', patch: JSON.stringify(on) });
    await ask(sandbox, 'GET', path);
    sandbox.pass(5_000);
    expect(await deployed(sandbox)).toBe('badbadbad');
  });

  test('takes a patch only when what it tests holds', async () => {
    const sandbox = await start();
    const wrong = [{ op: 'test', path: '/metadata/uid', value: 'another' }, ...JSON.parse(off.patch)];
    expect((await ask(sandbox, 'PATCH', path, { ...off, patch: JSON.stringify(wrong) })).status).toBe(500);
    expect((await ask(sandbox, 'GET', path)).body.spec.syncPolicy.automated).toBeDefined();
  });

  test('a dry run deploys nothing', async () => {
    const sandbox = await start();
    await ask(sandbox, 'PATCH', path, off);
    await ask(sandbox, 'POST', `${path}/rollback`, { id: 4, dryRun: true });
    sandbox.pass(5_000);
    expect(await deployed(sandbox)).toBe('c41a7706f9e2');
  });
});
