import { describe, expect, test } from 'vitest';
import {
  chooseDestination,
  configMapsOf,
  environmentDifferences,
  imageDifferences,
  isMovingTag,
  ownedBy,
  tagOf,
  templateHash,
} from '../../../src/domain/kubernetes/rollout-history.ts';
import { ReplicaSet, Workload } from '../../../src/schema/kubernetes.ts';

const template = (image: string, more: { annotations?: object; env?: object[] } = {}) => ({
  metadata: { labels: { app: 'checkout' }, ...(more.annotations ? { annotations: more.annotations } : {}) },
  spec: { containers: [{ name: 'app', image, ...(more.env ? { env: more.env } : {}) }] },
});

const aReplicaSet = (
  revision: number,
  body: object,
  more: { available?: number; annotations?: object; owner?: string } = {},
): ReplicaSet => {
  const spec = structuredClone(body) as { metadata: { labels: Record<string, string> } };
  spec.metadata.labels['pod-template-hash'] = `h${revision}`;
  return ReplicaSet.parse({
    metadata: {
      name: `checkout-h${revision}`,
      uid: `rs-${revision}`,
      creationTimestamp: `2026-05-04T12:00:0${revision}Z`,
      annotations: { 'deployment.kubernetes.io/revision': String(revision), ...more.annotations },
      ownerReferences: [{ kind: 'Deployment', name: 'checkout', uid: more.owner ?? 'u-1', controller: true }],
    },
    spec: { template: spec },
    status: { availableReplicas: more.available ?? 0 },
  });
};

const aDeployment = (body: object): Workload =>
  Workload.parse({
    metadata: { name: 'checkout', uid: 'u-1', creationTimestamp: '2026-05-04T12:00:00Z' },
    spec: { selector: {}, template: body },
  });

const chosen = (body: object, owned: ReplicaSet[], more: { bad?: string[]; revision?: number } = {}) =>
  chooseDestination({ deployment: aDeployment(body), owned, bad: more.bad ?? [], revision: more.revision ?? null });

const nameOf = (choice: ReturnType<typeof chosen>): string =>
  choice.kind === 'found' ? choice.replicaSet.metadata.name : choice.kind;

describe('the destination of a rollback', () => {
  const [old, good, bad] = [template('shop:2.3.0'), template('shop:2.3.1'), template('shop:2.4.0')];
  const history = [aReplicaSet(1, old), aReplicaSet(2, good), aReplicaSet(3, bad)];

  test('is the latest revision before with another image', () => {
    expect(nameOf(chosen(bad, history))).toBe('checkout-h2');
  });
  test('is rather one that still serves', () => {
    expect(nameOf(chosen(bad, [aReplicaSet(1, old, { available: 2 }), ...history.slice(1)]))).toBe('checkout-h1');
  });
  test('is not a revision that was rolled back from', () => {
    expect(nameOf(chosen(bad, history, { bad: [templateHash(good)] }))).toBe('checkout-h1');
    expect(nameOf(chosen(bad, history, { bad: [templateHash(good), templateHash(old)] }))).toBe('none');
  });
  test('is not the same release before it was restarted', () => {
    const restarted = template('shop:2.4.0', {
      annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-05-04T13:00:00Z' },
    });
    expect(nameOf(chosen(restarted, [...history, aReplicaSet(4, restarted)]))).toBe('checkout-h2');
    expect(templateHash(restarted)).toBe(templateHash(bad));
  });
  test('is not the same image with other settings, unless a person names it', () => {
    const tuned = template('shop:2.4.0', { env: [{ name: 'POOL', value: '20' }] });
    expect(nameOf(chosen(tuned, [...history, aReplicaSet(4, tuned)]))).toBe('checkout-h2');
    expect(nameOf(chosen(tuned, [...history, aReplicaSet(4, tuned)], { revision: 3 }))).toBe('checkout-h3');
  });
  test('is not a bad revision even when a person names it, nor one that is gone', () => {
    expect(nameOf(chosen(bad, history, { revision: 2, bad: [templateHash(good)] }))).toBe('none');
    expect(nameOf(chosen(bad, history, { revision: 9 }))).toBe('none');
  });
  test('is not guessed while the controller has not recorded the present template', () => {
    expect(nameOf(chosen(template('shop:2.5.0'), history))).toBe('wait');
  });
  test('is not guessed after a rollback that Muster knows nothing of', () => {
    const reused = aReplicaSet(4, good, { annotations: { 'deployment.kubernetes.io/revision-history': '2' } });
    expect(
      nameOf(
        chosen(
          good,
          [history[0], history[2], reused].filter((one) => one !== undefined),
        ),
      ),
    ).toBe('none');
  });
  test('is looked for among the ReplicaSets of this very Deployment', () => {
    const foreign = aReplicaSet(2, good, { owner: 'u-2' });
    expect(ownedBy(aDeployment(bad), [foreign, ...history])).toEqual(history);
  });
});

describe('what changed between two templates', () => {
  test('is told for images by tag, digest or not', () => {
    expect(imageDifferences(template('r.example:5000/shop:2.3.1'), template('r.example:5000/shop:2.4.0'))).toEqual([
      { path: 'image of app', before: 'r.example:5000/shop:2.3.1', after: 'r.example:5000/shop:2.4.0' },
    ]);
    expect(tagOf('r.example:5000/shop:2.3.1@sha256:abc')).toBe('2.3.1');
    expect(tagOf('r.example:5000/shop')).toBeNull();
  });
  test('is told for the environment by name only, as a value may be a secret', () => {
    const from = template('a:1', { env: [{ name: 'DB_PASSWORD', value: 'hunter2' }] });
    const to = template('a:1', {
      env: [
        { name: 'DB_PASSWORD', value: 'hunter3' },
        { name: 'NEW', value: 'x' },
      ],
    });
    const told = environmentDifferences(from, to);
    expect(told.map((one) => one.path)).toEqual(['environment DB_PASSWORD of app', 'environment NEW of app']);
    expect(JSON.stringify(told)).not.toContain('hunter');
  });
  test('names the ConfigMaps that a rollback cannot bring back', () => {
    const body = {
      spec: {
        volumes: [{ name: 'v', configMap: { name: 'files' } }],
        containers: [{ name: 'app', image: 'a:1', envFrom: [{ configMapRef: { name: 'settings' } }] }],
      },
    };
    expect(configMapsOf(body)).toEqual(['files', 'settings']);
  });
  test('takes a tag that is pushed again and again for moving, and a digest never', () => {
    expect(['shop', 'shop:latest', 'r:5000/shop:main'].map(isMovingTag)).toEqual([true, true, true]);
    expect(['shop:2.3.1', 'shop:latest@sha256:abc'].map(isMovingTag)).toEqual([false, false]);
  });
});
