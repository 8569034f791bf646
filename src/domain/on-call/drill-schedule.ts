/**
 * When a monthly drill starts: a weekday of the month at a wall-clock time, moved to business hours, and never beside a
 * live incident. Pure; uses business-time, so it runs in the api and in activities, never in the workflow bundle.
 */
import type { ScheduledMoment } from '../../schema/api.ts';
import { instant } from '../duration.ts';
import { InvalidInput } from '../errors.ts';
import { type BusinessCalendar, isBusinessHour, nextOpening } from './business-time.ts';

const weeks = ['first', 'second', 'third', 'fourth'] as const;
const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/** Temporal's calendar spec as far as a monthly drill needs it (https://docs.temporal.io/schedule#spec). */
export interface MonthlySpec {
  calendars: [
    {
      dayOfWeek: Uppercase<(typeof weekdays)[number]>;
      /** The seven days in which the n-th weekday of a month falls. */
      dayOfMonth: { start: number; end: number };
      hour: number;
      minute: number;
      comment: string;
    },
  ];
  timezone: string;
}

/** `first tuesday` and `10:00` in the organisation's zone. Throws InvalidInput with an example for anything else. */
export const monthlySpec = ({ day, at }: { day: string; at: string }, timezone: string): MonthlySpec => {
  const { week, weekday } = monthlyDay(day);
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(at) ?? [];
  if (hour === undefined || minute === undefined) throw fault('at', `"${at}" is no time; give one such as 10:00`);
  const last = (weeks.indexOf(week) + 1) * 7;
  return {
    calendars: [
      {
        // Upper case of a member of `weekdays`.
        dayOfWeek: weekday.toUpperCase() as Uppercase<typeof weekday>,
        dayOfMonth: { start: last - 6, end: last },
        hour: Number(hour),
        minute: Number(minute),
        comment: `${week} ${weekday} at ${at}`,
      },
    ],
    timezone,
  };
};

const monthlyDay = (day: string): { week: (typeof weeks)[number]; weekday: (typeof weekdays)[number] } => {
  const [first, second, ...more] = day.trim().toLowerCase().split(/\s+/);
  const week = weeks.find((name) => name === first);
  const weekday = weekdays.find((name) => name === second);
  if (week === undefined || weekday === undefined || more.length > 0) {
    throw fault(
      'day',
      `"${day}" is no day of a month; give ${weeks.join(', ')} and a weekday, such as "first tuesday"`,
    );
  }
  return { week, weekday };
};

const fault = (path: string, message: string): InvalidInput => new InvalidInput(message, [{ path, message }]);

/** The planned instant, or the next opening where that is a holiday, a weekend or outside of business hours. */
export const drillStartsAt = (plannedAt: string, calendar: BusinessCalendar): string =>
  nextOpening(plannedAt, calendar) ?? plannedAt;

/** How long a drill waits for a live incident before it looks again. */
const putOffMs = 60 * 60_000;

/**
 * Whether a scheduled drill may begin at `at`. A live incident puts it off by an hour at a time, until business hours end;
 * `putOff` says that this happened before, so a drill is never carried over to another day by an incident.
 */
export const scheduledMoment = (
  { at, putOff, liveIncidents }: { at: string; putOff: boolean; liveIncidents: readonly string[] },
  calendar: BusinessCalendar,
): ScheduledMoment => {
  const opensAt = nextOpening(at, calendar);
  const [live] = liveIncidents;
  if (opensAt !== null && !putOff) return { kind: 'wait', until: opensAt, because: 'business hours', putOff };
  if (opensAt !== null) return { kind: 'skip', because: 'live incidents were open until business hours ended' };
  if (live === undefined) return { kind: 'begin' };
  const later = instant(Date.parse(at) + putOffMs);
  if (!isBusinessHour(later, calendar)) {
    return { kind: 'skip', because: `${live} is open, and business hours end before an hour has passed` };
  }
  return { kind: 'wait', until: later, because: `${live} is open`, putOff: true };
};
