import fc from 'fast-check';
import { DateTime } from 'luxon';
import { expect, test } from 'vitest';
import {
  addBusinessDays,
  type BusinessCalendar,
  isBusinessHour,
  nextOpening,
  reviewSlot,
  windowEnd,
  withinWindow,
} from '../../../src/domain/on-call/business-time.ts';
import { anInstant, zones } from './time-zones.ts';

/** Twelve holidays near the instant, so that they matter. */
const situations = fc
  .record({
    timezone: fc.constantFrom(...zones),
    from: anInstant,
    offDays: fc.uniqueArray(fc.integer({ min: -2, max: 25 }), { maxLength: 12 }),
  })
  .map(({ timezone, from, offDays }) => {
    const today = DateTime.fromISO(from, { zone: timezone });
    const holidays = offDays.map((days) => today.plus({ days }).toFormat('yyyy-MM-dd'));
    const calendar: BusinessCalendar = { timezone, holidays, hours: { start: '09:00', end: '17:30' } };
    return { from, calendar };
  });
const justBefore = (at: string): string => new Date(Date.parse(at) - 1).toISOString();

test('business days skip weekends and holidays, each one of them and nothing else', () => {
  fc.assert(
    fc.property(situations, fc.integer({ min: 1, max: 10 }), ({ from, calendar }, days) => {
      const end = DateTime.fromISO(addBusinessDays(from, days, calendar), { zone: calendar.timezone });
      expect(end.toFormat('HH:mm')).toBe('17:30');
      let counted = 0;
      let day = DateTime.fromISO(from, { zone: calendar.timezone }).set({ hour: 12 });
      while (!day.hasSame(end, 'day')) {
        day = day.plus({ days: 1 });
        const isOff = day.weekday > 5 || calendar.holidays.includes(day.toFormat('yyyy-MM-dd'));
        if (!isOff) counted += 1;
      }
      expect(counted).toBe(days);
    }),
    { numRuns: 300 },
  );
});

test('business opens at the next opening and not before it', () => {
  fc.assert(
    fc.property(situations, ({ from, calendar }) => {
      const opens = nextOpening(from, calendar);
      expect(opens === null).toBe(isBusinessHour(from, calendar));
      if (opens === null) return;
      expect(isBusinessHour(opens, calendar)).toBe(true);
      expect(Date.parse(opens)).toBeGreaterThan(Date.parse(from));
      for (let atMs = Date.parse(from); atMs < Date.parse(opens); atMs += 30 * 60_000) {
        expect(isBusinessHour(new Date(atMs).toISOString(), calendar)).toBe(false);
      }
    }),
    { numRuns: 100 },
  );
});

test('a review lies in business hours, after the resolution and inside a window that has room', () => {
  const lengths = fc.integer({ min: 15, max: 120 });
  fc.assert(
    fc.property(situations, fc.integer({ min: 2, max: 5 }), lengths, ({ from, calendar }, days, lengthMinutes) => {
      const window = `${days} business days`;
      const found = reviewSlot({ from, window, lengthMinutes }, calendar);
      expect(found.withinWindow).toBe(true);
      expect(withinWindow(found.startAt, window, from, calendar)).toBe(true);
      expect(withinWindow(found.endAt, window, from, calendar)).toBe(true);
      expect(isBusinessHour(found.startAt, calendar)).toBe(true);
      expect(isBusinessHour(justBefore(found.endAt), calendar)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('a review with a preferred day never falls on a weekend or holiday, nor sooner than it may, and says when it is late', () => {
  fc.assert(
    fc.property(situations, fc.integer({ min: 15, max: 120 }), ({ from, calendar }, lengthMinutes) => {
      const request = { from, notBefore: '5d', preferred: '6d', window: '7d', lengthMinutes };
      const { startAt, endAt, withinWindow: inside } = reviewSlot(request, calendar);
      expect(isBusinessHour(startAt, calendar)).toBe(true);
      expect(isBusinessHour(justBefore(endAt), calendar)).toBe(true);
      expect(Date.parse(startAt)).toBeGreaterThanOrEqual(Date.parse(windowEnd('5d', from, calendar)));
      expect(inside).toBe(withinWindow(endAt, '7d', from, calendar));
    }),
    { numRuns: 300 },
  );
});
