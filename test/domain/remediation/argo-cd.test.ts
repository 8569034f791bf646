/** What an application of Argo CD tells about itself, and what it does not. */
import { describe, expect, test } from 'vitest';
import {
  automatedOf,
  chooseDeployment,
  historyOf,
  keeperOf,
  possibleKeeperOf,
  settlementOf,
} from '../../../src/domain/remediation/argo-cd.ts';
import { ArgoApplication } from '../../../src/schema/argo-cd.ts';

const anApplication = (status: object = {}, more: { metadata?: object; spec?: object } = {}): ArgoApplication =>
  ArgoApplication.parse({
    metadata: { name: 'shop', uid: 'u1', ...more.metadata },
    spec: { project: 'default', source: { repoURL: 'https://git.example/shop' }, ...more.spec },
    status,
  });
const deployment = (id: number, revision: string, image = 'a') => ({
  id,
  revision,
  source: { path: 'deploy', helm: { image } },
});
const operation = (phase: string, revision: string, finishedAt = '2026-06-01T10:05:00Z') => ({
  phase,
  startedAt: '2026-06-01T10:00:00Z',
  finishedAt,
  operation: { sync: { revision } },
  syncResult: { revision },
});
const chosen = (history: object[], bad: string[] = [], id: number | null = null) => {
  const choice = chooseDeployment(anApplication({ history }), bad, id);
  return 'because' in choice ? choice.because : choice.to.id;
};

describe('choosing a deployment', () => {
  test('goes by ids, whatever order the history comes in', () => {
    expect(chosen([deployment(3, 'c'), deployment(1, 'a'), deployment(2, 'b')])).toBe(2);
  });
  test('passes over repetitions of the present release, and over those rolled back from', () => {
    expect(chosen([deployment(1, 'a'), deployment(2, 'b'), deployment(3, 'b')])).toBe(1);
    const [, second] = historyOf(anApplication({ history: [deployment(1, 'a'), deployment(2, 'b')] }));
    expect(chosen([deployment(1, 'a'), deployment(2, 'b'), deployment(3, 'c')], [second?.hash ?? ''])).toBe(1);
  });
  test('the same commit with other parameters is another release', () => {
    expect(chosen([deployment(1, 'a', '2.3.1'), deployment(2, 'a', '2.4.0')])).toBe(1);
  });
  test('asks for an id after a rollback by hand, and not after the same release came twice in a row', () => {
    expect(chosen([deployment(1, 'a'), deployment(2, 'b'), deployment(3, 'a')])).toMatch(/name a deployment by its id/);
    expect(chosen([deployment(1, 'a'), deployment(2, 'b'), deployment(3, 'b')])).toBe(1);
  });
  test('knows applications of several sources', () => {
    const several = (id: number, revisions: string[]) => ({ id, revisions, sources: [{ path: 'a' }, { path: 'b' }] });
    expect(chosen([several(1, ['a', 'x']), several(2, ['a', 'y'])])).toBe(1);
  });
});

describe('what becomes of a deployment', () => {
  const [wanted] = historyOf(anApplication({ history: [deployment(1, 'good')] }));
  if (!wanted) throw new Error('there is one');
  const state = (status: object) => settlementOf(anApplication(status), wanted).state;
  const over = operation('Succeeded', 'good');

  test('it is on its way until it is healthy', () => {
    expect(state({ operationState: operation('Running', 'good') })).toBe('moving');
    expect(state({ operationState: over, health: { status: 'Progressing' } })).toBe('moving');
    expect(state({ operationState: over, health: { status: 'Missing' } })).toBe('moving');
    expect(state({ operationState: over })).toBe('moving');
    expect(state({ operationState: over, health: { status: 'Healthy' } })).toBe('settled');
  });
  test('a sync that failed is a failure, whatever its health', () => {
    expect(state({ operationState: operation('Failed', 'good'), health: { status: 'Healthy' } })).toBe('failed');
    expect(state({ operationState: operation('Error', 'good') })).toBe('failed');
  });
  test('degraded counts only when it was looked at after the sync', () => {
    const degraded = { operationState: over, health: { status: 'Degraded' } };
    expect(state({ ...degraded, reconciledAt: '2026-06-01T10:04:00Z' })).toBe('moving');
    expect(state(degraded)).toBe('moving');
    expect(state({ ...degraded, reconciledAt: '2026-06-01T10:06:00Z' })).toBe('failed');
  });
});

describe('who else has a say', () => {
  test('auto-sync is off when it is not there, and when it is switched off', () => {
    expect(automatedOf(anApplication())).toBeNull();
    expect(automatedOf(anApplication({}, { spec: { syncPolicy: { automated: { enabled: false } } } }))).toBeNull();
    expect(automatedOf(anApplication({}, { spec: { syncPolicy: { automated: {} } } }))).toEqual({});
  });
  test('an application that another one or a set made has a keeper, any other has none', () => {
    const tracked = (id: string) =>
      keeperOf(anApplication({}, { metadata: { annotations: { 'argocd.argoproj.io/tracking-id': id } } }));
    expect(tracked('apps:argoproj.io/Application:argocd/shop')).toBe('application apps');
    expect(tracked('apps:apps/Deployment:shop/shop')).toBeNull();
    expect(
      keeperOf(anApplication({}, { metadata: { ownerReferences: [{ kind: 'ApplicationSet', name: 's' }] } })),
    ).toBe('ApplicationSet s');
    expect(keeperOf(anApplication())).toBeNull();
    expect(keeperOf(anApplication({ resources: [{ kind: 'Application', name: 'shop' }] }))).toMatch(/itself/);
    expect(keeperOf(anApplication({ resources: [{ kind: 'Application', name: 'other' }] }))).toBeNull();
  });
  test('a label with its own name says nothing, another name has to be looked up', () => {
    const labelled = (name: string) =>
      possibleKeeperOf(anApplication({}, { metadata: { labels: { 'app.kubernetes.io/instance': name } } }));
    expect(labelled('shop')).toBeNull();
    expect(labelled('apps')).toBe('apps');
  });
});
