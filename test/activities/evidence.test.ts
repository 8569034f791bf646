/** What a diagnosis keeps: bounded, free of secrets, and with a name for every part that could not be had. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { gather, type Ways } from '../../activities/evidence/gather.ts';
import { partsOf } from '../../activities/evidence/parts.ts';
import type { DiagnoseRequest } from '../../activities/index.ts';
import { evidenceBytesMax } from '../../src/domain/diagnosis/evidence-bounds.ts';
import { VendorError } from '../../src/domain/errors.ts';
import type { Database, EvidenceSources, Metrics } from '../../src/integrations/integration.ts';
import type { Session } from '../../src/schema/database.ts';
import { Evidence } from '../../src/schema/evidence.ts';
import { Organisation, Service } from '../../src/schema/organisation.ts';
import { anAws, awsRefusal } from '../support/cloudwatch.ts';
import { incident } from '../support/kube/a-remediation.ts';
import { noOtherWays } from '../support/run-parts.ts';
import { meta, ownedBy, type Told, toldCluster } from '../support/told-cluster.ts';

const at = '2026-05-04T12:00:00.000Z';
const target = { cluster: 'prod', kind: 'Deployment', namespace: 'shop', name: 'checkout' };

interface Given {
  told?: Told;
  log?: string;
  catalogue?: Partial<Service>;
  sources?: Partial<EvidenceSources>;
  metrics?: Partial<Metrics>;
  activity?: Database['activity'];
}

/** As it comes back from the store. */
const gathered = async (given: Given): Promise<Evidence> => {
  const service = Service.parse({
    title: 'Checkout',
    team: 'shop',
    tier: 1,
    publicName: 'Checkout',
    ...given.catalogue,
  });
  const ways: Ways = {
    ...noOtherWays,
    ...(given.activity ? { database: () => ({ activity: given.activity }) as unknown as Database } : {}),
    organisation: Organisation.parse({
      ...anOrganisation,
      services: { checkout: service },
      databases: { orders: { title: 'Orders', connection: 'orders', database: 'shop' } },
    }),
    connect: () => ({ metrics: { query: async () => null, queryRange: async () => [], ...given.metrics } }),
    cluster: () => toldCluster(given.told ?? healthy(), given.log ?? ''),
    sources: () => ({ alarms: null, logs: null, cloudMetrics: null, health: null, ...given.sources }),
    store: { changes: { around: async () => [] } },
  };
  const request: DiagnoseRequest = {
    incident: { ...incident, declaredAt: at },
    key: 'diagnose',
    service: {
      id: 'checkout',
      title: 'Checkout',
      publicName: 'Checkout',
      customerFacing: true,
      team: 'shop',
      target,
      symptom: { title: 'Errors', query: 'errors', healthyBelow: 0.01, unit: 'ratio' },
    },
    alerts: [],
    lookBackMs: 3_600_000,
    runbook: null,
    answers: {},
    at,
  };
  return Evidence.parse(JSON.parse(JSON.stringify(await gather(ways, request))));
};

const anOrganisation = {
  name: 'Shop',
  timezone: 'UTC',
  businessHours: { start: '09:00', end: '17:00' },
  people: {},
  teams: {},
  duties: {},
  schedules: {},
  fallback: ['ada'],
  groups: {},
};

const template = (image: string, env: object[] = []) => ({
  metadata: { labels: { app: 'checkout' } },
  spec: { containers: [{ name: 'checkout', image, env }] },
});
const aDeployment = (image: string, more: object = {}, env: object[] = []) => ({
  metadata: meta('checkout', { generation: 1, ...more }),
  spec: { replicas: 3, selector: { matchLabels: { app: 'checkout' } }, template: template(image, env) },
  status: { observedGeneration: 1 },
});
const aReplicaSet = (
  deployment: ReturnType<typeof aDeployment>,
  revision: number,
  image: string,
  more: { annotations?: object; env?: object[] } = {},
) => ({
  metadata: meta(`checkout-${revision}`, {
    annotations: { 'deployment.kubernetes.io/revision': String(revision), ...more.annotations },
    ...ownedBy(deployment, 'Deployment'),
  }),
  spec: { replicas: 3, template: template(image, more.env) },
});
const aPod = (owner: ReturnType<typeof aReplicaSet>, name: string, ready: boolean, more: object = {}) => ({
  metadata: meta(name, { labels: { app: 'checkout' }, ...ownedBy(owner, 'ReplicaSet') }),
  spec: { nodeName: 'node-1', containers: [{ name: 'checkout', image: 'shop/checkout:1' }], ...more },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    containerStatuses: [{ name: 'checkout', restartCount: ready ? 0 : 4 }],
  },
});

