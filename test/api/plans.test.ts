import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { anApi, type Harness, personToken, temporalIsAway } from './harness.ts';

let api: Harness;
beforeAll(async () => {
  api = await anApi();
});
afterAll(() => api.close());
beforeEach(() => {
  api.temporal.failure = null;
  api.temporal.previewed.length = 0;
});

const target = { cluster: 'sandbox', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
const ask = (body: object, token?: string) => api.ask('POST', '/api/v1/plans', body, token);

test('what an action would do is asked for the service that the target belongs to, outside of any incident', async () => {
  const { status, body } = await ask({ action: 'restart-workload', target });
  expect(status).toBe(200);
  expect(body).toEqual({ kind: 'refused', because: 'no cluster is behind this test' });
  expect(api.temporal.previewed).toMatchObject([
    { action: 'restart-workload', target, service: 'checkout', drill: false },
  ]);
  expect(api.temporal.started).toHaveLength(0);
});

test('a target that no service of the catalogue has counts as the most precious one', async () => {
  await ask({ action: 'restart-workload', target: { ...target, name: 'stranger' } });
  expect(api.temporal.previewed).toMatchObject([{ service: null }]);
});

test('whoever only watches may not have clusters read and dry-run', async () => {
  expect((await ask({ action: 'restart-workload', target }, personToken('clara'))).status).toBe(403);
  expect(api.temporal.previewed).toHaveLength(0);
});

test('nothing that looks like a secret is kept in a history', async () => {
  const { status, body } = await ask({
    action: 'set-configmap-key',
    target: { ...target, kind: 'ConfigMap' },
    params: { key: 'db.password', value: 'hunter2' },
  });
  expect(status).toBe(400);
  expect(JSON.stringify(body)).not.toContain('hunter2');
  expect(api.temporal.previewed).toHaveLength(0);
});

test('without Temporal it says so, to be asked again', async () => {
  api.temporal.failure = temporalIsAway();
  expect((await ask({ action: 'restart-workload', target })).status).toBe(503);
});
