/** argo-cd-roll-back: auto-sync off first, then to a deployment named by its id, and never back on by itself. */
import { afterEach, describe, expect, test } from 'vitest';
import { type ArgoApp, pushCommit, runApp } from '../../src/sandbox/argo-cd.ts';
import type { Plan, Target } from '../../src/schema/remediation.ts';
import { anEndpointBench, type EndpointBench } from '../support/endpoint-bench.ts';

const action = 'argo-cd-roll-back';
const storefront: Target = { cluster: 'argo-cd', kind: 'Application', namespace: '', name: 'storefront' };
const good = 'c41a7706f9e2';
const bad = 'e0ff5badbad1';
const later = '77aa11later2';

const open: EndpointBench[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

interface Scene extends EndpointBench {
  app: ArgoApp;
  /** Until nothing is under way any more. */
  settled(): void;
  revision(): string | undefined;
  planIt(params?: object): Promise<Plan>;
  refusalOf(params?: object): Promise<string>;
}

/** The bad commit came, and auto-sync deployed it. */
const aScene = async (commit: Parameters<typeof pushCommit>[2] | null = { broken: true }): Promise<Scene> => {
  const bench = await anEndpointBench();
  open.push(bench);
  const { world } = bench.sandbox;
  const [app] = world.state.endpoints.apps;
  if (!app) throw new Error('the sandbox has an application');
  const scene: Scene = {
    ...bench,
    app,
    settled: () => {
      for (let turns = 0; turns < 5; turns += 1) {
        bench.pass(10_000);
        runApp(world, app);
      }
    },
    revision: () => app.history.at(-1)?.revision,
    planIt: (params = {}) => bench.plan(action, storefront, params),
    refusalOf: (params = {}) => bench.refusal(action, storefront, params),
  };
  if (commit) {
    pushCommit(app, bad, commit);
    runApp(world, app);
    scene.settled();
  }
  return scene;
};
const isAutomated = ({ app }: Scene): boolean => app.syncPolicy.automated !== undefined;

describe('rolling an application back', () => {
  test('suspends auto-sync, returns to the last good deployment by its id, and leaves the rest to people', async () => {
    const scene = await aScene();
    expect(scene.revision()).toBe(bad);
    const plan = await scene.planIt();
    expect(plan).toMatchObject({
      blastClass: 'B2',
      sentence: `Roll back application storefront from deployment 6 (${bad}) to deployment 5 (${good}), with auto-sync off`,
    });
    expect(plan.requests.map((one) => 'path' in one && `${one.method} ${one.path}`)).toEqual([
      'PATCH /api/v1/applications/storefront',
      'POST /api/v1/applications/storefront/rollback',
    ]);
    expect(plan.requests[1]).toMatchObject({ body: { id: 5, prune: false, dryRun: false } });
    expect(plan.tasks).toEqual([
      `Revert commit ${bad} of storefront in git (https://git.lanternfish.example/shop/storefront.git), then switch auto-sync on again`,
    ]);
    expect(await scene.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
    expect(await scene.look(plan)).toMatchObject({ state: 'moving', observed: 'applied' });
    scene.settled();
    expect(await scene.look(plan)).toMatchObject({ state: 'settled', observed: 'applied' });
    expect(scene.revision()).toBe(good);
    expect(isAutomated(scene)).toBe(false);
  });

  test('stays rolled back while git has the bad commit, and auto-sync brings it back as soon as somebody switches it on', async () => {
    const scene = await aScene();
    const plan = await scene.planIt();
    await scene.apply(plan);
    scene.settled();
    scene.pass(10 * 60_000);
    expect(await scene.look(plan)).toMatchObject({ observed: 'applied' });
    scene.app.syncPolicy.automated = { prune: true, selfHeal: true };
    scene.settled();
    expect(scene.revision()).toBe(bad);
    expect(await scene.look(plan)).toMatchObject({ state: 'superseded' });
  });

  test('a plan changes nothing', async () => {
    const scene = await aScene();
    const before = JSON.stringify(scene.app);
    await scene.planIt();
    scene.settled();
    expect(JSON.stringify(scene.app)).toBe(before);
    expect(scene.writes).toEqual([]);
  });

  test('twice in a row is one effect, while it runs and when it is over', async () => {
    const scene = await aScene();
    const plan = await scene.planIt();
    await scene.apply(plan);
    expect(await scene.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: true });
    scene.settled();
    expect(await scene.apply(plan, { attempt: 3 })).toMatchObject({ outcome: 'applied', foundDone: true });
    expect(scene.writes).toHaveLength(2);
    expect(scene.app.history.map(({ revision }) => revision).slice(-2)).toEqual([bad, good]);
  });

  for (const path of ['/rollback', ''])
    test(`an answer of ${path || 'the patch'} that gets lost is one effect`, async () => {
      const scene = await aScene();
      const plan = await scene.planIt();
      await scene.fault({
        path: `/argo-cd/api/v1/applications/storefront${path}`,
        method: path ? 'POST' : 'PATCH',
        kind: 'dropAfterApply',
      });
      await scene.apply(plan).catch(() => null);
      expect(await scene.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied' });
      scene.settled();
      expect(scene.sandbox.world.state.effects.applications).toBe(2);
      expect(scene.revision()).toBe(good);
    });

  test('a rollback that gets lost is sent again, and auto-sync is not suspended twice', async () => {
    const scene = await aScene();
    const plan = await scene.planIt();
    await scene.fault({ path: '/argo-cd/api/v1/applications/storefront/rollback', kind: 'dropBeforeApply' });
    await expect(scene.apply(plan)).rejects.toThrow(/looked at again/);
    expect(isAutomated(scene)).toBe(false);
    expect(await scene.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied' });
    expect(scene.sandbox.world.state.effects.applications).toBe(2);
  });

  test('a deployment that came after the plan is left alone', async () => {
    const scene = await aScene();
    const plan = await scene.planIt();
    pushCommit(scene.app, later);
    scene.settled();
    expect(await scene.apply(plan)).toMatchObject({ outcome: 'superseded' });
    expect(scene.writes).toEqual([]);
    expect(scene.revision()).toBe(later);
    expect(isAutomated(scene)).toBe(true);
  });

  test('auto-sync that somebody sets otherwise in the last moment is left alone', async () => {
    const scene = await aScene();
    const plan = await scene.planIt();
    scene.beforeNextWrite(() => {
      scene.app.syncPolicy.automated = { prune: false, selfHeal: false };
    });
    expect(await scene.apply(plan)).toMatchObject({ outcome: 'superseded' });
    expect(scene.app.syncPolicy.automated).toEqual({ prune: false, selfHeal: false });
    expect(scene.revision()).toBe(bad);
  });

  test('waits while somebody else syncs, when it is planned and when it is carried out', async () => {
    const scene = await aScene();
    const busy = () => {
      scene.app.operation = { revision: bad, dryRun: false, by: 'admin', startedAtMs: scene.sandbox.world.nowMs() };
    };
    busy();
    await expect(scene.planIt()).rejects.toThrow(/is being synced; it will be looked at again/);
    scene.settled();
    const plan = await scene.planIt();
    scene.beforeNextWrite(() => busy());
    await expect(scene.apply(plan)).rejects.toThrow(/another operation is already in progress; it will be asked again/);
    scene.settled();
    expect(await scene.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied' });
    scene.settled();
    expect(scene.revision()).toBe(good);
  });

  test("somebody's dry run of the same rollback is not taken for ours", async () => {
    const scene = await aScene();
    delete scene.app.syncPolicy.automated;
    const plan = await scene.planIt();
    scene.app.operation = { revision: good, dryRun: true, by: 'admin', startedAtMs: scene.sandbox.world.nowMs() };
    scene.settled();
    expect(await scene.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
    scene.settled();
    expect(scene.revision()).toBe(good);
  });

  test('without auto-sync it is the one request', async () => {
    const scene = await aScene();
    delete scene.app.syncPolicy.automated;
    const plan = await scene.planIt();
    expect(plan.requests).toHaveLength(1);
    expect(plan.sentence).not.toContain('auto-sync');
    expect(await scene.apply(plan)).toMatchObject({ outcome: 'applied' });
  });

  test('auto-sync that is there but switched off is not touched', async () => {
    const scene = await aScene();
    scene.app.syncPolicy.automated = { enabled: false, prune: true };
    const plan = await scene.planIt();
    expect(plan.requests).toHaveLength(1);
    expect(await scene.apply(plan)).toMatchObject({ outcome: 'applied' });
    expect(scene.app.syncPolicy.automated).toEqual({ enabled: false, prune: true });
  });
});

describe('where it returns to', () => {
  test('a second rollback goes further back, never to and fro', async () => {
    const scene = await aScene();
    const first = await scene.planIt();
    await scene.apply(first);
    scene.settled();
    const second = await scene.planIt();
    expect(second.sentence).toContain('to deployment 4 (5d20c98be713)');
    await scene.apply(second);
    scene.settled();
    expect((await scene.planIt()).sentence).toContain('to deployment 3 (0b7c4e1f5a2d)');
    expect(await scene.refusalOf({ id: 6 })).toMatch(/deployment 6 was itself rolled back from before/);
  });

  test('after a rollback by hand it asks for an id, and takes one', async () => {
    const scene = await aScene();
    delete scene.app.syncPolicy.automated;
    scene.app.history.push({ id: 7, revision: good, deployedAt: new Date().toISOString(), by: 'admin' });
    expect(await scene.refusalOf()).toMatch(/name a deployment by its id/);
    expect((await scene.planIt({ id: 4 })).sentence).toContain('to deployment 4 (5d20c98be713)');
  });

  test('a deployment that is not there, or is what runs now, is refused', async () => {
    const scene = await aScene();
    expect(await scene.refusalOf({ id: 99 })).toMatch(/has no deployment 99; it has 3, 4, 5, 6/);
    expect(await scene.refusalOf({ id: 6 })).toMatch(/deployment 6 is what runs now/);
    expect(await scene.refusalOf({ revision: 'HEAD' })).toMatch(/cannot take these params/);
  });

  test('a sync that failed half way returns to the last deployment that succeeded', async () => {
    const scene = await aScene({ refused: true });
    expect(scene.revision()).toBe(good);
    const plan = await scene.planIt();
    expect(plan.sentence).toContain(`from a failed sync (${bad}) to deployment 5 (${good})`);
    expect(await scene.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
    scene.settled();
    expect(await scene.look(plan)).toMatchObject({ state: 'settled' });
    expect(scene.app.history.at(-1)).toMatchObject({ id: 6, revision: good });
  });

  test('a failed sync that somebody repeats after the plan is theirs', async () => {
    const scene = await aScene({ refused: true });
    const plan = await scene.planIt();
    scene.app.operation = { revision: bad, dryRun: false, by: 'admin', startedAtMs: scene.sandbox.world.nowMs() };
    scene.settled();
    expect(await scene.apply(plan)).toMatchObject({ outcome: 'superseded' });
    expect(scene.writes).toEqual([]);
  });

  test('with nothing earlier there is nothing to do', async () => {
    const scene = await aScene();
    scene.app.history = scene.app.history.slice(-1);
    expect(await scene.refusalOf()).toMatch(/no earlier deployment/);
    delete scene.app.syncPolicy.automated;
    scene.app.history = [];
    expect(await scene.refusalOf()).toMatch(/no deployment that succeeded/);
  });
});

describe('taking the rollback back', () => {
  test('returns to the deployment before, and restores auto-sync to the letter', async () => {
    const scene = await aScene();
    const policy = structuredClone(scene.app.syncPolicy);
    const plan = await scene.planIt();
    await scene.apply(plan);
    scene.settled();
    expect(await scene.apply(plan, { revert: true })).toMatchObject({ outcome: 'applied', foundDone: false });
    scene.settled();
    expect(scene.app.syncPolicy).toEqual(policy);
    expect(scene.revision()).toBe(bad);
    expect(await scene.apply(plan, { revert: true, attempt: 2 })).toMatchObject({ foundDone: true });
  });

  test('restores a policy that was nothing but auto-sync', async () => {
    const scene = await aScene();
    scene.app.syncPolicy = { automated: { selfHeal: true } };
    const plan = await scene.planIt();
    await scene.apply(plan);
    scene.settled();
    await scene.apply(plan, { revert: true });
    expect(scene.app.syncPolicy).toEqual({ automated: { selfHeal: true } });
  });

  test('leaves alone what somebody has deployed since', async () => {
    const scene = await aScene();
    const plan = await scene.planIt();
    await scene.apply(plan);
    scene.settled();
    scene.app.history.push({ id: 8, revision: later, deployedAt: new Date().toISOString(), by: 'admin' });
    expect(await scene.apply(plan, { revert: true })).toMatchObject({ outcome: 'superseded' });
    expect(isAutomated(scene)).toBe(false);
    expect(scene.revision()).toBe(later);
  });

  test('does not switch auto-sync on while somebody else keeps it from the old deployment', async () => {
    const scene = await aScene();
    const plan = await scene.planIt();
    await scene.apply(plan);
    scene.settled();
    scene.beforeNextWrite(() => {
      scene.app.operation = { revision: good, dryRun: true, by: 'admin', startedAtMs: scene.sandbox.world.nowMs() };
    });
    scene.app.operation = { revision: good, dryRun: true, by: 'admin', startedAtMs: scene.sandbox.world.nowMs() };
    await expect(scene.apply(plan, { revert: true })).rejects.toThrow(/already in progress/);
    expect(isAutomated(scene)).toBe(false);
    scene.settled();
    expect(await scene.apply(plan, { revert: true, attempt: 2 })).toMatchObject({ outcome: 'applied' });
    expect(isAutomated(scene)).toBe(true);
  });
});

describe('what becomes of it', () => {
  test('a deployment that is not well either is a failure, and not before it was looked at', async () => {
    const scene = await aScene();
    scene.app.broken.push(good);
    const plan = await scene.planIt();
    await scene.apply(plan);
    expect(await scene.look(plan)).toMatchObject({ state: 'moving' });
    scene.settled();
    expect(await scene.look(plan)).toMatchObject({ state: 'failed', finding: expect.stringContaining('degraded') });
  });

  test('a sync that fails is a failure with its reason, and is not begun again', async () => {
    const scene = await aScene();
    scene.app.refused.push(good);
    const plan = await scene.planIt();
    await scene.apply(plan);
    scene.settled();
    expect(await scene.look(plan)).toMatchObject({ state: 'failed', finding: expect.stringContaining('sync failed') });
    expect(await scene.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: true });
    expect(scene.writes).toHaveLength(2);
  });
});

describe('what keeps it from happening', () => {
  const kept: [string, Partial<ArgoApp>, RegExp][] = [
    [
      'an application of applications manages it',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'apps:argoproj.io/Application:argocd/storefront' } },
      /application apps manages it, would switch auto-sync on again/,
    ],
    [
      'it deploys itself',
      { resources: [{ kind: 'Application', name: 'storefront' }] },
      /application storefront itself manages it/,
    ],
    [
      'an ApplicationSet manages it',
      { ownerReferences: [{ kind: 'ApplicationSet', name: 'shop', controller: true }] },
      /ApplicationSet shop manages it/,
    ],
  ];
  for (const [why, more, words] of kept)
    test(`is refused where ${why}`, async () => {
      const scene = await aScene();
      Object.assign(scene.app, more);
      expect(await scene.refusalOf()).toMatch(words);
      expect(scene.writes).toEqual([]);
    });

  describe('where a label names another application', () => {
    const named = async (resources: ArgoApp['resources'] | null): Promise<Scene> => {
      const scene = await aScene();
      scene.app.labels = { 'app.kubernetes.io/instance': 'apps' };
      const { apps } = scene.sandbox.world.state.endpoints;
      if (resources) apps.push({ ...structuredClone(scene.app), name: 'apps', uid: 'another', labels: {}, resources });
      return scene;
    };

    test('it is refused when that one deploys it', async () => {
      const scene = await named([{ kind: 'Application', name: 'storefront' }]);
      expect(await scene.refusalOf()).toMatch(/application apps manages it/);
    });
    test('it is not refused when that one deploys something else, or is only the name of a release', async () => {
      const scene = await named([{ kind: 'Application', name: 'other' }]);
      expect((await scene.planIt()).guards.every((one) => one.passed)).toBe(true);
      expect((await (await named(null)).planIt()).guards.every((one) => one.passed)).toBe(true);
    });
    test('it is refused when that one cannot be looked up', async () => {
      const scene = await named(null);
      await scene.fault({ path: '/argo-cd/api/v1/applications/apps', kind: 'status', status: 403 });
      expect(await scene.refusalOf()).toMatch(/a label says that apps deploys it, and that cannot be looked up/);
    });
  });

  test('an annotation of something else is no keeper', async () => {
    const scene = await aScene();
    scene.app.annotations = { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/checkout', note: 'ours' };
    scene.app.labels = { 'app.kubernetes.io/instance': 'storefront' };
    expect((await scene.planIt()).guards.every((one) => one.passed)).toBe(true);
  });

  for (const [right, words] of [
    [
      'sync',
      /may not sync shop\/storefront at argo-cd: grant its account "applications, sync, shop\/storefront, allow"/,
    ],
    ['update', /may not update shop\/storefront/],
    ['get', /may not GET \/api\/v1\/applications\/storefront at argo-cd/],
  ] as const)
    test(`the plan names the right "${right}" when it is missing`, async () => {
      const scene = await aScene();
      scene.sandbox.world.state.endpoints.denied = [right];
      expect(await scene.refusalOf()).toMatch(words);
    });

  test('a right that is taken away after the plan ends it, with the right named', async () => {
    const scene = await aScene();
    const plan = await scene.planIt();
    scene.sandbox.world.state.endpoints.denied = ['update'];
    const result = await scene.apply(plan);
    expect(result).toMatchObject({ outcome: 'refused' });
    expect(result.finding).toContain('permission denied: applications, update, shop/storefront');
    expect(isAutomated(scene)).toBe(true);
  });

  test('an application that is not there is told', async () => {
    const scene = await aScene();
    const other = { ...storefront, name: 'other' };
    expect(await scene.refusal(action, other)).toBe('argo-cd has no application other');
  });
});
