import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { policyFor } from '../../src/packs/load.ts';
import { guide } from '../support/builders.ts';
import type { LiveIncident } from '../support/incident-world.ts';
import { aRunbook, type Deciding, ownPolicy, type RunWorld, runWorld, type SwitchName } from '../support/run-world.ts';

let bench: RunWorld;
beforeEach(async () => {
  bench = await runWorld();
});
afterEach(() => bench.close());

const waiting = async (name: SwitchName = 'breaker-a', by = 'vic'): Promise<LiveIncident> => {
  const incident = await bench.incident();
  // Else the quarter of an hour of the plan ends with that of the incident's updates, which the test server cannot bear.
  await bench.pass(incident, 1);
  await bench.propose(incident, name, { by });
  await bench.has(incident, 'awaitingApproval');
  return incident;
};

const refusedAfter = async (incident: LiveIncident, person: string, words: string, how: Deciding = {}) => {
  await bench.decide(incident, person, how);
  const run = await bench.comes(incident, 'refused');
  expect(run.outcome).toContain(words);
  expect(bench.switches.sent).toEqual([]);
};

describe('a change that people said yes to and that is not made', () => {
  test('wakes somebody, as people count on it', async () => {
    const incident = await waiting();
    bench.switches.turn('breaker-a', 'half');
    await bench.decide(incident, 'lee');
    await bench.comes(incident, 'superseded');
    await expect.poll(() => bench.paged(incident, '-superseded'), { timeout: 20_000 }).toEqual(['robin']);
  });

  test('wakes nobody where a plan was refused before anybody was asked', async () => {
    const incident = await bench.incident();
    await bench.propose(incident, 'breaker-a', { to: 'sideways' });
    await bench.comes(incident, 'refused');
    await bench.pass(incident, 1);
    expect(bench.paged(incident, '-refused')).toEqual([]);
  });
});

describe('a yes that reached Temporal past the API', () => {
  test('of whoever proposed it is worth nothing', async () => {
    await refusedAfter(await waiting('breaker-a', 'lee'), 'lee', 'Lee proposed it and does not approve it');
  });

  test('of somebody without the role is worth nothing', async () => {
    const { vic } = bench.world.organisation.people;
    if (!vic) throw new Error('vic is of the organisation');
    vic.roles = ['viewer'];
    await refusedAfter(await waiting('breaker-a', 'kit'), 'vic', 'Vic may not approve');
  });

  test('of somebody whose role was taken away before the change begins is worth nothing', async () => {
    const { store } = bench.world;
    const incident = await waiting();
    await store.stops.stop({ scope: 'global', reason: 'we look first', by: 'mo' });
    await bench.decide(incident, 'lee');
    await bench.has(incident, 'held');
    const { lee } = bench.world.organisation.people;
    if (lee) lee.roles = ['viewer'];
    await store.stops.lift({ scope: 'global', reason: 'looked', by: 'mo' });
    const run = await bench.comes(incident, 'refused');
    expect(run.outcome).toContain('Lee may not approve');
    expect(bench.switches.sent).toEqual([]);
  });

  test('that is older than the policy lets it be is worth nothing', async () => {
    const { store } = bench.world;
    const incident = await waiting();
    await store.stops.stop({ scope: 'global', reason: 'we look first', by: 'mo' });
    await bench.decide(incident, 'lee');
    await bench.has(incident, 'held');
    bench.clock.aheadMs = 11 * 60_000;
    await store.stops.lift({ scope: 'global', reason: 'looked', by: 'mo' });
    const run = await bench.comes(incident, 'refused');
    expect(run.outcome).toContain('the yes is older than 10 min');
    expect(bench.switches.sent).toEqual([]);
  });

  test('with a seal that nobody made is worth nothing', async () => {
    await refusedAfter(await waiting(), 'lee', 'did not come through the API', { seal: 'forged' });
  });

  test('with the seal of another run is worth nothing', async () => {
    const first = await waiting('breaker-a');
    await bench.decide(first, 'lee', { verdict: 'denied' });
    const [{ seal, sealedAt } = { seal: '', sealedAt: '' }] = (await bench.has(first, 'rejected')).decisions;
    const second = await waiting('breaker-b');
    await refusedAfter(second, 'lee', 'did not come through the API', { seal, sealedAt });
  });

  test('for another plan or another run is not even taken', async () => {
    const incident = await waiting();
    await expect(bench.decide(incident, 'lee', { planHash: 'of another plan' })).rejects.toThrow();
    await expect(bench.decide(incident, 'lee', { remediationId: 'another' })).rejects.toThrow();
    expect((await bench.run(incident)).decisions).toEqual([]);
    await bench.decide(incident, 'lee');
    await bench.comes(incident, 'verifying');
  });
});

