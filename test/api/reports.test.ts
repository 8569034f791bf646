import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rulebookOf } from '../../src/api/rulebook.ts';
import { sandboxToken } from '../../src/domain/sandbox-token.ts';
import { takeReport } from '../../src/intake/reports.ts';
import { loadPacks } from '../../src/packs/load.ts';
import type { IncidentView, TimelineItem } from '../../src/schema/incident.ts';
import type { GivenReport, ReportList, TakenReport } from '../../src/schema/report.ts';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import { anApi, eventually, type Harness, organisation, personToken, rulebook, sandboxSecret } from './harness.ts';

let api: Harness;
/** A second process on the same database. */
let other: Store;
beforeAll(async () => {
  api = await anApi();
  other = await openStore(api.databaseUrl, { migrate: false });
});
afterAll(async () => {
  await other.close();
  await api.close();
});

/** Each test has a pattern of its own, and tickets that nobody else has. */
let count = 0;
const aPattern = (): string => {
  count += 1;
  return `Blank page number ${count}`;
};
const aTicket = (): string => `T-${randomUUID().slice(0, 8)}`;
const report = async (body: object, person = 'hugo'): Promise<{ status: number; text: string } & TakenReport> => {
  const { status, text, body: answer } = await api.ask('POST', '/api/v1/reports', body, personToken(person));
  return { status, text, ...(answer as unknown as TakenReport) };
};
const tickets = async (pattern: string, numberOf: number, more: object = {}) => {
  const all = [];
  for (let at = 0; at < numberOf; at += 1) all.push(await report({ pattern, ticket: aTicket(), ...more }));
  return all;
};
const listed = async (pattern: string): Promise<ReportList> =>
  (await api.ask('GET', `/api/v1/reports?${new URLSearchParams({ pattern })}`)).body as unknown as ReportList;
const incident = async (id: string | null | undefined): Promise<IncidentView> =>
  (await api.ask('GET', `/api/v1/incidents/${id}`)).body as unknown as IncidentView;
const minuteMs = 60_000;

describe('tickets of one pattern', () => {
  test('are an incident once there are as many as the pack says, with all of them in it', async () => {
    const pattern = aPattern();
    const [, , third] = await tickets(pattern, 3);
    expect(third).toMatchObject({ status: 201, repeat: false, counts: { tickets: 3, enterpriseCustomers: 0 } });
    const id = third?.report.incidentId;
    expect(await incident(id)).toMatchObject({
      severity: 'SEV3',
      title: `Customers report: ${pattern}`,
      drill: false,
      declaredBy: { kind: 'monitor', id: 'reports' },
    });
    const { items } = await listed(pattern);
    expect(items.map(({ incidentId, because }) => [incidentId, because])).toEqual(Array(3).fill([id, null]));
    await eventually(() => api.temporal.started.some(({ incidentId }) => incidentId === id));
  });

  test('that are one too few are recorded with the reason, and wake nobody', async () => {
    const [, second] = await tickets(aPattern(), 2);
    expect(second?.report).toMatchObject({
      incidentId: null,
      because: 'no rule of the pack guide-sev1-sev3 makes an incident of 2 tickets and no enterprise customer',
    });
  });

  test('say in the timeline once which counts made them an incident', async () => {
    const pattern = aPattern();
    const [, , third] = await tickets(pattern, 4, { customer: 'acme', text: 'white since noon' });
    const { body } = await api.ask('GET', `/api/v1/incidents/${third?.report.incidentId}/timeline`);
    const entries = (body.items as unknown as TimelineItem[]).filter(({ actor }) => actor.id === 'reports');
    expect(entries).toMatchObject([
      {
        kind: 'note',
        text: `Reports of customers made this an incident: 3 tickets and no enterprise customer with "${pattern}".`,
        why: 'several tickets with one pattern within 30 minutes (ticketsInWindow 3)',
        public: false,
      },
    ]);
    expect(JSON.stringify([await incident(third?.report.incidentId), body])).not.toContain('acme');
  });

  test('are one pattern whatever the case and the spaces', async () => {
    const pattern = aPattern();
    await report({ pattern, ticket: aTicket() });
    await report({ pattern: pattern.toUpperCase(), ticket: aTicket() });
    const third = await report({ pattern: `  ${pattern.replaceAll(' ', '\t  ')} `, ticket: aTicket() });
    expect(third.report.incidentId).not.toBeNull();
  });

  test('do not count with those of another pattern', async () => {
    await tickets(aPattern(), 2);
    const [one] = await tickets(aPattern(), 1);
    expect(one).toMatchObject({ counts: { tickets: 1 }, report: { incidentId: null } });
  });

  test('do not count with those of another service, nor with those of none', async () => {
    const pattern = aPattern();
    await tickets(pattern, 2);
    await tickets(pattern, 2, { service: 'search' });
    const [one] = await tickets(pattern, 1, { service: 'payments' });
    expect(one).toMatchObject({ counts: { tickets: 1 }, report: { incidentId: null } });
  });

  test('that come later attach, and tell nobody anew', async () => {
    const [, , third, fourth] = await tickets(aPattern(), 4);
    expect(fourth?.report.incidentId).toBe(third?.report.incidentId);
    const id = String(third?.report.incidentId);
    await eventually(async () => (await api.store.intake.outboxOf(id)).length === 0);
    expect(api.temporal.started.filter(({ incidentId }) => incidentId === id)).toHaveLength(1);
    expect(api.temporal.attached.filter(({ workflowId }) => workflowId === id)).toEqual([]);
  });

  test('without a number are recorded and do not count', async () => {
    const pattern = aPattern();
    for (const _ of [1, 2, 3]) await report({ pattern });
    expect(await report({ pattern })).toMatchObject({
      counts: { tickets: 0, reports: 4 },
      report: { incidentId: null, because: expect.stringContaining('no ticket and no enterprise customer') },
    });
  });
});

