import { describe, expect, test } from 'vitest';
import {
  beyondQuota,
  beyondRange,
  fitsANode,
  killsForMemory,
  raisedLimit,
  withMemory,
} from '../../../src/domain/kubernetes/memory-raise.ts';
import { Pod, Workload } from '../../../src/schema/kubernetes.ts';
import { LimitRange, ResourceQuota, RoomOfNode } from '../../../src/schema/resource-limits.ts';

const Mi = 2 ** 20;
const metadata = { name: 'checkout', uid: 'u-1', creationTimestamp: '2026-05-04T12:00:00Z' };

const template = (limit: string, request?: string) => ({
  metadata: { labels: { app: 'checkout' } },
  spec: {
    initContainers: [{ name: 'app', resources: { limits: { memory: '8Mi' } } }],
    containers: [
      {
        name: 'app',
        resources: { limits: { memory: limit, cpu: '1' }, ...(request ? { requests: { memory: request } } : {}) },
      },
      { name: 'proxy', resources: { limits: { memory: '10Mi' } } },
    ],
  },
});

describe('the next limit', () => {
  const next = (limit: number, cap: number, peak: number | null = null) =>
    raisedLimit({ limit: limit * Mi, cap: cap * Mi, peak: peak === null ? null : peak * Mi });

  test('is half as much again, or a quarter above the measured peak', () => {
    expect(next(100, 1_000)).toBe('150Mi');
    expect(next(100, 1_000, 100)).toBe('150Mi');
    expect(next(100, 1_000, 200)).toBe('250Mi');
    expect(next(101, 1_000)).toBe('152Mi');
  });
  test('is never above the cap, not even by rounding, and none when the cap leaves no room', () => {
    expect(next(100, 120)).toBe('120Mi');
    expect(next(100, 150.9)).toBe('150Mi');
    expect(next(100.5, 150.9)).toBe('150Mi');
    expect(next(100, 100.9)).toBeNull();
    expect(next(100, 80)).toBeNull();
  });
});

test('only the named container changes, not an init container of the same name', () => {
  const changed = withMemory(template('64Mi', '32Mi'), 'app', { limit: '96Mi', request: null });
  expect(changed).toEqual(template('96Mi', '32Mi'));
  expect(withMemory(template('64Mi', '32Mi'), 'app', { limit: '96Mi', request: '48Mi' })).toEqual(
    template('96Mi', '48Mi'),
  );
});

describe('the proof that memory ran out', () => {
  const aPod = (more: { limit?: string; restarts?: number; last?: string; now?: string; container?: string }) =>
    Pod.parse({
      metadata,
      spec: template(more.limit ?? '64Mi').spec,
      status: {
        containerStatuses: [
          {
            name: more.container ?? 'app',
            restartCount: more.restarts ?? 0,
            state: more.now ? { terminated: { reason: more.now } } : {},
            lastState: more.last ? { terminated: { reason: more.last } } : {},
          },
        ],
      },
    });
  const proof = (...pods: Pod[]) => killsForMemory(pods, 'app', 64 * Mi);

  test('is two kills: on two pods, or twice on one', () => {
    const once = aPod({ last: 'OOMKilled', restarts: 1 });
    expect(proof(once)).toEqual({ pods: 1, times: 1, enough: false });
    expect(proof(once, once)).toEqual({ pods: 2, times: 2, enough: true });
    expect(proof(aPod({ last: 'OOMKilled', restarts: 2 })).enough).toBe(true);
    expect(proof(aPod({ last: 'OOMKilled', now: 'OOMKilled', restarts: 1 })).enough).toBe(true);
  });
  test('is no crash of another kind, no kill of another container, and none under an older limit', () => {
    expect(proof(aPod({ last: 'Error', restarts: 9 })).times).toBe(0);
    expect(proof(aPod({ last: 'OOMKilled', restarts: 9, container: 'proxy' })).times).toBe(0);
    expect(proof(aPod({ last: 'OOMKilled', restarts: 9, limit: '32Mi' })).times).toBe(0);
  });
});

describe('what bounds it', () => {
  const range = (limits: object[]) => [LimitRange.parse({ metadata, spec: { limits } })];
  const quota = (hard: object, used: object) => [ResourceQuota.parse({ metadata, spec: { hard }, status: { used } })];
  const workload = (surge: number) =>
    Workload.parse({
      metadata,
      spec: {
        replicas: 3,
        selector: {},
        template: template('64Mi', '32Mi'),
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge } },
      },
    });

  test('is a LimitRange: of the container, of the whole pod, and of limit to request', () => {
    const beyond = (limits: object[], request?: string) => beyondRange(range(limits), 'app', template('96Mi', request));
    expect(beyond([{ type: 'Container', max: { memory: '96Mi' } }])).toBeNull();
    expect(beyond([{ type: 'Container', max: { memory: '95Mi' } }])).toMatch(/allows a container 95Mi/);
    expect(beyond([{ type: 'Pod', max: { memory: '106Mi' } }])).toBeNull();
    expect(beyond([{ type: 'Pod', max: { memory: '105Mi' } }])).toMatch(/106Mi would be needed/);
    expect(beyond([{ type: 'Container', maxLimitRequestRatio: { memory: '2' } }], '48Mi')).toBeNull();
    expect(beyond([{ type: 'Container', maxLimitRequestRatio: { memory: '2' } }], '32Mi')).toMatch(/2 times/);
  });

  test('is a quota, with the pods that run beside the old ones while they are replaced', () => {
    const beyond = (surge: number, hard: object, used: object) =>
      beyondQuota(quota(hard, used), workload(surge), 'Deployment', template('96Mi', '32Mi'));
    const used = { 'limits.memory': '222Mi' };
    expect(beyond(0, { 'limits.memory': '318Mi' }, used)).toBeNull();
    expect(beyond(0, { 'limits.memory': '317Mi' }, used)).toMatch(/95Mi of limits.memory left, 96Mi more/);
    expect(beyond(1, { 'limits.memory': '424Mi' }, used)).toBeNull();
    expect(beyond(1, { 'limits.memory': '423Mi' }, used)).toMatch(/202Mi more/);
    expect(beyond(0, { 'requests.memory': '126Mi' }, { 'requests.memory': '126Mi' })).toBeNull();
    expect(beyond(0, { pods: '3' }, { pods: '3' })).toBeNull();
    expect(beyond(0, { 'limits.memory': '9Gi' }, {})).toMatch(/not known yet/);
  });

  test('is the largest node that takes pods', () => {
    const node = (memory: string, unschedulable: boolean) =>
      RoomOfNode.parse({ metadata, spec: { unschedulable }, status: { allocatable: { memory } } });
    expect(fitsANode([node('50Mi', false), node('106Mi', false)], template('96Mi')).fits).toBe(true);
    expect(fitsANode([node('50Mi', false), node('106Mi', true)], template('96Mi')).fits).toBe(false);
    expect(fitsANode([], template('96Mi')).fits).toBe(false);
  });
});
