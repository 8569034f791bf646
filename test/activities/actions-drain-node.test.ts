/** drain-node: a node is emptied within disruption budgets, and only what Muster cordoned is ever lifted. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, describe, expect, test } from 'vitest';
import type { ActionContext } from '../../activities/actions/action.ts';
import { drainNode } from '../../activities/actions/drain-node.ts';
import { evictionOf } from '../../activities/actions/eviction.ts';
import { type NodePod, sortOut } from '../../activities/actions/node-pods.ts';
import { observe } from '../../activities/run/observe.ts';
import { type Bench, until } from '../support/kube/a-remediation.ts';
import { inNamespace, listRaw, onEachCluster, type Raw, readRaw, withhold } from '../support/kube/each-cluster.ts';
import {
  aBudget,
  aNode,
  aPool,
  changeNode,
  nodeNow,
  onNode,
  type Pool,
  podsOn,
  removeNode,
} from '../support/kube/nodes.ts';
import { make } from '../support/kube/planes.ts';

const action = 'drain-node';
const mark = 'muster.dev/cordoned-by';
const cordon = [{ op: 'add', path: '/spec/unschedulable', value: true }];
const uncordon = [{ op: 'remove', path: '/spec/unschedulable' }];

onEachCluster(({ bench, plane }) => {
  const made: string[] = [];
  afterEach(async () => {
    for (const name of made.splice(0)) await removeNode(plane().cluster, name);
  });
  const pool = (more?: Parameters<typeof aPool>[3]): Promise<Pool> => aPool(plane().cluster, bench, made, more);
  const now = (name: string): Promise<Raw> => nodeNow(plane().cluster, name);
  const markOf = async (name: string) => (await now(name)).metadata.annotations?.[mark];
  const evictionsOf = (given: Bench) => given.wire.writes.filter(({ path }) => path.endsWith('/eviction'));
  /** Deployment `checkout` has as many ready pods as it wants. */
  const whole = (given: Bench) => given.rolledOut();
  /** From now on what replaces the pods finds no node, though the cluster has enough of them. */
  const withoutRoom = async ({ given, spare }: Pool): Promise<void> => {
    made.push(await aNode(given.cluster, `${spare}-other`));
    await changeNode(given.cluster, spare, cordon);
  };

  describe('draining a node', () => {
    test('keeps new pods away, moves those that may go, and leaves those that belong to the node', async () => {
      const { given, full, spare } = await pool();
      const labels = { app: 'agent' };
      await make(given.cluster, inNamespace(given, '/apis/apps/v1', 'daemonsets'), {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: 'agent' },
        spec: {
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'shop/agent:1.0.0' }] } },
        },
      });
      const agents = async () =>
        (await listRaw(given.cluster, inNamespace(given, '/api/v1', 'pods'), 'app=agent'))
          .filter((pod) => pod.spec.nodeName === full)
          .map((pod) => pod.metadata.uid);
      await until('the DaemonSet has a pod there', async () => (await agents()).length === 1);
      const before = await agents();

      const plan = await given.plan(action, {}, onNode(full));
      expect(plan).toMatchObject({ blastClass: 'B3', within: 600_000, dryRun: { accepted: true } });
      expect(plan.sentence).toBe(`Drain node ${full}: cordon it and evict 2 pods within 10 min`);
      expect(plan.undo).toMatch(/Pods that left do not return/);
      expect(await podsOn(given, full)).toHaveLength(2);
      expect(await markOf(full)).toBeUndefined();

      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false, partly: false });
      expect(await given.settled(plan)).toMatchObject({
        state: 'settled',
        finding: `2 pods left ${full}, and what replaces them is ready elsewhere`,
      });
      expect((await now(full)).spec.unschedulable).toBe(true);
      expect(await markOf(full)).toBe(plan.operationId);
      expect(await podsOn(given, full)).toEqual([]);
      expect(await podsOn(given, spare)).toHaveLength(3);
      expect(await agents()).toEqual(before);
      expect(given.wire.writes).toHaveLength(3);
    });

    test('twice is one effect, and the second time is found done', async () => {
      const { given, full } = await pool();
      const plan = await given.plan(action, {}, onNode(full));
      await given.apply(plan);
      expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: true });
      expect(given.wire.writes).toHaveLength(3);
    });

    test('with an answer that gets lost is one effect, and goes on from where it is', async () => {
      const { given, full } = await pool();
      const plan = await given.plan(action, {}, onNode(full));
      given.wire.loseAnswer = true;
      await expect(given.apply(plan)).rejects.toThrow(/looked at again/);
      expect(await markOf(full)).toBe(plan.operationId);
      expect(evictionsOf(given)).toEqual([]);
      expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(given.wire.writes).toHaveLength(3);
    });

    test('evicts nothing once somebody else cordoned the node between our look and our request', async () => {
      const { given, full } = await pool();
      const plan = await given.plan(action, {}, onNode(full));
      given.wire.beforeWrite = () => changeNode(given.cluster, full, cordon);
      expect(await given.apply(plan)).toMatchObject({ outcome: 'superseded', partly: false });
      expect(evictionsOf(given)).toEqual([]);
      expect(await podsOn(given, full)).toHaveLength(2);
      expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'superseded' });
      expect((await now(full)).spec.unschedulable).toBe(true);
    });

    test('neither cordons nor uncordons a node that somebody else had cordoned', async () => {
      const { given, full } = await pool();
      await changeNode(given.cluster, full, cordon);
      const plan = await given.plan(action, {}, onNode(full));
      expect(plan.sentence).toBe(`Drain node ${full}, which is cordoned already: evict 2 pods within 10 min`);
      expect(plan.inverse).toBeNull();
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
      expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
      expect(given.wire.writes).toHaveLength(2);
      expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'refused' });
      expect((await now(full)).spec.unschedulable).toBe(true);
      expect(await markOf(full)).toBeUndefined();
    });

    test('is refused once the cordon that it found has been lifted, as new pods would come', async () => {
      const { given, full } = await pool();
      await changeNode(given.cluster, full, cordon);
      const plan = await given.plan(action, {}, onNode(full));
      await changeNode(given.cluster, full, uncordon);
      expect(await given.apply(plan)).toMatchObject({
        outcome: 'refused',
        finding: expect.stringContaining('lifted the cordon'),
      });
      expect(given.wire.writes).toEqual([]);
    });

    test('lets the pods of a disruption budget go one after the other, and never below it', async () => {
      const pair = await pool({ elsewhere: 0 });
      const { given, full, spare } = pair;
      await aBudget(given, 1);
      await withoutRoom(pair);
      const plan = await given.plan(action, {}, onNode(full));
      const left: number[] = [];
      const honest = given.wire.request.bind(given.wire);
      given.wire.request = async (request) => {
        const answer = await honest(request);
        if (!request.query?.dryRun && request.path.endsWith('/eviction') && answer.status < 300)
          left.push((await podsReady(given)).length);
        return answer;
      };
      await expect(given.apply(plan)).rejects.toThrow(/not allowed yet: .*disruption budget checkout.*asked again/);
      expect(left).toEqual([1]);
      await changeNode(given.cluster, spare, uncordon);
      await whole(given);
      await until('the budget can give again', async () => {
        const budget = `${inNamespace(given, '/apis/policy/v1', 'poddisruptionbudgets')}/checkout`;
        return (await readRaw(given.cluster, budget))?.status?.disruptionsAllowed === 1;
      });
      expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(left).toHaveLength(2);
      expect(Math.min(...left)).toBe(1);
      expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
    });

    test('stops at its deadline, and what takes it back lifts our cordon and brings no pod back', async () => {
      const pair = await pool({ elsewhere: 0 });
      const { given, full } = pair;
      await aBudget(given, 1);
      await withoutRoom(pair);
      const plan = await given.plan(action, { deadline: '2m' }, onNode(full));
      expect(plan.within).toBe(120_000);
      expect(await given.apply(plan, { leftMs: 30_000 })).toMatchObject({
        outcome: 'refused',
        partly: true,
        finding: expect.stringContaining('disruption budget checkout'),
      });
      expect(await podsOn(given, full)).toHaveLength(1);
      expect(await markOf(full)).toBe(plan.operationId);
      expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(await given.settled(plan, { revert: true })).toMatchObject({
        state: 'settled',
        finding: `${full} takes new pods again; those that left it do not return`,
      });
      expect((await now(full)).spec.unschedulable).toBeUndefined();
      expect(await markOf(full)).toBeUndefined();
      expect((await now(full)).metadata.annotations).toMatchObject({ 'shop.example/rack': '7' });
      expect(evictionsOf(given).length).toBeGreaterThan(0);
    });

    test('goes no further once somebody has lifted our cordon, and does not cordon again', async () => {
      const pair = await pool({ elsewhere: 0 });
      const { given, full } = pair;
      await aBudget(given, 1);
      await withoutRoom(pair);
      const plan = await given.plan(action, {}, onNode(full));
      await expect(given.apply(plan)).rejects.toThrow(/asked again/);
      await changeNode(given.cluster, full, uncordon);
      const sent = given.wire.writes.length;
      expect(await given.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'superseded', partly: true });
      expect(given.wire.writes).toHaveLength(sent);
      expect(await podsOn(given, full)).not.toEqual([]);
      expect((await now(full)).spec.unschedulable).toBeUndefined();
    });

    test('is not taken back once somebody has taken the cordon over', async () => {
      const { given, full } = await pool();
      const plan = await given.plan(action, {}, onNode(full));
      await given.apply(plan);
      await changeNode(given.cluster, full, [{ op: 'remove', path: '/metadata/annotations/muster.dev~1cordoned-by' }]);
      expect(await given.apply(plan, { revert: true })).toMatchObject({ outcome: 'superseded' });
      expect((await now(full)).spec.unschedulable).toBe(true);
    });

    test('is not settled while what replaces the pods is not ready', async () => {
      const pair = await pool();
      const { given, full, spare } = pair;
      await withoutRoom(pair);
      const plan = await given.plan(action, {}, onNode(full));
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
      await until('the pods are gone', async () => (await podsOn(given, full)).length === 0);
      expect(await given.look(plan)).toMatchObject({
        state: 'moving',
        finding: expect.stringMatching(
          /^0 of 2 replacements of ReplicaSet shop-\d+\/checkout-\w+ are ready elsewhere$/,
        ),
      });
      await changeNode(given.cluster, spare, uncordon);
      expect(await given.settled(plan)).toMatchObject({ state: 'settled' });
    });

    test('is refused before anything is touched where a budget can never allow it, and names pod and budget', async () => {
      const { given, full } = await pool();
      await aBudget(given, 3);
      expect(await given.refusal(action, {}, onNode(full))).toMatch(
        /pod shop-\d+\/checkout-\S+: disruption budget checkout wants all 3 pods healthy/,
      );
      const other = await pool();
      await aBudget(other.given, 1);
      await aBudget(other.given, 1, 'second');
      expect(await other.given.refusal(action, {}, onNode(other.full))).toMatch(
        /pod shop-\d+\/checkout-\S+: disruption budgets checkout and second both cover it/,
      );
      expect(await markOf(full)).toBeUndefined();
    });

    test('is refused where it would take every ready replica of a workload that has no budget', async () => {
      const { given, full } = await pool({ elsewhere: 0 });
      expect(await given.refusal(action, {}, onNode(full))).toMatch(
        /it would take all ready replicas of Deployment shop-\d+\/checkout, and no disruption budget says/,
      );
      await aBudget(given, 1);
      expect((await given.plan(action, {}, onNode(full))).dryRun.accepted).toBe(true);
    });

    test('is refused for files in emptyDir volumes, unless somebody says that they may be lost', async () => {
      const volumes = [{ name: 'cache', emptyDir: {} }];
      const { given, full } = await pool({ podSpec: { volumes } });
      expect(await given.refusal(action, {}, onNode(full))).toMatch(
        /cannot be drained: pod shop-\d+\/checkout-\S+ keeps files in emptyDir cache, which would be lost: give allowEmptyDir: true/,
      );
      const plan = await given.plan(action, { allowEmptyDir: true }, onNode(full));
      expect(plan.risks.join(' ')).toContain('Files in emptyDir volumes of these pods are lost');
      expect(await given.apply(plan)).toMatchObject({ outcome: 'applied' });
    });

    test('is refused for a pod that nobody would make again', async () => {
      const { given, full } = await pool();
      await make(given.cluster, inNamespace(given, '/api/v1', 'pods'), {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'by-hand', labels: { app: 'by-hand' } },
        spec: { nodeName: full, containers: [{ name: 'main', image: 'shop/tool:1.0.0' }] },
        status: { phase: 'Running', qosClass: 'BestEffort', conditions: [] },
      });
      expect(await given.refusal(action, {}, onNode(full))).toMatch(
        /pod shop-\d+\/by-hand has no controller: nobody would make another one/,
      );
      expect(given.wire.writes).toEqual([]);
    });

    test('is refused while another node is out of service by Muster, and not for a cordon of somebody else', async () => {
      const first = await pool();
      const second = await pool();
      await changeNode(first.given.cluster, second.spare, cordon);
      const plan = await first.given.plan(action, {}, onNode(first.full));
      await first.given.apply(plan);
      expect(await second.given.refusal(action, {}, onNode(second.full))).toContain(
        `${first.full} is out of service already, by run ${plan.operationId}`,
      );
      await first.given.apply(plan, { revert: true });
      expect((await second.given.plan(action, {}, onNode(second.full))).dryRun.accepted).toBe(true);
    });

    test("is refused for the control plane, for the worker's own node, and when too few nodes would be left", async () => {
      const { given, full, spare } = await pool();
      const role = 'node-role.kubernetes.io/control-plane';
      made.push(await aNode(given.cluster, `${full}-ruler`, { labels: { [role]: '' } }));
      expect(await given.refusal(action, {}, onNode(`${full}-ruler`))).toMatch(/control plane/);
      const worker = await bench({ ownNode: full });
      expect(await worker.refusal(action, {}, onNode(full))).toMatch(/the worker that would do it runs there/);
      const others = (await listRaw(given.cluster, '/api/v1/nodes')).map((node) => node.metadata.name);
      const cordoned = others.filter((name) => name !== full && name !== spare);
      for (const name of cordoned) await changeNode(given.cluster, name, cordon);
      expect(await given.refusal(action, {}, onNode(full))).toMatch(/would still be ready.*at least 51 % must/);
      for (const name of cordoned) await changeNode(given.cluster, name, uncordon);
    });

    test('takes no longer than half an hour and no less than two minutes', async () => {
      const { given, full } = await pool();
      expect(await given.refusal(action, { deadline: '31m' }, onNode(full))).toMatch(/from 2 min to 30 min/);
      expect(await given.refusal(action, { deadline: '1m' }, onNode(full))).toMatch(/from 2 min to 30 min/);
      expect((await given.plan(action, { deadline: '30m' }, onNode(full))).within).toBe(1_800_000);
    });

    test('names the rule to grant when it may not', async () => {
      const { given, full } = await pool();
      withhold(given, 'POST', /eviction/);
      expect(await given.refusal(action, {}, onNode(full))).toContain(
        `Muster may not create pods/eviction in ${given.target.namespace}: grant its Role apiGroups [""], resources ["pods/eviction"], verbs ["create"]`,
      );
      withhold(given, 'GET', /^\/api\/v1\/pods$/);
      expect(await given.refusal(action, {}, onNode(full))).toContain(
        'Muster may not list pods in the cluster: grant its ClusterRole apiGroups [""], resources ["pods"], verbs ["list"]',
      );
    });
  });

  const podsReady = async (given: Bench): Promise<Raw[]> =>
    (await listRaw(given.cluster, inNamespace(given, '/api/v1', 'pods'), 'app=checkout')).filter(
      (pod) =>
        !pod.metadata.deletionTimestamp &&
        ((pod.status?.conditions ?? []) as { type: string; status: string }[]).some(
          (one) => one.type === 'Ready' && one.status === 'True',
        ),
    );
});

