/** What the runbooks that come with Muster make of incidents: each with its first step, and with a twin that it leaves alone. */
import { describe, expect, test } from 'vitest';
import type { IncidentForFacts } from '../../src/domain/diagnosis/facts.ts';
import { selectRunbooks } from '../../src/domain/runbook/match.ts';
import { readRunbooks } from '../../src/packs/runbook-load.ts';
import type { Evidence } from '../../src/schema/evidence.ts';
import {
  aCrashing,
  aCurve,
  aDatabase,
  aNode,
  anAutoscaler,
  anEvidence,
  anIncident,
  aPod,
  aRelease,
  checkout,
  everyTarget,
  judged,
} from './runbook-case.ts';

interface Case {
  runbook: string;
  /** What is the case, after "where". */
  where: string;
  evidence?: Evidence;
  incident: IncidentForFacts;
  /** `runbook: step`, or how it ends without one. */
  first: string;
  /** Action and target of that step. */
  does?: [action: string, target: string];
  /** The same in all but one thing, which this runbook leaves alone. */
  twin: { where: string; evidence?: Evidence; incident?: IncidentForFacts };
}

const errors = anIncident('CheckoutErrorRate', { errorRate: 0.2 });
const badNode = (letter: string) => [
  aNode('a'),
  aNode('b'),
  aNode(letter, { ready: false, troubles: ['NotReady'], own: { pods: 1, bad: 1 } }),
];
const down = [aPod('a', { ready: false }), aPod('b', { ready: false }), aPod('c', { ready: false })];
const noEndpoints = [{ service: 'checkout', ready: 0, notReady: 3 }];
const refusedConnections: Evidence['signatures'] = [{ name: 'connectionRefused', count: 40, example: 'refused' }];

