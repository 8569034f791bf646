import { beforeAll, describe, expect, test } from 'vitest';
import { carryOut, type Effect } from '../../activities/ledger.ts';
import { Unavailable } from '../../src/domain/errors.ts';
import { openStore } from '../../src/store/connect.ts';
import type { EffectStore } from '../../src/store/store.ts';
import { vendorTrouble } from '../support/ports.ts';
import { testDatabase } from '../support/postgres.ts';

let effects: EffectStore;
let count = 0;
beforeAll(async () => {
  const { url } = await testDatabase();
  effects = (await openStore(url)).effects;
});
const anEffect = (): Effect => {
  count += 1;
  return { key: `INC-1/chat/${count}`, incidentId: 'INC-1', kind: 'chat' };
};

describe('an effect', () => {
  test('happens once and leaves its reference', async () => {
    const effect = anEffect();
    const seen: boolean[] = [];
    const act = async (maybeDone: boolean) => {
      seen.push(maybeDone);
      return 'message-1';
    };
    expect(await carryOut(effects, effect, act)).toEqual({ reference: 'message-1', foundDone: false });
    expect(await carryOut(effects, effect, act)).toEqual({ reference: 'message-1', foundDone: true });
    expect(seen).toEqual([false]);
  });

  test('that was refused is known not to have happened: the next attempt need not look', async () => {
    const effect = anEffect();
    const refused = vendorTrouble('slack', { status: 429 });
    await expect(carryOut(effects, effect, () => Promise.reject(refused))).rejects.toBe(refused);
    expect(await effects.effect(effect.key)).toMatchObject({ status: 'notApplied' });
    await carryOut(effects, effect, async (maybeDone) => String(maybeDone));
    expect(await effects.effect(effect.key)).toMatchObject({ status: 'applied', reference: 'false' });
  });

  test('whose answer was lost is unknown: the next attempt looks first, and a refusal then proves nothing', async () => {
    const effect = anEffect();
    await expect(carryOut(effects, effect, () => Promise.reject(vendorTrouble('slack')))).rejects.toThrow();
    expect(await effects.effect(effect.key)).toMatchObject({ status: 'unknown' });
    const refused = vendorTrouble('slack', { status: 429 });
    await expect(carryOut(effects, effect, () => Promise.reject(refused))).rejects.toThrow();
    expect(await effects.effect(effect.key)).toMatchObject({ status: 'unknown' });
    expect(await carryOut(effects, effect, async (maybeDone) => String(maybeDone))).toMatchObject({
      reference: 'true',
    });
  });

  test('that a process died in is looked for', async () => {
    const effect = anEffect();
    await effects.intend(effect);
    await effects.mark(effect.key, 'started');
    expect(await carryOut(effects, effect, async (maybeDone) => String(maybeDone))).toMatchObject({
      reference: 'true',
    });
  });

  test('is on record as begun before it happens, and whoever is first need not look', async () => {
    const effect = anEffect();
    const seen: boolean[] = [];
    await carryOut(effects, effect, async (maybeDone) => {
      const { row } = await effects.intend(effect);
      expect(row.status).toBe('started');
      seen.push(maybeDone);
      return 'message-1';
    });
    expect(seen).toEqual([false]);
  });

  test('happens without a ledger too, looking first', async () => {
    const gone = () => Promise.reject(new Unavailable('PostgreSQL is away'));
    const away: EffectStore = { intend: gone, mark: gone, effect: gone, effects: gone };
    expect(await carryOut(away, anEffect(), async (maybeDone) => String(maybeDone))).toMatchObject({
      reference: 'true',
    });
  });

  test.each(['that breaks off after the effect', 'that was away from the start'])(
    'is in the ledger in the end, also in one %s',
    async (how) => {
      const effect = anEffect();
      let away = true;
      const unlessAway =
        <Args extends unknown[], Result>(verb: (...args: Args) => Promise<Result>) =>
        (...args: Args) =>
          away ? Promise.reject(new Unavailable('PostgreSQL is away')) : verb(...args);
      const ledger: EffectStore = {
        ...effects,
        intend: how.includes('start') ? unlessAway(effects.intend) : effects.intend,
        mark: unlessAway(effects.mark),
      };
      let calls = 0;
      await carryOut(ledger, effect, async () => {
        calls += 1;
        return 'message-1';
      });
      expect((await effects.effect(effect.key))?.status).not.toBe('applied');
      away = false;
      await expect.poll(() => effects.effect(effect.key)).toMatchObject({ status: 'applied', reference: 'message-1' });
      expect(calls).toBe(1);
    },
  );

  test('asked for twice at one moment happens once', async () => {
    const effect = anEffect();
    let calls = 0;
    const act = async () => {
      calls += 1;
      return 'x';
    };
    await Promise.all([carryOut(effects, effect, act), carryOut(effects, effect, act)]);
    expect(calls).toBe(1);
  });
});
