/** The watcher's rounds: where it looks, how it goes on after trouble, and how it ends. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidInput, VendorError } from '../../src/domain/errors.ts';
import type { Cluster } from '../../src/integrations/integration.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import { type ChangeWatcher, placesOf, watchChanges } from '../../worker/change-watcher.ts';
import { until } from '../support/kube/a-remediation.ts';
import { changeRaw } from '../support/kube/each-cluster.ts';
import { make, startSandboxPlane } from '../support/kube/planes.ts';
import { testDatabase } from '../support/postgres.ts';

let sandbox: Awaited<ReturnType<typeof startSandboxPlane>>;
let store: Store;
beforeAll(async () => {
  sandbox = await startSandboxPlane();
  store = await openStore((await testDatabase()).url);
});
afterAll(async () => {
  await store.close();
  await sandbox.stop();
});

const nowhere = (): Cluster => {
  throw new InvalidInput('there is no way to it');
};
const workload = (cluster: string, namespace: string) => ({
  workload: { cluster, kind: 'Deployment', namespace, name: 'checkout' },
});
const catalogue = (...services: object[]): Organisation => ({ services: { ...services }, people: {} }) as never;

describe('the watcher looks', () => {
  test('at each namespace of the catalogue once and at the nodes of each cluster, for drills and for real', () => {
    const places = placesOf({
      organisation: catalogue(workload('blue', 'shop'), workload('blue', 'shop'), workload('green', 'search'), {}),
      cluster: (_, drill) => (drill ? nowhere() : sandbox.cluster),
    });
    expect(places).toEqual([
      { cluster: 'blue', namespace: 'shop', drill: false },
      { cluster: 'blue', namespace: '', drill: false },
      { cluster: 'green', namespace: 'search', drill: false },
      { cluster: 'green', namespace: '', drill: false },
    ]);
    const both = placesOf({ organisation: catalogue(workload('blue', 'shop')), cluster: () => sandbox.cluster });
    expect(both.map(({ drill }) => drill)).toEqual([false, false, true, true]);
  });
  test('nowhere that there is no way to', () => {
    expect(placesOf({ organisation: catalogue(workload('blue', 'shop')), cluster: nowhere })).toEqual([]);
  });
});

interface Watching {
  warned: string[];
  informed: string[];
  stop(): Promise<void>;
}
const watching = (cluster: ChangeWatcher['cluster']): Watching => {
  const closing = new AbortController();
  const [warned, informed]: [string[], string[]] = [[], []];
  const ended = watchChanges({
    store,
    organisation: catalogue(workload('sandbox', 'shop')),
    cluster,
    log: { warn: (_, text) => void warned.push(text), info: (_, text) => void informed.push(text) },
    signal: closing.signal,
    everyMs: 20,
  });
  return {
    warned,
    informed,
    stop: async () => {
      closing.abort();
      await ended;
    },
  };
};
const settings = '/api/v1/namespaces/shop/configmaps';
const edit = (value: string) =>
  changeRaw(sandbox.cluster, `${settings}/settings`, [{ op: 'replace', path: '/data/pool', value }]);
const recorded = async (drill: boolean) => (await store.changes.list({ drill, limit: 50 })).map(({ what }) => what);
const hasLooked = async (since: string) => {
  const places = await store.changes.watched();
  return places.length === 4 && places.every(({ lookedAt }) => lookedAt > since);
};
const looked = async (): Promise<void> => {
  const since = new Date().toISOString();
  await until('every place was looked at', () => hasLooked(since));
};

test('a change is recorded while it runs, none twice, one that was made while it was away when it is back', async () => {
  await make(sandbox.cluster, settings, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings' },
    data: { pool: '10' },
  });
  const first = watching(() => sandbox.cluster);
  await looked();
  await edit('20');
  await until('the edit is recorded', async () => (await recorded(false)).length === 1);
  await looked();
  await first.stop();
  await edit('30');
  const second = watching(() => sandbox.cluster);
  await until('the other edit is recorded', async () => (await recorded(false)).length === 2);
  await looked();
  await second.stop();
  const one = 'ConfigMap settings was changed';
  expect(await recorded(false)).toEqual([one, one]);
  expect(await recorded(true)).toEqual([one, one]);
});

test('a cluster that is away is told of once, asked again, and told of when it is back', async () => {
  let isAway = true;
  const away = new VendorError('no answer from kubernetes', { vendor: 'kubernetes', status: null, terminal: false });
  const asked = { times: 0 };
  const cluster: Cluster = {
    ...sandbox.cluster,
    request: (request) => {
      asked.times += 1;
      return isAway ? Promise.reject(away) : sandbox.cluster.request(request);
    },
  };
  const watcher = watching((_, drill) => (drill ? nowhere() : cluster));
  await until('it was asked again', async () => asked.times > 20);
  isAway = false;
  await until('it is told that it is back', async () => watcher.informed.length === 2);
  await watcher.stop();
  const trouble = 'changes cannot be watched now: no answer from kubernetes';
  expect(watcher.warned).toEqual([trouble, trouble]);
  expect(watcher.informed).toEqual(Array(2).fill('changes are watched again'));
});

test('a missing right is told of once, and what may be read is watched', async () => {
  await sandbox.deny({ verb: 'list', resource: 'secrets', namespace: 'shop' });
  const watcher = watching((_, drill) => (drill ? nowhere() : sandbox.cluster));
  await until('it is told', async () => watcher.warned.length > 0);
  await edit('40');
  await until('the edit is recorded', async () => (await recorded(false)).length === 3);
  await watcher.stop();
  await sandbox.allowAll();
  expect(watcher.warned).toEqual([
    expect.stringContaining(
      'changes are watched only in part: Secrets: Muster may not list secrets in shop: grant its Role',
    ),
  ]);
});
