import { describe, expect, test } from 'vitest';
import { factAt, factPaths } from '../../../src/domain/diagnosis/fact-table.ts';
import { factsOf, type IncidentForFacts } from '../../../src/domain/diagnosis/facts.ts';
import { noEvidence } from '../../support/builders.ts';

const incident: IncidentForFacts = {
  rank: 2,
  service: 'checkout',
  drill: false,
  target: { cluster: 'production', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
  alerts: [],
};
const factsFor = (given: object, of: Partial<IncidentForFacts> = {}) =>
  factsOf(noEvidence(given), { ...incident, ...of });

const pod = {
  name: 'a',
  image: 'x:1',
  revision: '1',
  phase: 'Running',
  ready: true,
  restarts: 0,
  reason: null,
  node: 'n1',
};
const node = {
  name: 'n1',
  ready: true,
  troubles: [],
  unschedulable: false,
  own: { pods: 1, bad: 0 },
  others: { pods: 3, bad: 0, workloadsBad: 0 },
};
const change = (given: object) => ({
  kind: 'image',
  what: 'a release',
  at: '2026-11-24T09:50:00Z',
  by: null,
  score: 0.7,
  reasons: [],
  target: null,
  ...given,
});

describe('what is not known is absent', () => {
  test.each([
    ['the workload: forbidden', ['pods', 'nodes', 'rollout', 'events']],
    ['the pods: forbidden', ['pods', 'nodes']],
    ['the events: forbidden', ['events']],
    ['the rollout history: forbidden', ['rollout']],
  ])('where %s', (missing, groups) => {
    const seen = factsFor({ pods: [pod], nodes: [node] });
    const facts = factsFor({ pods: [pod], nodes: [node], missing: [missing] });
    for (const group of groups) {
      expect(Object.keys(seen), group).toContain(group);
      expect(Object.keys(facts), group).not.toContain(group);
    }
  });

  test('a history that could not be read is not one without changes', () => {
    expect(factsFor({}).change).toEqual({ count: 0, image: false, config: false });
    expect(factsFor({ missing: ['the rollout history: forbidden'] }).change).toEqual({ config: false });
    expect(factsFor({ missing: ['the workload: away'] }).change).toBeUndefined();
  });

  test('a ledger of changes that could not be read leaves open whether anything else changed', () => {
    expect(factsFor({ missing: ['the ledger of changes: away'] }).change).toEqual({ image: false });
  });

  test('a flag and a secret are configuration too', () => {
    for (const kind of ['config', 'secret', 'flag'])
      expect(factsFor({ suspects: [change({ kind })] }).change).toMatchObject({ kind, config: true, image: false });
    expect(factsFor({ suspects: [change({ kind: 'scale' })] }).change).toMatchObject({ config: false });
  });

  test('pods that were left out may be well: what is wrong is known, and how many are ready is not', () => {
    const bad = { ...pod, ready: false, reason: 'CrashLoopBackOff' };
    const { pods } = factsFor({ pods: [bad, pod], missing: ['the pods beyond the first 2 of 300'] });
    expect(pods).toMatchObject({ bad: 1, crashing: 1 });
    expect(Object.keys(pods ?? {})).not.toContain('ready');
    expect(Object.keys(pods ?? {})).not.toContain('total');
  });

  test('but a change that was seen counts, whatever else could not be read', () => {
    const { change: found } = factsFor({ suspects: [change({})], missing: ['the rollout history: forbidden'] });
    expect(found).toMatchObject({ image: true, kind: 'image', score: 0.7, runnerUp: 0, ageMinutes: 10 });
    expect(found?.count).toBeUndefined();
  });

  test('a service without a workload has no pods to be well', () => {
    expect(factsFor({ pods: [pod] }, { target: null }).pods).toBeUndefined();
  });

  test('parts that no diagnosis brought are no zeros', () => {
    const facts = factsFor({});
    for (const group of [
      'database',
      'autoscaler',
      'quota',
      'budget',
      'endpoints',
      'health',
      'alarms',
      'logs',
      'nodes',
      'symptom',
      'signals',
    ])
      expect(Object.keys(facts), group).not.toContain(group);
  });
});

describe('pods', () => {
  const oom = {
    ...pod,
    name: 'b',
    ready: false,
    reason: 'OOMKilled',
    restarts: 4,
    lastEnd: { container: 'app', reason: 'OOMKilled', exitCode: 137, at: '' },
  };

  test('are counted by what is wrong with them', () => {
    const crashing = { ...pod, name: 'c', ready: false, reason: 'CrashLoopBackOff', restarts: 7, node: 'n2' };
    expect(factsFor({ pods: [pod, oom, crashing] }).pods).toMatchObject({
      total: 3,
      ready: 1,
      notReady: 2,
      bad: 2,
      badNodes: 2,
      restarts: 11,
      restartsMost: 7,
      oomKilled: 1,
      crashing: 1,
      reasons: ['CrashLoopBackOff', 'OOMKilled'],
      oomContainer: 'app',
    });
  });

  test('that were killed are out of memory only where the reason says so', () => {
    const probed = { ...pod, name: 'c', lastEnd: { container: 'app', reason: 'Error', exitCode: 137, at: '' } };
    expect(factsFor({ pods: [oom, probed] }).pods).toMatchObject({ oomKilled: 1, killed: 1 });
  });

  test('have one suspect only while the others are well', () => {
    expect(factsFor({ pods: [pod, oom] }).pods?.suspect).toBe('b');
    expect(factsFor({ pods: [oom] }).pods?.suspect).toBeUndefined();
    expect(factsFor({ pods: [oom, { ...oom, name: 'c' }] }).pods?.suspect).toBeUndefined();
  });

  test('of two containers that ran out of memory name neither', () => {
    const other = { ...oom, name: 'c', lastEnd: { ...oom.lastEnd, container: 'sidecar' } };
    expect(factsFor({ pods: [oom, other] }).pods?.oomContainer).toBeUndefined();
  });
});

describe('nodes', () => {
  const bad = { ...node, name: 'n2', own: { pods: 1, bad: 1 }, others: { pods: 3, bad: 2, workloadsBad: 1 } };

  test('have a suspect where pods fail on one of them alone', () => {
    expect(factsFor({ nodes: [node, bad] }).nodes).toMatchObject({
      suspect: 'n2',
      suspectTroubled: false,
      failingWorkloads: 2,
    });
  });
  test('have none where pods fail on all of them: then the workload is ill', () => {
    expect(factsFor({ nodes: [bad, { ...bad, name: 'n3' }] }).nodes?.suspect).toBeUndefined();
  });
  test('have none where two of them report trouble', () => {
    const troubled = { ...node, ready: false, troubles: ['NotReady'] };
    expect(factsFor({ nodes: [troubled, { ...troubled, name: 'n2' }, { ...node, name: 'n3' }] }).nodes).toMatchObject({
      notReady: 2,
    });
    expect(factsFor({ nodes: [troubled, { ...troubled, name: 'n2' }] }).nodes?.suspect).toBeUndefined();
  });
  test('whose other pods nobody could see say nothing of other workloads', () => {
    const { nodes } = factsFor({ nodes: [node, { ...bad, others: null }] });
    expect(nodes?.suspect).toBe('n2');
    expect(nodes?.failingWorkloads).toBeUndefined();
  });
});

describe('figures', () => {
  const points = [0.01, 0.03, null, 0.02, 0.3].map((value, index) => ({ at: `2026-11-24T09:5${index}:00Z`, value }));
  const series = (healthyBelow: number | null) => [{ title: 'errors', unit: 'ratio', healthyBelow, points, marks: [] }];

  test('of the symptom are compared with their median before the onset', () => {
    const { symptom } = factsFor({ series: series(0.05), onset: '2026-11-24T09:54:00Z' });
    expect(symptom).toMatchObject({ value: 0.3, baseline: 0.02, healthy: false });
    expect(symptom?.ratio).toBeCloseTo(15);
  });
  test('without a bound are neither healthy nor not', () => {
    expect(factsFor({ series: series(null) }).symptom?.healthy).toBeUndefined();
  });
  test('of several alerts count at their worst', () => {
    const alerts = [
      { title: 'a', signals: { errorRate: 0.1, availability: 0.99, serviceDown: false } },
      { title: 'b', signals: { errorRate: 0.4, availability: 0.9, serviceDown: true } },
    ];
    expect(factsFor({}, { alerts }).signals).toEqual({ errorRate: 0.4, availability: 0.9, serviceDown: true });
  });
  const session = {
    pid: 1,
    user: 'shop',
    application: 'x',
    state: 'active',
    ageSeconds: 600,
    waiting: null,
    blockedBy: [],
    query: '',
  };
  const stuck = { ...session, pid: 2, state: 'idle in transaction', ageSeconds: 120 };
  const idle = { ...session, pid: 4, state: 'idle', ageSeconds: 1_800 };
  const database = (sessions: object[], left = 0) => ({
    name: 'orders',
    connections: { used: 90, max: 103, reserved: 3 },
    sessions,
    left,
    blockers: [{ pid: 2, waiting: 1, ageSeconds: 120 }],
  });

  test('of a database leave out what is reserved, and count sessions by state', () => {
    const sessions = [session, stuck, { ...session, pid: 3, blockedBy: [2] }];
    expect(factsFor({ database: database(sessions) }).database).toMatchObject({
      usedRatio: 0.9,
      active: 2,
      idle: 0,
      idleInTransaction: 1,
      longestActiveMinutes: 10,
      longestIdleInTransactionMinutes: 2,
      longestIdleMinutes: 0,
      blocked: 1,
      blockers: 1,
      activeBlockers: 0,
    });
  });
  test('of a database tell a statement that runs from one that only waits, and from one that is in the way', () => {
    const waits = { ...session, pid: 3, ageSeconds: 3_600, blockedBy: [1] };
    const facts = factsFor({
      database: { ...database([session, waits]), blockers: [{ pid: 1, waiting: 1, ageSeconds: 600 }] },
    });
    expect(facts.database).toMatchObject({ longestActiveMinutes: 10, blocked: 1, blockers: 1, activeBlockers: 1 });
  });
  test('of a database with more sessions than are listed do not take those for none', () => {
    const some = factsFor({ database: database([session, stuck, idle], 300) }).database;
    expect(some).toMatchObject({ active: 1, idleInTransaction: 1, longestIdleMinutes: 30 });
    expect(Object.keys(some ?? {})).not.toContain('idle');
    const busy = factsFor({ database: database([session], 300) }).database;
    expect(busy).toMatchObject({ longestActiveMinutes: 10, usedRatio: 0.9 });
    for (const unknown of [
      'active',
      'blocked',
      'idleInTransaction',
      'longestIdleMinutes',
      'longestIdleInTransactionMinutes',
    ])
      expect(Object.keys(busy ?? {}), unknown).not.toContain(unknown);
  });
});

describe('suspicion', () => {
  test.each(['dataLoss', 'suspectedCorruption'])('%s on any alert is suspicion of data', (signal) => {
    expect(
      factsFor({}, { alerts: [{ title: 'a' }, { title: 'b', signals: { [signal]: true } }] }).data?.suspected,
    ).toBe(true);
  });
  test('nobody claims is none', () => {
    expect(factsFor({}, { alerts: [{ title: 'a', signals: { dataLoss: false } }] }).data?.suspected).toBe(false);
    expect(factsFor({}).security?.suspected).toBe(false);
  });
});

test('every fact has a path of two parts by which it is found', () => {
  expect(factPaths.length).toBeGreaterThan(60);
  expect(factPaths.filter((path) => factAt(path) === null)).toEqual([]);
  expect(factAt('pods.totals')).toBeNull();
  expect(factAt('pods')).toBeNull();
  expect(factAt('constructor.name')).toBeNull();
});