describe('enterprise customers with the same report', () => {
  test('are an incident when there are two', async () => {
    const pattern = aPattern();
    const first = await report({ pattern, customer: 'acme', enterprise: true });
    expect(first.report.incidentId).toBeNull();
    const second = await report({ pattern, customer: 'globex', enterprise: true });
    expect(second).toMatchObject({ counts: { tickets: 0, enterpriseCustomers: 2 } });
    expect(await incident(second.report.incidentId)).toMatchObject({ severity: 'SEV3' });
  });

  test('count once each, however often one reports and however it is written', async () => {
    const pattern = aPattern();
    await report({ pattern, customer: 'Acme Ltd', enterprise: true, ticket: aTicket() });
    const again = await report({ pattern, customer: ' acme  LTD', enterprise: true, ticket: aTicket() });
    expect(again).toMatchObject({ counts: { tickets: 2, enterpriseCustomers: 1 }, report: { incidentId: null } });
  });

  test('are not those who are none', async () => {
    const pattern = aPattern();
    await report({ pattern, customer: 'acme', enterprise: true });
    const second = await report({ pattern, customer: 'corner shop' });
    expect(second).toMatchObject({ counts: { enterpriseCustomers: 1 }, report: { incidentId: null } });
  });
});

const noon = Date.parse('2026-03-02T12:00:00Z');
const given = (more: Partial<GivenReport>): GivenReport => ({
  pattern: 'Blank page',
  service: null,
  customer: null,
  enterprise: false,
  ticket: aTicket(),
  text: null,
  reportedAt: null,
  ...more,
});
const takenAt = (now: number, more: Partial<GivenReport>, store = api.store) =>
  takeReport({ store, rulebook }, { given: given(more), by: 'hugo', key: null, now }, randomUUID());