const cases: Case[] = [
  {
    runbook: 'bad-release',
    where: 'errors began minutes after a release',
    evidence: anEvidence({ suspects: [aRelease()] }),
    incident: errors,
    first: 'bad-release: rollBack',
    does: ['roll-back-deployment', 'shop/checkout'],
    twin: {
      where: 'another change is more than half as likely',
      evidence: anEvidence({ suspects: [aRelease(), aRelease({ kind: 'config', score: 0.6, what: 'a ConfigMap' })] }),
    },
  },
  {
    runbook: 'service-down',
    where: 'no pod takes requests and nothing was changed',
    evidence: anEvidence({ pods: down, endpoints: noEndpoints, nodes: [] }),
    incident: anIncident('CheckoutDown', { serviceDown: true }),
    first: 'service-down: restart',
    does: ['restart-workload', 'shop/checkout'],
    twin: { where: 'its pods take requests after all', evidence: anEvidence() },
  },
  {
    runbook: 'database-issues',
    where: 'a session that does nothing blocks others',
    evidence: anEvidence({
      database: aDatabase(40, [
        ['idle in transaction', 20],
        ['active', 3, 1],
      ]),
    }),
    incident: anIncident('DatabaseLocks'),
    first: 'database-issues: endIdleInTransaction',
    does: ['terminate-session', 'orders'],
    twin: {
      where: 'every session is young and in nobody’s way',
      evidence: anEvidence({ database: aDatabase(40, [['active', 1]]) }),
    },
  },
  {
    runbook: 'database-issues',
    where: 'a statement that runs blocks others',
    evidence: anEvidence({
      database: aDatabase(40, [
        ['active', 4],
        ['active', 3, 1],
      ]),
    }),
    incident: anIncident('DatabaseLocks'),
    first: 'database-issues: cancelBlockers',
    does: ['cancel-query', 'orders'],
    twin: {
      where: 'every statement is young and in nobody’s way',
      evidence: anEvidence({ database: aDatabase(40, [['active', 1]]) }),
    },
  },
  {
    runbook: 'database-connection-exhaustion',
    where: 'the last connections are taken and a statement runs for long',
    evidence: anEvidence({
      database: aDatabase(97, [
        ['active', 12],
        ['idle', 30],
      ]),
    }),
    incident: anIncident('PostgresConnections', { dbConnections: 0.97 }),
    first: 'database-connection-exhaustion: cancelLongQueries',
    does: ['cancel-query', 'orders'],
    twin: {
      where: 'there are connections left',
      evidence: anEvidence({ database: aDatabase(50, [['active', 1]]) }),
      incident: anIncident('PostgresConnections', { dbConnections: 0.5 }),
    },
  },
  {
    runbook: 'performance-degradation',
    where: 'one pod is not well and the rest slows down',
    evidence: anEvidence({ pods: [aPod('a'), aPod('b'), aPod('c', { ready: false, reason: 'NotReady' })], nodes: [] }),
    incident: anIncident('ShopSlow', { performanceLoss: 0.4 }),
    first: 'performance-degradation: evictPod',
    does: ['evict-pod', 'shop/checkout-c'],
    twin: {
      where: 'customers are not hurt',
      evidence: anEvidence({
        series: [aCurve(0.01)],
        pods: [aPod('a'), aPod('b'), aPod('c', { ready: false })],
        nodes: [],
      }),
    },
  },
  {
    runbook: 'data-loss',
    where: 'data may be damaged, whatever else is the case',
    evidence: anEvidence({ suspects: [aRelease()] }),
    incident: anIncident('OrdersWrong', { suspectedCorruption: true, errorRate: 0.2 }),
    first: 'data-loss: escalate',
    twin: { where: 'nobody speaks of data', incident: anIncident('OrdersWrong', { errorRate: 0.2 }) },
  },
  {
    runbook: 'authentication-failures',
    where: 'tokens are refused',
    evidence: anEvidence({ suspects: [aRelease({ kind: 'config' })] }),
    incident: anIncident('AuthFailures', { authFailureRate: 0.3 }),
    first: 'authentication-failures: escalate',
    twin: { where: 'hardly any are', incident: anIncident('AuthFailures', { authFailureRate: 0.01 }) },
  },
  {
    runbook: 'dependency-failure',
    where: 'calls fail while the service itself is well',
    evidence: anEvidence({ signatures: refusedConnections }),
    incident: anIncident('UpstreamErrors', { dependencyDown: true }),
    first: 'dependency-failure: openBreaker',
    does: ['http-switch', 'payments-breaker'],
    twin: {
      where: 'the service itself crashes',
      evidence: anEvidence({ signatures: refusedConnections, pods: [aCrashing('a'), aCrashing('b'), aCrashing('c')] }),
    },
  },
  {
    runbook: 'api-latency',
    where: 'load is high, the autoscaler can do no more and the database has room',
    evidence: anEvidence({ autoscalers: anAutoscaler(true), database: aDatabase(40) }),
    incident: anIncident('ApiLatency', { latencyP95Ratio: 3 }),
    first: 'api-latency: scaleUp',
    does: ['scale-workload', 'shop/checkout'],
    twin: {
      where: 'the autoscaler still has room',
      evidence: anEvidence({ autoscalers: anAutoscaler(false), database: aDatabase(40) }),
    },
  },
  {
    runbook: 'crash-loop',
    where: 'one pod crashes, the others are well and nothing was changed',
    evidence: anEvidence({ pods: [aPod('a'), aPod('b'), aCrashing('c')], nodes: [] }),
    incident: anIncident('PodCrashLooping'),
    first: 'crash-loop: evictPod',
    does: ['evict-pod', 'shop/checkout-c'],
    twin: {
      where: 'it ran out of memory, which another runbook is for',
      evidence: anEvidence({ pods: [aPod('a'), aPod('b'), aCrashing('c', 'OOMKilled')], nodes: [] }),
    },
  },
  {
    runbook: 'out-of-memory',
    where: 'two pods ran out of memory without a release',
    evidence: anEvidence({ pods: [aPod('a'), aCrashing('b', 'OOMKilled'), aCrashing('c', 'OOMKilled')], nodes: [] }),
    incident: anIncident('ContainerOOMKilled'),
    first: 'out-of-memory: raiseMemory',
    does: ['set-resources', 'shop/checkout'],
    twin: {
      where: 'they were killed by a probe, which also ends with 137',
      evidence: anEvidence({
        pods: [
          aPod('a'),
          aPod('b', { ready: false, lastEnd: { container: 'app', reason: 'Error', exitCode: 137, at: '' } }),
        ],
        nodes: [],
      }),
    },
  },
  {
    runbook: 'unhealthy-node',
    where: 'a node is not ready and the pod on it is not either',
    evidence: anEvidence({ pods: [aPod('a'), aPod('b'), aPod('c', { ready: false })], nodes: badNode('c') }),
    incident: anIncident('NodeNotReady'),
    first: 'unhealthy-node: cordon',
    does: ['cordon-node', 'node-c'],
    twin: {
      where: 'two nodes are not ready, so no one of them is to blame',
      evidence: anEvidence({
        nodes: [
          aNode('a'),
          aNode('b', { ready: false, troubles: ['NotReady'] }),
          aNode('c', { ready: false, troubles: ['NotReady'] }),
        ],
      }),
    },
  },
  {
    runbook: 'background-workers',
    where: 'a third of the jobs fails',
    incident: anIncident('JobFailures', { jobFailureRate: 0.33, queueDepth: 200 }),
    first: 'background-workers: pauseJobs',
    does: ['http-switch', 'nightly'],
    twin: {
      where: 'jobs neither pile up nor fail',
      incident: anIncident('JobFailures', { jobFailureRate: 0.01, queueDepth: 20 }),
    },
  },
  {
    runbook: 'api-gateway',
    where: 'its pods are not ready though nothing was changed',
    evidence: anEvidence({ pods: [aPod('a', { ready: false }), aPod('b', { ready: false }), aPod('c')], nodes: [] }),
    incident: anIncident('GatewayErrors', { gatewayDown: true }),
    first: 'api-gateway: restart',
    does: ['restart-workload', 'shop/checkout'],
    twin: { where: 'the gateway itself is well', evidence: anEvidence() },
  },
];

