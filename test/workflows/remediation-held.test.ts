import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aRunbook, type RunWorld, runWorld, type SwitchName } from '../support/run-world.ts';

let bench: RunWorld;
beforeEach(async () => {
  bench = await runWorld();
});
afterEach(() => bench.close());

const stop = () => bench.world.store.stops.stop({ scope: 'global', reason: 'we look first', by: 'mo' });
const lift = () => bench.world.store.stops.lift({ scope: 'global', reason: 'looked', by: 'mo' });

describe('a change', () => {
  test('that a person proposed and another one allowed is made once and proven', async () => {
    bench.figures.set('errors', 0.3);
    const incident = await bench.incident();
    await bench.propose(incident, 'breaker-a');
    await bench.has(incident, 'awaitingApproval');
    expect(bench.switches.sent).toEqual([]);
    await bench.decide(incident, 'lee');
    await bench.has(incident, 'verifying');
    bench.figures.set('errors', 0.001);
    const run = await bench.comes(incident, 'recovered');
    expect(bench.switches.sent).toEqual(['breaker-a=on']);
    expect(run.baseline).toBe(0.3);
  });

  test('is held while the kill switch is on, and made once when it is lifted in time', async () => {
    const incident = await bench.incident();
    await bench.propose(incident, 'breaker-b');
    await bench.has(incident, 'awaitingApproval');
    await stop();
    await bench.decide(incident, 'lee');
    await bench.has(incident, 'held');
    await bench.pass(incident, 3);
    expect((await bench.run(incident)).status).toBe('held');
    expect(bench.switches.sent).toEqual([]);
    expect(await bench.told(incident, 'remediationHeld')).toEqual([expect.stringContaining('the kill switch is on')]);
    await lift();
    await bench.comes(incident, 'verifying');
    await bench.pass(incident, 1);
    expect(bench.switches.sent).toEqual(['breaker-b=on']);
  });

  test('that is held until its yes is worth nothing any more expires, and nothing is sent even after the stop is lifted', async () => {
    const incident = await bench.incident();
    await bench.propose(incident, 'breaker-c');
    await bench.has(incident, 'awaitingApproval');
    await stop();
    await bench.decide(incident, 'lee');
    await bench.has(incident, 'held');
    const run = await bench.comes(incident, 'expired');
    expect(run.outcome).toContain('held for too long');
    await lift();
    await bench.pass(incident, 2);
    expect(bench.switches.sent).toEqual([]);
    expect(bench.switches.values['breaker-c']).toBe('off');
  });
});

describe('taking back a change that made it worse', () => {
  const worse = async (name: SwitchName) => {
    bench.runbooks.push(aRunbook('slow', 'Slow', [{ id: 'break', switch: name, on: {}, failureLimit: 2 }]));
    bench.figures.set('errors', 0.1);
    const incident = await bench.incident({ title: 'Slow' });
    await bench.has(incident, 'awaitingApproval');
    await bench.decide(incident, 'lee');
    await bench.has(incident, 'verifying');
    bench.figures.set('errors', 0.9);
    return incident;
  };

  test('waits as well while the kill switch is on, and is done once when it is lifted', async () => {
    const incident = await worse('breaker-d');
    await stop();
    await bench.comes(incident, 'held');
    await bench.pass(incident, 12);
    expect(bench.switches.sent).toEqual(['breaker-d=on']);
    await lift();
    const run = await bench.comes(incident, 'reverted');
    expect(bench.switches.sent).toEqual(['breaker-d=on', 'breaker-d=off']);
    expect(run.outcome).toContain('Taken back');
  });

  test('that is held for an hour has failed, and a person is paged for it', async () => {
    const incident = await worse('breaker-e');
    await stop();
    await bench.comes(incident, 'held');
    await bench.pass(incident, 61);
    await bench.comes(incident, 'revertFailed');
    expect(bench.switches.sent).toEqual(['breaker-e=on']);
    await expect.poll(() => bench.paged(incident, 'revertFailed'), { timeout: 30_000 }).toEqual(['robin']);
  });
});