describe('the window of the pack', () => {
  test.each([
    ['as old as the window still counts', 30 * minuteMs, 3],
    ['a millisecond older does not', 30 * minuteMs + 1, 2],
  ])('a report that is %s', async (_, ageMs, expected) => {
    const pattern = aPattern();
    await takenAt(noon - ageMs, { pattern });
    await takenAt(noon - minuteMs, { pattern });
    const last = await takenAt(noon, { pattern });
    expect(last.counts?.tickets).toBe(expected);
    expect(last.report.incidentId !== null).toBe(expected === 3);
  });

  test('looks at when the customer reported, not at when we heard of it', async () => {
    const pattern = aPattern();
    await takenAt(noon, { pattern, reportedAt: '2026-03-02T11:29:59.999Z' });
    await takenAt(noon, { pattern, reportedAt: '2026-03-02T12:40:00+01:00' });
    expect((await takenAt(noon, { pattern })).counts?.tickets).toBe(2);
  });

  test('has no future: a clock that is ahead reports now', async () => {
    const { report } = await takenAt(noon, { pattern: aPattern(), reportedAt: '2026-03-02T13:00:00Z' });
    expect(report).toMatchObject({ reportedAt: '2026-03-02T12:00:00.000Z', receivedAt: '2026-03-02T12:00:00.000Z' });
  });
});

describe('the same report twice', () => {
  test('by its ticket counts once, and the second is answered with the first', async () => {
    const pattern = aPattern();
    const ticket = aTicket();
    const first = await report({ pattern, ticket });
    const again = await report({ pattern, ticket: ticket.toLowerCase() });
    expect(again).toMatchObject({ status: 200, repeat: true, counts: { tickets: 1, reports: 1 } });
    expect(again.report).toEqual(first.report);
  });

  test('by its ticket with other words is refused, so that nobody believes it counts there', async () => {
    const ticket = aTicket();
    await report({ pattern: aPattern(), ticket });
    const refused = await report({ pattern: aPattern(), ticket });
    expect(refused.status).toBe(409);
    expect(refused.text).toContain(`ticket ${ticket} was reported before`);
  });

  test('by its Idempotency-Key is one, and another report with that key is refused', async () => {
    const pattern = aPattern();
    const send = async (body: object, key: string) => {
      const headers = { authorization: `Bearer ${personToken('hugo')}`, 'idempotency-key': key };
      const answer = await api.app.inject({ method: 'POST', url: '/api/v1/reports', headers, payload: body });
      return { status: answer.statusCode, body: answer.json() as TakenReport };
    };
    const key = randomUUID();
    const first = await send({ pattern }, key);
    const again = await send({ pattern }, key);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body.report.id).toBe(first.body.report.id);
    expect((await send({ pattern }, randomUUID())).body.report.id).not.toBe(first.body.report.id);
    expect((await send({ pattern: 'something else' }, key)).status).toBe(409);
  });
});

describe('reports that race', () => {
  test('between two processes count each other and open one incident', async () => {
    for (let round = 0; round < 8; round += 1) {
      const pattern = aPattern();
      await takenAt(noon, { pattern });
      await Promise.all([
        takenAt(noon + 2, { pattern }),
        takenAt(noon + 1, { pattern }, other),
        takenAt(noon + 3, { pattern }),
        takenAt(noon, { pattern }, other),
      ]);
      const { items } = await listed(pattern);
      expect(new Set(items.map(({ incidentId }) => incidentId)).size).toBe(1);
      expect(items).toHaveLength(5);
      expect(items[0]?.incidentId).not.toBeNull();
    }
  });

  test('with the same ticket are one', async () => {
    const pattern = aPattern();
    const ticket = aTicket();
    const both = await Promise.all([takenAt(noon, { pattern, ticket }), takenAt(noon, { pattern, ticket }, other)]);
    expect(both.map(({ repeat }) => repeat).sort()).toEqual([false, true]);
    expect((await listed(pattern)).items).toHaveLength(1);
  });
});

