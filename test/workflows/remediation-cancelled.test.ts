import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cancel } from '../../workflows/messages.ts';
import { aRunbook, type RunWorld, runWorld } from '../support/run-world.ts';

let bench: RunWorld;
beforeEach(async () => {
  bench = await runWorld();
});
afterEach(() => bench.close());

/** Half a minute of the policy is half a second. */
const speed = 60;
const mistake = { reason: 'a test of the monitor' };

describe('cancelling an incident', () => {
  test('ends a plan that waits for approval: nothing is sent, and nobody can approve it any more', async () => {
    const incident = await bench.incident();
    await bench.propose(incident, 'breaker-a');
    await bench.has(incident, 'awaitingApproval');
    await incident.order(cancel, mistake);
    const run = await bench.has(incident, 'rejected');
    expect(run.outcome).toContain('is cancelled');
    await bench.closed(incident);
    await expect(bench.decide(incident, 'lee')).rejects.toThrow();
    expect(bench.switches.sent).toEqual([]);
  });

  test('leaves a change that was made to be proven to its end, and the record says how it ended', async () => {
    bench.figures.set('errors', 0.3);
    const incident = await bench.incident({ speed });
    await bench.propose(incident, 'breaker-b');
    await bench.has(incident, 'awaitingApproval');
    await bench.decide(incident, 'lee');
    await bench.has(incident, 'verifying');
    await incident.order(cancel, mistake);
    bench.figures.set('errors', 0.001);
    expect((await bench.has(incident, 'recovered')).endedAt).not.toBeNull();
    expect(await bench.told(incident, 'remediationVerified')).toHaveLength(1);
    expect(bench.switches.sent).toEqual(['breaker-b=on']);
  });

  test('ends a change that is held, and it is not made when the stop is lifted', async () => {
    const incident = await bench.incident({ speed });
    await bench.propose(incident, 'breaker-c');
    await bench.has(incident, 'awaitingApproval');
    await bench.world.store.stops.stop({ scope: 'global', reason: 'we look first', by: 'mo' });
    await bench.decide(incident, 'lee');
    await bench.has(incident, 'held');
    await incident.order(cancel, mistake);
    const run = await bench.has(incident, 'rejected');
    expect(run.outcome).toContain('is cancelled');
    await bench.world.store.stops.lift({ scope: 'global', reason: 'looked', by: 'mo' });
    const handle = bench.world.environment.client.workflow.getHandle(run.workflowId);
    await expect.poll(async () => (await handle.describe()).status.name, { timeout: 20_000 }).toBe('COMPLETED');
    expect(bench.switches.sent).toEqual([]);
  });

  test('while a change that needs no approval is still being planned keeps it from being made', async () => {
    bench.runbooks.push(aRunbook('slow', 'Slow', [{ id: 'break', switch: 'breaker-d', on: {} }]));
    let goOn = (): void => undefined;
    const asked = new Promise<void>((planning) => {
      bench.switches.beforeRead(async () => {
        planning();
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      });
    });
    const incident = await bench.incident({ title: 'Slow', service: 'preview' });
    await asked;
    await incident.order(cancel, mistake);
    goOn();
    await bench.has(incident, 'rejected');
    expect(bench.switches.sent).toEqual([]);
  });
});