const healthy = (): Told => {
  const deployment = aDeployment('shop/checkout:1');
  const set = aReplicaSet(deployment, 1, 'shop/checkout:1');
  return {
    'deployments/checkout': deployment,
    replicasets: [set],
    'shop/pods': [aPod(set, 'checkout-1-a', true), aPod(set, 'checkout-1-b', true)],
  };
};

const long = (text: string, chars: number): string => text.repeat(Math.ceil(chars / text.length)).slice(0, chars);

describe('of a workload without measure', () => {
  const huge = (): Given => {
    const deployment = aDeployment('shop/checkout:60');
    const sets = Array.from({ length: 60 }, (_, index) =>
      aReplicaSet(deployment, index + 1, `registry.shop.example/${long('deep/', 200)}checkout:${index + 1}`, {
        env: Array.from({ length: 200 }, (_, at) => ({ name: `${long('NAME_', 150)}${at}`, value: String(index) })),
      }),
    );
    const [newest] = sets.slice(-1);
    if (!newest) throw new Error('there are no sets');
    const names = Array.from({ length: 900 }, (_, index) => `${long('checkout-', 240)}${index}`);
    const containers = Array.from({ length: 12 }, (_, index) => ({ name: `c${index}`, image: long('image/', 400) }));
    return {
      told: {
        'deployments/checkout': deployment,
        replicasets: sets,
        'shop/pods': names.map((name, index) => aPod(newest, name, index < 860, { containers })),
        '/api/v1/pods': [],
        events: names.map((name) => ({
          reason: 'BackOff',
          message: long('ünglücklich ', 4_000),
          metadata: meta(`event-${name}`),
          lastTimestamp: at,
          involvedObject: { kind: 'Pod', name },
        })),
        resourcequotas: Array.from({ length: 30 }, (_, index) => ({
          metadata: meta(`quota-${index}`),
          status: { hard: { pods: '900', 'limits.memory': '1Ti' }, used: { pods: '900', 'limits.memory': '1Gi' } },
        })),
      },
      log: `${long('縦書き too many clients ', 600)}\n`.repeat(500),
      catalogue: {
        figures: Array.from({ length: 6 }, (_, index) => ({
          title: `Figure ${index}`,
          query: 'q',
          unit: 'count' as const,
        })),
        health: { url: 'https://checkout.shop.example/health', expect: 200 },
        alarms: { prefix: 'checkout-' },
        logs: { group: '/shop/checkout' },
      },
      metrics: {
        queryRange: async () => Array.from({ length: 5_000 }, () => ({ at, value: 1 / 3 })),
      },
      sources: {
        health: { ask: async () => ({ status: 500, latencyMs: 4, excerpt: long('nein ', 65_536) }) },
        alarms: {
          ringing: async () =>
            Array.from({ length: 100 }, () => ({
              name: 'checkout',
              since: at,
              reason: long('über ', 9_000),
              metric: null,
            })),
        },
        logs: {
          usualQuery: 'fields @message',
          search: async () => ({
            rows: Array.from({ length: 10_000 }, () => ({ at, text: long('größer ', 9_000) })),
            complete: true,
          }),
        },
      },
    };
  };

  test('no more than 256 KiB are kept, and that something was left out is said', async () => {
    const evidence = await gathered(huge());
    expect(Buffer.byteLength(JSON.stringify(evidence))).toBeLessThanOrEqual(evidenceBytesMax);
    expect(evidence.missing).toContain('the pods beyond the first 50 of 900');
    expect(evidence.missing).toContain('what is beyond 256 KiB');
  });

  test('pods in trouble and the last words of their logs are kept before all else', async () => {
    const evidence = await gathered(huge());
    expect(evidence.pods.filter((pod) => !pod.ready).length).toBeGreaterThanOrEqual(20);
    expect(evidence.logs.length).toBeGreaterThan(0);
    expect(evidence.logs.every(({ lines }) => lines.length >= 10)).toBe(true);
    expect(evidence.signatures[0]?.name).toBe('tooManyConnections');
    expect(evidence.revisions.length).toBeGreaterThan(0);
  });
});

test('of a small workload everything is kept', async () => {
  const evidence = await gathered({});
  expect(evidence.missing).toEqual([]);
  expect(evidence.pods.map(({ name }) => name)).toEqual(['checkout-1-a', 'checkout-1-b']);
});

