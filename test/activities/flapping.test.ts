import { afterEach, beforeEach, expect, test } from 'vitest';
import { anEndpointBench, type EndpointBench } from '../support/endpoint-bench.ts';

const breaker = { cluster: 'mesh', kind: 'Switch', namespace: '', name: 'payments-breaker' };
let bench: EndpointBench;
let opened: string[];
beforeEach(async () => {
  bench = await anEndpointBench();
  opened = [];
});
afterEach(() => bench.close());

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

/** The runbook helped twice, and each time the alert was back ten minutes later. */
const flaps = () => {
  bench.store.limits = {
    ...bench.store.limits,
    recoveries: async () => [
      { recoveredAt: minutesAgo(60), cameBackAt: minutesAgo(50) },
      { recoveredAt: minutesAgo(30), cameBackAt: minutesAgo(20) },
    ],
    openBreaker: async ({ runbook }) => opened.push(runbook) === 1,
  };
};
const modeOf = (more = {}) => bench.modeOf('http-switch', breaker, { to: 'open' }, more);

test('a symptom that is treated again and again is left to people, who hear of it once', async () => {
  flaps();
  const first = await modeOf();
  expect(first).toMatchObject({ mode: 'recommend', calls: expect.stringContaining('the cause is not') });
  expect(await modeOf()).toMatchObject({ mode: 'recommend', calls: null });
});

test('who only asks what would be done does not take that word away from people', async () => {
  flaps();
  expect(await modeOf({ remediationId: null })).toMatchObject({ mode: 'recommend', calls: null });
  expect(opened).toEqual([]);
  expect((await modeOf()).calls).not.toBeNull();
});

test('a symptom that stays away calls nobody', async () => {
  expect(await modeOf()).toMatchObject({ mode: 'approve', calls: null });
});
