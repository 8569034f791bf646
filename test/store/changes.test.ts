import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NewChange } from '../../src/schema/change.ts';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import { aRow, deployment } from '../domain/changes/builders.ts';
import { testDatabase } from '../support/postgres.ts';
import { rowsOf } from './records.ts';

let url: string;
let store: Store;
/** A second process on the same database. */
let other: Store;
beforeAll(async () => {
  ({ url } = await testDatabase());
  store = await openStore(url);
  other = await openStore(url, { migrate: false });
});
afterAll(() => Promise.all([store.close(), other.close()]));

let count = 0;
const aChange = (more: Partial<NewChange> = {}): NewChange => {
  count += 1;
  const { id: _, recordedAt: __, ...row } = aRow({ dedupKey: `key-${count}`, at: daysAgo(0.1), ...more });
  return row;
};
const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
const written = async (...changes: NewChange[]) => (await store.changes.record(changes)).map(({ isNew }) => isNew);
const keys = (rows: { dedupKey: string }[]): string[] => rows.map(({ dedupKey }) => dedupKey);

describe('the ledger of changes', () => {
  test('gives back what was written, to the letter', async () => {
    const change = aChange({
      kind: 'action',
      weighsAs: 'scale',
      by: 'Hugo',
      author: 'hugo',
      target: deployment('checkout'),
      service: 'checkout',
      environment: 'production',
      reference: { commit: 'abc', url: 'https://ci.example/1' },
      before: '2',
      after: '4',
      concerns: ['blue/Deployment/shop/checkout'],
    });
    const [recorded] = await store.changes.record([change]);
    expect(recorded?.change).toMatchObject(change);
    expect(await store.changes.list({ drill: false, service: 'checkout', limit: 1 })).toEqual([recorded?.change]);
  });

  test('has the same key once, however many tell it at once', async () => {
    const change = aChange();
    const results = await Promise.all([store, other, store, other].map((one) => one.changes.record([change])));
    expect(results.flat().filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(results.flat().map(({ change: { id } }) => id)).size).toBe(1);
  });

  test('takes several at once from two processes in opposite order, and neither waits for ever', async () => {
    const changes = Array.from({ length: 20 }, () => aChange());
    const results = await Promise.all([store.changes.record(changes), other.changes.record(changes.toReversed())]);
    expect(results.flat().filter(({ isNew }) => isNew)).toHaveLength(20);
    expect(keys(results[0].map(({ change }) => change))).toEqual(keys(changes));
  });

  test('keeps drills apart: the same key once among them and once outside', async () => {
    const change = aChange({ service: 'apart' });
    expect(await written(change, { ...change, drill: true })).toEqual([true, true]);
    const of = async (drill: boolean) => (await store.changes.list({ drill, service: 'apart', limit: 9 })).length;
    expect([await of(false), await of(true)]).toEqual([1, 1]);
  });

  test('finds those of a service: told so, of its workload, or of what its workload reads', async () => {
    const of = { service: 'cart', workloads: ['blue/Deployment/shop/cart'] };
    const changes = [
      aChange({ service: 'cart', at: daysAgo(0.4) }),
      aChange({ target: deployment('cart'), at: daysAgo(0.3) }),
      aChange({ target: { ...deployment('settings'), kind: 'ConfigMap' }, concerns: of.workloads, at: daysAgo(0.2) }),
      aChange({ target: deployment('cart', 'other') }),
    ];
    await written(...changes);
    const found = await store.changes.list({ drill: false, ...of, limit: 10 });
    expect(keys(found)).toEqual(keys(changes.slice(0, 3)).toReversed());
    expect(await store.changes.list({ drill: false, ...of, since: daysAgo(0.35), limit: 10 })).toHaveLength(2);
    expect(await store.changes.list({ drill: false, ...of, kind: 'flag', limit: 10 })).toEqual([]);
  });

  test('gives a diagnosis what happened in its window around it, and nothing of other clusters', async () => {
    const day = (hour: number): string => `2026-01-01T${String(hour).padStart(2, '0')}:00:00.000Z`;
    const near = [
      aChange({ at: day(9), service: 'payments' }),
      aChange({ at: day(10), target: deployment('anything', 'any', 'red') }),
      aChange({ at: day(11) }),
    ];
    const far = [
      aChange({ at: day(10), target: deployment('anything', 'any', 'green') }),
      aChange({ at: day(10), service: 'search' }),
      aChange({ at: day(5), service: 'payments' }),
      aChange({ at: day(10), service: 'payments', drill: true }),
    ];
    await written(...near, ...far);
    const window = { drill: false, services: ['payments'], clusters: ['red'], from: day(8), until: day(12) };
    expect(keys(await store.changes.around(window))).toEqual(keys(near).toReversed());
  });

  test('is append-only, and what is younger than a day is deleted by nobody', async () => {
    await written(aChange());
    for (const statement of [`update change set what = 'nothing'`, 'truncate change'])
      await expect(rowsOf(url, statement)).rejects.toThrow('append-only');
    await expect(rowsOf(url, 'delete from change')).rejects.toThrow('younger than a day');
  });

  test('gives up what is old in bounded batches, the oldest first, and keeps the young whatever it is asked', async () => {
    const old = [1_000, 999, 998].map((days) => aChange({ at: daysAgo(days), service: 'old' }));
    const young = aChange({ service: 'old' });
    await written(...old, young);
    const left = async () => keys(await store.changes.list({ drill: false, service: 'old', limit: 10 }));
    expect(await store.changes.forget(daysAgo(900), 2)).toBe(2);
    expect(await left()).toEqual(keys([young, ...old.slice(2)]));
    expect(await store.changes.forget(daysAgo(900), 2)).toBe(1);
    expect(await store.changes.forget(daysAgo(900), 2)).toBe(0);
    await store.changes.forget(daysAgo(-1), 1_000);
    expect(await left()).toEqual(keys([young]));
  });
});

