import { z } from 'zod';
import { InvalidInput } from '../../domain/errors.ts';
import { folded } from '../../domain/incident/report.ts';
import { windowStart } from '../../intake/reports.ts';
import { AddReport, ReportList, reportLengths, TakenReport } from '../../schema/report.ts';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { answers, describeOperation, IdempotencyHeaders, usualProblems } from './operation.ts';

const Query = z.object({
  /** Reports of this pattern only, whatever its case. */
  pattern: z.string().trim().min(1).max(reportLengths.pattern).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** What customers say. It is counted by pattern, and the pack says how many make an incident. */
export const reportRoutes = async (app: App, { store, rulebook, receiver }: ApiDependencies): Promise<void> => {
  app.post(
    '/api/v1/reports',
    {
      schema: {
        ...describeOperation(
          'reports',
          'Report what a customer says; the same ticket or Idempotency-Key again is the same report, answered 200',
        ),
        headers: IdempotencyHeaders,
        body: AddReport,
        response: answers({ 200: TakenReport, 201: TakenReport }, [...usualProblems, 409]),
      },
    },
    async (request, reply) => {
      const { principal, body } = request;
      // What a person mistypes they can correct; a machine's report is better kept as it is than lost.
      if (principal !== null) checkService(body.service, Object.keys(rulebook.organisation.services));
      const taken = await receiver.report({
        given: {
          pattern: body.pattern,
          service: body.service ?? null,
          customer: body.customer ?? null,
          enterprise: body.enterprise ?? false,
          ticket: body.ticket ?? null,
          text: body.text || null,
          reportedAt: body.reportedAt ?? null,
        },
        by: principal?.id ?? 'generic',
        key: request.headers['idempotency-key'] ?? null,
        now: Date.now(),
      });
      return reply.code(taken.repeat ? 200 : 201).send(taken);
    },
  );

  app.get(
    '/api/v1/reports',
    {
      schema: {
        ...describeOperation(
          'reports',
          'Reports, newest first, with the counts of their patterns and what is unmatched',
        ),
        querystring: Query,
        response: answers({ 200: ReportList }, usualProblems),
      },
    },
    async (request) => {
      const { pattern, limit } = request.query;
      const now = new Date().toISOString();
      const pack = rulebook.pack(null);
      const { items, groups } = await store.reports.list({
        patternKey: pattern === undefined ? null : folded(pattern),
        since: windowStart(pack, now),
        limit,
      });
      return {
        windowMs: pack.reports?.window ?? null,
        matchedWithinMs: pack.reports?.matchedWithin ?? null,
        items,
        patterns: groups.map(({ pattern, service, counts, unmatched }) => ({
          pattern,
          service,
          counts,
          unmatched: unmatched && { ...unmatched, ...lateness(unmatched.oldestAt, pack.reports?.matchedWithin, now) },
        })),
      };
    },
  );
};

/** Nobody is told by a timer: the list says it. */
const lateness = (oldestAt: string, withinMs: number | undefined, now: string) => {
  if (withinMs === undefined) return { matchBy: null, overdue: false };
  const matchBy = new Date(Date.parse(oldestAt) + withinMs).toISOString();
  return { matchBy, overdue: now > matchBy };
};

const checkService = (given: string | undefined, known: string[]): void => {
  if (given === undefined || known.includes(given)) return;
  throw new InvalidInput(`the catalogue has no such service; give one of ${known.join(', ')}, or none`, [
    { path: 'service', message: `one of ${known.join(', ')}` },
  ]);
};
