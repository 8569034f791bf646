/** Practice stays out of the figures, so that nobody is proud of a drill or afraid of one. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Unavailable } from '../../src/domain/errors.ts';
import type { Store } from '../../src/store/store.ts';
import { anApi, type Harness } from './harness.ts';

let isAway = false;
const away = (): Promise<never> => Promise.reject(new Unavailable('the database is away'));
/** A store whose database goes away on request. */
const leaving = (store: Store): Store => ({
  ...store,
  ready: () => (isAway ? away() : store.ready()),
  intake: { ...store.intake, receiptOf: (...given) => (isAway ? away() : store.intake.receiptOf(...given)) },
});
let api: Harness;
beforeAll(async () => {
  api = await anApi({ store: leaving });
});
afterAll(() => api.close());

type Samples = Record<string, number>;
const scrape = async (): Promise<Samples> => {
  const { body } = await api.app.inject({ method: 'GET', url: '/metrics' });
  const samples: Samples = {};
  for (const line of body.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
    const [, name = '', value] = /^(\S+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    samples[name] = Number(value);
  }
  return samples;
};
/** What changed, without the time the scrapes themselves took. */
const changes = async (during: () => Promise<unknown>): Promise<Samples> => {
  const before = await scrape();
  await during();
  const after = await scrape();
  return Object.fromEntries(
    Object.entries(after)
      .map(([name, value]) => [name, value - (before[name] ?? 0)] as const)
      .filter(([name, change]) => change !== 0 && !name.includes('"/metrics"') && !/_(bucket|sum)\{/.test(name)),
  );
};

let count = 0;
const alertOf = (drill: string | null) => {
  count += 1;
  return api.alert({
    title: 'Errors',
    service: 'checkout',
    severity: 'critical',
    fingerprint: `metrics-${count}`,
    labels: drill ? { muster_drill: drill } : {},
  });
};
const aDrill = async (id: string): Promise<string> => {
  const createdAt = new Date().toISOString();
  const drill = { id, scenario: 'bad-release', pack: null, severity: null, speed: 60, createdAt, incidentId: null };
  await api.store.intake.addDrill(drill);
  return id;
};
const liveIncidents = 'muster_incidents_open{severity="SEV1",kind="live"}';
const drilledIncidents = 'muster_incidents_open{severity="SEV1",kind="drill"}';
const webhookRequests =
  'muster_http_request_duration_seconds_count{route="/webhooks/:source",method="POST",status="202"}';

test('a live alert counts in every metric of the intake, the requests and the open incidents', async () => {
  expect(await changes(() => alertOf(null))).toEqual({
    'muster_deliveries_total{source="generic",outcome="accepted"}': 1,
    'muster_alerts_total{source="generic",outcome="accepted"}': 1,
    [webhookRequests]: 1,
    [liveIncidents]: 1,
  });
});

test('the alert of a drill counts in none of them, and its incident only under its own label', async () => {
  const drill = await aDrill('drill-of-metrics');
  expect(await changes(() => alertOf(drill))).toEqual({ [drilledIncidents]: 1 });
});

test('the same delivery again counts as a repeat for a live alert, and not at all for a drill', async () => {
  const twice = async (labels: object) => {
    const alert = { title: 'Twice', service: 'search', severity: 'error', fingerprint: 'twice', labels };
    await api.alert(alert);
    return changes(() => api.alert(alert));
  };
  expect(await twice({})).toMatchObject({ 'muster_deliveries_total{source="generic",outcome="repeat"}': 1 });
  expect(await twice({ muster_drill: await aDrill('drill-twice') })).toEqual({});
});

test('a label that names no drill of ours is a real alert and counts as one', async () => {
  expect(await changes(() => alertOf('drill-of-somebody-else'))).toMatchObject({
    'muster_alerts_total{source="generic",outcome="accepted"}': 1,
  });
});

test('a delivery that brings both counts as one with its live alerts alone', async () => {
  const drill = await aDrill('drill-in-a-batch');
  const alerts = [drill, null].map((of, index) => ({
    status: 'firing',
    labels: {
      alertname: `Batch${index}`,
      service: 'payments',
      severity: 'critical',
      ...(of ? { muster_drill: of } : {}),
    },
    annotations: {},
    startsAt: new Date().toISOString(),
    fingerprint: `batch-${index}`,
  }));
  const batch = { version: '4', groupKey: 'batch', status: 'firing', receiver: 'muster', groupLabels: {}, alerts };
  expect(await changes(() => api.ask('POST', '/webhooks/alertmanager', batch))).toMatchObject({
    'muster_deliveries_total{source="alertmanager",outcome="accepted"}': 1,
    'muster_alerts_total{source="alertmanager",outcome="accepted"}': 1,
    [liveIncidents]: 1,
    [drilledIncidents]: 1,
  });
});

test('asking for a drill and its score is not timed, declaring an incident is', async () => {
  expect(await changes(() => api.ask('GET', '/api/v1/drills/drill-of-metrics/score'))).toEqual({});
  const declared = await changes(() => api.ask('POST', '/api/v1/incidents', { title: 'For real' }));
  expect(Object.keys(declared).filter((name) => name.includes('_request_'))).toHaveLength(1);
});

test('what waits on disk counts, a drill as well: with the database away nobody can tell them apart', async () => {
  const drill = await aDrill('drill-in-the-spool');
  isAway = true;
  const spooled = { 'muster_deliveries_total{source="generic",outcome="spooled"}': 1, muster_spool_deliveries: 1 };
  expect(await changes(() => alertOf(null))).toMatchObject(spooled);
  expect(await changes(() => alertOf(drill))).toMatchObject(spooled);
  isAway = false;
  const drained = await changes(() => api.drainSpool());
  expect(drained).toEqual({
    'muster_alerts_total{source="generic",outcome="accepted"}': 1,
    muster_spool_deliveries: -2,
    [drilledIncidents]: 1,
  });
});
