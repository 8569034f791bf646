import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LiveIncident } from '../support/incident-world.ts';
import { aRunbook, type RunWorld, runWorld } from '../support/run-world.ts';
import { withSetSeveral } from '../support/set-several.ts';

let bench: RunWorld;
beforeEach(async () => {
  withSetSeveral();
  bench = await runWorld();
});
afterEach(() => bench.close());

const step = (more: Partial<Parameters<typeof aRunbook>[2][number]> = {}) =>
  bench.runbooks.push(aRunbook('slow', 'Slow', [{ id: 'break', switch: 'breaker-a', on: {}, ...more }]));
const slow = () => bench.incident({ title: 'Slow', service: 'preview' });

describe('the proof of a change', () => {
  test('is never missing data: without a figure a person is woken, and nobody says mitigated', async () => {
    step();
    const incident = await slow();
    await bench.comes(incident, 'inconclusive');
    await expect.poll(() => bench.paged(incident, '-inconclusive'), { timeout: 20_000 }).toEqual(['robin']);
    expect(await bench.told(incident, 'mitigated', 'remediationVerified')).toEqual([]);
    expect(bench.switches.sent).toEqual(['breaker-a=on']);
  });

  test('is never missing data of a proposal without a runbook either', async () => {
    const incident = await bench.incident();
    await bench.propose(incident, 'breaker-a');
    await bench.has(incident, 'awaitingApproval');
    await bench.decide(incident, 'lee');
    await bench.comes(incident, 'inconclusive');
    await expect.poll(() => bench.paged(incident, '-inconclusive'), { timeout: 20_000 }).toEqual(['robin']);
    expect(await bench.told(incident, 'mitigated')).toEqual([]);
  });

  test('begins anew after a gap in the figures', async () => {
    step();
    const figures = [0.3, 0.001, 0.001, null, 0.001, 0.001, 0.001];
    let taken = 0;
    bench.figures.set('errors', () => {
      if (bench.switches.sent.length === 0) return 0.3;
      taken += 1;
      return figures[taken - 1] ?? null;
    });
    const incident = await slow();
    const run = await bench.comes(incident, 'recovered');
    expect(run.samples.map(({ healthy }) => healthy)).toEqual([false, true, true, null, true, true, true]);
  });

  test('rests on the figure that the step names, not on the symptom', async () => {
    step({ of: 'queue' });
    bench.figures.set('errors', 0.001);
    bench.figures.set('queue', 50);
    const incident = await slow();
    const run = await bench.comes(incident, 'ineffective');
    expect(run.samples.every(({ check }) => check === 'figure')).toBe(true);
    expect(await bench.told(incident, 'mitigated')).toEqual([]);
  });

  test('is given up before its time after as many bad figures as the step allows', async () => {
    step({ failureLimit: 2 });
    bench.figures.set('errors', 0.3);
    const run = await bench.comes(await slow(), 'ineffective');
    expect(run.samples).toHaveLength(2);
  });

  test('is no better where a figure is neither good nor bad: it was seen, and it did not recover', async () => {
    step({ failure: 'value > baseline * 1.1' });
    bench.figures.set('errors', 0.3);
    const run = await bench.comes(await slow(), 'ineffective');
    expect(run.samples.length).toBeGreaterThan(3);
  });
});

