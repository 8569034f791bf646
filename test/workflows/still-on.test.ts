import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LiveIncident } from '../support/incident-world.ts';
import { type RunWorld, runWorld, type SwitchName } from '../support/run-world.ts';

let bench: RunWorld;
beforeEach(async () => {
  bench = await runWorld();
});
afterEach(() => bench.close());

const switchedOn = async (name: SwitchName, speed = 1): Promise<LiveIncident> => {
  bench.figures.set('errors', 0.001);
  const incident = await bench.incident({ speed });
  await bench.propose(incident, name);
  const { quorum } = await bench.has(incident, 'awaitingApproval');
  for (const person of ['lee', 'mo'].slice(0, quorum)) await bench.decide(incident, person);
  await (speed === 1 ? bench.comes(incident, 'recovered') : bench.has(incident, 'recovered'));
  expect(bench.switches.sent).toEqual([`${name}=on`]);
  return incident;
};
const alarms = (incident: LiveIncident) => bench.paged(incident, 'still-on');

test('maintenance that nobody ends pages on-call every half hour, whatever became of the run', async () => {
  const incident = await switchedOn('maintenance-a');
  expect(alarms(incident)).toEqual([]);
  await bench.world.environment.sleep('31 min');
  await expect.poll(() => alarms(incident), { timeout: 30_000 }).toHaveLength(1);
  await bench.world.environment.sleep('31 min');
  await expect.poll(() => alarms(incident), { timeout: 30_000 }).toHaveLength(2);
});

test('maintenance that somebody ended in time pages nobody', async () => {
  // The test server's clock stands still once a child has outlived its parent, so this one goes by the machine's.
  const incident = await switchedOn('maintenance-a', 60);
  bench.switches.turn('maintenance-a', 'off');
  const watch = bench.world.environment.client.workflow.getHandle(`still-on/${(await bench.run(incident)).id}`);
  await expect.poll(async () => (await watch.describe()).status.name, { timeout: 40_000 }).toBe('COMPLETED');
  expect(alarms(incident)).toEqual([]);
}, 120_000);

test('a breaker may stay as it is', async () => {
  const incident = await switchedOn('breaker-a');
  const watch = bench.world.environment.client.workflow.getHandle(`still-on/${(await bench.run(incident)).id}`);
  await expect(watch.describe()).rejects.toThrow();
});
