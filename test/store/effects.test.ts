import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NotFound } from '../../src/domain/errors.ts';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import { testDatabase } from '../support/postgres.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore((await testDatabase()).url);
});
afterAll(() => store.close());

const anEffect = (detail?: unknown) => ({
  key: `INC-1/chat/${randomUUID()}`,
  incidentId: 'INC-1',
  kind: 'chat',
  detail,
});

describe('the ledger of effects', () => {
  test('of ten attempts at one effect only one is the first', async () => {
    const effect = anEffect({ room: 'C1' });
    const intents = await Promise.all(Array.from({ length: 10 }, () => store.effects.intend(effect)));
    expect(intents.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(intents.every(({ row }) => row.status === 'intent')).toBe(true);
  });

  test('a second attempt finds what the first one wrote', async () => {
    const effect = anEffect();
    await store.effects.intend(effect);
    await store.effects.mark(effect.key, 'applied', 'message-1');
    const { row, isNew } = await store.effects.intend(effect);
    expect({ isNew, status: row.status, reference: row.reference }).toEqual({
      isNew: false,
      status: 'applied',
      reference: 'message-1',
    });
  });

  test('whoever begins at once writes so, and takes nothing from who began before', async () => {
    const effect = anEffect();
    const first = await store.effects.intend({ ...effect, status: 'started' });
    expect({ isNew: first.isNew, status: first.row.status }).toEqual({ isNew: true, status: 'started' });
    await store.effects.mark(effect.key, 'unknown');
    const second = await store.effects.intend({ ...effect, status: 'started' });
    expect({ isNew: second.isNew, status: second.row.status }).toEqual({ isNew: false, status: 'unknown' });
  });

  test('a mark keeps the reference and adds to the detail', async () => {
    const effect = anEffect({ person: 'dana', dedupKey: 'k' });
    await store.effects.intend(effect);
    await store.effects.mark(effect.key, 'started', 'r1', { attempt: 1 });
    await store.effects.mark(effect.key, 'unknown');
    expect(await store.effects.effect(effect.key)).toMatchObject({
      status: 'unknown',
      reference: 'r1',
      detail: { person: 'dana', dedupKey: 'k', attempt: 1 },
    });
  });

  test.each(['unknown', 'notApplied', 'started'] as const)(
    'an applied effect does not become %s by a late report, but an unknown one becomes applied',
    async (late) => {
      const effect = anEffect();
      await store.effects.intend(effect);
      await store.effects.mark(effect.key, 'unknown');
      await store.effects.mark(effect.key, 'applied');
      await store.effects.mark(effect.key, late);
      expect(await store.effects.effect(effect.key)).toMatchObject({ status: 'applied' });
      await store.effects.mark(effect.key, 'verified');
      expect(await store.effects.effect(effect.key)).toMatchObject({ status: 'verified' });
    },
  );

  test('an effect that nobody intended cannot be marked', async () => {
    await expect(store.effects.mark('INC-1/chat/none', 'applied')).rejects.toBeInstanceOf(NotFound);
  });

  test('an incident shows its own effects only', async () => {
    await store.effects.intend({ key: 'INC-2/page/1', incidentId: 'INC-2', kind: 'page' });
    expect((await store.effects.effects('INC-2')).map(({ key }) => key)).toEqual(['INC-2/page/1']);
  });
});
