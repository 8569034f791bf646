/** Business days, windows such as "3 business days", and a slot for the review. Uses luxon: never in the workflow bundle. */
import { DateTime } from 'luxon';
import type { Organisation } from '../../schema/organisation.ts';
import { InvalidInput } from '../errors.ts';

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

/** Inside business hours: the opening counts, the closing does not. */
export const isBusinessHour = (at: string, calendar: BusinessCalendar): boolean => {
  const day = local(at, calendar);
  return isOpenDay(day, calendar) && day >= opening(day, calendar) && day < closing(day, calendar);
};

/** When business opens next; null while it is open. Throws InvalidInput when it does not open within a year. */
export const nextOpening = (at: string, calendar: BusinessCalendar): string | null => {
  if (isBusinessHour(at, calendar)) return null;
  const now = local(at, calendar);
  const opensToday = isOpenDay(now, calendar) && now < opening(now, calendar);
  return iso(opening(opensToday ? now : nextOpenDay(now, calendar), calendar));
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

/** Windows are a pack's texts, all counted from `from`. */
export interface SlotRequest {
  from: string;
  /** The slot ends inside this one. */
  window: string;
  lengthMinutes: number;
  /** Earliest start after `from`; an hour when absent. */
  noticeMs?: number;
  /** The slot does not start sooner than this: at its end, or on its last day when it counts business days. */
  notBefore?: string | undefined;
  /** The slot lies as near as can be to the last day of this one. */
  preferred?: string | undefined;
}

/**
 * A time for the review: inside business hours, never on a weekend or holiday, on the grid of half hours. Nearest to the
 * preferred day, the earlier day of two; without one, the first slot on a later day than `from`, so that people have
 * slept, or the same day when the window ends before that. The first slot of its day. When the window holds no business
 * time long enough, the first slot after it. Meetings longer than the business day start at its opening.
 */
export const reviewSlot = (request: SlotRequest, calendar: BusinessCalendar): ReviewSlot => {
  const { lengthMinutes } = request;
  const end = local(windowEnd(request.window, request.from, calendar), calendar);
  const awayFrom = distanceOf(request, calendar);
  let best: { slot: DateTime; away: number } | null = null;
  for (const slot of slotsFrom(earliestOf(request, calendar), lengthMinutes, calendar)) {
    if (slot.plus({ minutes: lengthMinutes }) > end) return booked(best?.slot ?? slot, lengthMinutes, best !== null);
    const away = awayFrom(slot);
    if (away === 0) return booked(slot, lengthMinutes, true);
    if (best === null || away < best.away) best = { slot, away };
  }
  throw new InvalidInput('the calendar has no business day near the review; check holidays and hours');
};

const earliestOf = ({ from, notBefore, noticeMs }: SlotRequest, calendar: BusinessCalendar): DateTime => {
  const noticed = local(from, calendar).plus({ milliseconds: noticeMs ?? slotMs * 2 });
  if (notBefore === undefined) return noticed;
  const due = local(windowEnd(notBefore, from, calendar), calendar);
  return DateTime.max(noticed, notBefore.includes('business') ? due.startOf('day') : due);
};

/** How far a slot is from what is wanted, in days; 0 is best. */
const distanceOf = ({ from, preferred }: SlotRequest, calendar: BusinessCalendar): ((slot: DateTime) => number) => {
  if (preferred === undefined) {
    const sameDay = local(from, calendar);
    return (slot) => (slot.hasSame(sameDay, 'day') ? 1 : 0);
  }
  const wanted = local(windowEnd(preferred, from, calendar), calendar).startOf('day');
  return (slot) => Math.abs(Math.round(slot.startOf('day').diff(wanted, 'days').days));
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
