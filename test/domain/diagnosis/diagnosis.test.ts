import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { conclude } from '../../../src/domain/diagnosis/diagnosis.ts';
import type { Evidence, Suspect } from '../../../src/schema/evidence.ts';
import type { Target } from '../../../src/schema/remediation.ts';
import { noEvidence } from '../../support/builders.ts';

const target: Target = { cluster: 'prod', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
const pod = (reason: string | null, more: Partial<Evidence['pods'][number]> = {}) => ({
  name: 'p',
  image: 'shop:1',
  revision: '1',
  phase: 'Running',
  ready: reason === null,
  restarts: 0,
  reason,
  ...more,
});
const suspect = (more: Partial<Suspect> = {}): Suspect => ({
  kind: 'image',
  what: 'revision 5 of checkout (2.3.1 to 2.4.0)',
  at: '2026-05-04T12:00:00Z',
  by: null,
  author: null,
  source: 'cluster',
  link: null,
  score: 1.2,
  reasons: ['it came 1 min before the first symptom'],
  target,
  ...more,
});
type Given = Partial<z.input<typeof Evidence>>;
const evidence = (more: Given): Evidence => noEvidence({ pods: [pod(null), pod(null)], ...more });

describe('diagnosis proposes', () => {
  test('to roll back when a new image is the one likely cause', () => {
    const { proposal, finding } = conclude(
      evidence({ suspects: [suspect()], pods: [pod('CrashLoopBackOff')] }),
      target,
    );
    expect(proposal?.action).toBe('roll-back-deployment');
    expect(finding).toContain('1 of 1 pods are not well (1 CrashLoopBackOff)');
  });
  test('the rollback that fits the kind of workload', () => {
    const proposed = (kind: string) =>
      conclude(evidence({ suspects: [suspect({ target: { ...target, kind } })] }), { ...target, kind }).proposal
        ?.action;
    expect(proposed('StatefulSet')).toBe('roll-back-statefulset');
    expect(proposed('DaemonSet')).toBe('roll-back-daemonset');
  });
  test('to roll back a release whose pods report ready while customers are hurt', () => {
    expect(conclude(evidence({ suspects: [suspect()] }), target).proposal?.action).toBe('roll-back-deployment');
  });
  test('a restart when memory filled up without any change', () => {
    expect(conclude(evidence({ pods: [pod('OOMKilled'), pod(null)] }), target).proposal?.action).toBe(
      'restart-workload',
    );
  });
});

/** Two pods of one release: a bad one on node-1, a well one on node-2. */
const onNodes = (more: Partial<Evidence['nodes'][number]>, bad: Partial<Evidence['pods'][number]> = {}): Given => ({
  pods: [pod('NotReady', { node: 'node-1', ...bad }), pod(null, { node: 'node-2' })],
  nodes: [
    {
      name: 'node-1',
      ready: true,
      troubles: [],
      unschedulable: false,
      own: { pods: 1, bad: 1 },
      others: { pods: 9, bad: 0, workloadsBad: 0 },
      ...more,
    },
    {
      name: 'node-2',
      ready: true,
      troubles: [],
      unschedulable: false,
      own: { pods: 1, bad: 0 },
      others: { pods: 9, bad: 0, workloadsBad: 0 },
    },
  ],
});
const troubledNode = { troubles: ['MemoryPressure'] };

describe('a node that takes pods down', () => {
  test.each([
    ['reports pressure', troubledNode, /it reports MemoryPressure/],
    ['has bad pods of two other workloads', { others: { pods: 9, bad: 4, workloadsBad: 2 } }, /2 other workloads/],
  ])('is cordoned when it %s and the release is well elsewhere', (_, node, why) => {
    const { proposal, finding } = conclude(evidence(onNodes(node)), target);
    expect(proposal).toMatchObject({
      action: 'cordon-node',
      target: { cluster: 'prod', kind: 'Node', namespace: '', name: 'node-1' },
    });
    expect(finding).toMatch(why);
  });
  test('comes before a release that is well on other nodes', () => {
    const facts = { ...onNodes(troubledNode), suspects: [suspect()] };
    expect(conclude(evidence(facts), target).proposal?.action).toBe('cordon-node');
  });
  test('and is cordoned already has its one bad pod replaced', () => {
    const facts = onNodes({ ...troubledNode, unschedulable: true }, { name: 'checkout-1-a' });
    expect(conclude(evidence(facts), target).proposal).toMatchObject({
      action: 'evict-pod',
      target: { kind: 'Pod', namespace: 'shop', name: 'checkout-1-a' },
    });
  });
  test.each<[string, Given]>([
    ['when it says nothing against itself and others are well there', onNodes({})],
    ['when one other workload alone is bad there', onNodes({ others: { pods: 9, bad: 1, workloadsBad: 1 } })],
    ['when others could not be seen', onNodes({ others: null })],
    ['when the bad pod is of another release', onNodes(troubledNode, { revision: '2' })],
    ['when a bad pod is elsewhere', onNodes(troubledNode, { node: 'node-3' })],
  ])('is not blamed %s', (_, facts) => {
    expect(conclude(evidence(facts), target).proposal).toBeNull();
  });
  test('a stateful pod is not moved away from a node that is cordoned already', () => {
    const facts = onNodes({ ...troubledNode, unschedulable: true });
    const { proposal, finding } = conclude(evidence(facts), { ...target, kind: 'StatefulSet' });
    expect(proposal).toBeNull();
    expect(finding).toMatch(/drain it/);
  });
});

describe('one pod that keeps crashing', () => {
  const three = (reason: string) => [pod(reason, { name: 'bad' }), pod(null), pod(null)];
  test('is replaced when the others of its release are well', () => {
    expect(conclude(evidence({ pods: three('CrashLoopBackOff') }), target).proposal).toMatchObject({
      action: 'evict-pod',
      target: { kind: 'Pod', name: 'bad' },
    });
  });
  test.each<[string, string, Given]>([
    ['of a StatefulSet', 'StatefulSet', { pods: three('CrashLoopBackOff') }],
    ['that may only be starting', 'Deployment', { pods: three('NotReady') }],
    [
      'of another release than the others',
      'Deployment',
      { pods: [pod('CrashLoopBackOff', { revision: '2' }), pod(null), pod(null)] },
    ],
    [
      'whose log speaks of refused keys',
      'Deployment',
      { pods: three('CrashLoopBackOff'), signatures: [{ name: 'unauthorised', count: 9, example: '401' }] },
    ],
  ])('%s is left to a person', (_, kind, facts) => {
    expect(conclude(evidence(facts), { ...target, kind }).proposal).toBeNull();
  });
});

const database = (more: object = {}): Given['database'] => ({
  name: 'orders',
  connections: { used: 40, max: 100, reserved: 3 },
  sessions: [],
  blockers: [],
  ...more,
});

test('memory that ran out is restarted, whatever the logs say besides', () => {
  const facts: Given = { pods: [pod('OOMKilled')], signatures: [{ name: 'unauthorised', count: 3, example: '' }] };
  expect(conclude(evidence(facts), target).proposal?.action).toBe('restart-workload');
});

describe('diagnosis leaves it to a person', () => {
  const cases: [string, Given, RegExp][] = [
    ['when the change is too long ago', { suspects: [suspect({ score: 0.59 })] }, /load/],
    [
      'when two changes are about equally likely',
      { suspects: [suspect(), suspect({ what: 'another', score: 0.7 })] },
      /compare them/,
    ],
    [
      'when the likely release is of something that the workload depends on',
      { suspects: [suspect({ what: 'revision 9 of payments', target: { ...target, name: 'payments' } })] },
      /revision 9 of payments is the likely cause/i,
    ],
    [
      'when the likely change is no release',
      { suspects: [suspect({ kind: 'config', what: 'ConfigMap x' })] },
      /ConfigMap x is the likely cause/,
    ],
    ['when all pods are healthy and nothing changed', {}, /All 2 pods of checkout are healthy/],
    ['when images cannot be pulled and nothing was released', { pods: [pod('ImagePullBackOff')] }, /registry/],
    ['when there is no room for the pods', { pods: [pod('Unschedulable')] }, /nodes and quotas/],
    ['when one pod of several is bad', { pods: [pod('NotReady'), pod(null)] }, /that pod and its node/],
    [
      'when a Service has no endpoint though the pods are well',
      { endpoints: [{ service: 'front', ready: 0, notReady: 2 }] },
      /Service front has no endpoint/,
    ],
    [
      'when an autoscaler can do no more',
      { autoscalers: [{ name: 'hpa', min: 1, max: 4, current: 4, desired: 4, atMaximum: true }] },
      /hpa is at its maximum of 4/,
    ],
    [
      'when alarms ring and the health page fails while all pods are well',
      {
        alarms: [{ name: 'checkout-cpu', since: '', reason: '', metric: null }],
        health: {
          url: '',
          healthy: false,
          status: 500,
          latencyMs: 1,
          finding: 'answered 500 instead of 200',
          excerpt: '',
        },
      },
      /health page answered 500 instead of 200; alarm checkout-cpu rings/,
    ],
    [
      'when a quota leaves no room',
      {
        pods: [pod('Unschedulable')],
        quotas: [{ name: 'team', resource: 'pods', used: '4', hard: '4', share: 1 }],
      },
      /quota team is used up \(pods: 4 of 4\)/,
    ],
    [
      'when a session blocks others',
      { database: database({ blockers: [{ pid: 77, waiting: 4, ageSeconds: 900 }] }) },
      /session 77 of database orders makes 4 others wait/i,
    ],
    [
      'when the database has no connection left, restarts or not',
      {
        pods: [pod('OOMKilled')],
        database: database({ connections: { used: 97, max: 100, reserved: 3 } }),
      },
      /97 of 100 connections/,
    ],
    [
      'when a certificate is not accepted',
      { pods: [pod('CrashLoopBackOff')], signatures: [{ name: 'certificate', count: 1, example: '' }] },
      /1 line of log say so: a certificate/,
    ],
    [
      'when the probe kills the pods',
      {
        pods: [pod('CrashLoopBackOff', { lastEnd: { container: 'checkout', reason: 'Error', exitCode: 137, at: '' } })],
        events: [{ at: '', reason: 'Unhealthy', about: '', message: 'Liveness probe failed', count: 3 }],
      },
      /liveness probe ended them/,
    ],
    [
      'when a setting is missing',
      { pods: [pod('CrashLoopBackOff')], signatures: [{ name: 'missingSetting', count: 2, example: '' }] },
      /a setting or key is missing/,
    ],
    ['when no pod can be seen', { pods: [], missing: ['the pods: no answer'] }, /missing: the pods: no answer/],
  ];
  for (const [when, facts, words] of cases) {
    test(when, () => {
      const { proposal, finding } = conclude(evidence(facts), target);
      expect(proposal).toBeNull();
      expect(finding).toMatch(words);
    });
  }
});
