/** Incidents as evidence, for proving what a runbook makes of them: a healthy shop, and what differs from it. */
import { factsOf, type IncidentForFacts } from '../../src/domain/diagnosis/facts.ts';
import { compileRunbook } from '../../src/domain/runbook/compile.ts';
import { type Selection, selectRunbooks } from '../../src/domain/runbook/match.ts';
import { firstStep } from '../../src/domain/runbook/next.ts';
import type { RunbookTargets } from '../../src/domain/runbook/targets.ts';
import { evaluatorOf, readRunbooks } from '../../src/packs/runbook-load.ts';
import { DatabaseSeen, type Evidence, type Suspect } from '../../src/schema/evidence.ts';
import type { Target } from '../../src/schema/remediation.ts';
import type { CompiledRunbook } from '../../src/schema/runbook.ts';
import { noEvidence } from '../support/builders.ts';

export const checkout: Target = { cluster: 'production', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
export const onset = '2026-11-24T10:00:00Z';

type Given = Partial<ReturnType<typeof Evidence.parse>>;
type Pod = Evidence['pods'][number];
type Node = Evidence['nodes'][number];

/** Three pods on three nodes, well for half an hour, then the symptom breaks; nothing was changed. */
export const anEvidence = (given: Given = {}): Evidence =>
  noEvidence({
    onset,
    series: [aCurve(0.2)],
    pods: [aPod('a'), aPod('b'), aPod('c')],
    nodes: [aNode('a'), aNode('b'), aNode('c')],
    endpoints: [{ service: 'checkout', ready: 3, notReady: 0 }],
    ...given,
  });

export const aCurve = (value: number): Evidence['series'][number] => ({
  title: 'errors',
  unit: 'ratio',
  healthyBelow: 0.02,
  points: [
    { at: '2026-11-24T09:40:00Z', value: 0.01 },
    { at: '2026-11-24T09:50:00Z', value: 0.01 },
    { at: '2026-11-24T10:04:00Z', value },
  ],
  marks: [],
});

/** `checkout-a` on `node-a`. */
export const aPod = (letter: string, given: Partial<Pod> = {}): Pod => ({
  name: `checkout-${letter}`,
  image: 'checkout:2.3.1',
  revision: '4',
  phase: 'Running',
  ready: true,
  restarts: 0,
  reason: null,
  node: `node-${letter}`,
  owners: [],
  lastEnd: null,
  ...given,
});

/** One that keeps crashing for this reason. */
export const aCrashing = (letter: string, reason = 'CrashLoopBackOff'): Pod =>
  aPod(letter, {
    ready: false,
    restarts: 4,
    reason,
    lastEnd: {
      container: 'app',
      reason: reason === 'OOMKilled' ? reason : 'Error',
      exitCode: reason === 'OOMKilled' ? 137 : 1,
      at: onset,
    },
  });

export const aNode = (letter: string, given: Partial<Node> = {}): Node => ({
  name: `node-${letter}`,
  ready: true,
  troubles: [],
  unschedulable: false,
  own: { pods: 1, bad: 0 },
  others: { pods: 4, bad: 0, workloadsBad: 0 },
  ...given,
});

export const aRelease = (given: Partial<Suspect> = {}): Suspect => ({
  kind: 'image',
  what: 'the release of checkout 2.4.0',
  at: '2026-11-24T09:55:00Z',
  by: 'maya',
  author: null,
  source: 'cluster',
  link: null,
  score: 0.85,
  reasons: ['it changed the very workload that suffers'],
  target: checkout,
  ...given,
});

/** Of a hundred connections so many are taken; each session as its state and age in minutes. */
export const aDatabase = (
  used: number,
  sessions: [state: string, minutes: number, blockedBy?: number][] = [],
): Evidence['database'] => {
  const listed = sessions.map(([state, minutes, blockedBy], index) => ({
    pid: index + 1,
    user: 'shop',
    application: 'checkout',
    state,
    ageSeconds: minutes * 60,
    waiting: null,
    blockedBy: blockedBy === undefined ? [] : [blockedBy],
    query: 'select $1',
  }));
  const roots = new Set(listed.flatMap(({ blockedBy }) => blockedBy));
  return DatabaseSeen.parse({
    name: 'orders',
    connections: { used, max: 103, reserved: 3 },
    sessions: listed,
    left: 0,
    blockers: listed
      .filter(({ pid, blockedBy }) => roots.has(pid) && blockedBy.length === 0)
      .map(({ pid, ageSeconds }) => ({ pid, waiting: 1, ageSeconds })),
  });
};

export const anAutoscaler = (atMaximum: boolean): Evidence['autoscalers'] => [
  { name: 'checkout', min: 2, max: 3, current: 3, desired: 3, atMaximum },
];

type Signals = Record<string, number | string | boolean>;
export const anIncident = (title: string, signals: Signals = {}): IncidentForFacts => ({
  rank: 1,
  service: 'checkout',
  drill: false,
  target: checkout,
  alerts: [{ title, signals }],
});

const aSwitch = (name: string, kind: string) => ({
  name,
  kind,
  own: true,
  target: { cluster: 'mesh', kind: 'Switch', namespace: '', name },
});

/** Everything that the catalogue can name. */
export const everyTarget: RunbookTargets = {
  workload: checkout,
  database: { cluster: 'orders', kind: 'Database', namespace: '', name: 'orders' },
  application: { cluster: 'argo-cd', kind: 'Application', namespace: '', name: 'checkout' },
  switches: [
    aSwitch('payments-breaker', 'breaker'),
    aSwitch('recommendations', 'flag'),
    aSwitch('nightly', 'job'),
    aSwitch('maintenance', 'maintenance'),
  ],
};

const shipped = readRunbooks().runbooks.map(({ value }) => value);
const evaluate = evaluatorOf();

/** What Muster makes of it with the runbooks it comes with: which of them, compiled, and where it begins. */
export const judged = (
  evidence: Evidence,
  incident: IncidentForFacts,
  targets: RunbookTargets = everyTarget,
): {
  selection: Selection;
  compiled: CompiledRunbook | null;
  first: string;
  step: CompiledRunbook['steps'][number] | null;
} => {
  const facts = factsOf(evidence, incident);
  const selection = selectRunbooks(shipped, { incident, facts, reads: {} }, evaluate);
  const { chosen } = selection;
  if (!chosen) return { selection, compiled: null, first: 'nothing', step: null };
  const compiled = compileRunbook(chosen.runbook, {
    facts,
    reads: {},
    targets,
    service: incident.service,
    confidence: chosen.confidence,
    evaluate: evaluate(chosen.runbook),
  });
  const next = firstStep(compiled);
  return {
    selection,
    compiled,
    first: `${compiled.name}: ${next.to === 'step' ? next.step.id : next.to}`,
    step: next.to === 'step' ? next.step : null,
  };
};
