import type { Target } from '../schema/remediation.ts';
import { targetKey } from './remediation/target.ts';

/** Names Temporal knows us by. Changing one strands open workflows. */
export const incidentWorkflowType = 'incident';
export const scheduledDrillWorkflowType = 'scheduledDrill';
export const previewWorkflowType = 'preview';
export const shiftWorkflowType = 'shift';
export const taskQueue = 'muster';
export const remediationTaskQueue = 'muster-remediation';

/** The workflow id is the lock on the target: a second run on it cannot start. */
export const remediationWorkflowId = (target: Target): string => `remediation/${targetKey(target)}`;

export const followUpWorkflowId = (incidentId: string): string => `${incidentId}/follow-up`;

/** One for each schedule, for as long as the organisation has it. */
export const shiftWorkflowId = (schedule: string): string => `shift/${schedule}`;
