import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Json, startUnderTest, type UnderTest } from './sandbox-under-test.ts';

const checkout = '/apis/apps/v1/namespaces/shop/deployments/checkout';
const jsonPatch = 'application/json-patch+json';
const mergePatch = 'application/merge-patch+json';
const strategicPatch = 'application/strategic-merge-patch+json';

let sandbox: UnderTest;
beforeEach(async () => {
  sandbox = await startUnderTest();
});
afterEach(() => sandbox.stop());

const read = async (path = checkout): Promise<Json> => (await sandbox.kube('GET', path)).body;
const pods = async (): Promise<Json[]> =>
  (await read('/api/v1/namespaces/shop/pods?labelSelector=app%3Dcheckout')).items;
const replicaSets = async (): Promise<Json[]> =>
  (await read('/apis/apps/v1/namespaces/shop/replicasets?labelSelector=app%3Dcheckout')).items;
const release = (tag: string) =>
  sandbox.kube(
    'PATCH',
    checkout,
    [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: `shop/checkout:${tag}` }],
    jsonPatch,
  );
const condition = (deployment: Json, type: string): Json =>
  deployment.status.conditions.find((other: Json) => other.type === type);

describe('writes', () => {
  test('refuses a caller without the token of the cluster', async () => {
    const response = await fetch(`${sandbox.url}/kube${checkout}`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 });
  });

  test('refuses a patch whose test fails with 422, and changes nothing', async () => {
    const before = await read();
    const patch = [
      { op: 'test', path: '/metadata/uid', value: 'somebody-else' },
      { op: 'replace', path: '/spec/replicas', value: 9 },
    ];
    const { status, body } = await sandbox.kube('PATCH', checkout, patch, jsonPatch);
    expect(status).toBe(422);
    expect(body).toMatchObject({ kind: 'Status', status: 'Failure', reason: 'Invalid', code: 422 });
    expect(await read()).toEqual(before);
  });

  test('takes a test for null as one for a field that is not there', async () => {
    const test = (path: string) =>
      sandbox.kube('PATCH', `${checkout}?dryRun=All`, [{ op: 'test', path, value: null }], jsonPatch);
    expect((await test('/spec/paused')).status).toBe(200);
    expect((await test('/spec/replicas')).status).toBe(422);
    expect((await test('/spec/absent/paused')).status).toBe(422);
  });

  test('refuses a write made from an old reading with 409, and takes one made from a fresh reading', async () => {
    const old = await read();
    await sandbox.kube('PATCH', checkout, { metadata: { labels: { team: 'shop' } } }, mergePatch);
    const stale = { metadata: { resourceVersion: old.metadata.resourceVersion }, spec: { replicas: 5 } };
    expect(await sandbox.kube('PATCH', checkout, stale, mergePatch)).toMatchObject({
      status: 409,
      body: { reason: 'Conflict' },
    });
    const fresh = { metadata: { resourceVersion: (await read()).metadata.resourceVersion }, spec: { replicas: 5 } };
    expect(await sandbox.kube('PATCH', checkout, fresh, mergePatch)).toMatchObject({
      status: 200,
      body: { spec: { replicas: 5 } },
    });
  });

  test('answers a dry run as if it were done, and does nothing', async () => {
    const before = await read();
    const { status, body } = await sandbox.kube(
      'PATCH',
      `${checkout}?dryRun=All`,
      { spec: { replicas: 7 } },
      mergePatch,
    );
    expect(status).toBe(200);
    expect(body.spec.replicas).toBe(7);
    expect(await read()).toEqual(before);
    expect((await sandbox.control('GET', '/effects')).body.kube).toBe(0);
  });

  test('counts a new generation for a changed wish or annotation, and none for a label or a repeat', async () => {
    const generation = async () => (await read()).metadata.generation;
    const first = await generation();
    await sandbox.kube('PATCH', checkout, { metadata: { labels: { team: 'shop' } } }, mergePatch);
    expect(await generation()).toBe(first);
    const annotated = { metadata: { annotations: { note: 'looked at' } } };
    await sandbox.kube('PATCH', checkout, annotated, mergePatch);
    expect(await generation()).toBe(first + 1);
    await sandbox.kube('PATCH', checkout, annotated, mergePatch);
    expect(await generation()).toBe(first + 1);
  });

  test('merges a strategic patch into the named container and keeps fields it does not know', async () => {
    const patch = {
      spec: { template: { spec: { containers: [{ name: 'checkout', image: 'shop/checkout:2.3.2' }] } } },
    };
    const { body } = await sandbox.kube('PATCH', checkout, patch, strategicPatch);
    expect(body.spec.template.spec.containers).toHaveLength(1);
    expect(body.spec.template.spec.containers[0]).toMatchObject({
      image: 'shop/checkout:2.3.2',
      readinessProbe: { httpGet: { path: '/ready' } },
    });
  });

  test('names the field of an impossible wish, and the media types it takes', async () => {
    const negative = await sandbox.kube('PATCH', checkout, { spec: { replicas: -1 } }, mergePatch);
    expect(negative).toMatchObject({ status: 422, body: { details: { causes: [{ field: 'spec.replicas' }] } } });
    const selector = await sandbox.kube(
      'PATCH',
      checkout,
      { spec: { selector: { matchLabels: { app: 'x' } } } },
      mergePatch,
    );
    expect(selector.status).toBe(422);
    expect((await sandbox.kube('PATCH', checkout, { spec: {} })).status).toBe(415);
    expect((await sandbox.kube('GET', '/apis/apps/v1/namespaces/shop/deployments/absent')).status).toBe(404);
  });

  test('scales through the subresource with its precondition', async () => {
    const { body } = await sandbox.kube('GET', `${checkout}/scale`);
    expect(body).toMatchObject({ kind: 'Scale', spec: { replicas: 4 }, status: { selector: 'app=checkout' } });
    const stale = { metadata: { resourceVersion: '1' }, spec: { replicas: 6 } };
    expect((await sandbox.kube('PATCH', `${checkout}/scale`, stale, mergePatch)).status).toBe(409);
    await sandbox.kube('PATCH', `${checkout}/scale`, { spec: { replicas: 6 } }, mergePatch);
    sandbox.pass(5_000);
    expect((await read()).status).toMatchObject({ readyReplicas: 6, availableReplicas: 6 });
  });

  test('deletes the pod that was meant, not one that took its name', async () => {
    const [pod] = await pods();
    const path = `/api/v1/namespaces/shop/pods/${pod.metadata.name}`;
    expect((await sandbox.kube('DELETE', path, { preconditions: { uid: 'older' } })).status).toBe(409);
    expect((await sandbox.kube('DELETE', path, { preconditions: { uid: pod.metadata.uid } })).status).toBe(200);
    sandbox.pass(2_000);
    expect(await pods()).toHaveLength(4);
    expect((await sandbox.kube('GET', path)).status).toBe(404);
  });

  test('evicts within the disruption budget, and answers 429 beyond it', async () => {
    const [first, second] = await pods();
    const evict = (pod: Json) => sandbox.kube('POST', `/api/v1/namespaces/shop/pods/${pod.metadata.name}/eviction`, {});
    expect((await evict(first)).status).toBe(201);
    expect(await evict(second)).toMatchObject({
      status: 429,
      body: { details: { causes: [{ reason: 'DisruptionBudget' }] } },
    });
  });
});

