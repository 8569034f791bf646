/** The way to the workflows of shifts, one for each schedule. */
import { Client, Connection, type UpdateDefinition } from '@temporalio/client';
import * as messages from '../../workflows/messages.ts';
import { NotFound, Unavailable } from '../domain/errors.ts';
import { shiftWorkflowType, taskQueue } from '../domain/names.ts';
import type { ShiftView } from '../schema/shift.ts';
import { inOurWords, type TemporalAddress } from './client.ts';

/**
 * Throws Unavailable while Temporal or every worker is away or the shift is not watched yet (the same `updateId` may then be
 * sent again), Conflict or NotPermitted when the workflow refuses.
 */
export interface Shifts {
  /** One that runs goes on. */
  start(schedule: string): Promise<void>;
  /** Overrides have changed: the schedule is looked at now instead of within the hour. */
  refresh(schedule: string): Promise<void>;
  view(schedule: string): Promise<ShiftView>;
  note(schedule: string, note: messages.LeaveNote, updateId: string): Promise<ShiftView>;
  accept(schedule: string, acceptance: messages.AcceptShift, updateId: string): Promise<ShiftView>;
  close(): Promise<void>;
}

const callMsMax = 5_000;
/** Pages show what they have rather than wait. */
const viewMsMax = 2_000;
const updateMsMax = 15_000;

/** Returns at once; the first call connects, and a lost connection is made again by the next call. */
export const connectShifts = (to: TemporalAddress): Shifts => {
  const { namespace, ...options } = to;
  const connection = Connection.lazy({ ...options, connectTimeout: callMsMax });
  const { workflow } = new Client({ connection, namespace });
  const within = async <T>(schedule: string, msMax: number, ask: () => Promise<T>): Promise<T> => {
    try {
      return await connection.withDeadline(Date.now() + msMax, ask);
    } catch (error) {
      const ours = inOurWords(`shift ${schedule}`, error);
      if (!(ours instanceof NotFound)) throw ours;
      throw new Unavailable(`the shift ${schedule} is not watched yet; try again in a minute`, error);
    }
  };
  const handleOf = (schedule: string) => workflow.getHandle(messages.shiftWorkflowId(schedule));
  const update = <Payload>(
    schedule: string,
    definition: UpdateDefinition<ShiftView, [Payload]>,
    payload: Payload,
    updateId: string,
  ): Promise<ShiftView> =>
    within(schedule, updateMsMax, () => handleOf(schedule).executeUpdate(definition, { args: [payload], updateId }));

  return {
    start: (schedule) =>
      within(schedule, callMsMax, async () => {
        await workflow.start(shiftWorkflowType, {
          workflowId: messages.shiftWorkflowId(schedule),
          taskQueue,
          args: [{ schedule }],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `Shifts of ${schedule}`,
        });
      }),
    refresh: (schedule) => within(schedule, callMsMax, () => handleOf(schedule).signal(messages.refreshShift)),
    view: (schedule) => within(schedule, viewMsMax, () => handleOf(schedule).query(messages.shiftView)),
    note: (schedule, note, updateId) => update(schedule, messages.leaveNote, note, updateId),
    accept: (schedule, acceptance, updateId) => update(schedule, messages.acceptShift, acceptance, updateId),
    close: () => connection.close(),
  };
};
