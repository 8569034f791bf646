/** From the press to the last change that still goes out: the API, a real database, and activities busy on a cluster. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { anApi, type Harness, personToken } from '../api/harness.ts';
import { aBench, type Bench, until } from '../support/kube/a-remediation.ts';
import { startSandboxPlane } from '../support/kube/planes.ts';

/** What the operations manual promises. */
const honouredWithinMs = 5_000;

let api: Harness;
let plane: Awaited<ReturnType<typeof startSandboxPlane>>;
beforeAll(async () => {
  [api, plane] = await Promise.all([anApi(), startSandboxPlane()]);
});
afterAll(() => Promise.all([api?.close(), plane?.stop()]));

/** A Deployment that is scaled up and down without end, until a change is refused. */
const busy = async (namespace: string) => {
  const bench = await aBench(plane.cluster, namespace);
  bench.store.remediations.stopOver = api.store.remediations.stopOver;
  const writtenAt: number[] = [];
  const record = async (): Promise<void> => {
    writtenAt.push(performance.now());
    bench.wire.beforeWrite = record;
  };
  bench.wire.beforeWrite = record;
  return { bench, writtenAt, held: changeUntilHeld(bench) };
};

const changeUntilHeld = async (bench: Bench): Promise<string> => {
  for (let replicas = 4; ; replicas = replicas === 4 ? 3 : 4) {
    const result = await bench.apply(await bench.plan('scale-workload', { replicas }));
    if (result.outcome === 'held') return result.finding;
  }
};

test('a stop is honoured within 5 seconds, by all that is going on at once', async () => {
  const changing = await Promise.all(['one', 'two', 'three'].map((name) => busy(`busy-${name}`)));
  await until('each has changed something', async () => changing.every(({ writtenAt }) => writtenAt.length >= 2));

  const order = { scope: 'action/scale-workload', reason: 'replicas go up and down' };
  const pressedAt = performance.now();
  expect((await api.ask('POST', '/api/v1/stops', order, personToken('hugo'))).status).toBe(201);
  const answeredMs = performance.now() - pressedAt;
  const findings = await Promise.all(changing.map(({ held }) => held));

  const lastWriteMs = Math.max(...changing.flatMap(({ writtenAt }) => writtenAt)) - pressedAt;
  console.info(
    `stop answered after ${answeredMs.toFixed(0)} ms, last change ${lastWriteMs.toFixed(0)} ms after the press`,
  );
  expect(answeredMs).toBeLessThan(honouredWithinMs);
  expect(lastWriteMs).toBeLessThan(honouredWithinMs);
  for (const finding of findings) expect(finding).toContain('hugo stopped the action scale-workload: replicas go up');

  const [first] = changing;
  const before = first?.writtenAt.length;
  const url = `/api/v1/stops/${encodeURIComponent(order.scope)}`;
  const headers = { authorization: `Bearer ${personToken('dana')}` };
  expect((await api.app.inject({ method: 'DELETE', url, headers, payload: { reason: 'found it' } })).statusCode).toBe(
    204,
  );
  const plan = await first?.bench.plan('scale-workload', { replicas: 5 });
  if (plan) expect(await first?.bench.apply(plan)).toMatchObject({ outcome: 'applied' });
  expect(first?.writtenAt.length).toBe((before ?? 0) + 1);
});
