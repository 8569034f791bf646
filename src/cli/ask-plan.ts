import type { z } from 'zod';
import { type AskPlan, PlannedAnswer } from '../schema/api.ts';
import type { ApiClient } from './client.ts';

/** Asks the running Muster, which reads the target and asks it for a dry run. Nothing is changed. */
export const askPlan = async (
  client: ApiClient,
  asked: z.input<typeof AskPlan>,
): Promise<z.infer<typeof PlannedAnswer>> => (await client.post('/api/v1/plans', asked, PlannedAnswer)).value;
