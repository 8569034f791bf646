import { describe, expect, test } from 'vitest';
import type { ChangeList } from '../../src/schema/change.ts';
import { aRow, deployment } from '../domain/changes/builders.ts';
import { aProblem, muster, startApi, talkTo } from './api-server.ts';

const ledger = (list: Partial<ChangeList> = {}) => ({
  'GET /api/v1/changes': { body: { items: [], watched: [], ...list } },
});
const taken = (repeat = false) => ({
  'POST /api/v1/changes': { status: 201, body: { change: aRow({ id: '7', what: 'pool 10 to 20' }), repeat } },
});

describe('muster changes', () => {
  test('shows when, what, whose and who told, newest first as the API gives them', async () => {
    const items = [
      aRow({
        kind: 'flag',
        what: 'new-search on',
        by: 'Hugo Barreto',
        author: 'hugo',
        source: 'person',
        service: 'search',
      }),
      aRow({
        what: 'revision 5 of checkout (2.3.1 to 2.4.0)',
        by: 'argocd-controller',
        target: deployment('checkout'),
      }),
    ];
    const { code, out } = await muster(['changes'], talkTo(await startApi(ledger({ items }))));
    expect(code).toBe(0);
    const [heads, first, second] = out.split('\n');
    expect(heads?.split(/\s{2,}/)).toEqual(['WHEN', 'KIND', 'CHANGE', 'BY', 'SERVICE', 'SOURCE']);
    expect(first?.split(/\s{2,}/)).toEqual([
      '2026-05-04 12:00:00Z',
      'flag',
      'new-search on',
      'hugo',
      'search',
      'person',
    ]);
    expect(second).toContain('argocd-controller');
  });

  test('asks for a service, a kind, and a time that may be a duration', async () => {
    const server = await startApi(ledger());
    const before = Date.now();
    await muster(['changes', '--service', 'checkout', '--kind', 'flag', '--since', '4h', '--drill'], talkTo(server));
    const asked = new URL(server.requests[0]?.path ?? '', 'http://x').searchParams;
    expect(asked.get('service')).toBe('checkout');
    expect(asked.get('kind')).toBe('flag');
    expect(asked.get('drill')).toBe('true');
    const agoMs = before - Date.parse(asked.get('since') ?? '');
    expect(Math.abs(agoMs - 4 * 3_600_000)).toBeLessThan(60_000);
  });

  test('asks for nothing it was not told, and says how to tell when nothing is known', async () => {
    const server = await startApi(ledger());
    const { out } = await muster(['changes'], talkTo(server));
    expect(server.requests[0]?.path).toBe('/api/v1/changes');
    expect(out).toBe('no change is known; tell of one with "muster change record"\n');
  });

  test('says which place is watched only in part, and which has not been looked at for long', async () => {
    const place = { cluster: 'blue', namespace: 'shop', drill: false, lookedAt: new Date().toISOString(), missing: [] };
    const watched = [
      place,
      { ...place, namespace: 'search', missing: ['Secrets: no right'] },
      { ...place, namespace: '', lookedAt: '2026-01-01T00:00:00.000Z' },
    ];
    const { out } = await muster(['changes'], talkTo(await startApi(ledger({ watched }))));
    expect(out).toContain('of search in blue only a part is watched: Secrets: no right');
    expect(out).toMatch(/the nodes of blue was looked at .* ago: is the remediation worker running\?/);
    expect(out).not.toContain('shop in blue');
  });

  test('refuses a time that is none before it asks anybody', async () => {
    const server = await startApi(ledger());
    const { code, err } = await muster(['changes', '--since', 'lately'], talkTo(server));
    expect([code, server.requests.length]).toEqual([2, 0]);
    expect(err).toContain('--since is a duration such as 4h or an instant, not "lately"');
  });
});

describe('muster change record', () => {
  test('sends what was changed, with a key of its own', async () => {
    const server = await startApi(taken());
    const options = ['--kind', 'config', '--service', 'checkout', '--before', '10', '--after', '20'];
    const { code, out } = await muster(['change', 'record', 'pool', '10 to 20', ...options], talkTo(server));
    expect([code, out]).toEqual([0, 'change 7 is recorded: pool 10 to 20\n']);
    const { body, headers } = server.requests[0] ?? {};
    expect(body).toEqual({ kind: 'config', what: 'pool 10 to 20', service: 'checkout', before: '10', after: '20' });
    expect(headers?.['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('with a key that was used says that it was recorded before', async () => {
    const server = await startApi(taken(true));
    const { out } = await muster(['change', 'record', 'x', '--kind', 'flag', '--key', 'k'], talkTo(server));
    expect(out).toContain('was recorded before');
    expect(server.requests[0]?.headers?.['idempotency-key']).toBe('k');
  });

  test('needs a kind that a person may tell of', async () => {
    const server = await startApi(taken());
    expect((await muster(['change', 'record', 'x'], talkTo(server))).code).toBe(2);
    expect((await muster(['change', 'record', 'x', '--kind', 'action'], talkTo(server))).code).toBe(2);
    expect(server.requests).toEqual([]);
  });

  test('shows the refusal, and gives the key when nobody answered', async () => {
    const refused = {
      'POST /api/v1/changes': {
        status: 400,
        body: aProblem({ status: 400, detail: 'the catalogue has no such service' }),
      },
    };
    const { code, err } = await muster(['change', 'record', 'x', '--kind', 'flag'], talkTo(await startApi(refused)));
    expect(code).toBe(1);
    expect(err).toContain('no such service');
    const away = { MUSTER_API: 'http://127.0.0.1:9', MUSTER_TOKEN: 't'.repeat(20) };
    const lost = await muster(['change', 'record', 'x', '--kind', 'flag'], away);
    expect(lost.err).toMatch(/To repeat without recording twice, add: --key [0-9a-f-]{36}/);
  });
});
