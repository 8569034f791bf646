/** Every timeout and retry policy, one named constant per kind of effect. Where an answer may be lost, the activity looks before it repeats. */
import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import { remediationTaskQueue } from '../src/domain/names.ts';

/** One short attempt inside the workflow task; what fails goes on as `telling`. A retry here would hold up commands (see docs/adr). */
export const tellingAtOnce: LocalActivityOptions = { startToCloseTimeout: '2 s', retry: { maximumAttempts: 1 } };

/** Messages, public posts and the record: worth repeating for hours, useless after a day. */
export const telling: ActivityOptions = {
  startToCloseTimeout: '20 s',
  scheduleToCloseTimeout: '24 h',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '30 s' },
};

/** A page walks through channels and people by itself; after a minute the next step of the ladder is worth more. */
export const paging: ActivityOptions = {
  startToCloseTimeout: '15 s',
  scheduleToCloseTimeout: '60 s',
  retry: { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '5 s' },
};

/**
 * The workers beat while such an activity runs (worker/heartbeats.ts): when one dies, the next attempt begins after this,
 * not after the whole time the activity may take.
 */
const heartbeatTimeout = '10 s';

export const openingRoom: ActivityOptions = {
  startToCloseTimeout: '60 s',
  heartbeatTimeout,
  scheduleToCloseTimeout: '10 min',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '20 s' },
};

/** Bounded in time: late evidence helps nobody, and paging never waits for it. Evidence takes 22 s at most, a runbook's own reads 20. */
export const diagnosing: ActivityOptions = {
  taskQueue: remediationTaskQueue,
  startToCloseTimeout: '60 s',
  heartbeatTimeout,
  scheduleToCloseTimeout: '3 min',
  retry: { initialInterval: '2 s', backoffCoefficient: 2, maximumInterval: '20 s' },
};

/** Reads only. */
export const looking: ActivityOptions = {
  startToCloseTimeout: '10 s',
  scheduleToCloseTimeout: '45 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '5 s' },
};

export const planning: ActivityOptions = {
  taskQueue: remediationTaskQueue,
  startToCloseTimeout: '30 s',
  heartbeatTimeout,
  scheduleToCloseTimeout: '5 min',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '20 s' },
};

/** Somebody waits for the answer. */
export const previewing: ActivityOptions = {
  ...planning,
  scheduleToCloseTimeout: '25 s',
};

/** Every attempt observes before it sends, so a lost answer is found out, not repeated. */
export const applying: ActivityOptions = {
  taskQueue: remediationTaskQueue,
  startToCloseTimeout: '45 s',
  heartbeatTimeout,
  scheduleToCloseTimeout: '10 min',
  retry: { initialInterval: '2 s', backoffCoefficient: 2, maximumInterval: '30 s' },
};

export const admitting: ActivityOptions = {
  startToCloseTimeout: '10 s',
  retry: { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '10 s' },
};

/** Mail and documents: hours do not matter, days do. */
export const followingUp: ActivityOptions = {
  startToCloseTimeout: '60 s',
  heartbeatTimeout,
  scheduleToCloseTimeout: '48 h',
  retry: { initialInterval: '2 s', backoffCoefficient: 2, maximumInterval: '10 min' },
};

/** Practice that cannot begin within half an hour is left out: the day goes on. */
export const practising: ActivityOptions = {
  startToCloseTimeout: '30 s',
  scheduleToCloseTimeout: '30 min',
  retry: { initialInterval: '2 s', backoffCoefficient: 2, maximumInterval: '1 min' },
};

/** Roles pass on whenever their incidents can be reached: hours late is better than never. */
export const handingOver: ActivityOptions = {
  startToCloseTimeout: '60 s',
  heartbeatTimeout,
  scheduleToCloseTimeout: '24 h',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 min' },
};
