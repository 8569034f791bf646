/** Rolling back StatefulSets and DaemonSets, whose history is kept in ControllerRevisions. */
import { describe, expect, test } from 'vitest';
import { type aBench, type Bench, until } from '../support/kube/a-remediation.ts';
import { onEachCluster } from '../support/kube/each-cluster.ts';

const kinds = [
  { kind: 'StatefulSet', action: 'roll-back-statefulset', resource: 'statefulsets', blastClass: 'B2' },
  { kind: 'DaemonSet', action: 'roll-back-daemonset', resource: 'daemonsets', blastClass: 'B3' },
] as const;

onEachCluster(({ plane, bench }) => {
  for (const { kind, action, resource, blastClass } of kinds) {
    describe.concurrent(`rolling back a ${kind}`, () => {
      /** 2.3.1 served, then the given release came and its first pod is on the way. */
      const afterRelease = async (image: string, more?: Parameters<typeof aBench>[2]): Promise<Bench> => {
        const given = await bench({ kind, ...more });
        await given.release(image);
        await until('a pod of the release is there', async () => (await imagesOf(given)).includes(image));
        return given;
      };

      test('goes back to the release before and settles', async () => {
        const given = await afterRelease('shop/checkout:2.4.0');
        await given.rolledOut();
        const plan = await given.plan(action);
        expect(plan.sentence).toMatch(
          /^Roll back checkout in shop-\d+ from revision 2 \(2\.4\.0\) to revision 1 \(2\.3\.1\)$/,
        );
        expect(plan.blastClass).toBe(blastClass);
        expect(plan.dryRun.accepted).toBe(true);
        expect(given.wire.writes).toHaveLength(0);
        expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
        expect(await given.settled(plan)).toMatchObject({ state: 'settled', observed: 'applied' });
        expect(new Set(await imagesOf(given))).toEqual(new Set(['shop/checkout:2.3.1']));
      });

      test('is what a diagnosis proposes for a release whose pods fail', async () => {
        const given = await afterRelease('shop/checkout:2.4.0-bad');
        await until('the release hurts', async () => (await given.diagnose()).proposal !== null);
        const { proposal, suspects } = await given.diagnose();
        expect(proposal?.action).toBe(action);
        expect(suspects[0]?.what).toBe('revision 2 of checkout (2.3.1 to 2.4.0-bad)');
        expect(given.store.saved.get('INC-2026-014')?.revisions.map((one) => one.revision)).toEqual([2, 1]);
      });

      test('the same plan twice is one effect, and the second time is found done', async () => {
        const given = await afterRelease('shop/checkout:2.4.0-bad');
        const plan = await given.plan(action);
        await given.apply(plan);
        expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: true });
        expect(given.wire.writes).toHaveLength(1);
      });

      test('an answer that gets lost is one effect, and it is known that it happened', async () => {
        const given = await afterRelease('shop/checkout:2.4.0-bad');
        const plan = await given.plan(action);
        given.wire.loseAnswer = true;
        expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
        expect(given.wire.writes).toHaveLength(1);
        expect(await imageNow(given)).toBe('shop/checkout:2.3.1');
      });

      test('a release that comes between our look and our request is left alone', async () => {
        const given = await afterRelease('shop/checkout:2.4.0-bad');
        const plan = await given.plan(action);
        given.wire.beforeWrite = () => given.release('shop/checkout:2.4.1');
        expect(await given.apply(plan)).toMatchObject({ outcome: 'superseded' });
        expect(await imageNow(given)).toBe('shop/checkout:2.4.1');
      });

      test('the inverse restores the template byte for byte', async () => {
        const given = await afterRelease('shop/checkout:2.4.0-bad');
        const before = await given.read();
        const plan = await given.plan(action);
        await given.apply(plan);
        expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'applied', foundDone: false });
        expect(JSON.stringify((await given.read()).spec.template)).toBe(JSON.stringify(before.spec.template));
      });

      test("the inverse does not undo somebody else's change", async () => {
        const given = await afterRelease('shop/checkout:2.4.0-bad');
        const plan = await given.plan(action);
        await given.apply(plan);
        await given.release('shop/checkout:2.4.1');
        expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'superseded' });
        expect(await imageNow(given)).toBe('shop/checkout:2.4.1');
      });

      test('a bad release that was restarted is not taken for an earlier good one', async () => {
        const given = await afterRelease('shop/checkout:2.4.0');
        await given.patch([
          {
            op: 'add',
            path: '/spec/template/metadata/annotations',
            value: { 'kubectl.kubernetes.io/restartedAt': '2026-05-04T10:00:00Z' },
          },
        ]);
        const plan = await given.plan(action);
        expect(plan.sentence).toContain('from revision 3 (2.4.0) to revision 1 (2.3.1)');
      });

      test('a second rollback goes further back, never to the release that was rolled back from', async () => {
        const given = await bench({ kind, image: 'shop/checkout:2.3.0' });
        for (const tag of ['2.3.1', '2.4.0']) {
          await given.release(`shop/checkout:${tag}`);
          await given.rolledOut();
        }
        for (const tag of ['2.3.1', '2.3.0']) {
          const plan = await given.plan(action);
          await given.apply(plan);
          await given.settled(plan);
          expect(await imageNow(given)).toBe(`shop/checkout:${tag}`);
        }
        expect(await given.refusal(action)).toMatch(/nothing safe to return to/);
      });

      test('after a rollback made by hand, the release before is not trusted blindly', async () => {
        const given = await bench({ kind });
        const { creationTimestamp } = (await given.read()).metadata;
        // Clusters date by the second, and revisions of one second have no order in time.
        await until('the next second', async () => Date.now() >= Date.parse(String(creationTimestamp)) + 2_000);
        for (const tag of ['2.4.0', '2.3.1']) {
          await given.release(`shop/checkout:${tag}`);
          await given.rolledOut();
        }
        expect(await given.refusal(action)).toMatch(/name a revision/);
        expect((await given.plan(action, { revision: 2 })).sentence).toContain('to revision 2 (2.4.0)');
      });

      const refused: [string, Parameters<typeof aBench>[2], RegExp][] = [
        [
          'Argo CD owns it',
          { metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps' } } },
          /Argo CD owns it/,
        ],
        ['its rollback is marked unsafe', { metadata: { labels: { 'muster.dev/rollback': 'unsafe' } } }, /going back/],
        ['it came from a moving tag', { image: 'shop/checkout:latest' }, /moving tag/],
      ];
      for (const [why, more, words] of refused) {
        test(`is refused when ${why}`, async () => {
          const given = await afterRelease('shop/checkout:2.4.0-stuck', more);
          expect(await given.refusal(action)).toMatch(words);
        });
      }

      test('is refused where only its own hand replaces pods', async () => {
        const given = await bench({ kind });
        await given.patch([{ op: 'replace', path: '/spec/updateStrategy', value: { type: 'OnDelete' } }]);
        await given.release('shop/checkout:2.4.0');
        expect(await given.refusal(action)).toMatch(/OnDelete replaces no pod/);
      });

      test('is refused where there is only one revision', async () => {
        expect(await (await bench({ kind })).refusal(action)).toMatch(/no earlier revision/);
      });

      test('names the rule that is missing, and needs no more than its own', async () => {
        const { restricted } = plane();
        const given = await afterRelease('shop/checkout:2.4.0-bad');
        const { namespace } = given.target;
        const lacking = `Muster may not patch ${resource} in ${namespace}: grant its Role apiGroups ["apps"], resources ["${resource}"], verbs ["patch"]`;
        const rules = (verbs: string[]) => [
          { apiGroups: ['apps'], resources: [resource], verbs },
          { apiGroups: ['apps'], resources: ['controllerrevisions'], verbs: ['list'] },
          { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
          { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
        ];
        const limited = await restricted(namespace, rules(['get']));
        given.wire.request = (request) => limited.request(request);
        expect(await given.refusal(action)).toContain(lacking);
        const enough = await restricted(namespace, rules(['get', 'patch']), 'muster-enough');
        given.wire.request = (request) => enough.request(request);
        await until('the rule is known', async () => (await given.refusal(action)) === 'nothing was refused');
        expect(await given.apply(await given.plan(action))).toMatchObject({ outcome: 'applied' });
      });
    });
  }

  describe.concurrent('rolling back a StatefulSet', () => {
    const action = 'roll-back-statefulset';
    const brokenRelease = async (more?: Parameters<typeof aBench>[2]): Promise<Bench> => {
      const given = await bench({ kind: 'StatefulSet', ...more });
      await given.release('shop/checkout:2.4.0-missing');
      await until('its last pod is broken', async () => /2\.4\.0-missing$/.test((await imagesOf(given)).at(-1) ?? ''));
      return given;
    };

    test('says that a broken pod blocks it, and goes on once somebody has deleted that', async () => {
      const given = await brokenRelease();
      const plan = await given.plan(action);
      expect(plan.risks.join()).toMatch(/a broken pod of the bad revision blocks the rollback and must be deleted/);
      await given.apply(plan);
      const blocked = await given.settled(plan);
      expect(blocked).toMatchObject({ state: 'failed', observed: 'applied' });
      expect(blocked.finding).toMatch(
        /^pod checkout-2 still runs the replaced revision \S+, is not ready \(\w+\) and blocks the others; delete it/,
      );
      expect(given.wire.writes).toHaveLength(1);

      const path = `/api/v1/namespaces/${given.target.namespace}/pods/checkout-2`;
      await given.cluster.request({ method: 'DELETE', path });
      await until('the new pod is taken up', async () => (await imagesOf(given)).at(-1) === 'shop/checkout:2.3.1');
      expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
    });

    test('is not blocked where pods are managed in parallel', async () => {
      const spec = {
        replicas: 3,
        serviceName: 'checkout',
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: { app: 'checkout' } },
        template: {
          metadata: { labels: { app: 'checkout' } },
          spec: { containers: [{ name: 'checkout', image: 'shop/checkout:2.3.1' }] },
        },
      };
      const given = await brokenRelease({ spec });
      const plan = await given.plan(action);
      expect(plan.risks.join()).not.toMatch(/must be deleted/);
      await given.apply(plan);
      expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
    });

    test('changes only pods above its partition, and says so', async () => {
      const given = await bench({ kind: 'StatefulSet' });
      await given.patch([{ op: 'add', path: '/spec/updateStrategy/rollingUpdate/partition', value: 2 }]);
      await given.release('shop/checkout:2.4.0');
      await until('the last pod is new', async () => (await imagesOf(given)).at(-1) === 'shop/checkout:2.4.0');
      const plan = await given.plan(action);
      expect(plan.risks.join()).toMatch(/Its partition is 2: only pods from that ordinal on follow/);
      await given.apply(plan);
      expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
      expect(new Set(await imagesOf(given))).toEqual(new Set(['shop/checkout:2.3.1']));
    });

    test('is refused when its partition holds every pod back', async () => {
      const given = await bench({ kind: 'StatefulSet' });
      await given.patch([{ op: 'add', path: '/spec/updateStrategy/rollingUpdate/partition', value: 3 }]);
      await given.release('shop/checkout:2.4.0');
      expect(await given.refusal(action)).toMatch(/holds all 3 pods back/);
    });
  });
});

const imageNow = async (given: Bench) => (await given.read()).spec.template.spec.containers[0]?.image;

/** Of the pods that stay, by name. */
const imagesOf = async (given: Bench): Promise<string[]> => {
  const { body } = await given.cluster.request({
    method: 'GET',
    path: `/api/v1/namespaces/${given.target.namespace}/pods`,
  });
  const { items } = body as {
    items: { metadata: { name: string; deletionTimestamp?: string }; spec: { containers: { image: string }[] } }[];
  };
  return items
    .filter((pod) => !pod.metadata.deletionTimestamp)
    .sort((one, other) => one.metadata.name.localeCompare(other.metadata.name))
    .map((pod) => pod.spec.containers[0]?.image ?? '');
};
