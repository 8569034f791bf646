/** Answers as the API gives them in the middle of a bad release, relative to `now`; every state a page must show. */
import type { FollowUpView } from '../../../src/schema/api.ts';
import { Evidence } from '../../../src/schema/evidence.ts';
import type { Actor, IncidentView, TimelineItem, TimelineKind } from '../../../src/schema/incident.ts';
import type { Plan, RemediationView } from '../../../src/schema/remediation.ts';

const muster: Actor = { kind: 'muster', id: 'muster', name: 'Muster' };
const monitor: Actor = { kind: 'monitor', id: 'alertmanager', name: 'Alertmanager' };
export const operator = { id: 'operator', name: 'Operator', roles: ['viewer', 'responder', 'commander', 'admin'] };

export const at = (now: number, seconds: number): string => new Date(now + seconds * 1_000).toISOString();

export const anIncident = (now: number, over: Partial<IncidentView> = {}): IncidentView => ({
  id: 'INC-2026-014',
  workflowId: 'INC-2026-014',
  title: 'Checkout answers with errors',
  summary: 'More than a third of the requests to checkout fail since a few minutes.',
  pack: 'guide-sev1-sev3',
  severity: 'SEV1',
  rank: 1,
  status: 'investigating',
  service: 'checkout',
  drill: true,
  speed: 10,
  declaredAt: at(now, -78),
  declaredBy: monitor,
  acknowledgedAt: null,
  acknowledgedBy: null,
  mitigatedAt: null,
  resolvedAt: null,
  closedAt: null,
  roles: { commander: { person: 'dana', name: 'Dana Reyes', since: at(now, -70) } },
  minimumRoles: ['commander', 'technicalLead', 'communicationsLead', 'scribe'],
  deadlines: [
    {
      name: 'page:sev1-on-call-lead-5m',
      dueAt: at(now, 221),
      action: 'page Priya Nair (on-call-lead) unless acknowledged',
      who: 'Priya Nair',
      why: 'guide-sev1-sev3 SEV1: page on-call-lead after 5 minutes unless acknowledged',
    },
    {
      name: 'roles',
      dueAt: at(now, 300),
      action: 'ask for a technical lead, communications lead, scribe',
      who: 'Dana Reyes',
      why: 'guide-sev1-sev3 SEV1: minimum roles filled within 10 minutes',
    },
    {
      name: 'update:public:first',
      dueAt: at(now, 420),
      action: 'post a safe holding update on the status page',
      who: 'Dana Reyes',
      why: 'guide-sev1-sev3 SEV1: first public post within 10 minutes',
    },
    {
      name: 'update:internal',
      dueAt: at(now, 822),
      action: 'post a factual holding update in the room',
      who: 'Dana Reyes',
      why: 'guide-sev1-sev3 SEV1: an internal update every 15 minutes',
    },
  ],
  updates: {
    internal: { dueAt: at(now, 822), kept: 1, broken: 0 },
    public: { dueAt: at(now, 420), kept: 0, broken: 1 },
  },
  room: {
    id: 'C014',
    name: 'incident-2026-11-21-checkout-answers-with-errors',
    url: 'https://chat.example/archives/C014',
    missing: ['topic'],
  },
  publicUrl: null,
  alertsFiring: 3,
  cause: null,
  continues: null,
  version: 9,
  ...over,
});

export const aPlan = (over: Partial<Plan> = {}): Plan => {
  const target = { cluster: 'sandbox', kind: 'Deployment', namespace: 'shop', name: 'checkout', uid: '5f1c' };
  return {
    action: 'roll-back-deployment',
    actionVersion: 1,
    target,
    sentence: 'Roll back checkout in shop from revision 5 (2.4.0-bad) to revision 4 (2.3.1)',
    blastClass: 'B2',
    before: { revision: 5 },
    desired: { revision: 4 },
    requests: [
      {
        system: 'kubernetes',
        uid: '5f1c',
        method: 'PATCH',
        path: '/apis/apps/v1/namespaces/shop/deployments/checkout',
        contentType: 'application/json-patch+json',
        body: [
          { op: 'test', path: '/metadata/resourceVersion', value: '10231' },
          { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'registry.shop/checkout:2.3.1' },
        ],
      },
    ],
    tasks: [],
    alsoLocks: [],
    within: 600_000,
    alarmAfter: null,
    inverse: null,
    differences: [
      {
        path: 'spec.template.spec.containers[checkout].image',
        before: 'registry.shop/checkout:2.4.0-bad',
        after: 'registry.shop/checkout:2.3.1',
      },
      { path: 'spec.template.spec.containers[checkout].env.CACHE_MODE', before: 'write-through', after: null },
    ],
    guards: [
      { name: 'not paused', passed: true, finding: 'the Deployment is not paused and no other rollout is running' },
      { name: 'availability', passed: true, finding: '3 of 4 replicas stay available while it rolls' },
      { name: 'destination known good', passed: true, finding: 'revision 4 ran 6 days with all replicas ready' },
    ],
    dryRun: { accepted: true, finding: 'The server would change 2 fields.' },
    undo: 'Roll forward to revision 5 with the same kind of plan.',
    risks: ['Sessions on the replaced pods are cut.', 'Configuration of revision 5 goes away with its image.'],
    operationId: 'op-1',
    planHash: 'b1946ac92492d2347c6235b4d2611184a7f3c5de90f1',
    ...over,
  };
};