describe('the author of the change that is taken back', () => {
  test('does not say yes to it where the policy says so, and another person does', async () => {
    bench.policies.push(ownPolicy('four eyes', { select: {}, approvals: { B1: { notAuthorOfChange: true } } }));
    const incident = await waiting();
    const run = await bench.run(incident);
    expect(run.notAuthorOfChange).toBe(true);
    await bench.decide(incident, 'lee');
    await bench.comes(incident, 'verifying');
  });
});

describe('two people', () => {
  test('who decide at the same moment make one decision', async () => {
    const incident = await waiting();
    const both = await Promise.allSettled([
      bench.decide(incident, 'lee'),
      bench.decide(incident, 'mo', { verdict: 'denied' }),
    ]);
    expect(both.some(({ status }) => status === 'fulfilled')).toBe(true);
    const run = await bench.comes(incident, 'verifying', 'rejected');
    expect(run.decisions).toHaveLength(1);
    expect(bench.switches.sent).toHaveLength(run.status === 'rejected' ? 0 : 1);
  });

  test('are asked for what moves all traffic, and one of them is not enough', async () => {
    const incident = await waiting('weight-a');
    expect((await bench.run(incident)).quorum).toBe(2);
    await bench.decide(incident, 'lee');
    await bench.pass(incident, 1);
    expect(bench.switches.sent).toEqual([]);
    expect((await bench.run(incident)).status).toBe('awaitingApproval');
    await bench.decide(incident, 'mo');
    await bench.comes(incident, 'verifying');
    expect(bench.switches.sent).toEqual(['weight-a=on']);
  });
});

describe('a plan that nobody decides on', () => {
  const overdue = (incident: LiveIncident) => bench.paged(incident, '-overdue');

  test('is brought to the duty of the policy once, waits as long again, then does nothing and wakes a person', async () => {
    const incident = await waiting();
    await bench.pass(incident, 14);
    expect(overdue(incident)).toEqual([]);
    await bench.pass(incident, 2);
    await expect.poll(() => overdue(incident), { timeout: 20_000 }).toEqual(['lee']);
    expect((await bench.run(incident)).status).toBe('awaitingApproval');
    await bench.pass(incident, 12);
    expect((await bench.run(incident)).status).toBe('awaitingApproval');
    await bench.pass(incident, 3);
    await bench.comes(incident, 'expired');
    expect(overdue(incident)).toEqual(['lee']);
    await expect.poll(() => bench.paged(incident, '-expired'), { timeout: 20_000 }).toEqual(['robin']);
    await bench.closed(incident);
    await expect(bench.decide(incident, 'lee')).rejects.toThrow();
    expect(bench.switches.sent).toEqual([]);
  });

  test('may still be allowed by those who are asked second', async () => {
    const incident = await waiting();
    await bench.pass(incident, 20);
    await bench.decide(incident, 'lee');
    await bench.comes(incident, 'verifying');
    expect(bench.switches.sent).toEqual(['breaker-a=on']);
  });

  test('expires at once where the policy asks nobody else', async () => {
    bench.policies.push(
      ownPolicy('short', { select: {}, approvals: { B1: { timeout: 300_000, onTimeout: 'nothing' } } }),
    );
    const incident = await waiting();
    await bench.pass(incident, 6);
    await bench.comes(incident, 'expired');
    expect(overdue(incident)).toEqual([]);
    expect(bench.switches.sent).toEqual([]);
  });
});

describe('a switch that somebody else turns', () => {
  test('after the yes voids it: nothing is sent', async () => {
    const incident = await waiting();
    bench.switches.turn('breaker-a', 'half');
    await bench.decide(incident, 'lee');
    const run = await bench.comes(incident, 'superseded');
    expect(run.outcome).toContain('Nothing was changed');
    expect(bench.switches.sent).toEqual([]);
  });
});

test('the pack that asks for more people than the policy is heard', async () => {
  const policy = policyFor(guide);
  const strict = {
    ...policy,
    remediation: { ...policy.remediation, approval: { ...policy.remediation.approval, quorum: 2 } },
  };
  bench.runbooks.push(aRunbook('slow', 'Slow', [{ id: 'break', switch: 'breaker-a', on: {} }]));
  const incident = await bench.incident({ title: 'Slow', policy: strict });
  expect((await bench.has(incident, 'awaitingApproval')).quorum).toBe(2);
});
