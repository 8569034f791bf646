import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import { testDatabase } from '../support/postgres.ts';
import { aDelivery, aNewIncident, anEntry, aRemediation, aView, rowsOf } from './records.ts';

let url: string;
let store: Store;
let other: Store;
let heard: string[];
let stop: () => Promise<void>;

beforeEach(async () => {
  ({ url } = await testDatabase());
  store = await openStore(url, { name: 'listening' });
  other = await openStore(url, { name: 'writing' });
  heard = [];
  stop = await store.listen((id) => heard.push(id));
});
afterEach(async () => {
  await store.close();
  await other.close();
});

describe('news of changes', () => {
  test('reach another process after each kind of change', async () => {
    const changes: [string, () => Promise<unknown>][] = [
      ['N-declare', async () => {}],
      ['N-record', () => other.incidents.record(aView('N-record', { version: 1 }), [])],
      ['N-entries', () => other.incidents.appendEntries('N-entries', [anEntry('a')])],
      ['N-remediation', () => other.remediations.recordRemediation(aRemediation('R', 'N-remediation'), [])],
      ['N-postmortem', () => other.followUps.savePostmortem('N-postmortem', '#', '2026-03-04T12:00:00Z')],
    ];
    for (const [id, change] of changes) {
      await other.incidents.declare(aNewIncident(id), null);
      await expect.poll(() => heard, { timeout: 10_000 }).toContain(id);
      heard.length = 0;
      if (id === 'N-declare') continue;
      await change();
      await expect.poll(() => heard, { timeout: 10_000 }).toContain(id);
    }
  });

  test('are not told of what was rolled back', async () => {
    const failing = other.intake.commit(aDelivery(), [], async (tx) => {
      await tx.declare(aNewIncident('N-undone'), {});
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await other.incidents.declare(aNewIncident('N-after'), null);
    await expect.poll(() => heard, { timeout: 10_000 }).toContain('N-after');
    expect(heard).not.toContain('N-undone');
  });

  test('that came while the connection was away are told when it is back', async () => {
    const connections = `select pid from pg_stat_activity where application_name = 'listening notices'`;
    await rowsOf(url, `select pg_terminate_backend(pid) from (${connections}) as mine`);
    await other.incidents.declare(aNewIncident('N-missed'), null);
    await expect.poll(() => heard, { timeout: 10_000 }).toContain('N-missed');
    await expect.poll(() => rowsOf(url, connections), { timeout: 10_000 }).toHaveLength(1);
    heard.length = 0;
    await other.incidents.declare(aNewIncident('N-again'), null);
    await expect.poll(() => heard, { timeout: 10_000 }).toContain('N-again');
  });

  test('stop for a listener that has left, and go on for the others', async () => {
    const second: string[] = [];
    await store.listen((id) => second.push(id));
    await stop();
    await other.incidents.declare(aNewIncident('N-left'), null);
    await expect.poll(() => second, { timeout: 10_000 }).toContain('N-left');
    expect(heard).toEqual([]);
  });
});
