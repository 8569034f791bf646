import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { conclude } from '../../src/domain/diagnosis.ts';
import { Evidence, type Suspect } from '../../src/schema/evidence.ts';
import type { Target } from '../../src/schema/remediation.ts';

const target: Target = { cluster: 'prod', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
const pod = (reason: string | null) => ({
  name: 'p',
  image: 'shop:1',
  revision: '1',
  phase: 'Running',
  ready: reason === null,
  restarts: 0,
  reason,
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
const evidence = (more: Given): Evidence =>
  Evidence.parse({
    gatheredAt: '',
    onset: '',
    suspects: [],
    series: [],
    pods: [pod(null), pod(null)],
    events: [],
    revisions: [],
    logs: [],
    missing: [],
    ...more,
  });

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
