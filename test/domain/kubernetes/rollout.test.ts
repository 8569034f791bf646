import { describe, expect, test } from 'vitest';
import { expectedLoss } from '../../../src/domain/kubernetes/availability.ts';
import { changeOf, figuresOf, isRolling, rolloutStatus, troubleOf } from '../../../src/domain/kubernetes/rollout.ts';
import { Pod, ReplicaSet, Workload } from '../../../src/schema/kubernetes.ts';

const metadata = { name: 'checkout', uid: 'u-1', generation: 5, creationTimestamp: '2026-05-04T12:00:00Z' };

const aDeployment = (status: object, spec: object = {}): Workload =>
  Workload.parse({
    metadata,
    spec: { replicas: 3, selector: {}, template: {}, ...spec },
    status: { observedGeneration: 5, ...status },
  });

const done = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
const current = ReplicaSet.parse({ metadata: { ...metadata, name: 'checkout-new' }, spec: { template: {} } });
const crashing = Pod.parse({
  metadata: { ...metadata, name: 'checkout-new-1' },
  spec: {},
  status: {
    phase: 'Running',
    containerStatuses: [{ name: 'app', restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
  },
});
const ready = Pod.parse({
  metadata: { ...metadata, name: 'checkout-new-2' },
  spec: {},
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});
const deadline = (name: string) => ({
  conditions: [
    {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${name}" has timed out progressing.`,
    },
  ],
});

describe('a rollout', () => {
  test('is done when every replica is new and available, and no old one is left', () => {
    expect(rolloutStatus(aDeployment(done), 'Deployment', current, [ready]).state).toBe('settled');
    expect(rolloutStatus(aDeployment({ ...done, replicas: 4 }), 'Deployment', current, [ready]).state).toBe('moving');
    expect(rolloutStatus(aDeployment({ ...done, availableReplicas: 2 }), 'Deployment', current, [ready]).state).toBe(
      'moving',
    );
  });

  test('is not believed before the controller has seen the change, whatever its status says', () => {
    const stale = aDeployment({ ...done, observedGeneration: 4 });
    expect(rolloutStatus(stale, 'Deployment', current, [crashing]).state).toBe('moving');
    expect(isRolling(stale, 'Deployment')).toBe(true);
  });

  test('has failed when its own progress deadline passed', () => {
    const late = aDeployment({ replicas: 4, updatedReplicas: 1, availableReplicas: 3, ...deadline('checkout-new') });
    expect(rolloutStatus(late, 'Deployment', current, []).state).toBe('failed');
  });

  test('has not failed because of the deadline of the release before it', () => {
    const late = aDeployment({ replicas: 4, updatedReplicas: 1, availableReplicas: 3, ...deadline('checkout-bad') });
    expect(rolloutStatus(late, 'Deployment', current, []).state).toBe('moving');
  });

  test('fails early when every new pod crashes, but not while one is well', () => {
    const moving = aDeployment({ replicas: 4, updatedReplicas: 2, availableReplicas: 3 });
    expect(rolloutStatus(moving, 'Deployment', current, [crashing])).toMatchObject({
      state: 'failed',
      finding: expect.stringContaining('CrashLoopBackOff'),
    });
    expect(rolloutStatus(moving, 'Deployment', current, [crashing, ready]).state).toBe('moving');
  });

  test('of a StatefulSet is done only when its revision is the new one', () => {
    const set = (revisions: object) => aDeployment({ ...done, ...revisions });
    expect(rolloutStatus(set({ currentRevision: 'a', updateRevision: 'a' }), 'StatefulSet', null, []).state).toBe(
      'settled',
    );
    expect(
      rolloutStatus(set({ currentRevision: 'a', updateRevision: 'b', updatedReplicas: 1 }), 'StatefulSet', null, [])
        .state,
    ).toBe('moving');
  });

  test('of a DaemonSet counts nodes', () => {
    const status = { desiredNumberScheduled: 5, updatedNumberScheduled: 5, numberAvailable: 4 };
    expect(rolloutStatus(aDeployment(status), 'DaemonSet', null, []).state).toBe('moving');
    expect(rolloutStatus(aDeployment({ ...status, numberAvailable: 5 }), 'DaemonSet', null, []).state).toBe('settled');
  });
});

describe('replicas that stay available at worst', () => {
  const availableAtWorst = (workload: Workload, kind: string): number => {
    const figures = figuresOf(workload, kind);
    return figures.available - expectedLoss(figures, changeOf(workload, kind));
  };
  const rolling = (
    maxUnavailable: number | string,
    maxSurge: number | string,
    replicas: number,
    available = replicas,
  ) =>
    availableAtWorst(
      aDeployment(
        { availableReplicas: available },
        { replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge } } },
      ),
      'Deployment',
    );

  test('round a percentage down, as the controller does', () => {
    expect(rolling('25%', '25%', 3)).toBe(3);
    expect(rolling('25%', '25%', 4)).toBe(3);
    expect(rolling('50%', '25%', 5)).toBe(3);
  });
  test('lose one where a percentage rounds to nothing and there is no surge', () => {
    expect(rolling('25%', 0, 3)).toBe(2);
  });
  test('are never more than what is available now', () => {
    expect(rolling(1, 1, 4, 2)).toBe(2);
    expect(rolling(1, 1, 4, 0)).toBe(0);
  });
  test('are none under strategy Recreate', () => {
    expect(availableAtWorst(aDeployment(done, { strategy: { type: 'Recreate' } }), 'Deployment')).toBe(0);
  });
});

describe('a pod in trouble', () => {
  test('that ran out of memory is told by its last end, also while it waits to start again', () => {
    const pod = structuredClone(crashing);
    pod.status.containerStatuses = [
      {
        name: 'app',
        restartCount: 2,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
      },
    ];
    expect(troubleOf(pod)).toEqual({ reason: 'OOMKilled', lasting: true });
  });
  test('that just starts is not called failed', () => {
    const pod = structuredClone(crashing);
    pod.status.containerStatuses = [{ name: 'app', restartCount: 0 }];
    expect(troubleOf(pod)).toEqual({ reason: 'NotReady', lasting: false });
  });
  test('is not one that is ready', () => {
    expect(troubleOf(ready)).toBeNull();
  });
});
