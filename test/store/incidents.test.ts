import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidInput, NotFound } from '../../src/domain/errors.ts';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import { testDatabase } from '../support/postgres.ts';
import { aNewIncident, anEntry, aView, noon, policy } from './records.ts';

let store: Store;
/** As a second process would have it. */
let other: Store;

beforeAll(async () => {
  const { url } = await testDatabase();
  store = await openStore(url);
  other = await openStore(url);
});
afterAll(async () => {
  await store.close();
  await other.close();
});

describe('incident ids', () => {
  test('sixty incidents declared at once from two processes get sixty numbers without a gap', async () => {
    const asked = Array.from({ length: 60 }, (_, index) =>
      (index % 2 ? store : other).incidents.allocateIncidentId('INC-{year}-{number}', '2031-01-01T00:00:00Z'),
    );
    const wanted = Array.from({ length: 60 }, (_, index) => `INC-2031-${String(index + 1).padStart(3, '0')}`);
    expect((await Promise.all(asked)).sort()).toEqual(wanted);
  });

  test('numbers start again with the year', async () => {
    await store.incidents.allocateIncidentId('SEV-{year}-{number}', '2031-12-31T23:59:59Z');
    expect(await store.incidents.allocateIncidentId('SEV-{year}-{number}', '2032-01-01T00:00:00Z')).toBe(
      'SEV-2032-001',
    );
  });

  test('an incident named by its moment yields to the first of the same second', async () => {
    const pattern = 'INC-{date}-{time}';
    expect(await store.incidents.allocateIncidentId(pattern, '2026-03-04T05:06:07.100Z')).toBe('INC-20260304-050607');
    expect(await store.incidents.allocateIncidentId(pattern, '2026-03-04T05:06:07.900Z')).toBe('INC-20260304-050607-2');
    expect(await store.incidents.allocateIncidentId(pattern, '2026-03-04T05:06:08Z')).toBe('INC-20260304-050608');
  });

  test('a pattern with an unknown word is refused by name', async () => {
    await expect(store.incidents.allocateIncidentId('INC-{week}', noon)).rejects.toThrow(/not \{week\}/);
  });
});

describe('declaring', () => {
  test('ten requests with one idempotency key are one incident with one start', async () => {
    const declared = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 ? store : other).incidents.declare(
          aNewIncident(`INC-once-${index}`, { idempotencyKey: 'button-1' }),
          {},
        ),
      ),
    );
    expect(new Set(declared.map(({ view }) => view.id)).size).toBe(1);
    expect(declared.filter(({ existed }) => !existed)).toHaveLength(1);
    const starts = (await store.intake.pendingOutbox(100)).filter(({ incidentId }) =>
      incidentId.startsWith('INC-once'),
    );
    expect(starts).toHaveLength(1);
  });

  test('another key, or none, is another incident', async () => {
    const first = await store.incidents.declare(aNewIncident('INC-key-1', { idempotencyKey: 'a' }), {});
    const second = await store.incidents.declare(aNewIncident('INC-key-2', { idempotencyKey: 'b' }), {});
    const third = await store.incidents.declare(aNewIncident('INC-key-3'), {});
    expect([first.existed, second.existed, third.existed]).toEqual([false, false, false]);
  });

  test('the same id a second time is the first incident', async () => {
    await store.incidents.declare(aNewIncident('INC-same'), {});
    const again = await store.incidents.declare(aNewIncident('INC-same'), {});
    expect(again).toMatchObject({ existed: true, view: { id: 'INC-same' } });
  });

  test('an incident whose workflow runs already starts nothing', async () => {
    await store.incidents.declare(aNewIncident('INC-by-hand'), null);
    const pending = await store.intake.pendingOutbox(100);
    expect(pending.map(({ incidentId }) => incidentId)).not.toContain('INC-by-hand');
  });

  test('the policy is kept as it was at the declaration', async () => {
    await store.incidents.declare(aNewIncident('INC-policy'), null);
    expect(await store.incidents.policy('INC-policy')).toEqual(policy);
    expect(await store.incidents.policy('INC-nobody-knows')).toBeNull();
  });
});

