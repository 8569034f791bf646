import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anApi, eventually, type Harness, temporalIsAway } from './harness.ts';

let api: Harness;
beforeAll(async () => {
  api = await anApi();
});
afterAll(() => api.close());

/** Each test has a service name of its own: unknown to the catalogue, so that its alerts stand alone. */
let count = 0;
const anAlert = (more: object = {}) => {
  count += 1;
  return { title: `Trouble ${count}`, fingerprint: `trouble-${count}`, startsAt: '2026-03-02T09:41:00Z', ...more };
};
const incidentsOf = (answer: { body: Record<string, unknown> }) => answer.body.incidents as string[];

describe('an alert that comes in', () => {
  test('declares one incident, says so, and reaches Temporal', async () => {
    const answer = await api.alert(anAlert({ severity: 'critical' }));
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ accepted: 1, receipt: expect.any(String) });
    const [id] = incidentsOf(answer);
    await eventually(() => api.temporal.started.some((start) => start.incidentId === id));
    const view = await api.ask('GET', `/api/v1/incidents/${id}`);
    expect(view.body).toMatchObject({ severity: 'SEV1', status: 'declared', drill: false, alertsFiring: 1 });
  });

  test('that is repeated attaches and opens no second incident', async () => {
    const alert = anAlert();
    const [first] = incidentsOf(await api.alert(alert));
    const again = await api.alert({ ...alert, summary: 'other words, same problem' });
    expect(again.status).toBe(202);
    expect(incidentsOf(again)).toEqual([first]);
    expect(await api.store.intake.alerts(first as string)).toHaveLength(1);
  });

  test('whose very bytes are repeated gets the first receipt again', async () => {
    const alert = anAlert();
    const first = await api.alert(alert);
    const again = await api.alert(alert);
    expect(again.status).toBe(200);
    expect(again.body).toEqual({ receipt: first.body.receipt, accepted: 0, incidents: first.body.incidents });
  });

  test('is never told to Temporal twice when it is an exact repeat', async () => {
    const alert = anAlert();
    const [id] = incidentsOf(await api.alert(alert));
    await eventually(() => api.temporal.started.some((start) => start.incidentId === id));
    await api.alert({ ...alert, summary: 'again' });
    await eventually(async () => (await api.store.intake.outboxOf(id as string)).length === 0);
    expect(api.temporal.attached.filter(({ workflowId }) => workflowId === id)).toEqual([]);
  });

  test('joins the open incident of its service, and raises the severity when it is worse', async () => {
    const one = await api.alert({ title: 'Slow', service: 'checkout', severity: 'warning', fingerprint: 'slow' });
    const two = await api.alert({ title: 'Down', service: 'checkout', severity: 'critical', fingerprint: 'down' });
    const [id] = incidentsOf(one);
    expect(incidentsOf(two)).toEqual([id]);
    await eventually(() => api.temporal.attached.some(({ workflowId }) => workflowId === id));
    const { batch } = api.temporal.attached.find(({ workflowId }) => workflowId === id) ?? {};
    expect(batch).toMatchObject({ severity: 'SEV1', alerts: [{ fingerprint: 'down', status: 'firing' }] });
  });

  test('of a service that nobody knows is declared all the same', async () => {
    const answer = await api.alert(anAlert({ service: 'never-heard-of' }));
    const [id] = incidentsOf(answer);
    await eventually(() => api.temporal.started.some((start) => start.incidentId === id));
    expect(api.temporal.started.find((start) => start.incidentId === id)).toMatchObject({
      service: 'never-heard-of',
      catalogue: null,
    });
  });

  test('of one customer with a broken configuration is recorded with the reason, and wakes nobody', async () => {
    const answer = await api.alert(anAlert({ signals: { maintenanceUntil: '2999-01-01T00:00:00Z' } }));
    expect(answer.status).toBe(202);
    expect(incidentsOf(answer)).toEqual([]);
  });
});

