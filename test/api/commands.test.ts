import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Conflict, NotPermitted } from '../../src/domain/errors.ts';
import type { Plan, RemediationView } from '../../src/schema/remediation.ts';
import { aRemediation } from '../store/records.ts';
import { anApi, eventually, type Harness, personToken, temporalIsAway } from './harness.ts';

let api: Harness;
beforeAll(async () => {
  api = await anApi();
});
afterAll(() => api.close());
beforeEach(() => {
  api.temporal.failure = null;
});

const declared = async (more: object = {}): Promise<string> => {
  const { body } = await api.ask('POST', '/api/v1/incidents', { title: 'Checkout fails', ...more });
  const id = String(body.id);
  await eventually(() => api.temporal.started.some((start) => start.incidentId === id));
  return id;
};
const lastCommand = () => api.temporal.commands.at(-1);

describe('proposing a remediation', () => {
  const target = { cluster: 'sandbox', kind: 'ConfigMap', namespace: 'shop', name: 'shop-config' };
  const propose = async (action: string, on: object, params: object = {}) =>
    api.ask('POST', `/api/v1/incidents/${await declared()}/remediations`, { action, target: on, params });

  test('takes a node without a namespace', async () => {
    const node = { cluster: 'sandbox', kind: 'Node', namespace: '', name: 'node-2' };
    expect((await propose('cordon-node', node)).status).toBe(202);
    expect(lastCommand()).toMatchObject({ payload: { action: 'cordon-node', target: node } });
  });

  test('keeps nothing of params that look like a secret, and says where to go', async () => {
    const before = api.temporal.commands.length;
    const { status, body } = await propose('set-configmap-key', target, { key: 'db.password', value: 'hunter2' });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('change secrets where they live');
    expect(JSON.stringify(body)).not.toContain('hunter2');
    expect(api.temporal.commands).toHaveLength(before);
    expect((await propose('set-configmap-key', target, { key: 'mode', value: 'degraded' })).status).toBe(202);
  });
});

describe('declaring an incident', () => {
  test('answers with the stored incident and hands it to Temporal', async () => {
    const answer = await api.ask('POST', '/api/v1/incidents', { title: 'Down', severity: 'sev1', service: 'checkout' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ title: 'Down', severity: 'SEV1', status: 'declared', service: 'checkout' });
    expect(answer.body.workflowId).toBe(answer.body.id);
    await eventually(() => api.temporal.started.some((start) => start.incidentId === answer.body.id));
    const start = api.temporal.started.find(({ incidentId }) => incidentId === (answer.body.id as unknown));
    expect(start).toMatchObject({
      declaredBy: { kind: 'person', id: 'operator' },
      policy: { pack: 'guide-sev1-sev3' },
      catalogue: { id: 'checkout', team: 'shop' },
      roster: { 'on-call-lead': 'Dana Whitfield' },
    });
  });

  test('answers 201 while Temporal is away, and starts it later', async () => {
    api.temporal.failure = temporalIsAway();
    const { status, body } = await api.ask('POST', '/api/v1/incidents', { title: 'Temporal is away' });
    expect(status).toBe(201);
    api.temporal.failure = null;
    await eventually(() => api.temporal.started.some((start) => start.incidentId === body.id));
  });

  test('twice with one Idempotency-Key is one incident', async () => {
    const declare = (title: string) =>
      api.app.inject({
        method: 'POST',
        url: '/api/v1/incidents',
        headers: { authorization: `Bearer ${personToken('dana')}`, 'idempotency-key': 'press-1' },
        payload: { title },
      });
    const [one, two] = await Promise.all([declare('Once'), declare('Once')]);
    expect([one.statusCode, two.statusCode]).toEqual([201, 201]);
    expect(one.json().id).toBe(two.json().id);
    const other = await declare('Something else');
    expect(other.statusCode).toBe(409);
    expect(other.json().detail).toContain('choose a new key');
  });
});

describe('a command', () => {
  test('reaches the workflow in the name of whoever sent it', async () => {
    const id = await declared();
    const { status } = await api.ask(
      'POST',
      `/api/v1/incidents/${id}/acknowledge`,
      { note: 'on it' },
      personToken('nadia'),
    );
    expect(status).toBe(200);
    expect(lastCommand()).toMatchObject({
      workflowId: id,
      name: 'acknowledge',
      payload: { by: { kind: 'person', id: 'nadia', name: 'Nadia Okafor' }, note: 'on it' },
    });
  });

  test('cannot be sent in the name of somebody else', async () => {
    const id = await declared();
    const body = { by: { kind: 'person', id: 'dana', name: 'Dana' } };
    expect((await api.ask('POST', `/api/v1/incidents/${id}/acknowledge`, body)).status).toBe(400);
  });

  test('needs no body where there is nothing to say', async () => {
    const id = await declared();
    expect((await api.ask('POST', `/api/v1/incidents/${id}/acknowledge`)).status).toBe(200);
  });

  test('with the same key is carried out once', async () => {
    const id = await declared();
    const send = () =>
      api.app.inject({
        method: 'POST',
        url: `/api/v1/incidents/${id}/notes`,
        headers: { authorization: `Bearer ${personToken('dana')}`, 'idempotency-key': 'note-1' },
        payload: { text: 'once' },
      });
    await Promise.all([send(), send(), send()]);
    expect(
      api.temporal.commands.filter(({ workflowId, name }) => workflowId === id && name === 'addNote'),
    ).toHaveLength(1);
  });

  test('that the workflow refuses is answered with its reason', async () => {
    const id = await declared();
    api.temporal.failure = new Conflict('the hold is running already');
    const answer = await api.ask('POST', `/api/v1/incidents/${id}/mitigate`, {});
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'conflict', detail: 'the hold is running already' });
    api.temporal.failure = new NotPermitted('ask the commander');
    expect((await api.ask('POST', `/api/v1/incidents/${id}/resolve`, {})).status).toBe(403);
  });

  test('while Temporal is away is answered 503 with what to do', async () => {
    const id = await declared();
    api.temporal.failure = temporalIsAway();
    const answer = await api.ask('POST', `/api/v1/incidents/${id}/acknowledge`, {});
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.body.detail).toContain('try again');
  });

  test('to an incident that has ended says so, and to one that has not begun yet says when', async () => {
    const id = await declared();
    api.temporal.ended.add(id);
    expect((await api.ask('POST', `/api/v1/incidents/${id}/acknowledge`, {})).status).toBe(503);
    const view = await api.store.incidents.incident(id);
    if (!view) throw new Error('no view');
    await api.store.incidents.record({ ...view, status: 'closed', version: 5 }, []);
    const answer = await api.ask('POST', `/api/v1/incidents/${id}/acknowledge`, {});
    expect(answer.status).toBe(409);
    expect(answer.body.detail).toContain('closed');
  });

  test('gives a role to a person by name', async () => {
    const id = await declared();
    await api.ask('POST', `/api/v1/incidents/${id}/roles`, { role: 'commander', person: 'dana' });
    expect(lastCommand()).toMatchObject({ name: 'takeRole', payload: { person: 'dana', name: 'Dana Whitfield' } });
  });
});

