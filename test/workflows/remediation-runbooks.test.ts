import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadRunbookLibrary } from '../../src/packs/runbook-library.ts';
import { aRunbook, type RunWorld, runWorld } from '../support/run-world.ts';

let bench: RunWorld;
beforeEach(async () => {
  bench = await runWorld();
});
afterEach(() => bench.close());

/** First the breaker, then the other one; the third only where the condition holds. */
const twoSteps = (more: { when?: string } = {}) =>
  bench.runbooks.push(
    aRunbook('slow', 'Slow', [
      { id: 'first', switch: 'breaker-a', on: { ineffective: 'second' } },
      { id: 'second', switch: 'breaker-b', on: { ineffective: 'third' }, ...more },
      { id: 'third', switch: 'breaker-c', on: {} },
    ]),
  );

/** Staging: what the policy lets Muster do without a question. */
const slow = () => bench.incident({ title: 'Slow', service: 'preview' });
const targets = async (incident: Awaited<ReturnType<typeof slow>>) =>
  (await bench.runs(incident)).map(({ target, status }) => `${target.name} ${status}`);

describe('a runbook', () => {
  test('goes on with the next step when one had no effect, on evidence that is read anew', async () => {
    twoSteps();
    bench.figures.set('errors', () => (bench.switches.values['breaker-b'] === 'on' ? 0.001 : 0.3));
    const incident = await slow();
    for (let steps = 0; steps < 60 && (await targets(incident)).at(-1) !== 'breaker-b recovered'; steps += 1)
      await bench.pass(incident, 0.5);
    expect(await targets(incident)).toEqual(['breaker-a ineffective', 'breaker-b recovered']);
    expect(bench.switches.sent).toEqual(['breaker-a=on', 'breaker-b=on']);
    expect(await incident.story('evidenceGathered')).toHaveLength(2);
  });

  test('ends with the step that helped, and leaves what is still to do on the timeline', async () => {
    twoSteps();
    bench.figures.set('errors', 0.001);
    const incident = await slow();
    await bench.comes(incident, 'recovered');
    await expect
      .poll(() => bench.told(incident, 'note'), { timeout: 20_000 })
      .toContainEqual(expect.stringContaining('Look for what made it necessary'));
    await bench.pass(incident, 3);
    expect(await targets(incident)).toEqual(['breaker-a recovered']);
  });

  test('passes over a step whose condition does not hold', async () => {
    twoSteps({ when: 'reads.queue > 100.0' });
    bench.figures.set('queue', 5);
    bench.figures.set('errors', 0.3);
    const incident = await slow();
    for (let steps = 0; steps < 60 && (await bench.runs(incident)).length < 2; steps += 1)
      await bench.pass(incident, 0.5);
    await bench.comes(incident, 'ineffective');
    expect(await targets(incident)).toEqual(['breaker-a ineffective', 'breaker-c ineffective']);
  });

  test('that has no further step wakes a person and changes nothing more', async () => {
    bench.runbooks.push(aRunbook('slow', 'Slow', [{ id: 'only', switch: 'breaker-a', on: {} }]));
    bench.figures.set('errors', 0.3);
    const incident = await slow();
    await bench.comes(incident, 'ineffective');
    await expect.poll(() => bench.paged(incident, '-ineffective'), { timeout: 20_000 }).toEqual(['robin']);
    await bench.pass(incident, 5);
    expect(bench.switches.sent).toEqual(['breaker-a=on']);
  });

  test('to which a person says no leads to no other change', async () => {
    twoSteps();
    const incident = await bench.incident({ title: 'Slow' });
    await bench.has(incident, 'awaitingApproval');
    await bench.decide(incident, 'lee', { verdict: 'denied' });
    await bench.has(incident, 'rejected');
    await expect.poll(() => bench.paged(incident, '-rejected'), { timeout: 20_000 }).toEqual(['robin']);
    await bench.pass(incident, 10);
    expect(await targets(incident)).toEqual(['breaker-a rejected']);
    expect(bench.switches.sent).toEqual([]);
  });

  test('whose step the guards refuse asks a person', async () => {
    twoSteps();
    bench.switches.turn('breaker-a', 'on');
    const incident = await slow();
    await bench.has(incident, 'refused');
    await expect.poll(() => bench.paged(incident, '-refused'), { timeout: 20_000 }).toEqual(['robin']);
    expect(bench.switches.sent).toEqual([]);
  });
});

describe('what looks like lost data', () => {
  const shipped = () => bench.runbooks.push(...loadRunbookLibrary().runbooks);

  test('stops automation for this incident: a person is woken with the reason, and nothing is proposed', async () => {
    shipped();
    const incident = await bench.incident({ title: 'OrdersDataLoss' });
    await expect.poll(() => bench.paged(incident, 'stop-data-loss'), { timeout: 30_000 }).toEqual(['lee']);
    await bench.pass(incident, 5);
    expect(await bench.runs(incident)).toEqual([]);
    expect(await bench.told(incident, 'remediationProposed')).toEqual([]);
  });

  test('is not seen in an alert of another kind', async () => {
    shipped();
    const incident = await bench.incident({ title: 'SomethingElse' });
    await expect.poll(() => incident.story('evidenceGathered'), { timeout: 30_000 }).not.toEqual([]);
    await bench.pass(incident, 5);
    expect(bench.paged(incident, 'stop-data-loss')).toEqual([]);
  });
});
