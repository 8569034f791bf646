/** How runbooks did so far, as the API tells it. */
import { z } from 'zod';

export const TrustRow = z.object({
  runbook: z.string(),
  version: z.number().int(),
  action: z.string(),
  environment: z.string(),
  /** What was wrong, in one word; empty where nothing said so. */
  signature: z.string(),
  /** Runs that say something: all but the aborted ones. */
  runs: z.number().int(),
  verified: z.number().int(),
  ineffective: z.number().int(),
  harmful: z.number().int(),
  aborted: z.number().int(),
  /** Wilson's lower bound at 95 % of the share that was verified. */
  bound: z.number(),
  suggestion: z.enum(['promote', 'demoted', 'watch']),
  /** Why a person is asked each time from now on; null: nothing speaks against it. Over all signatures. */
  demotedBecause: z.string().nullable(),
  lastAt: z.string(),
});
export type TrustRow = z.infer<typeof TrustRow>;

/** `drills`: results of practice, which count for nothing else. */
export const TrustList = z.object({ drills: z.boolean(), items: z.array(TrustRow) });
export type TrustList = z.infer<typeof TrustList>;
