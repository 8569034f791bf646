/** Declaring by hand: answers give the severity, the catalogue or the pack's routing the team. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rulebookOf } from '../../src/api/rulebook.ts';
import { loadPacks } from '../../src/packs/load.ts';
import type { IncidentStart } from '../../src/temporal/client.ts';
import { anApi, eventually, type Harness, organisation, personToken } from './harness.ts';

let api: Harness;
beforeAll(async () => {
  api = await anApi({ rulebook: rulebookOf(loadPacks([], organisation), organisation, 'playbook-p0-p3') });
});
afterAll(() => api.close());

const declare = (body: object) => api.ask('POST', '/api/v1/incidents', { title: 'Down', ...body }, personToken('dana'));
const startOf = async (id: unknown): Promise<IncidentStart> => {
  await eventually(() => api.temporal.started.some((start) => start.incidentId === id));
  const start = api.temporal.started.find(({ incidentId }) => incidentId === id);
  if (!start) throw new Error('it was started');
  return start;
};

describe('the severity of what a person declares', () => {
  const workflow = 'workflow-p1-p4';

  test('is judged from the answers, and the first line of the timeline says why', async () => {
    const { status, body } = await declare({ pack: workflow, assessment: { users: 'small subset' } });
    expect(status).toBe(201);
    const [first] = await api.store.incidents.timeline(String(body.id));
    expect(first).toMatchObject({
      actor: { kind: 'muster' },
      text: `Judged as ${body.severity}.`,
      why: expect.stringContaining('users small subset'),
    });
  });

  test('is lifted by lost data and lowered by a way around it', async () => {
    const severityWith = async (assessment: object) => (await declare({ pack: workflow, assessment })).body.severity;
    expect(await severityWith({ users: 'small subset', dataLoss: true })).toBe('P1');
    expect(await severityWith({ users: 'large subset' })).toBe('P2');
    expect(await severityWith({ users: 'large subset', workaround: true })).toBe('P3');
    expect(await severityWith({ users: 'large subset', workaround: false })).toBe('P2');
  });

  test('and the answers go with the incident, for whoever looks for the cause', async () => {
    const { body } = await declare({ pack: workflow, assessment: { users: 'small subset' } });
    await eventually(() => api.temporal.started.some(({ incidentId }) => incidentId === body.id));
    const start = api.temporal.started.find(({ incidentId }) => incidentId === body.id);
    expect(start?.answers).toMatchObject({ users: 'small subset' });
  });

  test('is the one that a person chose, and the answers stand beside it', async () => {
    const { body } = await declare({ pack: workflow, severity: 'p4', assessment: { users: 'all' } });
    expect(body.severity).toBe('P4');
    const [first] = await api.store.incidents.timeline(String(body.id));
    expect(first?.text).toMatch(/^The answers say P\d; Dana Whitfield chose P4\.$/);
  });

  test('chosen without any answer leaves no such line', async () => {
    const { body } = await declare({ pack: workflow, severity: 'P2' });
    expect(await api.store.incidents.timeline(String(body.id))).toEqual([]);
  });

  test('is the one for the unknown when nobody answered anything', async () => {
    const { body } = await declare({ pack: 'guide-sev1-sev3' });
    expect(body.severity).toBe('SEV2');
    const [first] = await api.store.incidents.timeline(String(body.id));
    expect(first?.why).toBe('no rule of the pack says more');
  });

  test('is not guessed from a signal or an answer that the pack does not know', async () => {
    const signal = await declare({ pack: workflow, assessment: { weather: 'bad' } });
    expect([signal.status, signal.body.detail]).toEqual([400, expect.stringContaining('users')]);
    const answer = await declare({ pack: workflow, assessment: { users: 'nobody' } });
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining('large subset')]);
    expect((await declare({ pack: workflow, assessment: { dataLoss: 'maybe' } })).status).toBe(400);
  });

  test('follows the figures of a monitor that a person read off', async () => {
    const { body } = await declare({ pack: 'guide-sev1-sev3', assessment: { errorRate: 0.2 } });
    expect(body.severity).toBe('SEV2');
    const mild = await declare({ pack: 'guide-sev1-sev3', assessment: { errorRate: 0.06 } });
    expect(mild.body.severity).toBe('SEV3');
  });
});

test('what a pack asks can be read before anything is declared', async () => {
  const { status, body } = await api.ask('GET', '/api/v1/assessment?pack=workflow-p1-p4');
  expect(status).toBe(200);
  expect(body.questions).toContainEqual({
    signal: 'dataLoss',
    question: 'Is data lost or damaged?',
    answers: null,
  });
  expect((body.severities as unknown as { name: string }[]).map(({ name }) => name)).toEqual(['P1', 'P2', 'P3', 'P4']);
  expect((await api.ask('GET', '/api/v1/assessment?pack=nowhere')).status).toBe(400);
});

describe('the team', () => {
  test.each([
    ['database', 'dba'],
    ['application', 'development'],
    ['infrastructure', 'devops'],
    ['security', 'security'],
    ['api', 'backend'],
    ['frontend', 'frontend'],
    ['Database ', 'dba'],
  ])('of the category %s in the playbook is %s', async (category, team) => {
    const { body } = await declare({ category });
    expect((await startOf(body.id)).team).toBe(team);
  });

  test('is nobody for a category that the playbook does not know, and without any', async () => {
    expect((await startOf((await declare({ category: 'weather' })).body.id)).team).toBeNull();
    expect((await startOf((await declare({})).body.id)).team).toBeNull();
    expect((await startOf((await declare({ category: 'constructor' })).body.id)).team).toBeNull();
  });

  test('of a known service is its owner, whatever the category', async () => {
    const { body } = await declare({ category: 'database', service: 'checkout' });
    const start = await startOf(body.id);
    expect(start.team).toBe('shop');
    expect(start.catalogue?.team).toBe('shop');
  });

  test('names its own people for the duties that it holds', async () => {
    const start = await startOf((await declare({ category: 'database' })).body.id);
    const alone = await startOf((await declare({})).body.id);
    expect(Object.keys(start.roster ?? {})).toEqual(Object.keys(alone.roster ?? {}));
    expect(start.roster).not.toEqual(alone.roster);
  });

  const alertOf = async (more: object): Promise<IncidentStart> => {
    const { status, body } = await api.alert({
      title: 'Too many connections',
      fingerprint: randomUUID(),
      status: 'firing',
      severity: 'critical',
      ...more,
    });
    expect(status).toBe(202);
    return startOf((body.incidents as unknown as string[])[0]);
  };

  test('of an alert follows its signal or its label', async () => {
    expect((await alertOf({ signals: { category: 'database' } })).team).toBe('dba');
    expect((await alertOf({ labels: { category: 'frontend' } })).team).toBe('frontend');
    expect((await alertOf({})).team).toBeNull();
  });

  test('of an alert about a known service is its owner', async () => {
    expect((await alertOf({ service: 'checkout', signals: { category: 'database' } })).team).toBe('shop');
  });
});