describe('what the workflow records', () => {
  test('an older view that arrives late changes nothing, but its entries count', async () => {
    await store.incidents.declare(aNewIncident('INC-late'), null);
    await store.incidents.record(aView('INC-late', { version: 3, status: 'mitigating' }), [anEntry('incident/3')]);
    await store.incidents.record(aView('INC-late', { version: 2, status: 'investigating' }), [anEntry('incident/2')]);
    expect(await store.incidents.incident('INC-late')).toMatchObject({ version: 3, status: 'mitigating' });
    expect((await store.incidents.timeline('INC-late')).map(({ key }) => key)).toEqual(['incident/3', 'incident/2']);
  });

  test('an entry recorded three times is one entry, as it was first told', async () => {
    await store.incidents.declare(aNewIncident('INC-again'), null);
    const entry = anEntry('incident/1', { why: 'ladder step 1', public: true, text: 'Paged Robin' });
    await store.incidents.record(aView('INC-again', { version: 1 }), [entry, entry]);
    await store.incidents.appendEntries('INC-again', [
      { ...entry, text: 'Paged somebody else' },
      anEntry('incident/2'),
    ]);
    const items = await store.incidents.timeline('INC-again');
    expect(items).toEqual([
      { ...entry, seq: 1 },
      { ...anEntry('incident/2'), seq: 2 },
    ]);
  });

  test('writers at the same time get numbers without a gap', async () => {
    await store.incidents.declare(aNewIncident('INC-many'), null);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? store : other).incidents.appendEntries('INC-many', [anEntry(`a/${index}`), anEntry(`b/${index}`)]),
      ),
    );
    const numbers = (await store.incidents.timeline('INC-many')).map(({ seq }) => seq);
    expect(numbers).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  test('an incident that nobody could declare is seen all the same', async () => {
    await store.incidents.record(aView('INC-undeclared', { version: 1 }), [anEntry('incident/1')]);
    expect(await store.incidents.incident('INC-undeclared')).toMatchObject({ id: 'INC-undeclared' });
    expect(await store.incidents.policy('INC-undeclared')).toBeNull();
  });

  test('a note on an incident that does not exist is refused', async () => {
    await expect(store.incidents.appendEntries('INC-none', [anEntry('x')])).rejects.toBeInstanceOf(NotFound);
  });

  test('characters that PostgreSQL cannot hold become the replacement character, and a spelled-out escape stays', async () => {
    await store.incidents.declare(aNewIncident('INC-text'), null);
    const title = 'broken \0 and \ud800 but \\u0000 and \u{1f525} fine';
    await store.incidents.record(aView('INC-text', { version: 1, title }), [anEntry('incident/1', { text: title })]);
    const kept = 'broken \ufffd and \ufffd but \\u0000 and \u{1f525} fine';
    expect(await store.incidents.incident('INC-text')).toMatchObject({ title: kept });
    expect(await store.incidents.timeline('INC-text')).toMatchObject([{ text: kept }]);
  });
});

describe('finding incidents', () => {
  test('an alert attaches until the incident is resolved', async () => {
    await store.incidents.declare(aNewIncident('INC-open', { correlationKey: 'service:search' }), null);
    await store.incidents.record(aView('INC-open', { version: 1, status: 'monitoring' }), []);
    expect(await store.incidents.openIncidentFor('service:search')).toMatchObject({ id: 'INC-open' });
    await store.incidents.record(aView('INC-open', { version: 2, status: 'resolved', resolvedAt: noon }), []);
    expect(await store.incidents.openIncidentFor('service:search')).toBeNull();
    expect(await store.incidents.openIncidentFor('service:other')).toBeNull();
  });

  test('pages of the list are newest first, and an incident declared meanwhile shifts nothing', async () => {
    const { url } = await testDatabase();
    const own = await openStore(url);
    const declare = (day: number, status: 'declared' | 'closed' = 'declared') =>
      own.incidents.record(aView(`INC-${day}`, { declaredAt: `2026-05-0${day}T00:00:00.000Z`, status }), []);
    for (const day of [1, 2, 3, 4, 5]) await declare(day, day === 2 ? 'closed' : 'declared');
    const idsOf = (page: { items: { id: string }[] }) => page.items.map(({ id }) => id);
    const first = await own.incidents.incidents({ limit: 2 });
    await declare(6);
    const second = await own.incidents.incidents({ limit: 2, cursor: first.nextCursor ?? '' });
    const third = await own.incidents.incidents({ limit: 2, cursor: second.nextCursor ?? '' });
    expect([idsOf(first), idsOf(second), idsOf(third)]).toEqual([['INC-5', 'INC-4'], ['INC-3', 'INC-2'], ['INC-1']]);
    expect(third.nextCursor).toBeNull();
    expect(idsOf(await own.incidents.incidents({ limit: 9, status: ['closed'] }))).toEqual(['INC-2']);
    await own.close();
  });

  test.each(['', 'x', 'bnVsbA', 'WyJhIiwiYiJd'])('a cursor that is not ours is refused: "%s"', async (cursor) => {
    await expect(store.incidents.incidents({ limit: 2, cursor })).rejects.toBeInstanceOf(InvalidInput);
  });
});
