/** The least that Temporal can do for a page: one workflow, one activity. */
import { proxyActivities } from '@temporalio/workflow';
import type { post } from './bare-worker.ts';

const activities = proxyActivities<{ post: typeof post }>({ startToCloseTimeout: '10 s' });

export const barePage = (source: string): Promise<void> => activities.post(source);
