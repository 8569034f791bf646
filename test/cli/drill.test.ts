import { describe, expect, test } from 'vitest';
import type { DrillSchedule, DrillScore, ScoreLine } from '../../src/schema/api.ts';
import { anIncident, aProblem, muster, startApi, talkTo } from './api-server.ts';

const aLine = (part: Partial<ScoreLine> = {}): ScoreLine => ({
  check: 'acknowledged',
  title: 'acknowledged',
  target: 'within 5 min',
  figure: 'after 3 min',
  outcome: 'holds',
  because: null,
  ...part,
});
const aScore = (verdict: DrillScore['verdict'], ...lines: ScoreLine[]): DrillScore => ({
  incidentId: 'INC-2026-014',
  pack: 'guide-sev1-sev3',
  severity: 'SEV2',
  speed: 60,
  verdict,
  lines,
});
const missed = aLine({ title: 'customers told', figure: 'after 12 min', target: 'within 10 min', outcome: 'missed' });
const entry = (key: string, at: string, text: string) => ({
  key,
  seq: 1,
  at,
  kind: 'acknowledged',
  actor: { kind: 'person', id: 'dana', name: 'Dana' },
  text,
  why: null,
  public: false,
});

describe('a drill that is waited for', () => {
  /** Its alert comes at the second look, its end at the third. */
  const aDrill = (end: DrillScore) => {
    let looks = 0;
    let scores = 0;
    const first = entry('1', '2026-11-18T10:00:02.000Z', 'Dana acknowledged.');
    return startApi({
      'POST /api/v1/drills': { status: 201, body: { id: 'drill-1', incidentId: null } },
      'GET /api/v1/drills/drill-1': () => ({ body: { incidentId: ++looks > 1 ? 'INC-2026-014' : null } }),
      'GET /api/v1/incidents/INC-2026-014': { body: anIncident({ drill: true, speed: 60 }) },
      'GET /api/v1/incidents/INC-2026-014/timeline': () => ({
        body: { items: scores === 0 ? [first] : [first, entry('2', '2026-11-18T10:00:05.000Z', 'Resolved.')] },
      }),
      'GET /api/v1/drills/INC-2026-014/score': () => ({ body: ++scores > 1 ? end : aScore('pending', aLine()) }),
    });
  };
  const order = ['drill', 'bad-release', '--pack', 'guide-sev1-sev3', '--severity', 'SEV2', '--speed', '60', '--wait'];

  test('is told line by line in the time of its scenario, each line once, and ends with its score', async () => {
    const server = await aDrill(aScore('held', aLine()));
    const { code, out, err } = await muster(order, talkTo(server));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(server.requests[0]?.body).toEqual({
      scenario: 'bad-release',
      speed: 60,
      people: false,
      severity: 'SEV2',
      pack: 'guide-sev1-sev3',
    });
    expect(out.match(/02:00 {2}acknowledged {11}Dana acknowledged\./g)).toHaveLength(1);
    expect(out).toContain('05:00  acknowledged           Resolved.');
    expect(out).toMatch(
      /SEV2 of guide-sev1-sev3: every target met\n {2}ok +acknowledged +after 3 min; target within 5 min/,
    );
  });
  test('ends with exit code 1 when a target was missed', async () => {
    const { code, out, err } = await muster(order, talkTo(await aDrill(aScore('missed', aLine(), missed))));
    expect(code).toBe(1);
    expect(out).toMatch(/MISSED +customers told +after 12 min; target within 10 min/);
    expect(err).toContain('1 of 2 targets missed');
  });
  test('answers its score alone as JSON', async () => {
    const { out } = await muster([...order, '--json'], talkTo(await aDrill(aScore('held', aLine()))));
    expect(JSON.parse(out)).toEqual(aScore('held', aLine()));
  });
  test('ends at a refusal of the API instead of asking for ever', async () => {
    const refused = { status: 404, body: aProblem({ status: 404, detail: 'there is no drill drill-1' }) };
    const server = await startApi({
      'POST /api/v1/drills': { status: 201, body: { id: 'drill-1' } },
      'GET /api/v1/drills/drill-1': refused,
    });
    const { code, err } = await muster(order, talkTo(server));
    expect({ code, err }).toEqual({ code: 1, err: 'muster: there is no drill drill-1\n' });
  });
});

describe('the score', () => {
  test('is told for one incident, with the reason where a target does not apply, and is no failure', async () => {
    const none = aLine({ title: 'customers told', target: null, figure: 'not applicable', outcome: 'notApplicable' });
    const because = 'SEV2 of ours has no public updates';
    const server = await startApi({
      'GET /api/v1/drills/INC-2026-014/score': { body: aScore('missed', missed, { ...none, because }) },
    });
    const { code, out } = await muster(['drill', 'score', 'INC-2026-014'], talkTo(server));
    expect(code).toBe(0);
    expect(out).toContain(`not applicable (${because})`);
  });
});

describe('schedules', () => {
  const aSchedule: DrillSchedule = {
    id: 'bad-release-first-tuesday-10-00',
    scenario: 'bad-release',
    day: 'first tuesday',
    at: '10:00',
    speed: 10,
    people: false,
    timezone: 'Europe/Berlin',
    nextAt: ['2026-12-01T09:00:00.000Z'],
  };
  test('are made with a day, a time and what the drill is to be', async () => {
    const server = await startApi({ 'POST /api/v1/drill-schedules': { status: 201, body: aSchedule } });
    const given = ['drill', 'schedule', 'bad-release', '--day', 'first tuesday', '--at', '10:00', '--speed', '10'];
    const { code, out } = await muster([...given, '--pack', 'ours', '--severity', 'SEV2'], talkTo(server));
    expect(code).toBe(0);
    expect(server.requests[0]?.body).toEqual({
      scenario: 'bad-release',
      speed: 10,
      people: false,
      day: 'first tuesday',
      at: '10:00',
      pack: 'ours',
      severity: 'SEV2',
    });
    expect(out).toContain('it starts next at 2026-12-01 09:00:00Z');
  });
  test('need their day and time', async () => {
    const server = await startApi({});
    expect((await muster(['drill', 'schedule', 'bad-release', '--at', '10:00'], talkTo(server))).code).toBe(2);
    expect(server.requests).toEqual([]);
  });
  test('are listed with their next start, and say how to make the first', async () => {
    const server = await startApi({ 'GET /api/v1/drill-schedules': { body: { items: [aSchedule] } } });
    const { out } = await muster(['drill', 'schedules'], talkTo(server));
    expect(out).toMatch(/bad-release-first-tuesday-10-00 +bad-release +first tuesday 10:00 Europe\/Berlin +2026-12-01/);
    const none = await startApi({ 'GET /api/v1/drill-schedules': { body: { items: [] } } });
    expect((await muster(['drill', 'schedules'], talkTo(none))).out).toContain('muster drill schedule');
  });
  test('are taken back by their id', async () => {
    const server = await startApi({
      'DELETE /api/v1/drill-schedules/bad-release-first-tuesday-10-00': { status: 204 },
    });
    const { code } = await muster(['drill', 'unschedule', 'bad-release-first-tuesday-10-00'], talkTo(server));
    expect(code).toBe(0);
    expect((await muster(['drill', 'unschedule', 'another'], talkTo(server))).code).toBe(1);
  });
});
