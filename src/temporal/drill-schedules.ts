/** Drills that start by themselves, as Schedules of Temporal: they outlive every process of ours, and the Temporal UI shows them. */
import {
  Client,
  Connection,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleSummary,
} from '@temporalio/client';
import { Conflict, NotFound } from '../domain/errors.ts';
import { scheduledDrillWorkflowType, taskQueue } from '../domain/names.ts';
import type { BusinessCalendar } from '../domain/on-call/business-time.ts';
import { drillStartsAt, monthlySpec } from '../domain/on-call/drill-schedule.ts';
import { type DrillSchedule, ScheduleDrill } from '../schema/api.ts';
import { inOurWords, type TemporalAddress } from './client.ts';

/** Throws Unavailable while Temporal is away. */
export interface DrillSchedules {
  /** The id follows from what is scheduled; the same a second time throws Conflict. Throws InvalidInput for no day or time. */
  create(drill: ScheduleDrill, calendar: BusinessCalendar): Promise<DrillSchedule>;
  /** A new one may take a moment to appear. */
  list(calendar: BusinessCalendar): Promise<DrillSchedule[]>;
  /** Throws NotFound. A drill that it has begun goes on. */
  remove(id: string): Promise<void>;
  close(): Promise<void>;
}

const callMsMax = 5_000;
/** Temporal's own ids are shared with whatever else runs in the namespace. */
const prefix = 'drill-schedule/';
/** Starts that were due longer ago, because Temporal was away, are left out: nobody wants last night's drill at nine. */
const catchupWindow = '10 minutes';

/** Returns at once; the first call connects, and a lost connection is made again by the next call. */
export const connectDrillSchedules = (to: TemporalAddress): DrillSchedules => {
  const { namespace, ...options } = to;
  const connection = Connection.lazy({ ...options, connectTimeout: callMsMax });
  const { schedule } = new Client({ connection, namespace });
  const within = async <T>(what: string, ask: () => Promise<T>): Promise<T> => {
    try {
      return await connection.withDeadline(Date.now() + callMsMax, ask);
    } catch (error) {
      throw inOurWords(what, error);
    }
  };

  return {
    create: (drill, calendar) =>
      within('schedule of a drill', async () => {
        const { day, at, ...order } = drill;
        const id = idOf(drill);
        const spec = monthlySpec({ day, at }, calendar.timezone);
        try {
          const handle = await schedule.create({
            scheduleId: `${prefix}${id}`,
            spec,
            action: {
              type: 'startWorkflow',
              workflowType: scheduledDrillWorkflowType,
              workflowId: `scheduled-drill/${id}`,
              taskQueue,
              args: [order],
            },
            // A drill that still waits for its hour is the drill of this month.
            policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow },
            memo: { drill, timezone: calendar.timezone },
          });
          const { info } = await handle.describe();
          return shown({ id, drill, timezone: calendar.timezone, times: info.nextActionTimes }, calendar);
        } catch (error) {
          if (!(error instanceof ScheduleAlreadyRunning)) throw error;
          throw new Conflict(`${id} is scheduled already; see "muster drill schedules"`);
        }
      }),
    list: (calendar) =>
      within('schedules of drills', async () => {
        const found: DrillSchedule[] = [];
        for await (const summary of schedule.list()) {
          const ours = readSummary(summary);
          if (ours) found.push(shown(ours, calendar));
        }
        return found.sort((one, other) => one.id.localeCompare(other.id));
      }),
    remove: (id) =>
      within(`schedule ${id}`, async () => {
        try {
          await schedule.getHandle(`${prefix}${id}`).delete();
        } catch (error) {
          if (!(error instanceof ScheduleNotFoundError)) throw error;
          throw new NotFound(`there is no schedule ${id}; list them with "muster drill schedules"`);
        }
      }),
    close: () => connection.close(),
  };
};

/** Readable, and the same for the same drill at the same time. */
const idOf = ({ scenario, day, at, pack, severity }: ScheduleDrill): string =>
  [scenario, pack, severity, day, at]
    .filter((part) => part !== undefined)
    .map((part) =>
      part
        .trim()
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-'),
    )
    .join('-');

interface Ours {
  id: string;
  drill: ScheduleDrill;
  timezone: string;
  times: Date[];
}

/** Null for a schedule of somebody else. */
const readSummary = ({ scheduleId, memo, info }: ScheduleSummary): Ours | null => {
  if (!scheduleId.startsWith(prefix)) return null;
  const drill = ScheduleDrill.safeParse(memo?.drill);
  if (!drill.success) return null;
  const timezone = String(memo?.timezone ?? 'UTC');
  return { id: scheduleId.slice(prefix.length), drill: drill.data, timezone, times: info.nextActionTimes };
};

const shownMax = 3;

const shown = ({ id, drill, timezone, times }: Ours, calendar: BusinessCalendar): DrillSchedule => ({
  ...drill,
  id,
  timezone,
  nextAt: times.slice(0, shownMax).map((time) => drillStartsAt(time.toISOString(), calendar)),
});