test('no secret is kept, wherever it stands', async () => {
  const cause = 'kubectl set env deployment/checkout --env API_TOKEN=hunter2';
  const deployment = aDeployment('shop/checkout:2', {}, [{ name: 'DB_PASSWORD', value: 'hunter2' }]);
  const before = aReplicaSet(deployment, 1, 'shop/checkout:1', { env: [{ name: 'DB_PASSWORD', value: 'other' }] });
  const now = aReplicaSet(deployment, 2, 'shop/checkout:2', {
    env: [{ name: 'DB_PASSWORD', value: 'hunter2' }],
    annotations: { 'kubernetes.io/change-cause': cause },
  });
  now.metadata.creationTimestamp = '2026-05-04T11:55:00Z';
  const pod = aPod(now, 'checkout-2-a', false);
  const evidence = await gathered({
    told: {
      'deployments/checkout': deployment,
      replicasets: [before, now],
      'shop/pods': [pod],
      events: [
        {
          reason: 'Failed',
          message: 'pull with Authorization: Bearer hunter2hunter2',
          metadata: meta('event'),
          lastTimestamp: at,
          involvedObject: { kind: 'Pod', name: 'checkout-2-a' },
        },
      ],
    },
    log: 'connecting to postgres://shop:hunter2@db/shop\npassword=hunter2 access denied\n',
    catalogue: {
      health: { url: 'https://checkout.shop.example/health?key=hunter2', expect: 200 },
      alarms: { prefix: 'checkout' },
      logs: { group: '/shop' },
    },
    sources: {
      health: { ask: async () => ({ status: 500, latencyMs: 3, excerpt: '{"db_password":"hunter2"}' }) },
      alarms: { ringing: async () => [{ name: 'checkout', since: at, reason: 'token=hunter2', metric: null }] },
      logs: {
        usualQuery: 'all',
        search: async () => ({ rows: [{ at, text: 'secret: hunter2 access denied' }], complete: true }),
      },
    },
  });
  expect(evidence.events).toHaveLength(1);
  expect(evidence.alarms).toHaveLength(1);
  expect(evidence.health?.url).toBe('https://checkout.shop.example/health');
  expect(evidence.logs.length).toBeGreaterThan(0);
  expect(evidence.signatures).toMatchObject([{ name: 'unauthorised', count: 3 }]);
  expect(evidence.suspects[0]?.by).toContain('kubectl set env');
  expect(evidence.revisions[0]?.differences.map(({ path }) => path)).toContain('environment DB_PASSWORD of checkout');
  expect(JSON.stringify(evidence)).not.toContain('hunter2');
});