describe('an acknowledgement on the phone', () => {
  test('becomes a command of the person whose phone it was', async () => {
    const id = await declared();
    const key = `${id}/page/0/nadia/pager`;
    const dedupKey = `${id}/page/0/nadia`;
    await api.store.effects.intend({ key, incidentId: id, kind: 'page', detail: { person: 'nadia', dedupKey } });
    const tx = {
      incidentId: id,
      kind: 'acknowledge' as const,
      payload: { person: 'nadia', at: '2026-03-02T09:45:00Z' },
    };
    const found = await api.store.intake.pageOf(dedupKey);
    expect(found).toEqual({ incidentId: id, person: 'nadia' });
    const delivery = {
      id: `phone-${id}`,
      source: 'pagerduty',
      deliveryId: null,
      bodyHash: id,
      receivedAt: new Date().toISOString(),
      body: '{}',
      note: null,
    };
    await api.store.intake.commit(delivery, [], (transaction) => transaction.enqueue(tx));
    api.dispatcher.wake();
    await eventually(() => api.temporal.commands.some(({ workflowId }) => workflowId === id));
    expect(lastCommand()).toMatchObject({
      name: 'acknowledge',
      payload: { by: { id: 'nadia', name: 'Nadia Okafor' } },
    });
  });
});

describe('deciding on a plan', () => {
  const decidable = async (blastClass: Plan['blastClass'], more: Partial<RemediationView> = {}) => {
    const incidentId = await declared();
    const view = aRemediation(`${incidentId}-R1`, incidentId, {
      status: 'awaitingApproval',
      plan: { blastClass, sentence: 'Roll back checkout' } as Plan,
      planHash: 'hash',
      // As pack and policy together say for the class.
      approverRoles: blastClass === 'B1' ? ['responder', 'commander'] : ['commander'],
      expiresAt: '2026-03-02T10:00:00.000Z',
      ...more,
    });
    await api.store.remediations.recordRemediation(view, []);
    return `/api/v1/incidents/${incidentId}/remediations/${view.id}`;
  };
  const approve = (path: string, person: string) =>
    api.ask('POST', `${path}/approve`, { planHash: 'hash' }, personToken(person));

  test('that changes a lot takes a commander', async () => {
    const path = await decidable('B2');
    expect((await approve(path, 'hugo')).status).toBe(403);
    expect((await approve(path, 'dana')).status).toBe(200);
    expect(api.temporal.decisions.at(-1)).toMatchObject({
      verdict: 'approve',
      decision: { by: { id: 'dana' }, planHash: 'hash' },
    });
  });

  test('that is small and reversible takes a responder', async () => {
    const path = await decidable('B1');
    expect((await approve(path, 'clara')).status).toBe(403);
    expect((await approve(path, 'hugo')).status).toBe(200);
  });

  test('that cannot be undone is taken by nobody', async () => {
    expect((await approve(await decidable('B4'), 'ingrid')).status).toBe(403);
  });

  test('takes a second person, while the proposer may always say no', async () => {
    const proposedBy = { kind: 'person' as const, id: 'dana', name: 'Dana' };
    const path = await decidable('B2', { proposedBy });
    const answer = await approve(path, 'dana');
    expect(answer.status).toBe(403);
    expect(answer.body.detail).toContain('second person');
    expect((await api.ask('POST', `${path}/deny`, { planHash: 'hash' }, personToken('dana'))).status).toBe(200);
    expect((await approve(path, 'ravi')).status).toBe(200);
  });

  test('is not possible through another incident', async () => {
    const path = await decidable('B1');
    const other = await declared();
    const id = path.split('/').at(-1);
    expect((await approve(`/api/v1/incidents/${other}/remediations/${id}`, 'dana')).status).toBe(404);
  });

  test('has a deadline that `next` lists', async () => {
    const path = await decidable('B2');
    const { body } = await api.ask('GET', path.replace(/\/remediations.*/, '/next'));
    expect(body.items).toMatchObject([
      { dueAt: '2026-03-02T10:00:00.000Z', action: expect.stringContaining('Roll back checkout'), who: 'commander' },
    ]);
  });
});
