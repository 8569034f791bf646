/** What OpenAPI says of each route, in one form. */
import { z } from 'zod';
import { Problem } from '../../schema/api.ts';

export const describeOperation = (tag: string, summary: string): { tags: string[]; summary: string } => ({
  tags: [tag],
  summary,
});

/** Good answers by their status, and the problems that may come instead. */
export const answers = <Good extends Record<number, z.ZodType>>(
  good: Good,
  problems: number[] = [],
): Good & Record<number, z.ZodType> => ({
  ...good,
  ...Object.fromEntries([...new Set([...problems])].map((status) => [status, Problem])),
});

/** What every route that needs a person may answer. */
export const usualProblems = [400, 401, 403, 404, 503];
export const commandProblems = [...usualProblems, 409];

export const IncidentParams = z.object({ id: z.string().min(1).max(200) });

/** How a part of an incident is read. */
export const reading = <Answer extends z.ZodType>(tag: string, summary: string, answer: Answer) => ({
  schema: {
    ...describeOperation(tag, summary),
    params: IncidentParams,
    response: answers({ 200: answer }, usualProblems),
  },
});

/** A second request with the same key is the same request. */
export const IdempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\x21-\x7e]+$/, 'printable ASCII without spaces')
    .optional(),
});
