import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/domain/changes/digest.ts';
import { lookAtNamespace, type NamespaceSeen } from '../../../src/domain/changes/watch.ts';
import { lookAtNodes } from '../../../src/domain/changes/watch-nodes.ts';
import { secretsOf } from '../../../src/domain/diagnosis/config-readers.ts';
import { releasesOfReplicaSets } from '../../../src/domain/kubernetes/releases.ts';
import { Node, ReplicaSet, Workload } from '../../../src/schema/kubernetes.ts';

const at = '2026-05-04T12:00:00.000Z';
const place = { cluster: 'blue', namespace: 'shop' };
const created = '2026-05-01T09:00:00Z';

interface Written {
  manager: string;
  time: string;
  fields: object;
  subresource?: string;
}
const fieldsOf = (written: Written[]) => written.map(({ fields, ...more }) => ({ ...more, fieldsV1: fields }));

const template = (image: string) => ({ spec: { containers: [{ name: 'checkout', image }] } });
const replicaSet = (revision: number, image: string, more: object = {}) =>
  ReplicaSet.parse({
    metadata: {
      name: `checkout-${image}`,
      uid: `rs-${image}`,
      creationTimestamp: `2026-05-0${revision}T09:00:00Z`,
      annotations: { 'deployment.kubernetes.io/revision': String(revision), ...more },
      ownerReferences: [{ kind: 'Deployment', name: 'checkout', uid: 'd-1', controller: true }],
    },
    spec: { template: template(image) },
  });
const checkout = (given: { sets: ReplicaSet[]; replicas?: number; uid?: string; written?: Written[] }) => {
  const workload = Workload.parse({
    metadata: {
      name: 'checkout',
      uid: given.uid ?? 'd-1',
      creationTimestamp: created,
      managedFields: fieldsOf(given.written ?? []),
    },
    spec: { replicas: given.replicas ?? 2, selector: {}, template: given.sets.at(-1)?.spec.template ?? {} },
  });
  return { kind: 'Deployment', workload, releases: releasesOfReplicaSets(workload, given.sets, []).all };
};
const nothing: NamespaceSeen = { at, workloads: null, autoscalers: null, configMaps: null, secrets: null };
const after = (before: Partial<NamespaceSeen>, now: Partial<NamespaceSeen>) => {
  const { state } = lookAtNamespace(place, {}, { ...nothing, ...before });
  return lookAtNamespace(place, state, { ...nothing, ...now }).changes;
};
const data = (name: string, digest: string, written: Written[] = []) => ({
  metadata: { name, uid: name, creationTimestamp: created, managedFields: fieldsOf(written) },
  digest,
});

describe('a change between two looks', () => {
  test('is dated by the cluster, and by whom the API server wrote down', () => {
    const written = [
      { manager: 'helm', time: '2026-05-04T11:00:00Z', fields: {} },
      { manager: 'kubectl-edit', time: '2026-05-04T11:58:00Z', fields: {} },
    ];
    const [change] = after({ configMaps: [data('a', '1')] }, { configMaps: [data('a', '2', written)] });
    expect(change).toMatchObject({ at: '2026-05-04T11:58:00Z', by: 'kubectl-edit' });
  });
  test('is dated by the look where nothing else dates it', () => {
    expect(after({ configMaps: [data('a', '1')] }, { configMaps: [data('a', '2')] })).toMatchObject([{ at, by: null }]);
  });
  test('is none in a part that is read for the first time, and one that could not be read is remembered', () => {
    expect(after({}, { secrets: [data('a', '1')] })).toEqual([]);
    const { state } = lookAtNamespace(place, {}, { ...nothing, secrets: [data('a', '1')] });
    const denied = lookAtNamespace(place, state, { ...nothing, configMaps: [] });
    expect(denied.changes).toEqual([]);
    expect(lookAtNamespace(place, denied.state, { ...nothing, secrets: [data('a', '2')] }).changes).toHaveLength(1);
  });
  test('is seen whatever the object is called', () => {
    const one = [data('constructor', '1')];
    expect(after({ configMaps: [] }, { configMaps: one })).toMatchObject([
      { what: 'ConfigMap constructor was created' },
    ]);
    expect(after({ configMaps: one }, { configMaps: [] })).toMatchObject([
      { what: 'ConfigMap constructor was deleted' },
    ]);
  });
  test('has a key of its own each time: there and back again are two', () => {
    const at = (time: string): Written[] => [{ manager: 'm', time, fields: {} }];
    const [there] = after(
      { configMaps: [data('a', '1')] },
      { configMaps: [data('a', '2', at('2026-05-04T11:00:00Z'))] },
    );
    const [again] = after(
      { configMaps: [data('a', '1')] },
      { configMaps: [data('a', '2', at('2026-05-04T11:05:00Z'))] },
    );
    expect(there?.dedupKey).not.toBe(again?.dedupKey);
  });
});

