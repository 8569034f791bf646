/** The watcher: what somebody changes in a cluster is in the ledger once, however often and by whomever it is looked for. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { changeWatchPermissions, lookForChanges } from '../../activities/change-watch.ts';
import { VendorError } from '../../src/domain/errors.ts';
import { readPermission, rulesFor } from '../../src/domain/kubernetes/permission.ts';
import type { Cluster } from '../../src/integrations/integration.ts';
import type { RecordedChange } from '../../src/schema/change.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import { type Bench, until } from '../support/kube/a-remediation.ts';
import { changeRaw, onEachCluster, readRaw, withhold } from '../support/kube/each-cluster.ts';
import { anAutoscaler, make } from '../support/kube/planes.ts';
import { testDatabase } from '../support/postgres.ts';

let url: string;
let store: Store;
beforeAll(async () => {
  ({ url } = await testDatabase());
  store = await openStore(url);
});
afterAll(() => store.close());

const people = {
  hugo: { name: 'Hugo Barreto', email: 'hugo@example.com' },
  mei: { name: 'Mei Tanaka', email: 'mei@example.com' },
} as unknown as Organisation['people'];

let clusters = 0;

onEachCluster(({ bench, plane }) => {
  /** The two share a database. */
  clusters += 1;
  const clusterName = `cluster-${clusters}`;
  let given: Bench;
  let namespace = '';
  let worker: Store;
  beforeAll(async () => {
    worker = await openStore(url, { migrate: false });
  });
  afterAll(() => worker?.close());

  const target = () => ({ ...given.target, cluster: clusterName });
  const at = (): string => new Date().toISOString();
  const look = async (more: { cluster?: Cluster; by?: Store; place?: string } = {}) =>
    lookForChanges({
      store: (more.by ?? worker).changes,
      cluster: more.cluster ?? given.cluster,
      organisation: {
        people,
        services: { checkout: { workload: target() } } as unknown as Organisation['services'],
      },
      place: { cluster: clusterName, namespace: more.place ?? namespace, drill: false },
      at: at(),
    });
  const changes = async (): Promise<RecordedChange[]> => {
    const recorded = await store.changes.list({ drill: false, limit: 200 });
    return recorded.filter(({ target: at }) => at?.namespace === namespace && at.cluster === clusterName);
  };
  /** What the next look records; a look of a restarted worker and one more then find nothing. */
  const seen = async (): Promise<RecordedChange[]> => {
    const recorded = (await look())?.recorded ?? [];
    const restarted = await openStore(url, { migrate: false });
    expect((await look({ by: restarted }))?.recorded).toEqual([]);
    await restarted.close();
    expect((await look())?.recorded).toEqual([]);
    return recorded;
  };
  const path = (resource: string, name = ''): string =>
    `/api/v1/namespaces/${namespace}/${resource}${name && `/${name}`}`;
  const autoscalers = (name = ''): string =>
    `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers${name && `/${name}`}`;

  beforeEach(async () => {
    given = await bench({
      spec: {
        replicas: 2,
        template: {
          metadata: { labels: { app: 'checkout' } },
          spec: {
            containers: [
              {
                name: 'checkout',
                image: 'shop/checkout:2.3.1',
                envFrom: [
                  { configMapRef: { name: 'settings', optional: true } },
                  { secretRef: { name: 'keys', optional: true } },
                ],
              },
            ],
          },
        },
      },
    });
    namespace = given.target.namespace;
    await make(given.cluster, path('configmaps'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: { pool: '10' },
    });
    await make(given.cluster, path('configmaps'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'unread' },
      data: { a: '1' },
    });
    await make(given.cluster, path('secrets'), {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys' },
      data: { key: 'aHVudGVyMg==' },
    });
    await make(given.cluster, autoscalers(), anAutoscaler('other', 'other', [2, 4]));
    expect((await look())?.recorded).toEqual([]);
  });

  test('a first look only remembers, and a second one finds nothing', async () => {
    expect(await seen()).toEqual([]);
  });

  test('a new image is one change of its service, dated by the cluster, with the pipeline and the person behind it', async () => {
    const before = Date.now();
    await changeRaw(given.cluster, `/apis/apps/v1/namespaces/${namespace}/deployments/checkout`, [
      {
        op: 'add',
        path: '/metadata/annotations',
        value: { 'kubernetes.io/change-cause': 'release checkout 2.4.0 by Hugo Barreto' },
      },
      { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'shop/checkout:2.4.0' },
    ]);
    await until('the controllers have made its revision', async () => {
      const { spec, status, metadata } = await given.read();
      return status.observedGeneration === metadata.generation && status.updatedReplicas === spec.replicas;
    });
    const [change, ...more] = await seen();
    expect(more).toEqual([]);
    expect(change?.target).toEqual(target());
    expect(change).toMatchObject({
      kind: 'image',
      what: 'revision 2 of checkout (2.3.1 to 2.4.0)',
      by: 'release checkout 2.4.0 by Hugo Barreto',
      author: 'hugo',
      service: 'checkout',
      source: 'cluster',
      before: 'shop/checkout:2.3.1',
      after: 'shop/checkout:2.4.0',
    });
    expect(Math.abs(Date.parse(change?.at ?? '') - before)).toBeLessThan(60_000);
  });

  test('an image that comes back is a change again, though its revision was kept', async () => {
    await given.release('shop/checkout:2.4.0');
    await given.rolledOut();
    await look();
    await given.release('shop/checkout:2.3.1');
    await given.rolledOut();
    expect(await seen()).toMatchObject([{ kind: 'image', what: 'revision 3 of checkout (2.4.0 to 2.3.1)' }]);
  });

  test('two releases between two looks are two changes', async () => {
    await given.release('shop/checkout:2.4.0');
    await given.rolledOut();
    await given.release('shop/checkout:2.5.0');
    await given.rolledOut();
    expect((await seen()).map(({ what }) => what).toSorted()).toEqual([
      'revision 2 of checkout (2.3.1 to 2.4.0)',
      'revision 3 of checkout (2.4.0 to 2.5.0)',
    ]);
  });

  test.each([
    ['ConfigMap', 'configmaps', 'settings', 'config', { pool: '500' }, ['10', '500']],
    [
      'Secret',
      'secrets',
      'keys',
      'secret',
      { key: 'Y29ycmVjdC1ob3JzZQ==' },
      ['hunter2', 'correct-horse', 'aHVudGVyMg', 'Y29ycmVj'],
    ],
  ] as const)(
    'an edit of a %s is one change of the service that reads it, without any value',
    async (kind, resource, name, weight, data, values) => {
      await changeRaw(given.cluster, path(resource, name), [{ op: 'replace', path: '/data', value: data }]);
      const [change, ...more] = await seen();
      expect(more).toEqual([]);
      expect(change).toMatchObject({
        kind: weight,
        what: `${kind} ${name} was changed`,
        service: 'checkout',
        target: { cluster: clusterName, kind, namespace, name },
        concerns: [`${clusterName}/Deployment/${namespace}/checkout`],
      });
      expect(change?.before).toMatch(/^[0-9a-f]{12}$/);
      expect(change?.after).not.toBe(change?.before);
      const kept = JSON.stringify([
        change,
        await store.changes.seenLast({ cluster: clusterName, namespace, drill: false }),
      ]);
      for (const value of values.filter(({ length }) => length > 3)) expect(kept).not.toContain(value);
    },
  );

  test('a label on a ConfigMap is no change of it, and one that nobody reads is nobody’s service', async () => {
    await changeRaw(given.cluster, path('configmaps', 'settings'), [
      { op: 'add', path: '/metadata/labels', value: { owner: 'shop' } },
    ]);
    await changeRaw(given.cluster, path('configmaps', 'unread'), [{ op: 'replace', path: '/data/a', value: '2' }]);
    expect(await seen()).toMatchObject([{ what: 'ConfigMap unread was changed', service: null, concerns: [] }]);
  });

  test('ConfigMaps that come and go are changes', async () => {
    await make(given.cluster, path('configmaps'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'fresh' },
      data: { a: '1' },
    });
    await given.cluster.request({ method: 'DELETE', path: path('configmaps', 'settings') });
    expect((await seen()).map(({ what, service }) => [what, service]).toSorted()).toEqual([
      ['ConfigMap fresh was created', null],
      ['ConfigMap settings was deleted', 'checkout'],
    ]);
  });

  test('an edit of an autoscaler is one change, from what to what', async () => {
    await changeRaw(given.cluster, autoscalers('other'), [{ op: 'replace', path: '/spec/maxReplicas', value: 9 }]);
    expect(await seen()).toMatchObject([
      {
        kind: 'scale',
        what: 'the autoscaler other of other allows 2 to 9 replicas (before: 2 to 4 replicas)',
        before: '2 to 4 replicas',
        after: '2 to 9 replicas',
        concerns: [`${clusterName}/Deployment/${namespace}/other`],
      },
    ]);
  });

  test('scaling is one change, and the pods that follow are none', async () => {
    await given.patch([{ op: 'replace', path: '/spec/replicas', value: 3 }]);
    await given.rolledOut();
    expect(await seen()).toMatchObject([
      { kind: 'scale', what: 'checkout was scaled from 2 to 3', before: '2', after: '3', service: 'checkout' },
    ]);
  });

  test('what an autoscaler does to its own workload is no change of anybody', async () => {
    await make(given.cluster, autoscalers(), anAutoscaler('own', 'checkout', [2, 9]));
    await look();
    await given.patch([{ op: 'replace', path: '/spec/replicas', value: 4 }]);
    expect(await seen()).toEqual([]);
  });

  test('a workload that goes is a change', async () => {
    await given.cluster.request({
      method: 'DELETE',
      path: `/apis/apps/v1/namespaces/${namespace}/deployments/checkout`,
    });
    await until(
      'it is gone',
      async () => (await readRaw(given.cluster, `/apis/apps/v1/namespaces/${namespace}/deployments/checkout`)) === null,
    );
    expect(await seen()).toMatchObject([{ kind: 'infrastructure', what: 'Deployment checkout was deleted' }]);
  });

  test('several workers that look at once record a change once', async () => {
    await changeRaw(given.cluster, path('configmaps', 'settings'), [
      { op: 'replace', path: '/data/pool', value: '11' },
    ]);
    const looks = await Promise.all([look(), look({ by: store }), look(), look({ by: store })]);
    expect(looks.flatMap((one) => one?.recorded ?? [])).toHaveLength(1);
    expect(await changes()).toHaveLength(1);
  });

  test('a look that began before the change and ends after another one overrules nothing', async () => {
    let slow: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      slow = resolve;
    });
    let wasAsked: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      wasAsked = resolve;
    });
    const late: Cluster = {
      ...given.cluster,
      request: async (request) => {
        const answer = await given.cluster.request(request);
        if (request.path.endsWith('/configmaps')) {
          wasAsked();
          await held;
        }
        return answer;
      },
    };
    const old = look({ cluster: late });
    await asked;
    await changeRaw(given.cluster, path('configmaps', 'settings'), [
      { op: 'replace', path: '/data/pool', value: '12' },
    ]);
    expect((await look())?.recorded).toHaveLength(1);
    slow();
    expect(await old).toBeNull();
    expect(await seen()).toEqual([]);
    expect(await changes()).toHaveLength(1);
  });

  test('without the right to list Secrets it names the right, watches the rest, and knows them again afterwards', async () => {
    withhold(given, 'GET', /\/secrets/);
    await changeRaw(given.cluster, path('configmaps', 'settings'), [
      { op: 'replace', path: '/data/pool', value: '13' },
    ]);
    await changeRaw(given.cluster, path('secrets', 'keys'), [{ op: 'replace', path: '/data/key', value: 'bmV3' }]);
    const first = await look({ cluster: given.wire });
    expect(first?.recorded).toMatchObject([{ kind: 'config' }]);
    expect(first?.missing.join()).toContain(
      `Muster may not list secrets in ${namespace}: grant its Role apiGroups [""], resources ["secrets"], verbs ["list"]`,
    );
    expect(
      (await store.changes.watched()).find((one) => one.namespace === namespace && one.cluster === clusterName)
        ?.missing,
    ).toEqual(first?.missing);
    expect(await seen()).toMatchObject([{ kind: 'secret', what: 'Secret keys was changed' }]);
  });

  test('the Role that is shipped is all it needs, and gives no Secret', async ({ skip }) => {
    const { restricted } = plane();
    if (!restricted) return skip('this cluster has no permissions');
    const rules = rulesFor(changeWatchPermissions.flatMap(readPermission).filter(({ wholeCluster }) => !wholeCluster));
    const account = await restricted(namespace, rules);
    await changeRaw(given.cluster, path('configmaps', 'settings'), [
      { op: 'replace', path: '/data/pool', value: '14' },
    ]);
    await given.patch([{ op: 'replace', path: '/spec/replicas', value: 3 }]);
    const found = await look({ cluster: account });
    expect(found?.recorded.map(({ kind }) => kind).toSorted()).toEqual(['config', 'scale']);
    expect(found?.missing).toEqual([expect.stringMatching(/^Secrets: Muster may not list secrets in /)]);
    const nodes = await look({ cluster: account, place: '' });
    expect(nodes?.missing.join()).toContain(
      'Muster may not list nodes in the cluster: grant its ClusterRole apiGroups [""], resources ["nodes"], verbs ["list"]',
    );
  });

  test('a cluster that does not answer is no empty one: nothing is recorded, and nothing forgotten', async () => {
    const away = new VendorError('no answer', { vendor: 'kubernetes', status: null, terminal: false });
    const unreachable: Cluster = { request: () => Promise.reject(away), text: () => Promise.reject(away) };
    await expect(look({ cluster: unreachable })).rejects.toBe(away);
    expect(await seen()).toEqual([]);
  });

  describe('of nodes', () => {
    const node = (): string => `watched-${namespace}`;
    const ofNode = (all: readonly RecordedChange[] = []) => all.filter(({ target }) => target?.name === node());
    beforeEach(async () => {
      await make(given.cluster, '/api/v1/nodes', {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: node() },
        spec: {},
        status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-05-04T10:00:00Z' }] },
      });
      await look({ place: '' });
    });
    const nodes = async () => ofNode((await look({ place: '' }))?.recorded);

    test('a cordon is one change, and its lifting another', async () => {
      const cordon = (value: boolean) =>
        changeRaw(given.cluster, `/api/v1/nodes/${node()}`, [{ op: 'add', path: '/spec/unschedulable', value }]);
      await cordon(true);
      expect(await nodes()).toMatchObject([
        { kind: 'node', what: `node ${node()} was cordoned`, target: { kind: 'Node', namespace: '', name: node() } },
      ]);
      expect(await nodes()).toEqual([]);
      await cordon(false);
      expect(await nodes()).toMatchObject([{ what: `node ${node()} was uncordoned` }]);
      expect(await nodes()).toEqual([]);
    });

    test('one that goes is a change', async () => {
      await given.cluster.request({ method: 'DELETE', path: `/api/v1/nodes/${node()}` });
      expect(await nodes()).toMatchObject([{ kind: 'node', what: `node ${node()} left the cluster` }]);
    });
  });
});