describe('a change that made it worse', () => {
  const worse = (): void => {
    bench.figures.set('errors', () => (bench.switches.values['breaker-a'] === 'on' ? 0.9 : 0.1));
  };

  test('is taken back exactly once, and how that went is told', async () => {
    step();
    worse();
    const incident = await slow();
    const run = await bench.comes(incident, 'reverted');
    expect(run.outcome).toContain('Taken back');
    expect(bench.switches.sent).toEqual(['breaker-a=on', 'breaker-a=off']);
    await expect.poll(() => bench.paged(incident, '-reverted'), { timeout: 20_000 }).toEqual(['robin']);
    await bench.pass(incident, 10);
    expect(bench.switches.sent).toHaveLength(2);
  });

  test('is not taken back over what somebody else has set meanwhile, and a person is woken', async () => {
    step();
    worse();
    const incident = await slow();
    await bench.comes(incident, 'verifying');
    bench.switches.turn('breaker-a', 'half');
    bench.figures.set('errors', 0.9);
    await bench.comes(incident, 'revertFailed');
    await expect.poll(() => bench.paged(incident, '-revertFailed'), { timeout: 20_000 }).toEqual(['robin']);
    expect(bench.switches.values['breaker-a']).toBe('half');
  });

  test('that cannot be taken back wakes a person at once', async () => {
    step();
    worse();
    bench.switches.refuses.set('breaker-a=off', 422);
    const incident = await slow();
    const run = await bench.comes(incident, 'revertFailed');
    expect(run.outcome).toContain('Not taken back');
    await expect.poll(() => bench.paged(incident, '-revertFailed'), { timeout: 20_000 }).toEqual(['robin']);
    expect(bench.switches.sent).toEqual(['breaker-a=on']);
  });

  test('stays where it did not make it worse, unless the step says to take it back', async () => {
    step();
    bench.figures.set('errors', 0.3);
    const incident = await slow();
    await bench.comes(incident, 'ineffective');
    await bench.pass(incident, 5);
    expect(bench.switches.sent).toEqual(['breaker-a=on']);
  });
});

describe('a plan of several requests', () => {
  const both = async (within?: number): Promise<LiveIncident> => {
    const incident = await bench.incident();
    await bench.propose(incident, 'breaker-a', {
      action: 'set-several',
      params: { switches: ['breaker-a', 'breaker-b'], ...(within === undefined ? {} : { within }) },
    });
    await bench.has(incident, 'awaitingApproval');
    return incident;
  };

  test('that is refused half-way is taken back as far as it went, and the run says so', async () => {
    const incident = await both();
    bench.switches.refuses.set('breaker-b=on', 422);
    await bench.decide(incident, 'lee');
    const run = await bench.comes(incident, 'reverted', 'revertFailed');
    expect(run.outcome).toContain('Taken back (Not carried out to the end');
    expect(bench.switches.values).toMatchObject({ 'breaker-a': 'off', 'breaker-b': 'off' });
    expect(bench.switches.sent).toEqual(['breaker-a=on', 'breaker-a=off']);
    expect(await bench.told(incident, 'remediationApplied')).toEqual([]);
  });

  test('whose rest is refused for now is asked again, and nothing is sent twice', async () => {
    const incident = await both();
    bench.switches.refuses.set('breaker-b=on', 429);
    await bench.decide(incident, 'lee');
    await expect.poll(() => bench.switches.sent, { timeout: 20_000 }).toEqual(['breaker-a=on']);
    bench.switches.refuses.clear();
    await bench.comes(incident, 'verifying');
    expect(bench.switches.sent).toEqual(['breaker-a=on', 'breaker-b=on']);
  });

  test('whose rest is refused until its time is up is taken back as far as it went', async () => {
    const incident = await both(45_000);
    bench.switches.refuses.set('breaker-b=on', 429);
    await bench.decide(incident, 'lee');
    await bench.comes(incident, 'reverted');
    expect(bench.switches.sent).toEqual(['breaker-a=on', 'breaker-a=off']);
  });

  test('that is carried out to the end is left as it is', async () => {
    bench.figures.set('errors', 0.001);
    const incident = await both();
    await bench.decide(incident, 'lee');
    await bench.comes(incident, 'recovered');
    expect(bench.switches.sent).toEqual(['breaker-a=on', 'breaker-b=on']);
  });

  test('that nothing was done of is refused, and nothing is taken back', async () => {
    const incident = await both();
    bench.switches.refuses.set('breaker-a=on', 422);
    await bench.decide(incident, 'lee');
    await bench.comes(incident, 'refused');
    expect(bench.switches.sent).toEqual([]);
  });
});