describe('a release between two looks', () => {
  test('that came back is dated by the write of the template, not by the age of its revision', () => {
    const sets = [replicaSet(1, '1.0'), replicaSet(2, '2.0')];
    const back = [replicaSet(2, '2.0'), replicaSet(3, '1.0', { 'deployment.kubernetes.io/revision-history': '1' })];
    const written = [{ manager: 'muster', time: '2026-05-04T11:59:00Z', fields: { 'f:spec': { 'f:template': {} } } }];
    expect(
      after({ workloads: [checkout({ sets })] }, { workloads: [checkout({ sets: back, written })] }),
    ).toMatchObject([
      { kind: 'image', what: 'revision 3 of checkout (2.0 to 1.0)', at: '2026-05-04T11:59:00Z', by: 'muster' },
    ]);
  });
  test('of a workload that was made anew is its creation', () => {
    const before = { workloads: [checkout({ sets: [replicaSet(1, '1.0')] })] };
    const now = { workloads: [checkout({ sets: [replicaSet(1, '2.0')], uid: 'd-2' })] };
    expect(after(before, now)).toMatchObject([{ what: 'Deployment checkout was created' }]);
  });
  test('that the controllers have not recorded yet is told when they have', () => {
    const before = { workloads: [checkout({ sets: [replicaSet(1, '1.0')] })] };
    const early = lookAtNamespace(place, lookAtNamespace(place, {}, { ...nothing, ...before }).state, {
      ...nothing,
      ...before,
    });
    expect(early.changes).toEqual([]);
    const late = { ...nothing, workloads: [checkout({ sets: [replicaSet(1, '1.0'), replicaSet(2, '2.0')] })] };
    expect(lookAtNamespace(place, early.state, late).changes).toHaveLength(1);
  });
});

describe('another number of replicas', () => {
  const sets = [replicaSet(1, '1.0')];
  const scaled = (written: Written[]) =>
    after({ workloads: [checkout({ sets })] }, {
      workloads: [checkout({ sets, replicas: 5, written })],
      autoscalers: null,
    } satisfies Partial<NamespaceSeen>);
  const replicas = { 'f:spec': { 'f:replicas': {} } };

  test('is of whoever set it, through the scale or by an edit', () => {
    const edit = { manager: 'kubectl-edit', time: '2026-05-04T11:00:00Z', fields: replicas };
    const scale = { manager: 'kubectl', time: '2026-05-04T11:30:00Z', fields: replicas, subresource: 'scale' };
    const status = { manager: 'other', time: '2026-05-04T11:59:00Z', fields: replicas, subresource: 'status' };
    expect(scaled([edit, status])).toMatchObject([{ kind: 'scale', by: 'kubectl-edit', at: edit.time }]);
    expect(scaled([edit, scale, status])).toMatchObject([{ by: 'kubectl', at: scale.time }]);
  });
  test('is nobody’s when the autoscaler set it, also where autoscalers may not be listed', () => {
    const moved = {
      manager: 'kube-controller-manager',
      time: '2026-05-04T11:30:00Z',
      fields: replicas,
      subresource: 'scale',
    };
    expect(scaled([moved])).toEqual([]);
  });
});

describe('a node', () => {
  const node = (ready: string, more: object = {}) =>
    Node.parse({
      metadata: { name: 'node-1', uid: 'n-1', creationTimestamp: created },
      spec: {},
      status: {
        conditions: [
          { type: 'Ready', status: ready, lastTransitionTime: '2026-05-04T11:50:00Z' },
          { type: 'VendorSpecial', status: ready },
        ],
      },
      ...more,
    });
  const between = (before: Node[], now: Node[]) =>
    lookAtNodes('blue', lookAtNodes('blue', {}, { at, nodes: before }).state, { at, nodes: now }).changes;

  test('whose condition turns is told once, when it turned, and only of conditions that people know', () => {
    expect(between([node('True')], [node('Unknown')])).toMatchObject([
      { kind: 'node', what: 'node node-1 reports Ready Unknown', at: '2026-05-04T11:50:00Z' },
    ]);
    expect(between([node('Unknown')], [node('Unknown')])).toEqual([]);
  });
  test('that reports a condition for the first time is none, and one that joins is', () => {
    expect(between([node('True', { status: {} })], [node('True')])).toEqual([]);
    expect(between([], [node('True')])).toMatchObject([{ what: 'node node-1 joined the cluster', at: created }]);
  });
  test('list that could not be read forgets nothing', () => {
    const { state } = lookAtNodes('blue', {}, { at, nodes: [node('True')] });
    expect(lookAtNodes('blue', state, { at, nodes: null })).toEqual({ state, changes: [] });
  });
});

describe('a digest', () => {
  const salt = 'salt of this installation';
  test('is the same for the same data, in whatever order it is written', () => {
    expect(digestOf(salt, ['a'], [{ one: '1', two: '2' }])).toBe(digestOf(salt, ['a'], [{ two: '2', one: '1' }]));
  });
  test('differs by data, by place and by installation, so that nothing can be compared or guessed', () => {
    const digests = [
      digestOf(salt, ['a'], [{ one: '1' }]),
      digestOf(salt, ['a'], [{ one: '2' }]),
      digestOf(salt, ['b'], [{ one: '1' }]),
      digestOf('salt of another', ['a'], [{ one: '1' }]),
    ];
    expect(new Set(digests).size).toBe(4);
  });
});

test('a template reads Secrets by environment, files and pulls, each named once', () => {
  const template = {
    spec: {
      containers: [
        {
          envFrom: [{ secretRef: { name: 'all' } }, { configMapRef: { name: 'settings' } }],
          env: [
            { name: 'A', valueFrom: { secretKeyRef: { name: 'one', key: 'a' } } },
            { name: 'B', value: 'x' },
          ],
        },
      ],
      initContainers: [{ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'one', key: 'b' } } }] }],
      volumes: [{ secret: { secretName: 'files' } }, { projected: { sources: [{ secret: { name: 'projected' } }] } }],
      imagePullSecrets: [{ name: 'registry' }],
    },
  };
  expect(secretsOf(template)).toEqual(['all', 'files', 'one', 'projected', 'registry']);
  expect(secretsOf({})).toEqual([]);
});
