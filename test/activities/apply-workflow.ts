/** Just enough of a run to hand one plan to the remediation worker, under the options of the product. */
import { proxyActivities } from '@temporalio/workflow';
import type { ApplyRequest, ApplyResult, RemediationActivities } from '../../activities/index.ts';
import { applying } from '../../workflows/activity-options.ts';

export async function applyOnce(request: ApplyRequest): Promise<ApplyResult> {
  return proxyActivities<RemediationActivities>(applying).applyRemediation(request);
}
