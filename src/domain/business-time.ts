/** Business days, windows such as "3 business days", and a slot for the review. Uses luxon: never in the workflow bundle. */
import { DateTime } from 'luxon';
import type { Organisation } from '../schema/organisation.ts';
import { InvalidInput } from './errors.ts';

export interface BusinessCalendar {
  /** IANA zone; days begin and end there. */
  timezone: string;
  /** Days off as YYYY-MM-DD. */
  holidays: readonly string[];
  /** Opening and closing as HH:mm, wall clock of the zone. */
  hours: { start: string; end: string };
}

export const calendarOf = (organisation: Organisation): BusinessCalendar => ({
  timezone: organisation.timezone,
  holidays: organisation.holidays,
  hours: organisation.businessHours,
});

/** Monday to Friday and no holiday, judged in the calendar's zone. */
export const isBusinessDay = (at: string, calendar: BusinessCalendar): boolean =>
  isOpenDay(local(at, calendar), calendar);

/** Inside business hours: the opening counts, the closing does not. */
export const isBusinessHour = (at: string, calendar: BusinessCalendar): boolean => {
  const day = local(at, calendar);
  return isOpenDay(day, calendar) && day >= opening(day, calendar) && day < closing(day, calendar);
};

/**
 * Close of business on the n-th business day after the day of `from`; the day of `from` itself never counts,
 * so a Friday evening plus one is Monday's close. n is at least 1.
 */
export const addBusinessDays = (from: string, days: number, calendar: BusinessCalendar): string => {
  if (!Number.isInteger(days) || days < 1) throw new InvalidInput('business days are counted as whole days from 1');
  let day = local(from, calendar);
  for (let left = days; left > 0; left -= 1) day = nextOpenDay(day, calendar);
  return iso(closing(day, calendar));
};

const windowText = /^(\d+(?:\.\d+)?)(m|h|d| business days?)$/;
const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The last instant of a pack's window ("3 business days", "48h", "7d") that starts at `from`. */
export const windowEnd = (window: string, from: string, calendar: BusinessCalendar): string => {
  const [, amount, unit] = windowText.exec(window) ?? [];
  if (amount === undefined || unit === undefined) {
    throw new InvalidInput(`"${window}" is not a window; give one such as "3 business days", "48h" or "7d"`);
  }
  const perUnitMs = unitMs[unit];
  if (perUnitMs === undefined) return addBusinessDays(from, Number(amount), calendar);
  return iso(local(from, calendar).plus({ milliseconds: Number(amount) * perUnitMs }));
};

/** Whether `at` lies in the window that starts at `from`. */
export const withinWindow = (at: string, window: string, from: string, calendar: BusinessCalendar): boolean =>
  Date.parse(at) >= Date.parse(from) && Date.parse(at) <= Date.parse(windowEnd(window, from, calendar));

export interface ReviewSlot {
  startAt: string;
  endAt: string;
  /** false: the window holds no business time long enough, and the first slot after it was taken. */
  withinWindow: boolean;
}

/**
 * A time for the review: inside business hours, never on a weekend or holiday, at least `noticeMs` after `from`, on the
 * grid of half hours. Prefers the first slot on a later day, so that people have slept; takes the same day when the
 * window ends before that. Meetings longer than the business day start at its opening.
 */
export const reviewSlot = (
  request: { from: string; window: string; lengthMinutes: number; noticeMs?: number },
  calendar: BusinessCalendar,
): ReviewSlot => {
  const from = local(request.from, calendar);
  const earliest = from.plus({ milliseconds: request.noticeMs ?? slotMs * 2 });
  const end = local(windowEnd(request.window, request.from, calendar), calendar);
  let sameDay: DateTime | null = null;
  for (const slot of slotsFrom(earliest, request.lengthMinutes, calendar)) {
    const inside = slot.plus({ minutes: request.lengthMinutes }) <= end;
    if (inside && slot.hasSame(from, 'day')) sameDay ??= slot;
    else return booked(inside ? slot : (sameDay ?? slot), request.lengthMinutes, inside || sameDay !== null);
  }
  throw new InvalidInput('the calendar has no business day near the review; check holidays and hours');
};

const booked = (start: DateTime, lengthMinutes: number, inside: boolean): ReviewSlot => ({
  startAt: iso(start),
  endAt: iso(start.plus({ minutes: lengthMinutes })),
  withinWindow: inside,
});

const slotMs = 30 * 60_000;

/** Every possible start from `earliest` on, in order and without end; a year without a business day throws. */
function* slotsFrom(earliest: DateTime, lengthMinutes: number, calendar: BusinessCalendar): Generator<DateTime> {
  let day = isOpenDay(earliest, calendar) ? earliest : nextOpenDay(earliest, calendar);
  for (;;) {
    const opens = opening(day, calendar);
    const closes = closing(day, calendar);
    for (let slot = opens; slot < closes; slot = slot.plus({ milliseconds: slotMs })) {
      const fits = slot.plus({ minutes: lengthMinutes }) <= closes || +slot === +opens;
      if (slot >= earliest && fits) yield slot;
    }
    day = nextOpenDay(day, calendar);
  }
}

const isOpenDay = (day: DateTime, calendar: BusinessCalendar): boolean =>
  day.weekday <= 5 && !calendar.holidays.includes(day.toFormat('yyyy-MM-dd'));

const nextOpenDay = (from: DateTime, calendar: BusinessCalendar): DateTime => {
  let day = from.startOf('day');
  for (let tries = 0; tries < 366; tries += 1) {
    day = day.plus({ days: 1 }).startOf('day');
    if (isOpenDay(day, calendar)) return day;
  }
  throw new InvalidInput('the calendar has no business day within a year; check the holidays');
};

const atClock = (day: DateTime, clock: string): DateTime => {
  const [hour, minute] = clock.split(':').map(Number);
  return day.set({ hour: hour ?? 0, minute: minute ?? 0, second: 0, millisecond: 0 });
};
const opening = (day: DateTime, calendar: BusinessCalendar) => atClock(day, calendar.hours.start);
const closing = (day: DateTime, calendar: BusinessCalendar) => atClock(day, calendar.hours.end);

const local = (at: string, calendar: BusinessCalendar): DateTime => {
  const time = DateTime.fromISO(at, { zone: 'utc' }).setZone(calendar.timezone);
  if (!time.isValid) throw new InvalidInput(`"${at}" in "${calendar.timezone}" is no time; give an ISO 8601 instant`);
  return time;
};

const iso = (time: DateTime): string => new Date(time.toMillis()).toISOString();
