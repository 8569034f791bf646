import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import { testDatabase } from '../support/postgres.ts';
import { rowsOf } from './records.ts';

let url: string;
let store: Store;
const heard: string[] = [];
beforeAll(async () => {
  ({ url } = await testDatabase());
  store = await openStore(url, { log: (line) => heard.push(line) });
});
afterAll(() => store.close());

const aSwap = (more: Partial<Parameters<Store['overrides']['add']>[0]> = {}) => ({
  schedule: 'shop',
  person: 'mei',
  from: '2026-03-04T12:00:00.000Z',
  until: '2026-03-05T12:00:00.000Z',
  by: 'dana',
  note: null,
  idempotencyKey: null,
  ...more,
});

describe('an override', () => {
  test('counts from its first moment to just before its last', async () => {
    const { id } = await store.overrides.add(aSwap({ schedule: 'edges', note: 'dentist\0' }));
    const mine = async (at: string) =>
      (await store.overrides.inForce(at)).filter(({ schedule }) => schedule === 'edges').map((one) => one.id);
    expect(await mine('2026-03-04T11:59:59.999Z')).toEqual([]);
    expect(await mine('2026-03-04T12:00:00.000Z')).toEqual([id]);
    expect(await mine('2026-03-05T11:59:59.999Z')).toEqual([id]);
    expect(await mine('2026-03-05T12:00:00.000Z')).toEqual([]);
    expect((await store.overrides.override(id))?.note).toBe('dentist\ufffd');
  });

  test('comes after those made before it, whichever begins first', async () => {
    const later = { from: '2026-05-02T00:00:00.000Z', until: '2026-05-03T00:00:00.000Z' };
    const first = await store.overrides.add(aSwap(later));
    const second = await store.overrides.add(aSwap({ from: '2026-05-01T00:00:00.000Z', until: later.until }));
    const found = await store.overrides.list({ from: '2026-05-01T00:00:00Z', until: '2026-05-04T00:00:00Z' });
    expect(found.map(({ id }) => id)).toEqual([first.id, second.id]);
    expect(await store.overrides.list({ from: '2026-05-03T00:00:00Z', until: null })).toEqual([]);
  });

  test('asked for twice under one key is one', async () => {
    const once = await store.overrides.add(aSwap({ schedule: 'twice', idempotencyKey: 'dana/1' }));
    expect(await store.overrides.add(aSwap({ schedule: 'twice', idempotencyKey: 'dana/1' }))).toEqual(once);
  });

  test('that was removed counts no more, and who removed it first stays on record', async () => {
    const { id } = await store.overrides.add(aSwap({ schedule: 'removed' }));
    await store.overrides.remove(id, 'ravi');
    await store.overrides.remove(id, 'hugo');
    const left = await store.overrides.inForce('2026-03-04T13:00:00Z');
    expect(left.filter(({ schedule }) => schedule === 'removed')).toEqual([]);
    expect(await rowsOf(url, `select removed_by from schedule_override where id = ${id}`)).toEqual([
      { removed_by: 'ravi' },
    ]);
    expect(await rowsOf(url, `select actor, act from audit where subject = 'removed' order by id`)).toEqual([
      { actor: 'dana', act: 'override a schedule' },
      { actor: 'ravi', act: 'remove an override' },
    ]);
  });

  test.each(['99999', 'nonsense', '9'.repeat(16), "1'--"])('%s that never was cannot be removed', async (id) => {
    await expect(store.overrides.remove(id, 'ravi')).rejects.toThrow('there is no override');
    expect(await store.overrides.override(id)).toBeNull();
  });
});

test('a database that hangs keeps a page back for a second at most, then there are no overrides, and it is said', async () => {
  const blocker = new pg.Client({ connectionString: url });
  await blocker.connect();
  await blocker.query('begin');
  await blocker.query('lock table schedule_override in access exclusive mode');
  const started = performance.now();
  expect(await store.overrides.inForce('2026-03-04T13:00:00Z')).toEqual([]);
  expect(performance.now() - started).toBeLessThan(2_500);
  expect(heard.at(-1)).toContain('pages go out without overrides');
  await blocker.query('rollback');
  await blocker.end();
});