export const aRemediation = (now: number, over: Partial<RemediationView> = {}): RemediationView => {
  const plan = aPlan();
  return {
    id: 'rem-1',
    incidentId: 'INC-2026-014',
    workflowId: 'remediation/sandbox/Deployment/shop/checkout',
    action: plan.action,
    target: plan.target,
    params: { toRevision: 4 },
    status: 'awaitingApproval',
    proposedBy: muster,
    because: 'the release of revision 5 came 4 minutes before the errors began',
    plan,
    planHash: plan.planHash,
    approverRoles: ['commander', 'admin'],
    notProposer: true,
    runbook: null,
    changeAuthor: null,
    mode: 'approve',
    modeBecause: ['policy production says approve for B2 in production'],
    joined: [],
    approverPeople: [],
    notAuthorOfChange: false,
    startBy: null,
    quorum: 1,
    expiresAt: at(now, 540),
    decisions: [],
    baseline: 0.371,
    samples: [],
    outcome: null,
    drill: true,
    startedAt: at(now, -30),
    endedAt: null,
    version: 3,
    ...over,
  };
};

export const someEvidence = (now: number): Evidence =>
  Evidence.parse({
    gatheredAt: at(now, -40),
    onset: at(now, -190),
    suspects: [
      {
        kind: 'image',
        what: 'checkout revision 5: image 2.3.1 to 2.4.0-bad',
        at: at(now, -430),
        by: 'deploy-bot',
        author: 'hugo',
        source: 'github',
        link: 'https://ci.lanternfish.example/runs/41',
        score: 1.62,
        reasons: [
          '4 minutes before the symptoms began',
          'on the affected workload itself',
          'its new pods fail, the old ones did not',
        ],
        target: { cluster: 'sandbox', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
      },
      {
        kind: 'scale',
        what: 'cart scaled from 3 to 4 replicas',
        at: at(now, -3_000),
        by: null,
        score: 0.31,
        reasons: ['a dependency of checkout', '47 minutes before the symptoms began'],
        target: null,
      },
    ],
    series: [
      {
        title: 'Failed requests of checkout',
        unit: 'ratio',
        healthyBelow: 0.05,
        points: Array.from({ length: 90 }, (_, index) => ({
          at: at(now, (index - 90) * 12),
          value:
            index < 74
              ? 0.004 + 0.002 * Math.sin(index)
              : Math.min(0.38, 0.03 * (index - 73)) + 0.008 * Math.sin(index),
        })),
        marks: [
          { at: at(now, -430), text: 'checkout revision 5 rolled out' },
          { at: at(now, -190), text: 'symptoms began' },
        ],
      },
    ],
    pods: ['8mz4k', 'q2x7r', 'tt9pd', 'w5kcn'].map((suffix, index) => ({
      name: `checkout-7c9d8b6f5-${suffix}`,
      image: 'registry.shop/checkout:2.4.0-bad',
      revision: '5',
      phase: 'Running',
      ready: index > 1,
      restarts: index > 1 ? 0 : 4,
      reason: index > 1 ? null : 'CrashLoopBackOff',
      node: `node-${(index % 3) + 1}`,
      owners: ['ReplicaSet checkout-7c9d8b6f5', 'Deployment checkout', 'Helm release shop'],
      lastEnd: index > 1 ? null : { container: 'checkout', reason: 'Error', exitCode: 1, at: at(now, -70) },
    })),
    figures: ['Connections to the order database', 'Answer time of payments'].map((title, figure) => ({
      title,
      unit: figure === 0 ? 'count' : 'ms',
      healthyBelow: figure === 0 ? 80 : null,
      points: Array.from({ length: 60 }, (_, index) => ({
        at: at(now, (index - 60) * 18),
        value: 40 + 8 * Math.sin(index / 3) + (figure === 0 && index > 45 ? 4 * (index - 45) : 0),
      })),
      marks: [],
    })),
    nodes: [
      {
        name: 'node-1',
        ready: true,
        troubles: ['MemoryPressure'],
        unschedulable: true,
        own: { pods: 2, bad: 1 },
        others: { pods: 31, bad: 4, workloadsBad: 2 },
      },
      { name: 'node-2', ready: true, troubles: [], unschedulable: false, own: { pods: 1, bad: 1 }, others: null },
    ],
    autoscalers: [{ name: 'checkout', min: 2, max: 4, current: 4, desired: 4, atMaximum: true }],
    budgets: [{ name: 'checkout', allowed: 0, healthy: 2, wanted: 3, pods: 4 }],
    quotas: [{ name: 'shop', resource: 'limits.memory', used: '6Gi', hard: '8Gi', share: 0.75 }],
    endpoints: [{ service: 'checkout', ready: 2, notReady: 2 }],
    health: {
      url: 'https://checkout.shop.example/health',
      healthy: false,
      status: 503,
      latencyMs: 41,
      finding: 'answered 503 instead of 200',
      excerpt: '{"status":"failing","cache":"no such mode: write-through"}',
    },
    alarms: [
      {
        name: 'checkout-5xx',
        since: at(now, -150),
        reason: 'Threshold Crossed: 3 datapoints were greater than the threshold (5.0).',
        metric: 'AWS/ApplicationELB HTTPCode_Target_5XX_Count',
      },
    ],
    logSearch: {
      group: '/shop/checkout',
      query: 'fields @timestamp, @message | filter @message like /error/',
      rows: [{ at: at(now, -45), text: 'ERROR cannot parse CACHE_MODE=write-through' }],
      complete: false,
    },
    signatures: [
      { name: 'missingSetting', count: 12, example: 'FATAL config key cache.mode is not set to a known value' },
    ],
    database: {
      name: 'orders',
      connections: { used: 91, max: 100, reserved: 3 },
      sessions: [
        {
          pid: 4711,
          user: 'shop',
          application: 'checkout',
          state: 'idle in transaction',
          ageSeconds: 840,
          waiting: null,
          blockedBy: [],
          query: 'update orders set state = $1 where id = $2',
        },
        {
          pid: 4712,
          user: 'shop',
          application: 'checkout',
          state: 'active',
          ageSeconds: 61,
          waiting: 'Lock: transactionid',
          blockedBy: [4711],
          query: 'update orders set state = $1 where id = $2',
        },
      ],
      blockers: [{ pid: 4711, waiting: 1, ageSeconds: 840 }],
    },
    events: [
      {
        at: at(now, -60),
        reason: 'BackOff',
        about: 'Pod/checkout-7c9d8b6f5-8mz4k',
        message: 'Back-off restarting failed container checkout',
        count: 7,
      },
    ],
    revisions: [
      {
        revision: 5,
        images: ['registry.shop/checkout:2.4.0-bad'],
        at: at(now, -430),
        ready: 2,
        current: true,
        differences: [
          {
            path: 'image of checkout',
            before: 'registry.shop/checkout:2.3.1',
            after: 'registry.shop/checkout:2.4.0-bad',
          },
          { path: 'environment CACHE_MODE of checkout', before: 'set', after: 'set to another value' },
          { path: 'ConfigMap checkout-limits', before: null, after: 'used' },
        ],
      },
      { revision: 4, images: ['registry.shop/checkout:2.3.1'], at: at(now, -520_000), ready: 0, current: false },
    ],
    logs: [
      {
        pod: 'checkout-7c9d8b6f5-8mz4k',
        previous: true,
        lines: ['checkout 2.4.0-bad starting', 'FATAL cannot parse CACHE_MODE=write-through', 'exit status 1'],
      },
    ],
    missing: ['logs of checkout-7c9d8b6f5-q2x7r (the kubelet did not answer)'],
  });

type Fact = [seconds: number, kind: TimelineKind, actor: Actor, text: string, why?: string, isPublic?: boolean];

const dana: Actor = { kind: 'person', id: 'dana', name: 'Dana Reyes' };
const facts: Fact[] = [
  [
    -78,
    'declared',
    monitor,
    'Alertmanager reported: Checkout answers with errors. SEV1 was declared.',
    'guide-sev1-sev3 rule error-rate-critical: errorRate 0.37 is above 0.1',
  ],
  [
    -77,
    'paged',
    muster,
    'Dana Reyes was paged as on-call.',
    'guide-sev1-sev3 SEV1: page on-call at once; on call by rotation primary',
  ],
  [
    -76,
    'roomOpened',
    muster,
    'Room #incident-2026-11-21-checkout-answers-with-errors was opened.',
    'guide-sev1-sev3: a room for every incident',
  ],
  [-70, 'roleTaken', dana, 'Dana Reyes took command.'],
  [
    -60,
    'publicUpdatePosted',
    muster,
    'Customers were told: we are looking into errors at checkout.',
    'guide-sev1-sev3 SEV1: first public post at declaration',
    true,
  ],
  [-52, 'alertAttached', monitor, '2 more alerts of checkout were attached.'],
  [
    -40,
    'evidenceGathered',
    muster,
    'Evidence was gathered: 2 suspects, 4 pods, 1 curve.',
    'runbook error-rate-after-deployment: look back 2 hours',
  ],
  [
    -38,
    'causeSuspected',
    muster,
    'The release of checkout revision 5 is suspected, score 1.62.',
    'four minutes before the onset, on the affected workload',
  ],
  [
    -30,
    'remediationPlanned',
    muster,
    'A rollback of checkout to revision 4 was planned and waits for approval.',
    'blast class B2 needs one approval by commander or admin',
  ],
];

export const aTimeline = (now: number): TimelineItem[] =>
  facts.map(([seconds, kind, actor, text, why, isPublic], index) => ({
    key: `incident/${index}`,
    seq: index + 1,
    at: at(now, seconds),
    kind,
    actor,
    text,
    why: why ?? null,
    public: isPublic ?? false,
  }));

export const aFollowUp = (now: number): FollowUpView => ({
  incidentId: 'INC-2026-014',
  reviewAt: at(now, 190_000),
  reviewRequired: true,
  facilitator: 'Priya Nair',
  attendees: ['Dana Reyes', 'Operator'],
  documentDueAt: at(now, 430_000),
  documentDraftedAt: at(now, -20),
  roomArchivedAt: null,
  actionItems: [
    {
      id: 'ai-1',
      text: 'Reject unknown CACHE_MODE at build time',
      owner: 'Dana Reyes',
      dueAt: at(now, 900_000),
      doneAt: null,
    },
    {
      id: 'ai-2',
      text: 'Write down how to roll back checkout by hand',
      owner: 'Priya Nair',
      dueAt: null,
      doneAt: at(now, -5),
    },
  ],
  deadlines: [
    {
      name: 'room:archive',
      dueAt: at(now, 86_000),
      action: 'archive the room',
      who: 'Muster',
      why: 'guide-sev1-sev3: archive the room after 24 hours',
    },
  ],
  closedAt: null,
  version: 2,
});

export const aPostmortem = `# Postmortem: Checkout answers with errors

**Severity** SEV1 · **Duration** 12 minutes

## Timeline

| Time | What |
|---|---|
| 09:00 | SEV1 was declared |
| 09:07 | The rollback was approved |

## Cause

A release with \`CACHE_MODE\` set. <script>alert(1)</script> [no](javascript:alert(1))

- Detected by the error rate
- Rolled back to revision 4
`;

export const aSandbox = (now: number) => ({
  pages: [
    {
      id: 'page-1',
      dedupKey: 'INC-2026-014/page/sev1-on-call-0m/dana',
      to: 'Dana Reyes',
      person: 'dana',
      at: at(now, -77),
      status: 'triggered',
      summary: 'SEV1: Checkout answers with errors (INC-2026-014)',
    },
    {
      id: 'page-0',
      dedupKey: 'INC-2026-013/page/sev2-on-call-0m/sam',
      to: 'Sam Okafor',
      person: 'sam',
      at: at(now, -9_000),
      status: 'acknowledged',
      summary: 'SEV2: Search is slow in one region (INC-2026-013)',
    },
  ],
  channels: [
    {
      id: 'C001',
      name: 'incident-notify',
      kind: 'channel',
      archived: false,
      members: [],
      messages: [{ at: at(now, -76), from: 'Muster', text: 'SEV1 declared: Checkout answers with errors' }],
    },
    {
      id: 'C014',
      name: 'incident-2026-11-21-checkout-answers-with-errors',
      kind: 'channel',
      archived: false,
      members: ['Dana Reyes'],
      messages: [
        {
          at: at(now, -75),
          from: 'Muster',
          text: '*SEV1 declared* Checkout answers with errors\nCommander: <@dana>. Next update in 15 min. <https://muster.example/incidents/INC-2026-014|Open the incident> &amp; say what you see.',
        },
        { at: at(now, -65), from: 'Dana Reyes', text: 'Looking.' },
      ],
    },
  ],
  statusPosts: [
    { id: 'p1', status: 'investigating', body: 'We are looking into errors at checkout.', at: at(now, -60) },
  ],
  deployments: [
    {
      namespace: 'shop',
      name: 'checkout',
      image: 'registry.shop/checkout:2.4.0-bad',
      revision: 5,
      replicas: 4,
      ready: 2,
    },
    { namespace: 'shop', name: 'cart', image: 'registry.shop/cart:1.9.0', revision: 12, replicas: 4, ready: 4 },
  ],
  pods: [
    ['checkout', 'checkout-7c9d8b6f5-8mz4k', false, 4],
    ['checkout', 'checkout-7c9d8b6f5-tt9pd', true, 0],
    ['cart', 'cart-6b7f-2k9dd', true, 0],
  ].map(([app, name, ready, restarts]) => ({
    namespace: 'shop',
    app,
    name,
    ready,
    restarts,
    phase: 'Running',
    reason: ready ? null : 'CrashLoopBackOff',
  })),
  mails: [{ to: ['dana@shop.example'], subject: 'Review of INC-2026-014', at: at(now, -10), text: 'You are invited.' }],
  metrics: [
    { ...someEvidence(now).series[0], name: 'errors/checkout', service: 'checkout' },
    {
      name: 'latency/search',
      service: 'search',
      unit: 'ms',
      healthyBelow: 400,
      points: [{ at: at(now, -5), value: 120 }],
    },
  ],
});

export const scenarios = [
  { name: 'bad-release', title: 'A bad release of checkout', breaks: 'new pods answer with errors' },
  { name: 'memory-leak', title: 'A memory leak in the catalogue', breaks: 'pods are killed for memory' },
  { name: 'node-loss', title: 'A node stops answering', breaks: 'its pods are gone' },
];

export const sandboxPeople = [
  { id: 'dana', name: 'Dana Reyes', roles: ['responder', 'commander'], token: 'sbx_dana' },
  { id: 'sam', name: 'Sam Okafor', roles: ['responder'], token: 'sbx_sam' },
];

export const aStatus = (now: number) => ({
  name: 'Corner Shop',
  generatedAt: at(now, -3),
  components: [
    { name: 'Checkout', status: 'partial_outage' },
    { name: 'Catalogue', status: 'operational' },
  ],
  incidents: [
    {
      id: 'p1',
      title: 'Errors at checkout',
      status: 'investigating',
      nextUpdateAt: at(now, 420),
      updates: [
        {
          at: at(now, -60),
          status: 'investigating',
          text: 'We are looking into errors at checkout. Orders already placed are safe.',
        },
      ],
    },
  ],
  past: [
    {
      id: 'p0',
      title: 'Slow search',
      status: 'resolved',
      updates: [{ at: at(now, -500_000), status: 'resolved', text: 'Search is as fast as before.' }],
    },
  ],
});

export const onCall = (now: number) => ({
  duties: [
    { duty: 'on-call', people: [{ id: 'dana', name: 'Dana Reyes', until: at(now, 40_000) }] },
    { duty: 'on-call-lead', people: [{ id: 'priya', name: 'Priya Nair' }] },
    { duty: 'vp-engineering', people: [] },
  ],
  gaps: [{ duty: 'vp-engineering', from: at(now, 0), until: null }],
});

export const health = {
  checks: [
    { name: 'Deliveries', healthy: true, finding: 'nothing waits to be handed on' },
    { name: 'Effects', healthy: false, finding: '1 effect with an unknown outcome' },
    { name: 'Workers', healthy: true, finding: 'worker 2 s ago, remediation worker 3 s ago' },
  ],
};