describe('the first step', () => {
  test.each(cases)('of $runbook, where $where', ({ evidence = anEvidence(), incident, first, does }) => {
    const found = judged(evidence, incident);
    expect(found.first).toBe(first);
    if (!does) {
      expect(found.step).toBeNull();
      return;
    }
    const target = found.step?.target;
    const place = target?.namespace ? `${target.namespace}/${target.name}` : target?.name;
    expect([found.step?.action, place]).toEqual(does);
  });
});

describe('no step', () => {
  test.each(cases)('of $runbook, where $twin.where', ({ runbook, twin, evidence = anEvidence(), incident }) => {
    const { selection } = judged(twin.evidence ?? evidence, twin.incident ?? incident);
    const found = selection.judged.find((one) => one.runbook.metadata.name === runbook);
    expect(found?.outcome).not.toBe('concludes');
    expect(found?.why.length).toBeGreaterThan(10);
  });

  test('of any runbook, where nothing is known', () => {
    const nothing = anEvidence({
      series: [],
      pods: [],
      nodes: [],
      endpoints: [],
      missing: ['the workload: forbidden', 'the symptom curve: away'],
    });
    const { selection, first } = judged(nothing, anIncident('CheckoutDown', { errorRate: 0.2 }));
    expect(first).toBe('nothing');
    expect(selection.judged.map(({ outcome }) => outcome)).not.toContain('concludes');
  });

  test('is proved for every runbook that comes with Muster', () => {
    const names = readRunbooks().runbooks.map(({ value }) => value.metadata.name);
    expect([...new Set(cases.map(({ runbook }) => runbook))].toSorted()).toEqual(names.toSorted());
  });
});

