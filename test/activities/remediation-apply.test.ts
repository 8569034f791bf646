/** What must hold before a request leaves, whatever the action: the yes, the hash, the switch, the ledger. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planHash } from '../../src/domain/remediation/plan-hash.ts';
import { aBench, type Bench, wireOf } from '../support/kube/a-remediation.ts';
import { startSandboxPlane } from '../support/kube/planes.ts';

let plane: Awaited<ReturnType<typeof startSandboxPlane>>;
let benches = 0;
beforeAll(async () => {
  plane = await startSandboxPlane();
});
afterAll(() => plane?.stop());

const afterBadRelease = async (): Promise<Bench> => {
  benches += 1;
  const given = await aBench(plane.cluster, `apply-${benches}`);
  await given.release('shop/checkout:2.4.0-stuck');
  return given;
};

describe('nothing is sent', () => {
  test('while the kill switch is on, for everything, for this cluster or for this action', async () => {
    for (const scope of ['global', 'cluster/test', 'action/roll-back-deployment']) {
      const given = await afterBadRelease();
      const plan = await given.plan('roll-back-deployment');
      given.store.stops.add(scope);
      expect(await given.apply(plan)).toMatchObject({
        outcome: 'held',
        finding: expect.stringContaining('kill switch'),
      });
      expect(given.wire.writes).toHaveLength(0);
      expect([...given.store.rows.values()][0]?.status).toBe('notApplied');
    }
  });

  test('unless the stop is of another cluster or another action', async () => {
    const given = await afterBadRelease();
    const plan = await given.plan('roll-back-deployment');
    given.store.stops.add('cluster/other').add('action/restart-workload');
    expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
  });

  test('when a change is to be taken back while the kill switch is on', async () => {
    const given = await afterBadRelease();
    const plan = await given.plan('roll-back-deployment');
    await given.apply(plan);
    given.store.stops.add('global');
    expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'held' });
    expect(given.wire.writes).toHaveLength(1);
  });

  test('while the kill switch cannot be read, and it is tried again later', async () => {
    const given = await afterBadRelease();
    const plan = await given.plan('roll-back-deployment');
    given.store.away.killSwitch = true;
    await expect(given.apply(plan)).rejects.toMatchObject({ nonRetryable: false });
    expect(given.wire.writes).toHaveLength(0);
    given.store.away.killSwitch = false;
    expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied' });
  });

  test('for a plan that was changed after its hash was made', async () => {
    const given = await afterBadRelease();
    const plan = await given.plan('roll-back-deployment');
    const other = { ...plan, desired: { template: { metadata: {}, spec: {} } } };
    expect(await given.apply(other)).toMatchObject({ outcome: 'refused', finding: expect.stringContaining('hash') });
  });

  test('on a yes to another plan', async () => {
    const given = await afterBadRelease();
    const plan = await given.plan('roll-back-deployment');
    const remediationId = given.approve(plan);
    const other = { ...plan, operationId: 'op-of-another-run' };
    const rehashed = { ...other, planHash: planHash(other) };
    expect(await given.apply(rehashed, { remediationId, attempt: 3 })).toMatchObject({
      outcome: 'refused',
      finding: 'nobody approved this plan',
    });
  });

  test('without a yes in the store; the first attempts wait for it to arrive', async () => {
    const given = await afterBadRelease();
    const plan = await given.plan('roll-back-deployment');
    await expect(given.apply(plan, { remediationId: 'unknown' })).rejects.toMatchObject({ nonRetryable: false });
    expect(await given.apply(plan, { remediationId: 'unknown', attempt: 3 })).toMatchObject({ outcome: 'refused' });
    expect(given.wire.writes).toHaveLength(0);
  });

  const wrongYes: [string, Parameters<Bench['approve']>[1], RegExp][] = [
    ['of somebody without the role', { by: { kind: 'person', id: 'vi', name: 'Vi' } }, /Vi may not approve/],
    ['of whoever proposed it', { proposedBy: 'ada' }, /proposed it/],
    ['of a machine', { by: { kind: 'muster', id: 'muster', name: 'Muster' } }, /only a person/],
    ['that is a no', { verdict: 'denied' }, /denied/],
    ['that did not come through the api', { seal: 'forged' }, /did not come through the API/],
  ];
  for (const [whose, decision, words] of wrongYes) {
    test(`on a yes ${whose}`, async () => {
      const given = await afterBadRelease();
      const plan = await given.plan('roll-back-deployment');
      const remediationId = given.approve(plan, decision);
      const result = await given.apply(plan, { remediationId });
      expect(result.outcome).toBe('refused');
      expect(result.finding).toMatch(words);
      expect(given.wire.writes).toHaveLength(0);
    });
  }

  test('when a guard fails that held while the plan was made', async () => {
    const given = await afterBadRelease();
    const plan = await given.plan('roll-back-deployment');
    await given.patch([{ op: 'add', path: '/metadata/labels', value: { 'muster.dev/rollback': 'unsafe' } }]);
    expect(await given.apply(plan)).toMatchObject({
      outcome: 'refused',
      finding: expect.stringContaining('not safe any more'),
    });
    expect(given.wire.writes).toHaveLength(0);
  });

  test('when the target is gone, or is a namesake made anew', async () => {
    const given = await afterBadRelease();
    const plan = await given.plan('roll-back-deployment');
    const other = { ...plan, requests: plan.requests.map((request) => ({ ...request, uid: 'another' })) };
    expect(await given.apply({ ...other, planHash: planHash(other) })).toMatchObject({ outcome: 'gone' });
    await given.cluster.request({ method: 'DELETE', path: wireOf(plan).path });
    expect(await given.apply(plan, { key: 'second' })).toMatchObject({ outcome: 'gone' });
  });

  test('a second time when somebody has changed back what was applied', async () => {
    const given = await afterBadRelease();
    const plan = await given.plan('roll-back-deployment');
    await given.apply(plan);
    await given.release('shop/checkout:2.4.0-stuck');
    expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'superseded' });
    expect(given.wire.writes).toHaveLength(1);
  });
});

describe('the yes of the operator', () => {
  test('counts, as that token holds every role', async () => {
    const given = await afterBadRelease();
    const plan = await given.plan('roll-back-deployment');
    const remediationId = given.approve(plan, { by: { kind: 'person', id: 'operator', name: 'Operator' } });
    expect(await given.apply(plan, { remediationId })).toMatchObject({ outcome: 'applied' });
  });
});

describe('the ledger', () => {
  test('says applied once it is, and the release that was left is marked as bad', async () => {
    const given = await afterBadRelease();
    const plan = await given.plan('roll-back-deployment');
    await given.apply(plan);
    expect([...given.store.rows.values()]).toMatchObject([
      { status: 'applied', kind: 'cluster', reference: plan.operationId },
    ]);
    expect([...(given.store.bad.get(`test/Deployment/${given.target.namespace}/checkout`) ?? [])]).toHaveLength(1);
  });

  test('lets an attempt that died after its request find the effect, also when nobody wrote it down', async () => {
    const given = await afterBadRelease();
    const plan = await given.plan('roll-back-deployment');
    const key = 'INC-2026-014/remediation/died/apply';
    await given.store.effects.intend({ key, incidentId: 'INC-2026-014', kind: 'cluster' });
    await given.store.effects.mark(key, 'started');
    await given.cluster.request(wireOf(plan));
    expect(await given.apply(plan, { key, attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: true });
    expect(given.wire.writes).toHaveLength(0);
    expect(given.store.rows.get(key)?.status).toBe('applied');
  });
});

describe('on the wire', () => {
  const deployments = (given: Bench) => `/kube/apis/apps/v1/namespaces/${given.target.namespace}/deployments`;

  test('a connection that breaks after the cluster applied the change is one effect', async () => {
    const given = await afterBadRelease();
    const plan = await given.plan('roll-back-deployment');
    const before = (await given.read()).metadata.generation;
    await plane.faults({ path: deployments(given), method: 'PATCH', kind: 'dropAfterApply', times: 1 });
    expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
    await given.settled(plan);
    await given.apply(plan, { attempt: 2 });
    expect(given.wire.writes).toHaveLength(1);
    expect((await given.read()).metadata.generation).toBeLessThanOrEqual(before + 2);
  });

  test('an error of the server says nothing about the effect, so the next attempt looks first', async () => {
    const given = await afterBadRelease();
    const plan = await given.plan('roll-back-deployment');
    await plane.faults({ path: deployments(given), method: 'PATCH', kind: 'status', status: 503, times: 1 });
    await expect(given.apply(plan)).rejects.toMatchObject({ nonRetryable: false });
    expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied' });
  });
});

test('a permission that is withdrawn after the plan was made is named as the rule to grant', async () => {
  const given = await afterBadRelease();
  const plan = await given.plan('roll-back-deployment');
  const path = `/kube/apis/apps/v1/namespaces/${given.target.namespace}/deployments`;
  await plane.faults({ path, method: 'PATCH', kind: 'status', status: 403, times: 1 });
  expect(await given.apply(plan)).toMatchObject({
    outcome: 'refused',
    finding: expect.stringContaining('resources ["deployments"], verbs ["patch"]'),
  });
});

test('an action that does not exist is refused by name, with those that do', async () => {
  const given = await afterBadRelease();
  expect(await given.refusal('delete-everything')).toMatch(/there are (\S+, )+scale-workload, restart-workload/);
});

test('a workload of the cluster itself is never changed', async () => {
  const given = await aBench(plane.cluster, 'kube-test');
  expect(await given.refusal('restart-workload')).toMatch(/never changed by Muster/);
});
