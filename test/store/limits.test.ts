import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Limits } from '../../src/domain/remediation/mode-rules.ts';
import type { RemediationView } from '../../src/schema/remediation.ts';
import { openStore } from '../../src/store/connect.ts';
import type { BudgetClaim, EffectRow, Store } from '../../src/store/store.ts';
import { testDatabase } from '../support/postgres.ts';
import { aDelivery, aNewIncident, anAlert, aRemediation, aView } from './records.ts';

let store: Store;
/** A second process. */
let other: Store;
beforeAll(async () => {
  const { url } = await testDatabase();
  [store, other] = await Promise.all([openStore(url), openStore(url)]);
});
afterAll(() => Promise.all([store.close(), other.close()]));

const hourMs = 3_600_000;
const limits: Limits = {
  perTarget: { max: 2, windowMs: hourMs, perDay: 5 },
  perRunbook: { max: 10, windowMs: hourMs },
  perCluster: { max: 20, windowMs: hourMs, concurrent: 3 },
  total: { max: 50, windowMs: hourMs },
};
const onlyTotal = (max: number): Limits => ({ ...wide, total: { max, windowMs: hourMs } });
const wide: Limits = {
  perTarget: { max: 1_000, windowMs: hourMs, perDay: 1_000 },
  perRunbook: { max: 1_000, windowMs: hourMs },
  perCluster: { max: 1_000, windowMs: hourMs, concurrent: 1_000 },
  total: { max: 1_000, windowMs: hourMs },
};

const at = (minutes: number): string => new Date(Date.parse('2026-03-04T12:00:00Z') + minutes * 60_000).toISOString();

let count = 0;
/** Each test has a target, a runbook and a cluster of its own. */
const world = () => {
  count += 1;
  const name = `world-${count}`;
  const claim = (id: string, more: Partial<BudgetClaim> = {}): BudgetClaim => ({
    remediationId: `${name}/${id}`,
    incidentId: `INC-${name}`,
    targetKey: `${name}/Deployment/shop/checkout`,
    runbook: `runbook-of-${name}`,
    cluster: name,
    drill: false,
    at: at(0),
    limits: { ...limits, total: wide.total },
    approved: false,
    ...more,
  });
  /** The run ends; its request was sent, or not. */
  const end = async (id: string, status: EffectRow['status'], more: Partial<RemediationView> = {}) => {
    const key = `${name}/${id}/apply`;
    const detail = { remediationId: `${name}/${id}`, revert: false };
    await store.effects.intend({ key, incidentId: `INC-${name}`, kind: 'cluster', detail });
    await store.effects.mark(key, status);
    await store.remediations.recordRemediation(
      aRemediation(`${name}/${id}`, `INC-${name}`, { status: 'recovered', endedAt: at(1), ...more }),
      [],
    );
  };
  const declare = (id: string, more: Partial<ReturnType<typeof aView>> = {}) =>
    store.incidents.declare(
      { ...aNewIncident(id, { correlationKey: `service:${name}` }), view: aView(id, more) },
      null,
    );
  return { name, claim, end, declare };
};

