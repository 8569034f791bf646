import { describe, expect, test } from 'vitest';
import { chooseRevision } from '../../../src/domain/kubernetes/controller-revisions.ts';
import { templateHash } from '../../../src/domain/kubernetes/rollout-history.ts';
import { statefulSetStatus } from '../../../src/domain/kubernetes/stateful-set-status.ts';
import { ControllerRevision, Pod, Workload } from '../../../src/schema/kubernetes.ts';

const template = (image: string) => ({
  metadata: { labels: { app: 'orders' } },
  spec: { containers: [{ name: 'app', image }] },
});

const aRevision = (number: number, image: string, more: { second?: number; metadata?: object } = {}) =>
  ControllerRevision.parse({
    metadata: {
      name: `orders-h${number}`,
      uid: `cr-${number}`,
      creationTimestamp: `2026-05-04T12:00:0${more.second ?? number}Z`,
    },
    revision: number,
    data: {
      spec: {
        template: {
          $patch: 'replace',
          ...template(image),
          metadata: { ...template(image).metadata, ...more.metadata },
        },
      },
    },
  });

const aSet = (image: string, more: { spec?: object; status?: object } = {}): Workload =>
  Workload.parse({
    metadata: { name: 'orders', uid: 'u-1', generation: 2, creationTimestamp: '2026-05-04T12:00:00Z' },
    spec: { replicas: 3, selector: {}, template: template(image), ...more.spec },
    status: { observedGeneration: 2, ...more.status },
  });

const aPod = (ordinal: number, revision: string, how: 'ready' | 'stuck' | 'crashing'): Pod =>
  Pod.parse({
    metadata: {
      name: `orders-${ordinal}`,
      uid: `p-${ordinal}`,
      creationTimestamp: '2026-05-04T12:00:00Z',
      labels: { 'controller-revision-hash': revision },
    },
    spec: {},
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: how === 'ready' ? 'True' : 'False' }],
      ...(how === 'crashing'
        ? { containerStatuses: [{ name: 'app', state: { waiting: { reason: 'CrashLoopBackOff' } } }] }
        : {}),
    },
  });

const choose = (facts: Partial<Parameters<typeof chooseRevision>[0]>) =>
  chooseRevision({ workload: aSet('orders:3'), owned: [], pods: [], bad: [], revision: null, ...facts });

describe('the revision a rollback goes to', () => {
  const history = [aRevision(1, 'orders:1'), aRevision(2, 'orders:2'), aRevision(3, 'orders:3')];

  test('is the latest one before with another image', () => {
    expect(choose({ owned: history })).toMatchObject({
      current: { number: 3 },
      revision: { number: 2, template: template('orders:2') },
    });
  });

  test('is rather one whose pods still serve', () => {
    const pods = [aPod(0, 'orders-h1', 'ready'), aPod(1, 'orders-h2', 'stuck')];
    expect(choose({ owned: history, pods })).toMatchObject({ revision: { number: 1 } });
  });

  test('is never one that was rolled back from, not even when a person names it', () => {
    const bad = [templateHash(template('orders:2'))];
    expect(choose({ owned: history, bad })).toMatchObject({ revision: { number: 1 } });
    expect(choose({ owned: history, bad, revision: 2 })).toMatchObject({ kind: 'none' });
    expect(choose({ owned: history, bad, revision: 1 })).toMatchObject({ revision: { number: 1 } });
  });

  test('is asked for when the present one came back without Muster', () => {
    const cameBack = [aRevision(2, 'orders:4', { second: 2 }), aRevision(3, 'orders:3', { second: 1 })];
    expect(choose({ owned: cameBack })).toMatchObject({ kind: 'none', because: expect.stringContaining('name a') });
    expect(choose({ owned: cameBack, bad: ['some hash'] })).toMatchObject({ revision: { number: 2 } });
  });

  test('is known although the cluster once wrote an empty creation time into templates, and does not any more', () => {
    const old = [
      aRevision(2, 'orders:2', { metadata: { creationTimestamp: null } }),
      aRevision(3, 'orders:3', { metadata: { creationTimestamp: null } }),
    ];
    const chosen = choose({ owned: old });
    expect(chosen).toMatchObject({ current: { number: 3 }, revision: { number: 2 } });
    expect(JSON.stringify(chosen)).not.toContain('creationTimestamp');
  });

  test('is waited for until the controller has seen the present template', () => {
    const owned = history.slice(0, 2);
    const unseen = aSet('orders:3', { status: { observedGeneration: 1 } });
    expect(choose({ owned, workload: unseen })).toMatchObject({ kind: 'wait' });
    expect(choose({ owned })).toMatchObject({ kind: 'found', current: { number: 2 } });
  });
});

describe('a StatefulSet that takes up a template', () => {
  const going = {
    currentRevision: 'old',
    updateRevision: 'new',
    replicas: 3,
    updatedReplicas: 0,
    availableReplicas: 2,
  };
  const of = (pods: Pod[], more: { spec?: object; status?: object } = {}) =>
    statefulSetStatus(aSet('orders:3', { ...more, status: { ...going, ...more.status } }), pods);
  const two = [aPod(0, 'old', 'ready'), aPod(1, 'old', 'ready')];

  test('is blocked by a crashing pod of the template before, and the pod to delete is named', () => {
    expect(of([...two, aPod(2, 'bad', 'crashing')])).toEqual({
      state: 'failed',
      finding: expect.stringMatching(/^pod orders-2 .* revision bad, is not ready \(CrashLoopBackOff\).*delete it/),
    });
  });

  test('is not given up while that pod may still become ready', () => {
    expect(of([...two, aPod(2, 'bad', 'stuck')])).toMatchObject({
      state: 'moving',
      finding: expect.stringContaining('orders-2'),
    });
  });

  test('is not blocked when pods are managed in parallel, nor by a pod below the partition', () => {
    const pods = [aPod(0, 'bad', 'crashing'), aPod(1, 'old', 'ready'), aPod(2, 'old', 'ready')];
    expect(of(pods).finding).toContain('orders-0');
    expect(of(pods, { spec: { podManagementPolicy: 'Parallel' } }).finding).not.toContain('delete it');
    const partition = { updateStrategy: { rollingUpdate: { partition: 1 } } };
    expect(of(pods, { spec: partition }).finding).not.toContain('delete it');
  });

  test('has not settled while a healthy pod of the bad release is left, although both revisions are one again', () => {
    const back = { currentRevision: 'old', updateRevision: 'old', availableReplicas: 3 };
    const pods = [...two, aPod(2, 'bad', 'ready')];
    expect(of(pods, { status: { ...back, updatedReplicas: 2 } }).state).toBe('moving');
    expect(of([...two, aPod(2, 'old', 'ready')], { status: { ...back, updatedReplicas: 3 } }).state).toBe('settled');
  });
});
