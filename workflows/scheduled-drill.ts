/** A drill that a Schedule starts: waits for business hours and for live incidents to be over, then begins, or says why not. */
import { proxyActivities, setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow';
import type { DrillActivities } from '../activities/drills.ts';
import { instant } from '../src/domain/duration.ts';
import type { ScheduledMoment, StartDrill } from '../src/schema/api.ts';
import { practising } from './activity-options.ts';
import { reasonOf } from './outbox.ts';

export interface ScheduledDrillOutcome {
  /** Null: it did not take place. */
  drill: string | null;
  because: string | null;
}

const activities = proxyActivities<DrillActivities>(practising);

export async function scheduledDrill(order: StartDrill): Promise<ScheduledDrillOutcome> {
  // From the workflow's id and not its run's, so that a run that is reset is the same drill.
  const id = `drill-${workflowInfo().workflowId.replace(/[^A-Za-z0-9]+/g, '-')}`;
  let putOff = false;
  for (;;) {
    const moment = await begin(order, { id, putOff });
    switch (moment.kind) {
      case 'begin':
        return { drill: id, because: null };
      case 'skip':
        await activities.tellDrillSkipped({ id, order, because: moment.because });
        return { drill: null, because: moment.because };
      case 'wait':
        putOff = moment.putOff;
        setCurrentDetails(`The drill **${order.scenario}** waits until ${moment.until}: ${moment.because}.`);
        await sleep(Math.max(1, Date.parse(moment.until) - Date.now()), {
          summary: `begin the drill ${order.scenario} (${moment.because})`,
        });
    }
  }
}

/** A drill that cannot be played is skipped like any other: nobody waits for it. */
const begin = async (order: StartDrill, { id, putOff }: { id: string; putOff: boolean }): Promise<ScheduledMoment> => {
  try {
    return await activities.beginScheduledDrill({ id, order, at: instant(Date.now()), putOff });
  } catch (error) {
    return { kind: 'skip', because: reasonOf(error) };
  }
};
