import { InvalidInput } from '../src/domain/errors.ts';
import { acceptsAlerts } from '../src/domain/incident/correlation.ts';
import { calendarOf } from '../src/domain/on-call/business-time.ts';
import { scheduledMoment } from '../src/domain/on-call/drill-schedule.ts';
import { render } from '../src/domain/telling/render.ts';
import type { ScheduledMoment, StartDrill } from '../src/schema/api.ts';
import { incidentStatuses } from '../src/schema/incident.ts';
import { attempt } from './attempt.ts';
import type { Dependencies } from './dependencies.ts';
import { inWords, isFinal, translated } from './failure.ts';

/** Task queue `muster`: what the workflow of a scheduled drill asks for. */
export interface DrillActivities {
  /**
   * Starts the drill when `at` is a good moment for it, else says what to do instead. The same id twice is one drill.
   * Fails for good when nobody could play it: no sandbox, or no such pack, severity or scenario any more.
   */
  beginScheduledDrill(request: {
    id: string;
    order: StartDrill;
    at: string;
    /** A live incident has put it off before. */
    putOff: boolean;
  }): Promise<ScheduledMoment>;
  /** Says in the log and in the standing channel that a drill did not take place. */
  tellDrillSkipped(request: { id: string; order: StartDrill; because: string }): Promise<void>;
}

/** Null where no sandbox runs. */
export type DrillStarter = ((order: StartDrill, drill: { id: string; at: string }) => Promise<void>) | null;

const openStatuses = incidentStatuses.filter(acceptsAlerts);
/** More open incidents than this are no time for a drill, whichever they are. */
const lookedAtMax = 1_000;
/** The log has it; a chat that is away is not waited for. */
const postAttemptsMax = 3;

export const createDrillActivities = (dependencies: Dependencies, startDrill: DrillStarter): DrillActivities => {
  const { store, organisation, packs, packDefault, connect, log } = dependencies;

  const liveIncidents = async (): Promise<string[]> => {
    const { items } = await store.incidents.incidents({ status: openStatuses, limit: lookedAtMax });
    return items.filter(({ drill }) => !drill).map(({ id }) => id);
  };

  return translated<DrillActivities>({
    beginScheduledDrill: async ({ id, order, at, putOff }) => {
      const moment = scheduledMoment({ at, putOff, liveIncidents: await liveIncidents() }, calendarOf(organisation));
      if (moment.kind !== 'begin') return moment;
      if (!startDrill) {
        throw new InvalidInput('no sandbox runs here; start one and set MUSTER_SANDBOX_URL and MUSTER_SANDBOX_SECRET');
      }
      await startDrill(order, { id, at });
      log.info({ drill: id, scenario: order.scenario }, 'a scheduled drill began');
      return moment;
    },

    tellDrillSkipped: async ({ id, order, because }) => {
      log.warn({ drill: id, because }, 'a scheduled drill did not take place');
      const channel = packs.get(order.pack ?? packDefault ?? '')?.room.notifyChannel ?? 'incidents';
      const text = `The scheduled drill ${order.scenario} did not take place: ${because}. The next one comes by its schedule.`;
      try {
        await connect(false).chat.post({
          room: `#${channel.replace(/^#/, '')}`,
          key: `${id}/skipped`,
          text: render('{{ text }}', { text }, 'chat'),
          lookFirst: attempt() > 1,
        });
      } catch (error) {
        if (!isFinal(error) && attempt() < postAttemptsMax) throw error;
        log.warn({ drill: id }, `the channel was not told: ${inWords(error)}`);
      }
    },
  });
};