describe('leave to act', () => {
  test('is given as often as the target may be changed in an hour, and then refused in words', async () => {
    const { claim, end, declare, name } = world();
    await declare(`INC-${name}`);
    for (const id of ['1', '2']) {
      expect(await store.limits.claimBudget(claim(id))).toEqual({ granted: true, exceeded: [] });
      await end(id, 'applied');
    }
    expect(await store.limits.claimBudget(claim('3', { at: at(59) }))).toEqual({
      granted: false,
      exceeded: ['2 changes of this target within 1 h, and 2 are allowed'],
    });
    expect(await store.limits.claimBudget(claim('3', { at: at(61) }))).toMatchObject({ granted: true });
  });

  test('another target is not held up by it', async () => {
    const { claim, end, declare, name } = world();
    await declare(`INC-${name}`);
    for (const id of ['1', '2']) {
      await store.limits.claimBudget(claim(id));
      await end(id, 'applied');
    }
    const elsewhere = claim('3', { targetKey: `${name}/Deployment/shop/search` });
    expect(await store.limits.claimBudget(elsewhere)).toMatchObject({ granted: true });
  });

  test('of two runs that ask at once for the last place one gets it', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { claim } = world();
      const last = { perTarget: { max: 1, windowMs: hourMs, perDay: 1 } };
      const ask = (from: Store, id: string) =>
        from.limits.claimBudget(claim(id, { limits: { ...wide, ...last }, at: at(round) }));
      const answers = await Promise.all([ask(store, '1'), ask(other, '2'), ask(store, '3'), ask(other, '4')]);
      expect(answers.filter(({ granted }) => granted)).toHaveLength(1);
    }
  });

  test('two runs that ask at once get both where there is room for two', async () => {
    const { claim } = world();
    const answers = await Promise.all([
      store.limits.claimBudget(claim('1')),
      other.limits.claimBudget(claim('2', { limits: { ...wide, perTarget: { max: 2, windowMs: hourMs, perDay: 5 } } })),
    ]);
    expect(answers.map(({ granted }) => granted)).toEqual([true, true]);
  });

  test('a run that asks again, as after a crash, is the same run', async () => {
    const { claim } = world();
    const once = { limits: { ...wide, perTarget: { max: 1, windowMs: hourMs, perDay: 1 } } };
    expect(await store.limits.claimBudget(claim('1', once))).toMatchObject({ granted: true });
    expect(await other.limits.claimBudget(claim('1', once))).toMatchObject({ granted: true });
    expect(await store.limits.claimBudget(claim('2', once))).toMatchObject({ granted: false });
  });

  test('a person who saw the limit and said yes gets it, and the run counts for the next', async () => {
    const { claim } = world();
    const once = { limits: { ...wide, perTarget: { max: 1, windowMs: hourMs, perDay: 1 } } };
    await store.limits.claimBudget(claim('1', once));
    expect(await store.limits.claimBudget(claim('2', { ...once, approved: true }))).toMatchObject({
      granted: true,
      exceeded: expect.arrayContaining([expect.stringContaining('of this target')]),
    });
    const keys = claim('3');
    expect(await store.limits.counts(keys, limits, at(1))).toMatchObject({ target: { inWindow: 2, inDay: 2 } });
  });

  test('what ended without a request being sent costs nothing; what may have been sent does', async () => {
    const { claim, end, declare, name } = world();
    await declare(`INC-${name}`);
    await store.limits.claimBudget(claim('refused'));
    await end('refused', 'notApplied', { status: 'refused' });
    expect(await store.limits.counts(claim('next'), limits, at(2))).toMatchObject({ target: { inWindow: 0 } });
    await store.limits.claimBudget(claim('lost'));
    await end('lost', 'unknown', { status: 'unknown' });
    expect(await store.limits.counts(claim('next'), limits, at(2))).toMatchObject({ target: { inWindow: 1 } });
  });

  test('a cluster takes three runs at once; the fourth waits until one has ended', async () => {
    const { claim, end, declare, name } = world();
    await declare(`INC-${name}`);
    const of = (id: string) => claim(id, { targetKey: `${name}/Deployment/shop/${id}`, runbook: null });
    for (const id of ['1', '2', '3']) expect(await store.limits.claimBudget(of(id))).toMatchObject({ granted: true });
    expect(await store.limits.claimBudget(of('4'))).toEqual({
      granted: false,
      exceeded: ['3 changes in this cluster at this moment, and 3 are allowed'],
    });
    await end('2', 'applied');
    expect(await store.limits.claimBudget(of('4'))).toMatchObject({ granted: true });
  });

  test('a run whose end nobody recorded does not hold its place for ever', async () => {
    const { claim } = world();
    await store.limits.claimBudget(claim('lost'));
    expect(await store.limits.counts(claim('next'), limits, at(23 * 60))).toMatchObject({ cluster: { running: 1 } });
    expect(await store.limits.counts(claim('next'), limits, at(25 * 60))).toMatchObject({ cluster: { running: 0 } });
  });

  test('drills use up nothing of live runs, and live runs nothing of drills', async () => {
    const { claim } = world();
    const once = { limits: { ...wide, perTarget: { max: 1, windowMs: hourMs, perDay: 1 } } };
    expect(await store.limits.claimBudget(claim('drill', { ...once, drill: true }))).toMatchObject({ granted: true });
    expect(await store.limits.claimBudget(claim('live', once))).toMatchObject({ granted: true });
    expect(await store.limits.claimBudget(claim('drill-2', { ...once, drill: true }))).toMatchObject({
      granted: false,
    });
  });

  test('a runbook is counted over all its targets, and what people propose by hand is not', async () => {
    const { claim, name } = world();
    const ofRunbook = { limits: { ...wide, perRunbook: { max: 1, windowMs: hourMs } } };
    await store.limits.claimBudget(claim('1', ofRunbook));
    const elsewhere = { ...ofRunbook, targetKey: `${name}/Deployment/shop/search` };
    expect(await store.limits.claimBudget(claim('2', elsewhere))).toMatchObject({ granted: false });
    expect(await store.limits.claimBudget(claim('2', { ...elsewhere, runbook: null }))).toMatchObject({
      granted: true,
    });
  });

  test('everything together has a limit, too', async () => {
    const { claim } = world();
    const day = '2027-06-01T12:00:00Z';
    expect(await store.limits.claimBudget(claim('1', { limits: onlyTotal(1), at: day }))).toMatchObject({
      granted: true,
    });
    const elsewhere = world().claim('1', { limits: onlyTotal(1), at: day });
    expect(await store.limits.claimBudget(elsewhere)).toMatchObject({ granted: false });
  });
});