describe('while the service has an open incident', () => {
  test('enough reports join it, and too few are shown with it without telling it anything', async () => {
    const alert = { title: 'Catalog is down', service: 'catalog', severity: 'critical', fingerprint: 'down' };
    const [id] = (await api.alert(alert)).body.incidents as unknown as string[];
    const pattern = aPattern();
    const [first, second, third] = await tickets(pattern, 3, { service: 'catalog' });
    expect(first?.report).toMatchObject({ incidentId: id, because: expect.stringContaining('1 ticket ') });
    expect(second?.report.incidentId).toBe(id);
    expect(third?.report).toMatchObject({ incidentId: id, because: null });
    const told = () => api.temporal.attached.filter(({ workflowId }) => workflowId === id);
    await eventually(() => told().length > 0);
    expect(told().flatMap(({ batch }) => batch.alerts)).toMatchObject([{ title: `Customers report: ${pattern}` }]);
    expect(await incident(id)).toMatchObject({ severity: 'SEV1' });
  });

  test('that ends, its reports do not count for a second one', async () => {
    const pattern = aPattern();
    const [, , third] = await tickets(pattern, 3);
    const view = await incident(third?.report.incidentId);
    await api.store.incidents.record({ ...view, status: 'resolved', version: 5 }, []);
    const [late] = await tickets(pattern, 1);
    expect(late).toMatchObject({ counts: { tickets: 1 }, report: { incidentId: null } });
    const [, anew] = await tickets(pattern, 2);
    expect(anew?.report.incidentId).not.toBeNull();
    expect(anew?.report.incidentId).not.toBe(view.id);
  });
});

describe('a pack that counts no reports', () => {
  test('records them with the reason, and makes no incident of any number', async () => {
    const packs = loadPacks([], organisation);
    const silent = rulebookOf(packs, organisation, 'runbook-p0-p3');
    const pattern = aPattern();
    const order = () => ({
      given: given({ pattern, customer: aTicket(), enterprise: true }),
      by: 'hugo',
      key: null,
      now: noon,
    });
    for (let at = 0; at < 4; at += 1) {
      expect(await takeReport({ store: api.store, rulebook: silent }, order(), randomUUID())).toMatchObject({
        counts: null,
        report: {
          incidentId: null,
          because: 'the pack runbook-p0-p3 counts no reports: it has no "reports" with a window',
        },
      });
    }
  });
});

describe('the list', () => {
  test('shows how old the unmatched reports of a pattern are, and whether they are overdue', async () => {
    const pattern = aPattern();
    const ago = (minutes: number) => new Date(Date.now() - minutes * minuteMs).toISOString();
    await report({ pattern, ticket: aTicket(), reportedAt: ago(16) });
    await report({ pattern, ticket: aTicket(), reportedAt: ago(14) });
    const { patterns, windowMs, matchedWithinMs, items } = await listed(pattern.toUpperCase());
    expect({ windowMs, matchedWithinMs }).toEqual({ windowMs: 30 * minuteMs, matchedWithinMs: 15 * minuteMs });
    expect(patterns).toMatchObject([
      { pattern, counts: { tickets: 2 }, unmatched: { reports: 2, oldestAt: items[1]?.reportedAt, overdue: true } },
    ]);
    await tickets(pattern, 1);
    expect((await listed(pattern)).patterns).toMatchObject([{ counts: { tickets: 3 }, unmatched: null }]);
  });

  test('is not overdue before the time has passed', async () => {
    const pattern = aPattern();
    await report({ pattern, reportedAt: new Date(Date.now() - 14 * minuteMs).toISOString() });
    expect((await listed(pattern)).patterns).toMatchObject([{ unmatched: { reports: 1, overdue: false } }]);
  });

  test('without a pattern has every pattern of its reports, newest first', async () => {
    const pattern = aPattern();
    await report({ pattern });
    const { body } = await api.ask('GET', '/api/v1/reports?limit=3');
    const { items, patterns } = body as unknown as ReportList;
    expect(items).toHaveLength(3);
    expect(items[0]?.pattern).toBe(pattern);
    expect(patterns[0]).toMatchObject({ pattern, counts: { reports: 1 } });
  });
});

