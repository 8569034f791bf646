import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSpool, type Spool, type SpooledDelivery } from '../../src/intake/spool.ts';

let folder: string;
const open: Spool[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-spool-'));
});
afterEach(async () => {
  for (const spool of open.splice(0)) await spool.close();
  await rm(folder, { recursive: true, force: true });
});

const opened = async (options: Parameters<typeof openSpool>[1] = {}): Promise<Spool> => {
  const spool = await openSpool(folder, options);
  open.push(spool);
  return spool;
};
const aDelivery = (id: string, bodyBase64 = 'e30='): SpooledDelivery => ({
  id,
  source: 'generic',
  receivedAt: '2026-03-02T09:41:00.000Z',
  headers: {},
  bodyBase64,
});
const file = () => join(folder, 'intake-spool.jsonl');
const drained = async (spool: Spool): Promise<string[]> => {
  const ids: string[] = [];
  await spool.drain(async ({ id }) => {
    ids.push(id);
  });
  return ids;
};

describe('the spool', () => {
  test('gives back what it was given, oldest first, also to the next process', async () => {
    const spool = await opened();
    for (const id of ['a', 'b', 'c']) await spool.add(aDelivery(id));
    const next = await opened();
    expect(next.waiting()).toBe(3);
    expect(await drained(next)).toEqual(['a', 'b', 'c']);
    expect((await stat(file())).size).toBe(0);
  });

  test('keeps what could not be committed, and everything behind it', async () => {
    const spool = await opened();
    for (const id of ['a', 'b', 'c']) await spool.add(aDelivery(id));
    const done = await spool.drain(async ({ id }) => {
      if (id === 'b') throw new Error('still away');
    });
    expect(done).toBe(1);
    expect(spool.waiting()).toBe(2);
    expect(await drained(spool)).toEqual(['b', 'c']);
  });

  test('refuses when it is full, and takes again once it was drained', async () => {
    const spool = await opened({ bytesMax: 3 * 1024 * 1024 });
    const large = 'A'.repeat(1_200_000);
    await spool.add(aDelivery('a', large));
    await expect(spool.add(aDelivery('b', large))).rejects.toMatchObject({ code: 'unavailable' });
    expect(spool.hasRoom()).toBe(false);
    expect(await drained(spool)).toEqual(['a']);
    await spool.add(aDelivery('c'));
    expect(await drained(spool)).toEqual(['c']);
  });

  test('leaves out a torn last line, which was never acknowledged, and goes on after it', async () => {
    const first = await opened();
    await first.add(aDelivery('a'));
    await appendFile(file(), '0123456789abcdef {"id":"torn"');
    const spool = await opened();
    await spool.add(aDelivery('b'));
    expect(await drained(spool)).toEqual(['a', 'b']);
  });

  test('says aloud when a line in the middle was damaged, and loses no other', async () => {
    let damage = 0;
    const spool = await opened({ onDamage: (lines) => (damage += lines) });
    for (const id of ['a', 'b', 'c']) await spool.add(aDelivery(id));
    const text = await readFile(file(), 'utf8');
    await rm(file());
    await appendFile(file(), text.replace('"id":"b"', '"id":"x"'));
    const next = await opened({ onDamage: (lines) => (damage += lines) });
    expect(await drained(next)).toEqual(['a', 'c']);
    expect(damage).toBe(1);
  });
});