describe('a drain of a node with many pods', () => {
  test('says that it is alive while it looks for one after the other', async () => {
    const pods = Array.from({ length: 110 }, (_, at) => ({ namespace: 'shop', name: `pod-${at}`, uid: `uid-${at}` }));
    const step = { before: null, desired: null, requests: pods.map(evictionOf) };
    const empty = { request: async () => ({ status: 404, body: null }), text: async () => '' };
    const environment = new MockActivityEnvironment();
    let beats = 0;
    environment.on('heartbeat', () => {
      beats += 1;
    });
    const looking = () => observe({ cluster: empty } as unknown as ActionContext, drainNode, step);
    expect(await environment.run(looking)).toEqual({ whole: 'applied', pending: [], begun: true });
    expect(beats).toBe(110);
  });
});

describe('of the pods of a node a drain', () => {
  const owner = (kind: string) => [{ kind, name: 'of-it', uid: 'u', controller: true }];
  const aPod = (more: { metadata?: object; spec?: object; status?: object } = {}): NodePod =>
    ({
      metadata: { name: 'one', namespace: 'shop', uid: 'uid', ownerReferences: owner('ReplicaSet'), ...more.metadata },
      spec: { containers: [], ...more.spec },
      status: { phase: 'Running', ...more.status },
    }) as unknown as NodePod;
  const scratch = { volumes: [{ name: 'cache', emptyDir: {} }] };
  const bare = { ownerReferences: [] };
  const finished = { phase: 'Succeeded' };
  const fateOf = (pod: NodePod, allowEmptyDir = false) => {
    const { taken, blockers } = sortOut([pod], { allowEmptyDir });
    return blockers.length > 0 ? 'blocks' : taken.length > 0 ? 'taken' : 'stays';
  };
  test.for([
    ['takes one that has a controller', aPod(), 'taken'],
    ['takes one of a Job', aPod({ metadata: { ownerReferences: owner('Job') } }), 'taken'],
    ['leaves one of a DaemonSet', aPod({ metadata: { ownerReferences: owner('DaemonSet') } }), 'stays'],
    [
      'leaves one of a DaemonSet whatever volumes it has',
      aPod({ metadata: { ownerReferences: owner('DaemonSet') }, spec: scratch }),
      'stays',
    ],
    [
      'takes one of a DaemonSet that has finished',
      aPod({ metadata: { ownerReferences: owner('DaemonSet') }, status: { phase: 'Failed' } }),
      'taken',
    ],
    [
      'leaves a mirror of a static pod',
      aPod({ metadata: { ...bare, annotations: { 'kubernetes.io/config.mirror': 'x' } } }),
      'stays',
    ],
    [
      'leaves one that ends already',
      aPod({ metadata: { ...bare, deletionTimestamp: '2026-05-04T10:00:00Z' } }),
      'stays',
    ],
    ['is blocked by one without a controller', aPod({ metadata: bare }), 'blocks'],
    ['takes one without a controller that has finished', aPod({ metadata: bare, status: finished }), 'taken'],
    ['is blocked by files in an emptyDir', aPod({ spec: scratch }), 'blocks'],
    ['takes one with an emptyDir that has finished', aPod({ spec: scratch, status: finished }), 'taken'],
    ['is blocked by one of the cluster itself', aPod({ metadata: { namespace: 'kube-system' } }), 'blocks'],
  ] as const)('%s', ([, pod, fate]) => {
    expect(fateOf(pod)).toBe(fate);
  });

  test('takes one with an emptyDir when that is allowed, and still none without a controller', () => {
    expect(fateOf(aPod({ spec: scratch }), true)).toBe('taken');
    expect(fateOf(aPod({ spec: scratch, metadata: bare }), true)).toBe('blocks');
  });
});
