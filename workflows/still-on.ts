import { proxyActivities, sleep } from '@temporalio/workflow';
import type { Activities, IncidentContext, RemediationActivities } from '../activities/index.ts';
import { instant, spanInWords } from '../src/domain/duration.ts';
import type { Plan } from '../src/schema/remediation.ts';
import { paging, planning } from './activity-options.ts';
import { reasonOf } from './outbox.ts';

export interface StillOnInput {
  incident: IncidentContext;
  remediationId: string;
  plan: Plan;
  alarmAfterMs: number;
}

const { observeSettled } = proxyActivities<RemediationActivities>(planning);
const { page } = proxyActivities<Activities>(paging);

/** A change that must not stay is a case for people by then. */
const alarmsMax = 48;

/**
 * What must not stay, such as a maintenance page, is looked at until somebody has taken it back; each time it is still
 * so, on-call is paged. It outlives the run and the incident. What cannot be looked at counts as still so.
 */
export async function stillOn({ incident, remediationId, plan, alarmAfterMs }: StillOnInput): Promise<void> {
  for (let alarms = 1; alarms <= alarmsMax; alarms += 1) {
    await sleep(Math.max(50, alarmAfterMs / incident.speed), {
      summary: `page on-call unless ${plan.target.name} is back by then`,
    });
    const looked = await look(incident, plan);
    if (looked === null) return;
    await page({
      incident,
      key: `${incident.incidentId}/page/still-on-${remediationId}-${alarms}`,
      duty: 'on-call',
      at: instant(Date.now()),
      summary: `${plan.sentence}: ${looked} after ${spanInWords(alarmAfterMs * alarms)}`,
      fallback: true,
    }).catch(() => undefined);
  }
}

/** Null: it is not as the plan made it any more. */
const look = async (incident: IncidentContext, plan: Plan): Promise<string | null> => {
  try {
    const { observed } = await observeSettled({ incident, plan, revert: false });
    return observed === 'applied' ? 'still so' : null;
  } catch (error) {
    return `perhaps still so (${reasonOf(error)})`;
  }
};