describe('what the catalogue names is asked', () => {
  const catalogue: Partial<Service> = {
    figures: [{ title: 'Pool', query: 'pool', unit: 'count', healthyBelow: 80 }],
    health: { url: 'https://checkout.shop.example/health', expect: 204 },
    alarms: { prefix: 'checkout-' },
    logs: { group: '/shop/checkout', query: 'fields @message' },
  };

  test('as it is named there, each within its bounds', async () => {
    const asked: unknown[] = [];
    const evidence = await gathered({
      catalogue,
      metrics: {
        queryRange: async (query) => {
          asked.push(query);
          return [{ at, value: 3 }];
        },
      },
      sources: {
        health: { ask: async (url) => ({ status: 204, latencyMs: Number(asked.push(url)), excerpt: '' }) },
        alarms: {
          ringing: async (prefix) => {
            asked.push(prefix);
            return [{ name: 'checkout-cpu', since: at, reason: 'high', metric: 'AWS/RDS CPUUtilization' }];
          },
        },
        logs: {
          usualQuery: 'usual',
          search: async ({ group, query, from, to }) => {
            asked.push([group, query, from, to]);
            return { rows: [], complete: true };
          },
        },
      },
    });
    expect(asked).toEqual(
      expect.arrayContaining([
        'errors',
        'pool',
        'https://checkout.shop.example/health',
        'checkout-',
        ['/shop/checkout', 'fields @message', '2026-05-04T11:45:00.000Z', at],
      ]),
    );
    expect(evidence.series.map(({ title }) => title)).toEqual(['Errors']);
    expect(evidence.figures).toMatchObject([{ title: 'Pool', healthyBelow: 80, points: [{ at, value: 3 }] }]);
    expect(evidence.health).toMatchObject({ healthy: true, status: 204 });
    expect(evidence.alarms).toMatchObject([{ name: 'checkout-cpu' }]);
    expect(evidence.logSearch).toMatchObject({ group: '/shop/checkout', rows: [], complete: true });
  });

  test('and nothing is asked that it does not name', async () => {
    const asked = vi.fn(async () => {
      throw new Error('nobody is to be asked');
    });
    const evidence = await gathered({
      sources: { health: { ask: asked }, alarms: { ringing: asked }, logs: { usualQuery: '', search: asked } },
    });
    expect(asked).not.toHaveBeenCalled();
    expect(evidence).toMatchObject({ health: null, alarms: [], logSearch: null, missing: [] });
  });

  test('what nobody configured is named with the variable to set', async () => {
    const evidence = await gathered({ catalogue });
    expect(evidence.missing).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^the alarms: .*MUSTER_CLOUDWATCH_REGION/),
        expect.stringMatching(/^the log search: .*MUSTER_CLOUDWATCH_REGION/),
        expect.stringMatching(/^the health page: /),
      ]),
    );
    expect(evidence.pods).toHaveLength(2);
  });

  test('what AWS does not allow is named with the right and its policy, and the rest is there', async () => {
    const aws = await anAws({
      GetMetricData: [awsRefusal('cloudwatch', 'AccessDeniedException', { code: 'AccessDenied' })],
      DescribeAlarms: [awsRefusal('cloudwatch', 'ThrottlingException', { code: 'Throttling' })],
      StartQuery: [awsRefusal('logs', 'AccessDeniedException')],
    });
    const health = { ask: async () => ({ status: 204, latencyMs: 1, excerpt: '' }) };
    const evidence = await gathered({
      catalogue,
      metrics: aws.metrics,
      sources: { health, alarms: aws.alarms, logs: aws.logs },
    });
    const lacksMetrics =
      "cloudwatch: AWS does not allow cloudwatch:GetMetricData on * in eu-west-1: attach deploy/aws/policies/metrics.json to the worker's role";
    expect(evidence.missing.toSorted()).toEqual([
      expect.stringMatching(/^the alarms: cloudwatch: AWS throttles cloudwatch:DescribeAlarms: .* Service Quotas/),
      `the figure Pool: ${lacksMetrics}`,
      "the log search: cloudwatch: AWS does not allow logs:StartQuery on arn:aws:logs:eu-west-1:ACCOUNT_ID:log-group:/shop/checkout:*: attach deploy/aws/policies/logs.json, with this log group, to the worker's role",
      `the symptom curve: ${lacksMetrics}`,
    ]);
    expect(evidence).toMatchObject({ health: { healthy: true }, alarms: [], logSearch: null });
    expect(evidence.pods).toHaveLength(2);
  });

  test('what AWS allows is there, and nothing is missing', async () => {
    const aws = await anAws({
      GetMetricData: [{ body: { MetricDataResults: [] } }],
      DescribeAlarms: [{ body: { MetricAlarms: [{ AlarmName: 'checkout-cpu' }] } }],
      StartQuery: [{ body: { queryId: 'q-1' } }],
      GetQueryResults: [{ body: { status: 'Complete', results: [] } }],
    });
    const health = { ask: async () => ({ status: 204, latencyMs: 1, excerpt: '' }) };
    const evidence = await gathered({
      catalogue,
      metrics: aws.metrics,
      sources: { health, alarms: aws.alarms, logs: aws.logs },
    });
    expect(evidence).toMatchObject({ missing: [], alarms: [{ name: 'checkout-cpu' }], logSearch: { complete: true } });
  });

  test('a health page that does not answer is a finding of its own', async () => {
    const refused = new VendorError('no answer from the health page at https://checkout.shop.example/...: refused', {
      vendor: 'the health page',
      status: null,
      terminal: false,
    });
    const evidence = await gathered({
      catalogue: { health: { url: 'https://checkout.shop.example/health', expect: 200 } },
      sources: { health: { ask: () => Promise.reject(refused) } },
    });
    expect(evidence.health).toMatchObject({
      healthy: false,
      status: null,
      finding: expect.stringContaining('refused'),
    });
    expect(evidence.missing).toEqual([]);
  });

  test('one figure that cannot be had leaves the others', async () => {
    const evidence = await gathered({
      catalogue: {
        figures: [
          { title: 'Broken', query: 'broken', unit: 'count' },
          { title: 'Pool', query: 'pool', unit: 'count' },
        ],
      },
      metrics: {
        queryRange: async (query) => {
          if (query === 'broken') throw new VendorError('x', { vendor: 'prometheus', status: 400, terminal: true });
          return [{ at, value: 1 }];
        },
      },
    });
    expect(evidence.figures.map(({ title }) => title)).toEqual(['Pool']);
    expect(evidence.missing).toEqual(['the figure Broken: prometheus: answer 400']);
  });
});

