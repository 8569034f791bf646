import { describe, expect, test } from 'vitest';
import { type aBench, type Bench, until } from '../support/kube/a-remediation.ts';
import { onEachCluster } from '../support/kube/each-cluster.ts';
import { anAutoscaler, make } from '../support/kube/planes.ts';

onEachCluster(({ plane, bench }) => {
  /** 2.3.1 served, then the given release came. */
  const afterRelease = async (image: string, more?: Parameters<typeof aBench>[2]): Promise<Bench> => {
    const given = await bench(more);
    await given.release(image);
    return given;
  };
  const imageNow = async (given: Bench) => (await given.read()).spec.template.spec.containers[0]?.image;

  describe('rolling back', () => {
    for (const word of ['bad', 'late', 'oom', 'missing', 'stuck']) {
      test(`diagnoses a release whose pods are "${word}" and heals it`, async () => {
        const given = await afterRelease(`shop/checkout:2.4.0-${word}`);
        await until('the release hurts', async () => {
          const diagnosis = await given.diagnose();
          return diagnosis.proposal !== null && /not well/.test(diagnosis.finding);
        });
        const { proposal, suspects } = await given.diagnose();
        expect(proposal?.action).toBe('roll-back-deployment');
        expect(suspects[0]?.what).toContain(`2.3.1 to 2.4.0-${word}`);

        const plan = await given.plan('roll-back-deployment', proposal?.params);
        expect(plan.sentence).toMatch(
          /^Roll back checkout in shop-\d+ from revision 2 \(2\.4\.0-\w+\) to revision 1 \(2\.3\.1\)$/,
        );
        expect(plan.dryRun.accepted).toBe(true);
        expect(plan.blastClass).toBe('B2');
        expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
        expect(await given.settled(plan)).toMatchObject({ state: 'settled', observed: 'applied' });
        expect(await imageNow(given)).toBe('shop/checkout:2.3.1');
      });
    }

    test('a dry run and a plan change nothing', async () => {
      const given = await afterRelease('shop/checkout:2.4.0-bad');
      const before = await given.read();
      await given.plan('roll-back-deployment');
      expect((await given.read()).metadata.generation).toBe(before.metadata.generation);
      expect(given.wire.writes).toHaveLength(0);
    });

    test('the same plan twice is one effect, and the second time is found done', async () => {
      const given = await afterRelease('shop/checkout:2.4.0-bad');
      const plan = await given.plan('roll-back-deployment');
      await given.apply(plan);
      expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: true });
      expect(given.wire.writes).toHaveLength(1);
    });

    test('planning twice gives the same hash, so that an approval survives a second look', async () => {
      const given = await afterRelease('shop/checkout:2.4.0-stuck');
      const plan = await given.plan('roll-back-deployment');
      const again = await given.plan('roll-back-deployment');
      const sameRun = JSON.parse(JSON.stringify(again).replaceAll(again.operationId, plan.operationId));
      expect({ ...sameRun, planHash: '', guards: [] }).toEqual({ ...plan, planHash: '', guards: [] });
    });

    test('an answer that gets lost is one effect, and it is known that it happened', async () => {
      const given = await afterRelease('shop/checkout:2.4.0-bad');
      const plan = await given.plan('roll-back-deployment');
      given.wire.loseAnswer = true;
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(given.wire.writes).toHaveLength(1);
      expect(await imageNow(given)).toBe('shop/checkout:2.3.1');
    });

    test('a request that gets lost is sent again by the next attempt, not by the same one', async () => {
      const given = await afterRelease('shop/checkout:2.4.0-bad');
      const plan = await given.plan('roll-back-deployment');
      given.wire.loseRequest = true;
      await expect(given.apply(plan)).rejects.toThrow(/looked at again/);
      expect(given.wire.writes).toHaveLength(0);
      expect([...given.store.rows.values()].map((row) => row.status)).toEqual(['unknown']);
      expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied' });
      expect(given.wire.writes).toHaveLength(1);
    });

    test('a release that came after the plan is left alone', async () => {
      const given = await afterRelease('shop/checkout:2.4.0-bad');
      const plan = await given.plan('roll-back-deployment');
      await given.release('shop/checkout:2.4.1');
      expect(await given.apply(plan)).toMatchObject({ outcome: 'superseded' });
      expect(given.wire.writes).toHaveLength(0);
      expect(await imageNow(given)).toBe('shop/checkout:2.4.1');
    });

    test('a release that comes between our look and our request is left alone', async () => {
      const given = await afterRelease('shop/checkout:2.4.0-bad');
      const plan = await given.plan('roll-back-deployment');
      given.wire.beforeWrite = () => given.release('shop/checkout:2.4.1');
      expect(await given.apply(plan)).toMatchObject({ outcome: 'superseded' });
      expect(await imageNow(given)).toBe('shop/checkout:2.4.1');
    });

    test('an autoscaler that changes the replicas meanwhile is no obstacle', async () => {
      const given = await afterRelease('shop/checkout:2.4.0-bad');
      const plan = await given.plan('roll-back-deployment');
      await given.patch([{ op: 'replace', path: '/spec/replicas', value: 4 }]);
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
      expect((await given.read()).spec.replicas).toBe(4);
    });

    test('the inverse restores the template byte for byte', async () => {
      const given = await afterRelease('shop/checkout:2.4.0-stuck');
      const before = await given.read();
      const plan = await given.plan('roll-back-deployment');
      await given.apply(plan);
      expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'applied', foundDone: false });
      const after = await given.read();
      expect(JSON.stringify(after.spec.template)).toBe(JSON.stringify(before.spec.template));
      expect(after.metadata.annotations?.['muster.dev/op']).toBe(`${plan.operationId}-revert`);
    });

    test("the inverse does not undo somebody else's change", async () => {
      const given = await afterRelease('shop/checkout:2.4.0-bad');
      const plan = await given.plan('roll-back-deployment');
      await given.apply(plan);
      await given.release('shop/checkout:2.4.1');
      expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'superseded' });
      expect(await imageNow(given)).toBe('shop/checkout:2.4.1');
    });

    test('a bad release that was restarted is not taken for an earlier good one', async () => {
      const given = await afterRelease('shop/checkout:2.4.0-stuck');
      await given.patch([
        {
          op: 'add',
          path: '/spec/template/metadata/annotations',
          value: { 'kubectl.kubernetes.io/restartedAt': '2026-05-04T10:00:00Z' },
        },
      ]);
      const plan = await given.plan('roll-back-deployment');
      expect(plan.sentence).toContain('from revision 3 (2.4.0-stuck) to revision 1 (2.3.1)');
    });

    test('a second rollback goes further back, never to the release that was rolled back from', async () => {
      const given = await bench({ image: 'shop/checkout:2.3.0' });
      await given.release('shop/checkout:2.3.1');
      await given.rolledOut();
      await given.release('shop/checkout:2.4.0-stuck');
      const first = await given.plan('roll-back-deployment');
      await given.apply(first);
      await given.settled(first);
      expect(await imageNow(given)).toBe('shop/checkout:2.3.1');
      const second = await given.plan('roll-back-deployment');
      await given.apply(second);
      expect(await imageNow(given)).toBe('shop/checkout:2.3.0');
      expect(await given.refusal('roll-back-deployment')).toMatch(/nothing safe to return to/);
    });

    test('after a rollback made by hand, the release before is not trusted blindly', async () => {
      const given = await bench();
      await given.release('shop/checkout:2.4.0');
      await given.rolledOut();
      await given.release('shop/checkout:2.3.1');
      await given.rolledOut();
      expect(await given.refusal('roll-back-deployment')).toMatch(/name a revision/);
      expect((await given.plan('roll-back-deployment', { revision: 2 })).sentence).toContain('to revision 2 (2.4.0)');
    });

    test('fails early when the pods it brings back cannot start either', async () => {
      const given = await bench();
      await given.release('shop/checkout:2.3.2-missing');
      await given.release('shop/checkout:2.4.0-bad');
      const plan = await given.plan('roll-back-deployment', { revision: 2 });
      await given.apply(plan);
      expect(await given.settled(plan)).toMatchObject({ state: 'failed' });
    });

    const refused: [string, Parameters<typeof aBench>[2], RegExp][] = [
      [
        'Argo CD owns it',
        { metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps' } } },
        /Argo CD owns it/,
      ],
      ['Flux owns it', { metadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } } }, /Flux owns it/],
      [
        'its rollback is marked unsafe',
        { metadata: { labels: { 'muster.dev/rollback': 'unsafe' } } },
        /cannot be undone by going back/,
      ],
      ['it came from a moving tag', { image: 'shop/checkout:latest' }, /moving tag/],
      ['no history is kept', { spec: { revisionHistoryLimit: 0 } }, /no earlier revision/],
    ];
    for (const [why, more, words] of refused) {
      test(`is refused when ${why}`, async () => {
        const spec = {
          replicas: 3,
          selector: { matchLabels: { app: 'checkout' } },
          template: plainTemplate(more?.image),
          ...more?.spec,
        };
        const given = await afterRelease('shop/checkout:2.4.0-stuck', { ...more, spec });
        expect(await given.refusal('roll-back-deployment')).toMatch(words);
      });
    }

    test('is refused while rollouts are paused', async () => {
      const given = await afterRelease('shop/checkout:2.4.0');
      await given.rolledOut();
      await given.patch([{ op: 'add', path: '/spec/paused', value: true }]);
      expect(await given.refusal('roll-back-deployment')).toMatch(/paused/);
    });

    test('is refused where there is only one revision', async () => {
      expect(await (await bench()).refusal('roll-back-deployment')).toMatch(/no earlier revision/);
    });

    test('stops all pods under strategy Recreate, and says so by its class', async () => {
      const spec = {
        replicas: 3,
        selector: { matchLabels: { app: 'checkout' } },
        template: plainTemplate(),
        strategy: { type: 'Recreate' },
      };
      const given = await afterRelease('shop/checkout:2.4.0-stuck', { spec });
      const plan = await given.plan('roll-back-deployment');
      expect(plan.blastClass).toBe('B3');
    });
  });

  describe('scaling', () => {
    test('sets an absolute number, and its inverse sets the old one', async () => {
      const given = await bench();
      const plan = await given.plan('scale-workload', { factor: 1.5 });
      expect(plan.sentence).toMatch(/from 3 to 5$/);
      await given.apply(plan);
      expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
      await given.apply(plan, { attempt: 2 });
      expect((await given.read()).spec.replicas).toBe(5);
      expect(given.wire.writes).toHaveLength(1);
      await given.apply(plan, { revert: true });
      expect((await given.read()).spec.replicas).toBe(3);
    });

    test('leaves a number alone that somebody else has changed', async () => {
      const given = await bench();
      const plan = await given.plan('scale-workload', { replicas: 5 });
      given.wire.beforeWrite = () => given.patch([{ op: 'replace', path: '/spec/replicas', value: 4 }]);
      expect(await given.apply(plan)).toMatchObject({ outcome: 'superseded' });
      expect((await given.read()).spec.replicas).toBe(4);
    });

    test('raises the minimum of an autoscaler instead, as that would overwrite the number', async () => {
      const given = await bench();
      const path = `/apis/autoscaling/v2/namespaces/${given.target.namespace}/horizontalpodautoscalers`;
      await make(given.cluster, path, anAutoscaler('checkout-hpa', 'checkout', [2, 6]));
      expect(await given.refusal('scale-workload', { replicas: 7 })).toMatch(/maximum is 6/);
      const plan = await given.plan('scale-workload', { replicas: 5 });
      expect(plan.sentence).toContain('autoscaler checkout-hpa');
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
      const now = await given.cluster.request({ method: 'GET', path: `${path}/checkout-hpa` });
      expect(now.body).toMatchObject({ spec: { minReplicas: 5 } });
    });

    test('does not more than triple, nor go below what a disruption budget wants', async () => {
      const given = await bench();
      expect(await given.refusal('scale-workload', { replicas: 10 })).toMatch(/more than 3 times/);
      await given.cluster.request({
        method: 'POST',
        path: `/apis/policy/v1/namespaces/${given.target.namespace}/poddisruptionbudgets`,
        body: {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: { name: 'checkout' },
          spec: { minAvailable: 2, selector: { matchLabels: { app: 'checkout' } } },
        },
      });
      await until('the budget is known', async () =>
        /budget wants 2/.test(await given.refusal('scale-workload', { replicas: 1 })),
      );
      const plan = await given.plan('scale-workload', { replicas: 2 });
      expect(plan.blastClass).toBe('B3');
    });

    test('asks for exactly one of replicas and factor', async () => {
      const given = await bench();
      expect(await given.refusal('scale-workload', {})).toMatch(/either replicas or factor/);
      expect(await given.refusal('scale-workload', { replicas: 0 })).toMatch(/replicas/);
    });
  });

  describe('restarting', () => {
    test('replaces every pod once, however often it is asked', async () => {
      const given = await bench();
      const before = await podUids(given);
      const plan = await given.plan('restart-workload');
      await given.apply(plan);
      await given.apply(plan, { attempt: 2 });
      expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
      await until('the old pods are gone', async () => (await podUids(given)).length === 3);
      expect((await podUids(given)).filter((uid) => before.includes(uid))).toEqual([]);
      expect(given.wire.writes).toHaveLength(1);
      expect(plan.inverse).toBeNull();
    });

    test('has nothing that takes it back', async () => {
      const given = await bench();
      const plan = await given.plan('restart-workload');
      await given.apply(plan);
      expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'refused' });
    });

    test('is refused while a rollout is in progress', async () => {
      const given = await afterRelease('shop/checkout:2.4.0-stuck');
      await until('the rollout is seen', async () => /in progress/.test(await given.refusal('restart-workload')));
    });

    test('is refused when it would take the last healthy replica', async () => {
      const spec = {
        replicas: 1,
        selector: { matchLabels: { app: 'checkout' } },
        template: plainTemplate(),
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      };
      expect(await (await bench({ spec })).refusal('restart-workload')).toMatch(/last healthy replica/);
    });
  });

  describe('permission', () => {
    const rules = (verbs: string[]) => [
      { apiGroups: ['apps'], resources: ['deployments'], verbs },
      { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['list'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
    ];

    test('that is missing is named as the rule to grant', async () => {
      const given = await afterRelease('shop/checkout:2.4.0-stuck');
      await given.plan('roll-back-deployment');
      const limited = await plane().restricted(given.target.namespace, rules(['get']));
      given.wire.request = (request) => limited.request(request);
      expect(await given.refusal('roll-back-deployment')).toContain(
        `Muster may not patch deployments in ${given.target.namespace}: grant its Role apiGroups ["apps"], resources ["deployments"], verbs ["patch"]`,
      );
    });

    test('for one action is all that the action needs', async () => {
      const given = await afterRelease('shop/checkout:2.4.0-stuck');
      await given.plan('roll-back-deployment');
      const limited = await plane().restricted(given.target.namespace, rules(['get', 'patch']));
      given.wire.request = (request) => limited.request(request);
      const plan = await given.plan('roll-back-deployment');
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
    });
  });

  describe('diagnosing', () => {
    test('proposes nothing when all pods are well and nothing changed', async () => {
      const diagnosis = await (await bench()).diagnose();
      expect(diagnosis.proposal).toBeNull();
      expect(diagnosis.finding).toMatch(/All 3 pods of checkout are healthy/);
    });

    test('proposes a restart when memory ran out and no release explains it', async () => {
      const given = await bench({ image: 'shop/checkout:2.3.1-oom' });
      await until('a pod ran out of memory', async () => (await given.diagnose()).proposal !== null);
      expect((await given.diagnose()).proposal?.action).toBe('restart-workload');
    });

    test('keeps secrets in logs to itself, and names what it could not read', async () => {
      const given = await afterRelease('shop/checkout:2.4.0-bad');
      await until('there are logs', async () => {
        await given.diagnose();
        return (given.store.saved.get('INC-2026-014')?.logs.length ?? 0) > 0;
      });
      const evidence = given.store.saved.get('INC-2026-014');
      expect(JSON.stringify(evidence)).not.toContain('hunter2');
      expect(evidence?.revisions.map((one) => one.revision)).toEqual([2, 1]);
      const diagnosis = await given.diagnose({ queryRange: () => Promise.reject(new Error('down')) });
      expect(diagnosis.missing.join()).toContain('the symptom curve');
    });
  });
});

const plainTemplate = (image = 'shop/checkout:2.3.1') => ({
  metadata: { labels: { app: 'checkout' } },
  spec: { containers: [{ name: 'checkout', image }] },
});

const podUids = async (given: Bench): Promise<string[]> => {
  const path = `/api/v1/namespaces/${given.target.namespace}/pods`;
  const { body } = await given.cluster.request({ method: 'GET', path });
  return (body as { items: { metadata: { uid: string; deletionTimestamp?: string } }[] }).items
    .filter((pod) => !pod.metadata.deletionTimestamp)
    .map((pod) => pod.metadata.uid);
};
