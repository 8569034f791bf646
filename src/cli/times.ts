import { spanInWords } from '../domain/duration.ts';
import { misused } from './failure.ts';

/** `in 4 min`, `2 min overdue`; with the wall clock, because a person on the phone asks for that. */
export const until = (at: string, nowMs: number): string => {
  const leftMs = Date.parse(at) - nowMs;
  return leftMs >= 0 ? `in ${spanInWords(leftMs)}` : `${spanInWords(-leftMs)} overdue`;
};

export const age = (at: string, nowMs: number): string => spanInWords(nowMs - Date.parse(at));

/** `2026-11-18 10:15:03Z`: the same for everybody on the call. */
export const stamp = (at: string): string => {
  const time = new Date(at);
  return Number.isNaN(time.getTime())
    ? at
    : time
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, 'Z');
};

export const clock = (at: string): string => stamp(at).slice(11);

/** What --at says; now when absent. */
export const momentOf = (given: string | undefined, nowMs: number): string => {
  const ms = given === undefined ? nowMs : Date.parse(given);
  if (Number.isNaN(ms)) throw misused(`--at ${given}: give an instant such as 2026-12-24T20:00:00Z`);
  return new Date(ms).toISOString();
};