describe('help that does not last', () => {
  const helped = async ({ claim, end }: ReturnType<typeof world>, id: string, endedAt: string, drill = false) => {
    await store.limits.claimBudget(claim(id, { approved: true, drill }));
    await end(id, 'applied', { status: 'recovered', endedAt, drill });
  };

  test('shows as the next incident of the same kind after a recovery', async () => {
    const here = world();
    await here.declare(`INC-${here.name}`, { declaredAt: at(-10) });
    await helped(here, '1', at(1));
    const keys = { runbook: `runbook-of-${here.name}`, targetKey: here.claim('1').targetKey, drill: false };
    expect(await store.limits.recoveries(keys, at(-60))).toEqual([{ recoveredAt: at(1), cameBackAt: null }]);
    await here.declare(`INC-${here.name}-next`, { declaredAt: at(20) });
    expect(await store.limits.recoveries(keys, at(-60))).toEqual([{ recoveredAt: at(1), cameBackAt: at(20) }]);
    expect(await store.limits.recoveries(keys, at(2))).toEqual([]);
    expect(await store.limits.recoveries({ ...keys, drill: true }, at(-60))).toEqual([]);
  });

  test('shows as an alert that fires again in the same incident', async () => {
    const here = world();
    await here.declare(`INC-${here.name}`, { declaredAt: at(-10) });
    await helped(here, '1', at(1));
    await store.intake.commit(aDelivery(), [], (tx) =>
      tx.save({ verdict: 'attached', alert: anAlert(), incidentId: `INC-${here.name}` }),
    );
    const keys = { runbook: `runbook-of-${here.name}`, targetKey: here.claim('1').targetKey, drill: false };
    const [recovery] = await store.limits.recoveries(keys, at(-60));
    expect(Date.parse(recovery?.cameBackAt ?? '')).toBeGreaterThan(Date.parse(at(1)));
  });

  test('opens a breaker that everybody reads, and is told of once', async () => {
    const keys = { runbook: 'flapper', targetKey: 'blue/Deployment/shop/orders', drill: false };
    const open = { at: at(0), until: at(240), because: 'the symptom is treated, the cause is not' };
    expect(await store.limits.breaker(keys, at(0))).toBeNull();
    expect(await Promise.all([store.limits.openBreaker(keys, open), other.limits.openBreaker(keys, open)])).toEqual(
      expect.arrayContaining([true, false]),
    );
    expect(await other.limits.breaker(keys, at(239))).toEqual({ until: at(240), because: open.because });
    expect(await other.limits.breaker(keys, at(240))).toBeNull();
    expect(await other.limits.breaker({ ...keys, drill: true }, at(1))).toBeNull();
    expect(await store.limits.openBreaker(keys, { ...open, at: at(300), until: at(540) })).toBe(true);
    expect(await store.limits.breaker(keys, at(301))).toMatchObject({ until: at(540) });
  });
});

describe('services that are unwell', () => {
  test('are those of live incidents that are open or ended since; cancelled ones and drills are none', async () => {
    const here = world();
    const service = (id: string) => `${here.name}-${id}`;
    const ids = ['open', 'ended', 'old', 'cancelled', 'drill'] as const;
    const more = {
      open: {},
      ended: { status: 'resolved', resolvedAt: at(-10) },
      old: { status: 'resolved', resolvedAt: at(-90) },
      cancelled: { status: 'cancelled' },
      drill: { drill: true },
    } as const;
    for (const id of ids) {
      const view = aView(service(id), { service: service(id), declaredAt: at(-120) });
      await store.incidents.declare({ ...aNewIncident(service(id)), view }, null);
      await store.incidents.record({ ...view, ...more[id], version: 1 }, []);
    }
    const unwell = await store.limits.unwellServices({ drill: false, since: at(-30) });
    expect(unwell.filter((one) => one.service.startsWith(here.name))).toEqual([
      { service: service('ended'), from: at(-120), to: at(-10) },
      { service: service('open'), from: at(-120), to: null },
    ]);
  });
});