describe('lists', () => {
  test('turns pages with limit and continue without losing or repeating one', async () => {
    const names: string[] = [];
    let next = '';
    do {
      const page = await read(`/api/v1/pods?limit=5${next ? `&continue=${next}` : ''}`);
      expect(page.kind).toBe('PodList');
      names.push(...page.items.map((item: Json) => item.metadata.name));
      next = page.metadata.continue ?? '';
    } while (next);
    expect(new Set(names).size).toBe(12);
    expect(names).toHaveLength(12);
  });

  test('selects by label and by involved object, and refuses a selector it does not know', async () => {
    expect(await pods()).toHaveLength(4);
    expect((await read('/api/v1/pods?labelSelector=app+in+(search,catalog)')).items).toHaveLength(5);
    expect((await read('/api/v1/pods?labelSelector=app%21%3Dcheckout')).items).toHaveLength(8);
    await release('2.4.0-bad');
    const { items } = await read('/api/v1/namespaces/shop/events?fieldSelector=involvedObject.kind%3DDeployment');
    expect(items.length).toBeGreaterThan(0);
    expect(items.every((event: Json) => event.involvedObject.name === 'checkout')).toBe(true);
    expect((await sandbox.kube('GET', '/api/v1/pods?fieldSelector=spec.magic%3D1')).status).toBe(400);
  });
});