describe('what differs in the case changes the step', () => {
  test('a release that is older than the look back is no bad release', () => {
    const outcomeAt = (at: string) =>
      judged(anEvidence({ suspects: [aRelease({ at })] }), errors).selection.judged.find(
        ({ runbook }) => runbook.metadata.name === 'bad-release',
      )?.outcome;
    expect(outcomeAt('2026-11-24T08:01:00Z')).toBe('concludes');
    expect(outcomeAt('2026-11-24T07:59:00Z')).toBe('open');
  });

  test('copies are not added while the database is short of connections', () => {
    const at = (used: number) =>
      judged(
        anEvidence({ autoscalers: anAutoscaler(true), database: aDatabase(used) }),
        anIncident('ApiLatency', { latencyP95Ratio: 3 }),
      ).first;
    expect(at(69)).toBe('api-latency: scaleUp');
    expect(at(71)).toBe('api-latency: escalate');
  });

  test('idle sessions are ended last of all', () => {
    const idle = anEvidence({
      database: aDatabase(97, [
        ['idle', 30],
        ['idle', 40],
      ]),
    });
    const { compiled, step } = judged(idle, anIncident('PostgresConnections'));
    expect(step).toMatchObject({ id: 'endIdle', params: { of: 'idle', olderThan: '600s', max: 5 } });
    expect(compiled?.steps.at(-1)?.id).toBe('endIdle');
  });

  test('a node that somebody else closed is not closed again, and its pod moves on', () => {
    const [a, b, c] = badNode('c');
    const closed = [a, b, { ...(c ?? aNode('c')), unschedulable: true }].filter((node) => node !== undefined);
    const evidence = anEvidence({ pods: [aPod('a'), aPod('b'), aPod('c', { ready: false })], nodes: closed });
    expect(judged(evidence, anIncident('NodeNotReady')).first).toBe('unhealthy-node: evictPod');
  });

  test('a step whose switch the catalogue does not name is passed over', () => {
    const evidence = anEvidence({ signatures: refusedConnections });
    const incident = anIncident('UpstreamErrors', { dependencyDown: true });
    const noBreaker = { ...everyTarget, switches: everyTarget.switches.filter(({ kind }) => kind !== 'breaker') };
    expect(judged(evidence, incident, noBreaker).first).toBe('dependency-failure: flagOff');
    expect(judged(evidence, incident, { ...everyTarget, switches: [] }).first).toBe('dependency-failure: escalate');
  });

  test('a StatefulSet is rolled back in its own way', () => {
    const set = { ...checkout, kind: 'StatefulSet' };
    const { step } = judged(
      anEvidence({ suspects: [aRelease()] }),
      { ...errors, target: set },
      { ...everyTarget, workload: set },
    );
    expect(step?.action).toBe('roll-back-statefulset');
  });

  test('where data may be lost no other runbook is followed, however sure it is', () => {
    const { selection } = judged(
      anEvidence({ suspects: [aRelease({ score: 1 })] }),
      anIncident('DataLoss', { errorRate: 0.3, dataLoss: true }),
    );
    expect(selection.chosen?.runbook.spec.stop?.stopAutomation).toBe(true);
    expect(selection.judged.some(({ outcome, runbook }) => outcome === 'concludes' && !runbook.spec.stop)).toBe(true);
  });

  test('lines that speak of refusals stop automation, but not the judgement of a release that brought them', () => {
    const signatures: Evidence['signatures'] = [{ name: 'unauthorised', count: 90, example: '401' }];
    expect(judged(anEvidence({ signatures }), errors).first).toBe('authentication-failures: escalate');
    expect(judged(anEvidence({ signatures, suspects: [aRelease()] }), errors).first).toBe('bad-release: rollBack');
    const named = anIncident('LoginFailures', { errorRate: 0.2 });
    expect(judged(anEvidence({ signatures, suspects: [aRelease()] }), named).first).toBe(
      'authentication-failures: escalate',
    );
  });

  test('the order of the runbooks in their folder decides nothing', () => {
    const shipped = readRunbooks().runbooks.map(({ value }) => value);
    const given = { incident: errors, facts: {}, reads: {} };
    const none = () => () => ({ known: false as const, missing: [] });
    const names = (list: typeof shipped) =>
      selectRunbooks(list, given, none).judged.map(({ runbook }) => runbook.metadata.name);
    expect(names(shipped.toReversed())).toEqual(names(shipped));
  });
});