describe('what is said in a report', () => {
  test('is kept without secrets', async () => {
    const pattern = aPattern();
    const { report: kept } = await report({ pattern, text: 'I log in with password=hunter2 and see nothing' });
    expect(kept.text).toBe('I log in with password=[redacted] and see nothing');
  });

  test.each([
    ['a drill', { drill: true }],
    ['a label of a drill', { labels: { muster_drill: 'x' } }],
    ['a pattern that is too long', { pattern: 'x'.repeat(201) }],
    ['no pattern', { pattern: ' ' }],
    ['a day without a zone', { reportedAt: '2026-03-02' }],
    ['a service that the catalogue does not know', { service: 'chekout' }],
  ])('with %s is refused', async (_, body) => {
    expect((await report({ pattern: aPattern(), ...body })).status).toBe(400);
  });
});

describe('who may report', () => {
  const send = (token: string, body: object) => api.ask('POST', '/api/v1/reports', body, token);
  test('is a responder, and nobody who may only look', async () => {
    expect((await report({ pattern: aPattern() }, 'hugo')).report.by).toBe('hugo');
    expect((await report({ pattern: aPattern() }, 'clara')).status).toBe(403);
  });

  test('is a help desk with the token of the generic source, even for a service that nobody knows', async () => {
    const token = sandboxToken(sandboxSecret, 'source:generic');
    const { status, body } = await send(token, { pattern: aPattern(), service: 'never-heard-of' });
    expect(status).toBe(201);
    expect(body.report).toMatchObject({ by: 'generic', service: 'never-heard-of' });
  });

  test('is no other source, and that token opens nothing else', async () => {
    expect((await send(sandboxToken(sandboxSecret, 'source:alertmanager'), { pattern: 'x' })).status).toBe(401);
    const token = sandboxToken(sandboxSecret, 'source:generic');
    expect((await api.ask('GET', '/api/v1/reports', undefined, token)).status).toBe(401);
  });
});

describe('a help desk that posts to the generic source', () => {
  test('reports one by one, and the third ticket is an incident', async () => {
    const pattern = aPattern();
    const post = () => api.alert({ report: { pattern, ticket: aTicket(), customer: 'acme' } });
    await post();
    expect((await post()).body).toMatchObject({ accepted: 1, incidents: [] });
    const { status, body } = await post();
    expect(status).toBe(202);
    const { items } = await listed(pattern);
    expect(body.incidents).toEqual([items[0]?.incidentId]);
    expect(items).toMatchObject(Array(3).fill({ by: 'generic', customer: 'acme' }));
  });

  test('reports many at once beside an alert, and what cannot be read costs no other', async () => {
    const pattern = aPattern();
    const reports = [1, 2, 3].map((ticket) => ({ pattern, ticket: `${aTicket()}-${ticket}` }));
    const { body } = await api.alert({
      alerts: [{ title: 'Beside it', fingerprint: pattern }],
      reports: [...reports, { ticket: 7 }],
    });
    expect(body.accepted).toBe(4);
    expect(body.incidents).toHaveLength(2);
    expect((await listed(pattern)).patterns).toMatchObject([{ counts: { tickets: 3 } }]);
  });

  test('cannot make a drill of it', async () => {
    const pattern = aPattern();
    const id = randomUUID();
    const drill = { id, scenario: 'bad-release', pack: null, severity: null, speed: 1, incidentId: null };
    await api.store.intake.addDrill({ ...drill, createdAt: new Date().toISOString() });
    const labels = { muster_drill: id };
    const practised = await api.alert({ title: 'A drill', fingerprint: pattern, labels });
    expect(await incident((practised.body.incidents as unknown as string[])[0])).toMatchObject({ drill: true });
    const reports = [1, 2, 3].map(() => ({ pattern, ticket: aTicket(), drill: true, labels }));
    const answer = await api.alert({ reports });
    expect(answer.body.incidents).toHaveLength(1);
    expect(await incident((answer.body.incidents as unknown as string[])[0])).toMatchObject({ drill: false });
  });
});