describe('the database of the service', () => {
  const session = (pid: number, more: Partial<Session> = {}): Session => ({
    pid,
    backendStart: at,
    user: 'shop',
    isSuperuser: false,
    application: 'checkout',
    clientAddress: null,
    database: 'shop',
    backendType: 'client backend',
    state: 'active',
    xactStart: null,
    queryStart: null,
    stateChange: null,
    xactAgeSeconds: null,
    queryAgeSeconds: null,
    stateAgeSeconds: 5,
    waitsFor: null,
    holdsLocks: false,
    blockedBy: [],
    blocks: [],
    statement: 'select from orders where id = $1',
    readsOnly: true,
    isOurs: false,
    ...more,
  });
  const activityOf =
    (sessions: Session[]): Database['activity'] =>
    async () => ({
      identity: '1/2',
      rights: { role: 'muster', isSuperuser: false, maySignal: true },
      connections: { used: 97, max: 100, reserved: 3 },
      isInRecovery: false,
      sessions,
      left: 0,
    });

  test('tells its connections, and first the session that all others wait for', async () => {
    const { database, missing } = await gathered({
      catalogue: { database: 'orders' },
      activity: activityOf([
        session(1),
        session(2, { blockedBy: [3], blocks: [4], waitsFor: 'Lock: transactionid' }),
        session(3, { state: 'idle in transaction', blocks: [2], xactAgeSeconds: 840, holdsLocks: true }),
        session(4, { blockedBy: [2], waitsFor: 'Lock: tuple' }),
        session(5, { database: 'other' }),
        session(6, { isOurs: true }),
      ]),
    });
    expect(missing).toEqual([]);
    expect(database?.connections).toEqual({ used: 97, max: 100, reserved: 3 });
    expect(database?.blockers).toEqual([{ pid: 3, waiting: 2, ageSeconds: 840 }]);
    expect(database?.sessions.map(({ pid }) => pid)).toEqual([3, 2, 4, 1]);
    expect(database?.sessions[0]).toMatchObject({ state: 'idle in transaction', ageSeconds: 840, waiting: null });
  });

  test('tells the oldest statement, however many idle sessions are older than it', async () => {
    const pool = Array.from({ length: 300 }, (_, index) =>
      session(index + 1, { state: 'idle', stateAgeSeconds: 10_000 + index }),
    );
    const { database } = await gathered({
      catalogue: { database: 'orders' },
      activity: activityOf([...pool, session(900, { xactAgeSeconds: 1_200 }), session(901, { xactAgeSeconds: 60 })]),
    });
    expect(database?.sessions.slice(0, 3).map(({ pid }) => pid)).toEqual([900, 901, 300]);
    expect(database?.sessions).toHaveLength(100);
    expect(database?.left).toBe(202);
  });

  test('that may not be looked at is named, and the rest is there', async () => {
    const denied = new VendorError('x', {
      vendor: 'postgresql',
      status: 403,
      terminal: true,
      reason: 'grant pg_monitor',
    });
    const evidence = await gathered({ catalogue: { database: 'orders' }, activity: () => Promise.reject(denied) });
    expect(evidence.missing).toEqual(['the database: postgresql: grant pg_monitor']);
    expect(evidence).toMatchObject({ database: null, pods: [{}, {}] });
  });
});

describe('a part that never answers', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is named after its patience, and the rest is there well before the activity runs out of time', async () => {
    const never = (): Promise<never> => new Promise(() => {});
    const told = { ...healthy(), horizontalpodautoscalers: never, events: never, 'nodes/node-1': never };
    let done: Awaited<ReturnType<typeof gathered>> | undefined;
    const run = gathered({ told, metrics: { queryRange: never } }).then((result) => {
      done = result;
    });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(done?.missing.toSorted()).toEqual([
      'the autoscalers: no answer within 6 s',
      'the events: no answer within 6 s',
      'the nodes: no answer within 6 s',
      'the symptom curve: no answer within 6 s',
    ]);
    expect(done?.pods).toHaveLength(2);
    await run;
  });

  test('has no more of it than is left for all parts together', async () => {
    const missing: string[] = [];
    const part = partsOf(missing, 10_000);
    await vi.advanceTimersByTimeAsync(7_000);
    const asked = part('the late one', null, () => new Promise<null>(() => {}));
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await asked).toBeNull();
    expect(missing).toEqual(['the late one: no answer within 3 s']);
  });

  test('of its own patience is waited for as long as that', async () => {
    const missing: string[] = [];
    const asked = partsOf(missing)('the log search', 'nothing', () => new Promise<string>(() => {}), 20_000);
    await vi.advanceTimersByTimeAsync(19_999);
    expect(missing).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await asked).toBe('nothing');
    expect(missing).toEqual(['the log search: no answer within 20 s']);
  });
});
