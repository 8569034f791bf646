import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { remediationWorkflowId } from '../../src/domain/names.ts';
import { cancel } from '../../workflows/messages.ts';
import type { LiveIncident } from '../support/incident-world.ts';
import { type RunWorld, runWorld, type SwitchName, switchAt } from '../support/run-world.ts';
import { withSetSeveral } from '../support/set-several.ts';

let bench: RunWorld;
beforeEach(async () => {
  withSetSeveral();
  bench = await runWorld();
});
afterEach(() => bench.close());

/** A plan that turns the first switch and keeps the others from being changed meanwhile. */
const proposeWithLocks = (incident: LiveIncident, own: SwitchName, ...others: SwitchName[]) =>
  bench.propose(incident, own, {
    action: 'set-several',
    params: { switches: [own], alsoLocks: others.map(switchAt) },
  });

const holds = async (name: SwitchName): Promise<boolean> => {
  const handle = bench.world.environment.client.workflow.getHandle(remediationWorkflowId(switchAt(name)));
  return (await handle.describe().catch(() => null))?.status.name === 'RUNNING';
};

describe('a plan that needs further targets', () => {
  test('holds them while it waits for approval, and a run on one of them joins it', async () => {
    const first = await bench.incident();
    const second = await bench.incident();
    const owner = await proposeWithLocks(first, 'breaker-b', 'breaker-a', 'breaker-c');
    await bench.has(first, 'awaitingApproval');
    expect([await holds('breaker-a'), await holds('breaker-c')]).toEqual([true, true]);
    await bench.proposeOnly(second, 'breaker-c');
    await expect
      .poll(async () => (await bench.runs(second)).map(({ id }) => id), { timeout: 20_000 })
      .toEqual([owner.id]);
    await bench.decide(first, 'lee', { verdict: 'denied' });
    await bench.has(first, 'rejected');
    await expect.poll(() => holds('breaker-a'), { timeout: 20_000 }).toBe(false);
    await expect.poll(() => holds('breaker-c'), { timeout: 20_000 }).toBe(false);
    expect(bench.switches.sent).toEqual([]);
  });

  test('holds nothing that it does not name', async () => {
    const first = await bench.incident();
    const second = await bench.incident();
    await proposeWithLocks(first, 'breaker-a', 'breaker-b');
    await bench.has(first, 'awaitingApproval');
    await bench.propose(second, 'breaker-c');
    const run = await bench.has(second, 'awaitingApproval');
    expect(run.incidentId).toBe(second.id);
  });

  test('waits for one that sorts behind its own, and goes on once that is free', async () => {
    const [first, second] = [await bench.incident(), await bench.incident()];
    await bench.propose(first, 'breaker-b');
    await bench.has(first, 'awaitingApproval');
    await proposeWithLocks(second, 'breaker-a', 'breaker-b');
    const held = await bench.has(second, 'held');
    expect(await bench.told(second, 'remediationHeld')).toEqual([expect.stringContaining('breaker-b')]);
    await bench.decide(first, 'lee', { verdict: 'denied' });
    await bench.has(first, 'rejected');
    const asked = await bench.comes(second, 'awaitingApproval');
    // Waiting takes nothing from the time to decide.
    expect(Date.parse(asked.expiresAt ?? '')).toBeGreaterThan(Date.parse(held.expiresAt ?? ''));
    expect(await holds('breaker-b')).toBe(true);
  });

  test('is refused where one that sorts before its own is taken: nobody waits for each other', async () => {
    const [first, second] = [await bench.incident(), await bench.incident()];
    await bench.propose(first, 'breaker-a');
    await bench.has(first, 'awaitingApproval');
    await proposeWithLocks(second, 'breaker-b', 'breaker-a');
    const run = await bench.has(second, 'refused');
    expect(run.outcome).toContain('another remediation works on Switch breaker-a');
    expect((await bench.run(first)).status).toBe('awaitingApproval');
  });

  test('gives them back when its workflow is terminated', async () => {
    await bench.close();
    // The server whose clock jumps leaves the children of a workflow that was terminated running.
    bench = await runWorld({ realTemporal: true });
    const [first, second] = [await bench.incident(), await bench.incident()];
    const { workflowId } = await proposeWithLocks(first, 'breaker-a', 'breaker-b');
    await bench.has(first, 'awaitingApproval');
    await bench.world.environment.client.workflow.getHandle(workflowId).terminate('lost');
    await expect.poll(() => holds('breaker-b'), { timeout: 20_000 }).toBe(false);
    await bench.propose(second, 'breaker-b');
    expect((await bench.has(second, 'awaitingApproval')).incidentId).toBe(second.id);
  });

  test('comes to its end when somebody has taken a lock from it', async () => {
    const incident = await bench.incident();
    await proposeWithLocks(incident, 'breaker-a', 'breaker-b');
    await bench.has(incident, 'awaitingApproval');
    await bench.world.environment.client.workflow
      .getHandle(remediationWorkflowId(switchAt('breaker-b')))
      .terminate('somebody tidied up');
    await bench.decide(incident, 'lee', { verdict: 'denied' });
    await bench.has(incident, 'rejected');
    await expect.poll(() => holds('breaker-a'), { timeout: 20_000 }).toBe(false);
    await bench.proposeOnly(incident, 'breaker-c');
    await expect.poll(async () => (await bench.run(incident)).target.name, { timeout: 20_000 }).toBe('breaker-c');
  });
});

/** Every way in which two of three switches are wanted by two runs at once. */
const pairs: [SwitchName, SwitchName][] = [
  ['breaker-a', 'breaker-b'],
  ['breaker-b', 'breaker-a'],
  ['breaker-a', 'breaker-c'],
  ['breaker-c', 'breaker-b'],
];

describe('two runs that want each other’s targets', () => {
  test.each(pairs)('both come to an end when they are begun at once on %s and %s', async (one, other) => {
    const [first, second] = [await bench.incident(), await bench.incident()];
    await expect.poll(() => first.story('evidenceGathered'), { timeout: 20_000 }).not.toEqual([]);
    await expect.poll(() => second.story('evidenceGathered'), { timeout: 20_000 }).not.toEqual([]);
    await Promise.all([proposeWithLocks(first, one, other), proposeWithLocks(second, other, one)]);
    const hasSettled = async (incident: LiveIncident) =>
      ['awaitingApproval', 'refused'].includes((await bench.run(incident)).status);
    for (let steps = 0; steps < 20 && !((await hasSettled(first)) && (await hasSettled(second))); steps += 1)
      await bench.pass(first, 0.5);
    const waiting = await Promise.all([first, second].map(async (incident) => bench.run(incident)));
    for (const incident of [first, second]) await incident.order(cancel, { reason: 'enough seen' });
    for (const { workflowId } of waiting)
      await expect
        .poll(
          async () => (await bench.world.environment.client.workflow.getHandle(workflowId).describe()).status.name,
          { timeout: 20_000 },
        )
        .toBe('COMPLETED');
    // One of them got both, or they were one run; never does each hold what the other waits for.
    expect(waiting.filter(({ status }) => status === 'awaitingApproval').length).toBeGreaterThanOrEqual(1);
    expect(await Promise.all([holds(one), holds(other)])).toEqual([false, false]);
  });
});
