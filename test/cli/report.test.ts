import { describe, expect, test } from 'vitest';
import type { Report, ReportList, TakenReport } from '../../src/schema/report.ts';
import { aProblem, muster, startApi, talkTo } from './api-server.ts';

const kept = (more: Partial<Report> = {}): Report => ({
  id: '7',
  pattern: 'blank page',
  service: 'checkout',
  customer: 'acme',
  enterprise: true,
  ticket: 'T-123',
  text: null,
  reportedAt: '2026-03-02T12:00:00.000Z',
  receivedAt: '2026-03-02T12:00:00.000Z',
  by: 'hugo',
  incidentId: null,
  because: 'one is too few',
  ...more,
});
const counts = { tickets: 2, enterpriseCustomers: 1, reports: 2 };
const taken = (more: Partial<TakenReport> = {}) => ({
  'POST /api/v1/reports': { status: 201, body: { report: kept(), repeat: false, counts, ...more } },
});

describe('muster report', () => {
  test('sends what the customer says, and says what became of it and how many there are', async () => {
    const server = await startApi(taken());
    const options = ['--service', 'checkout', '--customer', 'acme', '--enterprise', '--ticket', 'T-123'];
    const { code, out } = await muster(['report', 'blank page', ...options], talkTo(server));
    expect(code).toBe(0);
    expect(out).toBe(
      'report 7 is recorded, and nobody is paged: one is too few\nin the window now: 2 tickets and 1 enterprise customer\n',
    );
    const { body, headers } = server.requests[0] ?? {};
    expect(body).toEqual({
      pattern: 'blank page',
      service: 'checkout',
      customer: 'acme',
      enterprise: true,
      ticket: 'T-123',
    });
    expect(headers?.['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('names the incident, and says when it was reported before', async () => {
    const report = kept({ incidentId: 'INC-2026-014', because: null });
    const { out } = await muster(['report', 'blank', 'page'], talkTo(await startApi(taken({ report, repeat: true }))));
    expect(out).toContain('report 7, reported before, belongs to INC-2026-014');
  });

  test('says nothing of counts where the pack counts none', async () => {
    const { out } = await muster(['report', 'blank page'], talkTo(await startApi(taken({ counts: null }))));
    expect(out).not.toContain('in the window');
  });

  test('of an enterprise customer without a name sends nothing: it could not be counted', async () => {
    const server = await startApi(taken());
    const { code, err } = await muster(['report', 'blank page', '--enterprise'], talkTo(server));
    expect(code).toBe(2);
    expect(err).toContain('--customer');
    expect(server.requests).toEqual([]);
  });

  test('that is refused says why', async () => {
    const detail = 'ticket T-123 was reported before';
    const body = aProblem({ status: 409, code: 'conflict', detail });
    const server = await startApi({ 'POST /api/v1/reports': { status: 409, body } });
    const { code, err } = await muster(['report', 'blank page', '--ticket', 'T-123'], talkTo(server));
    expect(code).toBe(1);
    expect(err).toContain(detail);
  });
});

describe('muster reports', () => {
  const unmatched = { reports: 2, oldestAt: new Date(Date.now() - 20 * 60_000).toISOString(), matchBy: null };
  const list = (overdue: boolean): ReportList => ({
    windowMs: 1_800_000,
    matchedWithinMs: 900_000,
    items: [kept()],
    patterns: [{ pattern: 'blank page', service: null, counts, unmatched: { ...unmatched, overdue } }],
  });
  const rowsOf = (out: string) => out.split('\n').map((line) => line.split(/ {2,}/));

  test.each([
    ['overdue', true, '2 for 20 min, overdue'],
    ['in time', false, '2 for 20 min'],
  ])('shows what waits for an incident: %s', async (_, overdue, words) => {
    const server = await startApi({ 'GET /api/v1/reports': { body: list(overdue) } });
    const { out } = await muster(['reports', 'blank', 'page'], talkTo(server));
    expect(server.requests[0]?.path).toBe('/api/v1/reports?pattern=blank+page');
    const rows = rowsOf(out);
    expect(rows[1]).toEqual(['blank page', '-', '2 tickets and 1 enterprise customer', words]);
    expect(rows[4]).toEqual(['2026-03-02 12:00:00Z', 'T-123', 'acme (enterprise)', 'blank page', '-']);
  });

  test('says how to tell of one where there is none', async () => {
    const body: ReportList = { windowMs: null, matchedWithinMs: null, items: [], patterns: [] };
    const { out } = await muster(['reports'], talkTo(await startApi({ 'GET /api/v1/reports': { body } })));
    expect(out).toContain('muster report');
  });
});
