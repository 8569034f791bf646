/**
 * Releases that fail in the ways releases fail: named as the cause, rolled back, healed - and never brought back, however
 * often and whenever the rollback is asked for again. What one rollback does is in remediation-cluster.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { type Bench, until } from '../support/kube/a-remediation.ts';
import { inNamespace, listRaw, onEachCluster, type Raw } from '../support/kube/each-cluster.ts';

const action = 'roll-back-deployment';
const good = 'shop/checkout:2.3.1';
const words = [
  ['a crash loop', 'bad'],
  ['a fault that shows only after the rollout has succeeded', 'late'],
  ['pods that run out of memory', 'oom'],
  ['an image that is not there', 'missing'],
  ['pods that are never ready', 'stuck'],
] as const;

onEachCluster(({ bench }) => {
  const podsNow = async (given: Bench): Promise<Raw[]> =>
    (await listRaw(given.cluster, inNamespace(given, '/api/v1', 'pods'), 'app=checkout')).filter(
      (pod) => !pod.metadata.deletionTimestamp,
    );
  const imageNow = async (given: Bench) => (await given.read()).spec.template.spec.containers[0]?.image;
  const imagesOf = (pods: Raw[]) =>
    pods.map((pod) => (pod.spec as { containers: { image: string }[] }).containers[0]?.image);
  const isReady = (pod: Raw): boolean =>
    ((pod.status?.conditions ?? []) as { type: string; status: string }[]).some(
      (one) => one.type === 'Ready' && one.status === 'True',
    );
  const hurts = (given: Bench): Promise<void> =>
    until('the release hurts', async () => {
      const { proposal, finding } = await given.diagnose();
      return proposal !== null && /not well/.test(finding);
    });
  const restart = (given: Bench, at: string): Promise<void> =>
    given.patch([
      {
        op: 'add',
        path: '/spec/template/metadata/annotations',
        value: { 'kubectl.kubernetes.io/restartedAt': at },
      },
    ]);
  const conditionOf = async (given: Bench, type: string) =>
    ((await given.read()).status.conditions as { type: string; status: string; reason?: string }[] | undefined)?.find(
      (one) => one.type === type,
    );

  // One after the other: with several bad workloads on its nodes a diagnosis would rightly look at the nodes.
  describe('a release with', () => {
    for (const [what, word] of words) {
      test(`${what} is never brought back, whenever its rollback is asked for again`, async () => {
        const given = await bench();
        const bad = `shop/checkout:2.4.0-${word}`;
        await given.release(bad);
        if (word === 'late') await given.rolledOut();
        await hurts(given);
        const { suspects, proposal } = await given.diagnose();
        expect(suspects[0]?.what).toContain(`2.3.1 to 2.4.0-${word}`);
        expect(proposal?.action).toBe(action);

        const plan = await given.plan(action, proposal?.params);
        given.wire.loseRequest = true;
        await expect(given.apply(plan)).rejects.toThrow(/looked at again/);
        expect(await imageNow(given)).toBe(bad);
        given.wire.loseAnswer = true;
        expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied' });
        // At once, while the rollout goes back, and when it is over: by the same run, and by another one.
        const asked = [await given.refusal(action)];
        await given.apply(plan, { attempt: 3 });
        expect(await given.settled(plan)).toMatchObject({ state: 'settled', observed: 'applied' });
        asked.push(await given.refusal(action));
        expect(await given.apply(plan, { attempt: 4 })).toMatchObject({ outcome: 'applied', foundDone: true });
        // Nobody remembers what was rolled back from: it is asked about, and not chosen.
        given.store.bad.clear();
        asked.push(await given.refusal(action));
        for (const refusal of asked) expect(refusal).toMatch(/nothing safe to return to|name a revision/);

        expect(given.wire.writes).toHaveLength(1);
        expect(await imageNow(given)).toBe(good);
        await until('only good pods are left', async () => {
          const pods = await podsNow(given);
          return pods.length === 3 && pods.every(isReady) && new Set(imagesOf(pods)).size === 1;
        });
        expect(new Set(imagesOf(await podsNow(given)))).toEqual(new Set([good]));
      });

      test(`${what} is not taken for an earlier good one after it was restarted, and restarted again`, async () => {
        const given = await bench();
        await given.release(`shop/checkout:2.4.0-${word}`);
        await restart(given, '2026-05-04T10:00:00Z');
        await restart(given, '2026-05-04T10:05:00Z');
        await hurts(given);
        const { suspects, proposal } = await given.diagnose();
        expect(suspects[0]?.what).toContain(`2.3.1 to 2.4.0-${word}`);
        expect(proposal?.action).toBe(action);
        const plan = await given.plan(action, proposal?.params);
        expect(plan.sentence).toContain(`from revision 4 (2.4.0-${word}) to revision 1 (2.3.1)`);
        expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
        expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
        expect(await imageNow(given)).toBe(good);
        expect(await given.refusal(action)).toMatch(/nothing safe to return to|name a revision/);
      });
    }
  });

  test('a rollout that passed its deadline heals, and its old verdict is not held against the way back', async () => {
    const given = await bench();
    await given.release('shop/checkout:2.4.0-stuck');
    await until('its deadline has passed', async () => {
      const progressing = await conditionOf(given, 'Progressing');
      return progressing?.reason === 'ProgressDeadlineExceeded';
    });
    const plan = await given.plan(action);
    await given.apply(plan);
    expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
    expect(await imageNow(given)).toBe(good);
  });

  test('after the next release the way back leads to the last good one, not to the bad one between', async () => {
    const given = await bench();
    await given.release('shop/checkout:2.4.0-bad');
    const plan = await given.plan(action);
    await given.apply(plan);
    await given.settled(plan);
    await given.release('shop/checkout:2.4.1');
    await given.rolledOut();
    expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'superseded' });
    expect(await imageNow(given)).toBe('shop/checkout:2.4.1');
    expect((await given.plan(action)).sentence).toContain('from revision 4 (2.4.1) to revision 3 (2.3.1)');
  });
});