describe('rollouts', () => {
  test('numbers revisions, and gives a returning ReplicaSet the next number and its history', async () => {
    await release('2.4.0');
    sandbox.pass(10_000);
    expect((await read()).metadata.annotations['deployment.kubernetes.io/revision']).toBe('5');
    await sandbox.kube(
      'PATCH',
      checkout,
      [
        {
          op: 'replace',
          path: '/spec/template/spec/containers/0/image',
          value: 'registry.lanternfish.example/shop/checkout:2.3.1',
        },
      ],
      jsonPatch,
    );
    sandbox.pass(10_000);
    const sets = await replicaSets();
    expect(sets).toHaveLength(5);
    const back = sets.find((set) => set.spec.template.spec.containers[0].image.endsWith(':2.3.1'));
    expect(back.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '6',
      'deployment.kubernetes.io/revision-history': '4',
    });
    expect(back.spec.replicas).toBe(4);
    expect(back.metadata.name).toBe(`checkout-${back.metadata.labels['pod-template-hash']}`);
  });

  test('keeps three of four pods serving while a bad image crash-loops, and calls it stuck at the deadline', async () => {
    await sandbox.kube('PATCH', checkout, { spec: { progressDeadlineSeconds: 60 } }, mergePatch);
    await release('2.4.0-bad');
    sandbox.pass(30_000);
    const during = await read();
    expect(during.status).toMatchObject({ readyReplicas: 3, updatedReplicas: 2, unavailableReplicas: 2 });
    expect(during.status.observedGeneration).toBe(during.metadata.generation);
    const bad = (await pods()).filter((pod) => pod.spec.containers[0].image.endsWith('bad'));
    expect(bad).toHaveLength(2);
    expect(bad[0].status.containerStatuses[0]).toMatchObject({
      ready: false,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    });
    expect(condition(during, 'Progressing').status).toBe('True');
    sandbox.pass(60_000);
    expect(condition(await read(), 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
    });
    expect(condition(await read(), 'Available').status).toBe('True');
  });

  test.each([
    ['late', 20_000, { restartCount: 3 }],
    ['oom', 6_500, { lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } } }],
    ['missing', 5_000, { state: { waiting: { reason: 'ImagePullBackOff' } } }],
    ['stuck', 5_000, { ready: false, state: { running: {} } }],
  ])('plays an image tagged %s', async (word, afterMs, expected) => {
    await release(`3.0-${word}`);
    sandbox.pass(afterMs);
    const statuses = (await pods())
      .filter((pod) => pod.spec.containers[0].image.endsWith(word))
      .map((pod) => pod.status.containerStatuses[0]);
    expect(statuses.some((status) => matches(status, expected))).toBe(true);
  });

  test('takes "latest" for a good tag and a slow one for slow', async () => {
    await release('latest');
    sandbox.pass(5_000);
    expect((await read()).status).toMatchObject({ updatedReplicas: 4, readyReplicas: 4 });
    await release('3.1-slow');
    sandbox.pass(15_000);
    expect((await read()).status.readyReplicas).toBe(3);
    sandbox.pass(60_000);
    expect(condition(await read(), 'Progressing').reason).toBe('NewReplicaSetAvailable');
  });

  test('shows why the last container died, and refuses the log of one that never ran', async () => {
    await release('2.4.0-bad');
    sandbox.pass(10_000);
    const bad = (await pods()).find((pod) => pod.spec.containers[0].image.endsWith('bad'));
    const log = await sandbox.kube(
      'GET',
      `/api/v1/namespaces/shop/pods/${bad.metadata.name}/log?previous=true&tailLines=2`,
    );
    expect(log.status).toBe(200);
    expect(log.body).toContain('exiting with code 1');
    expect(log.body.trim().split('\n')).toHaveLength(2);
    const [healthy] = (await pods()).filter((pod) => pod.metadata.name !== bad.metadata.name);
    const none = await sandbox.kube('GET', `/api/v1/namespaces/shop/pods/${healthy.metadata.name}/log?previous=true`);
    expect(none).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
  });

  test('has the same history however late one looks', async () => {
    await release('2.4.0-bad');
    sandbox.pass(120_000);
    const bad = (await pods()).find((pod) => pod.spec.containers[0].image.endsWith('bad'));
    expect(bad.status.containerStatuses[0].restartCount).toBe(7);
  });
});

const matches = (value: Json, expected: Json): boolean =>
  typeof expected === 'object' && expected !== null
    ? Object.entries(expected).every(([key, member]) => value?.[key] !== undefined && matches(value[key], member))
    : value === expected;