describe('a recovery', () => {
  test('of an alert that was never seen is recorded and opens nothing', async () => {
    const answer = await api.alert(anAlert({ status: 'resolved' }));
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ accepted: 1, incidents: [] });
  });

  test('of a known alert reaches its incident', async () => {
    const alert = anAlert();
    const [id] = incidentsOf(await api.alert(alert));
    await api.alert({ ...alert, status: 'resolved' });
    await eventually(() => api.temporal.attached.some(({ workflowId }) => workflowId === id));
    const { batch } = api.temporal.attached.find(({ workflowId }) => workflowId === id) ?? {};
    expect(batch?.alerts).toMatchObject([{ fingerprint: alert.fingerprint, status: 'resolved' }]);
  });

  test('that overtakes its firing is not undone by it', async () => {
    const alert = anAlert();
    const [id] = incidentsOf(await api.alert(alert));
    await api.alert({ ...alert, status: 'resolved' });
    await eventually(() => api.temporal.attached.some(({ workflowId }) => workflowId === id));
    await api.alert({ ...alert, summary: 'late copy of the firing' });
    await eventually(async () => (await api.store.intake.outboxOf(id as string)).length === 0);
    expect(api.temporal.attached.filter(({ workflowId }) => workflowId === id)).toHaveLength(1);
  });

  test('without a date belongs to the open incident, and the next firing is a new one of it', async () => {
    const { startsAt: _, ...undated } = anAlert();
    const [id] = incidentsOf(await api.alert(undated));
    // What waits for the start is told in one go, the newest of each alert.
    await eventually(() => api.temporal.started.some((start) => start.incidentId === id));
    const resolved = await api.alert({ ...undated, status: 'resolved' });
    expect(incidentsOf(resolved)).toEqual([id]);
    await eventually(() => told(id).length === 1);
    const back = await api.alert({ ...undated, summary: 'back' });
    expect(incidentsOf(back)).toEqual([id]);
    await eventually(() => told(id).length === 2);
    expect(told(id).map(({ status }) => status)).toEqual(['resolved', 'firing']);
  });
});

const told = (id: string | undefined) =>
  api.temporal.attached.filter(({ workflowId }) => workflowId === id).flatMap(({ batch }) => batch.alerts);

describe('a batch', () => {
  test('of thirty alerts of one service is one incident with all of them', async () => {
    const alerts = Array.from({ length: 30 }, (_, at) =>
      anAlert({ service: 'payments', fingerprint: `storm-${at}`, severity: at === 17 ? 'critical' : 'warning' }),
    );
    const answer = await api.alert({ alerts });
    expect(answer.body).toMatchObject({ accepted: 30 });
    const [id] = incidentsOf(answer);
    expect(incidentsOf(answer)).toHaveLength(1);
    await eventually(() => api.temporal.started.some((start) => start.incidentId === id));
    const start = api.temporal.started.find(({ incidentId }) => incidentId === id);
    expect(start?.alerts).toHaveLength(30);
    expect(start).toMatchObject({ severity: 'SEV1' });
  });

  test('with one member that cannot be read keeps the others, and the bad one for a person', async () => {
    const answer = await api.alert({ alerts: [anAlert(), { title: 7 }, anAlert()] });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ accepted: 2 });
    expect(incidentsOf(answer)).toHaveLength(2);
  });

  test('in which nothing can be read reaches a person', async () => {
    const answer = await api.alert({ alerts: [{ title: 7 }] });
    const [id] = incidentsOf(answer);
    const view = await api.ask('GET', `/api/v1/incidents/${id}`);
    expect(view.body).toMatchObject({ title: 'Alert from generic that cannot be read', severity: 'SEV2' });
  });

  test('that is empty is accepted and opens nothing', async () => {
    expect((await api.alert({ alerts: [] })).body).toMatchObject({ accepted: 0, incidents: [] });
  });
});

describe('while Temporal is away', () => {
  test('alerts are accepted, and are handed over once it is back', async () => {
    api.temporal.failure = temporalIsAway();
    const [id] = incidentsOf(await api.alert(anAlert()));
    await eventually(async () => ((await api.store.intake.outboxOf(id as string))[0]?.attempts ?? 0) > 0);
    expect(api.temporal.started.some((start) => start.incidentId === id)).toBe(false);
    api.temporal.failure = null;
    await eventually(() => api.temporal.started.some((start) => start.incidentId === id));
    await eventually(async () => (await api.store.intake.outboxOf(id as string)).length === 0);
  });
});

describe('an alert that races with the end of its incident', () => {
  test('declares a new one that continues the old', async () => {
    const one = { title: 'A', service: 'search', fingerprint: 'a', startsAt: '2026-03-02T09:41:00Z' };
    const [old] = incidentsOf(await api.alert(one));
    await eventually(() => api.temporal.started.some((start) => start.incidentId === old));
    api.temporal.ended.add(old as string);
    await api.alert({ ...one, title: 'B', fingerprint: 'b' });
    await eventually(() => api.temporal.started.some((start) => start.continues === old));
    const next = api.temporal.started.filter((start) => start.continues === old);
    expect(next).toHaveLength(1);
    expect(next[0]).toMatchObject({ title: 'B', service: 'search' });
  });
});

describe('many new alerts of one incident', () => {
  test('are told at once, then gathered', async () => {
    const [id] = incidentsOf(await api.alert({ title: 'first', service: 'catalog', fingerprint: 'f0' }));
    await eventually(() => api.temporal.started.some((start) => start.incidentId === id));
    for (let at = 1; at <= 12; at += 1) {
      await api.alert({ title: `more ${at}`, service: 'catalog', fingerprint: `f${at}` });
    }
    await eventually(() => told(id).length === 12);
    expect(api.temporal.attached.filter(({ workflowId }) => workflowId === id).length).toBeLessThanOrEqual(4);
  });
});
