import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NotFound } from '../../src/domain/errors.ts';
import { scopesOver } from '../../src/domain/remediation/stop.ts';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import { testDatabase } from '../support/postgres.ts';
import { aNewIncident, anEntry, aRemediation, aView, noon, rowsOf } from './records.ts';

let url: string;
let store: Store;
beforeAll(async () => {
  ({ url } = await testDatabase());
  store = await openStore(url);
});
afterAll(() => store.close());

const over = async (cluster: string, action = 'restart-workload', runbook: string | null = null) =>
  (await store.remediations.stopOver(scopesOver({ cluster }, action, runbook)))?.scope ?? null;
const stop = (scope: string, by = 'dana') => store.stops.stop({ scope, reason: 'a storm of alerts', by });
const lift = (scope: string, by = 'ravi') => store.stops.lift({ scope, reason: 'the storm is over', by });

describe('the kill switch', () => {
  test.each([
    ['global', 'green', 'scale-workload'],
    ['cluster/blue', 'blue', 'scale-workload'],
    ['action/scale-workload', 'green', 'scale-workload'],
  ])('%s stops %s of %s, and lets it go on when lifted', async (scope, cluster, action) => {
    expect(await over(cluster, action)).toBeNull();
    await stop(scope);
    expect(await over(cluster, action)).toBe(scope);
    await lift(scope);
    expect(await over(cluster, action)).toBeNull();
  });

  test('of a runbook stops its steps, and neither those of another nor what a person proposes', async () => {
    await stop('runbook/bad-release');
    expect(await over('green', 'restart-workload', 'bad-release')).toBe('runbook/bad-release');
    expect(await over('green', 'restart-workload', 'out-of-memory')).toBeNull();
    expect(await over('green', 'restart-workload')).toBeNull();
    await lift('runbook/bad-release');
  });

  test('leaves other clusters and other actions alone', async () => {
    await stop('cluster/blue');
    await stop('action/scale-workload');
    expect(await over('green', 'restart-workload')).toBeNull();
    await lift('cluster/blue');
    await lift('action/scale-workload');
  });

  test('keeps the first who pulled it, and says no when there is nothing to lift', async () => {
    const first = await stop('cluster/first', 'dana');
    const again = await stop('cluster/first', 'robin');
    expect(first.event).toMatchObject({ event: 'stopped', by: 'dana' });
    expect(again).toEqual({ stop: first.stop, event: null });
    await lift('cluster/first');
    await expect(lift('cluster/first')).rejects.toBeInstanceOf(NotFound);
    await expect(lift('cluster/never')).rejects.toBeInstanceOf(NotFound);
  });

  test('pulled by hand in the database counts like any other', async () => {
    await rowsOf(url, `insert into stop_switch (scope, stopped, set_by) values ('cluster/hand', true, 'dana')`);
    expect(await over('hand')).toBe('cluster/hand');
    expect(await store.stops.stops()).toMatchObject([{ scope: 'cluster/hand', reason: null, by: 'dana' }]);
    await lift('cluster/hand');
  });

  test('remembers who stopped and lifted what and why, and nobody can change that afterwards', async () => {
    await stop('cluster/red', 'robin');
    await lift('cluster/red', 'lee');
    expect((await store.stops.record(2)).map(({ event, scope, by, reason }) => [event, scope, by, reason])).toEqual([
      ['lifted', 'cluster/red', 'lee', 'the storm is over'],
      ['stopped', 'cluster/red', 'robin', 'a storm of alerts'],
    ]);
    for (const statement of [`update audit set actor = 'x'`, 'delete from audit', 'truncate audit']) {
      await expect(rowsOf(url, statement)).rejects.toThrow('append-only');
    }
  });
});

describe('who is told of a stop', () => {
  const target = (cluster: string) => ({ cluster, kind: 'Deployment', namespace: 'shop', name: 'checkout' });
  const toldOf = async (scope: string) => (await store.stops.tell(scope, anEntry(`stop/${scope}`))).toSorted();
  beforeAll(async () => {
    for (const id of ['INC-on', 'INC-done', 'INC-other', 'INC-over', 'INC-none'])
      await store.incidents.declare(aNewIncident(id), null);
    const remediation = (incidentId: string, cluster: string, endedAt: string | null) =>
      store.remediations.recordRemediation(
        aRemediation(`R-${incidentId}`, incidentId, { action: 'scale-workload', target: target(cluster), endedAt }),
        [],
      );
    await remediation('INC-on', 'blue', null);
    await remediation('INC-done', 'blue', noon);
    await remediation('INC-other', 'green', null);
    await remediation('INC-over', 'blue', null);
    await store.incidents.record(aView('INC-over', { status: 'resolved', version: 3 }), []);
  });

  test('every open incident with a remediation under way that it covers, and no other', async () => {
    expect(await toldOf('global')).toEqual(['INC-on', 'INC-other']);
    expect(await toldOf('cluster/blue')).toEqual(['INC-on']);
    expect(await toldOf('action/scale-workload')).toEqual(['INC-on', 'INC-other']);
    expect(await toldOf('action/restart-workload')).toEqual([]);
  });

  test('once, however often it is told', async () => {
    await store.stops.tell('cluster/green', anEntry('stop/4711'));
    await store.stops.tell('cluster/green', anEntry('stop/4711'));
    const keys = (await store.incidents.timeline('INC-other')).map(({ key }) => key);
    expect(keys.filter((key) => key === 'stop/4711')).toHaveLength(1);
  });

  test('names nobody ever proposed for are doubted', async () => {
    expect(await store.stops.isKnown('action/scale-workload')).toBe(true);
    expect(await store.stops.isKnown('action/scale-worklod')).toBe(false);
    expect(await store.stops.isKnown('cluster/green')).toBe(true);
    expect(await store.stops.isKnown('cluster/gren')).toBe(false);
  });
});