describe('a look of the watcher', () => {
  let places = 0;
  const aPlace = () => {
    places += 1;
    return { cluster: 'blue', namespace: `shop-${places}`, drill: false };
  };
  const look = (version: number, state?: unknown) => ({
    version,
    ...(state ? { state } : {}),
    missing: [],
    at: daysAgo(0),
  });

  test('is kept together with the changes it shows, for whoever looks next', async () => {
    const place = aPlace();
    expect(await store.changes.seenLast(place)).toBeNull();
    const change = aChange();
    expect(keys((await store.changes.keepLook(place, look(0, { a: 1 }), [change])) ?? [])).toEqual([change.dedupKey]);
    expect(await other.changes.seenLast(place)).toEqual({ version: 1, state: { a: 1 } });
  });
  test('that shows nothing new leaves what was seen', async () => {
    const place = aPlace();
    await store.changes.keepLook(place, look(0, { a: 1 }), []);
    await store.changes.keepLook(place, { ...look(1), missing: ['the Secrets'] }, []);
    expect(await store.changes.seenLast(place)).toEqual({ version: 2, state: { a: 1 } });
    const watched = await store.changes.watched();
    expect(watched.find(({ namespace }) => namespace === place.namespace)).toMatchObject({ missing: ['the Secrets'] });
  });
  test('counts for nothing when another worker looked meanwhile: neither its changes nor what it saw', async () => {
    const place = aPlace();
    await store.changes.keepLook(place, look(0, { a: 1 }), []);
    await other.changes.keepLook(place, look(1, { a: 2 }), []);
    const late = aChange({ service: 'late' });
    expect(await store.changes.keepLook(place, look(1, { a: 'stale' }), [late])).toBeNull();
    expect(await store.changes.keepLook(place, look(0, { a: 'stale' }), [late])).toBeNull();
    expect(await store.changes.seenLast(place)).toEqual({ version: 2, state: { a: 2 } });
    expect(await store.changes.list({ drill: false, service: 'late', limit: 1 })).toEqual([]);
  });
  test('of two at the same moment is kept of one', async () => {
    const place = aPlace();
    const change = aChange();
    const kept = await Promise.all(
      [store, other, store, other].map((one) => one.changes.keepLook(place, look(0, { a: 1 }), [change])),
    );
    expect(kept.filter((one) => one !== null)).toHaveLength(1);
  });
  test('digests with a salt that is this installation’s own', async () => {
    expect(await store.changes.salt()).toMatch(/^[0-9a-f-]{72}$/);
    expect(await other.changes.salt()).toBe(await store.changes.salt());
  });
});
