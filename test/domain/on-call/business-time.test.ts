import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import {
  addBusinessDays,
  type BusinessCalendar,
  isBusinessHour,
  nextOpening,
  reviewSlot,
  windowEnd,
  withinWindow,
} from '../../../src/domain/on-call/business-time.ts';

const berlin: BusinessCalendar = {
  timezone: 'Europe/Berlin',
  holidays: ['2026-12-25', '2027-01-01'],
  hours: { start: '09:00', end: '17:30' },
};
const wall = (at: string, calendar = berlin) =>
  DateTime.fromISO(at, { zone: calendar.timezone }).toFormat('ccc dd.MM. HH:mm');

describe('business days', () => {
  test('three of them after a Wednesday end on Monday at closing time', () => {
    expect(wall(addBusinessDays('2026-11-18T14:00:00Z', 3, berlin))).toBe('Mon 23.11. 17:30');
  });
  test('a weekend counts for nothing, nor does a holiday', () => {
    expect(wall(addBusinessDays('2026-11-20T20:00:00Z', 1, berlin))).toBe('Mon 23.11. 17:30');
    expect(wall(addBusinessDays('2026-12-24T10:00:00Z', 1, berlin))).toBe('Mon 28.12. 17:30');
  });
  test('the day is the one of the calendar, not the one in UTC', () => {
    expect(wall(addBusinessDays('2026-11-18T23:30:00Z', 1, berlin))).toBe('Fri 20.11. 17:30');
  });
  test('opening time is business time, closing time is not', () => {
    expect(isBusinessHour('2026-11-18T08:00:00Z', berlin)).toBe(true);
    expect(isBusinessHour('2026-11-18T07:59:59Z', berlin)).toBe(false);
    expect(isBusinessHour('2026-11-18T16:30:00Z', berlin)).toBe(false);
    expect(isBusinessHour('2026-11-21T10:00:00Z', berlin)).toBe(false);
  });
  test('the next opening is this morning, tomorrow, or after the weekend and the holiday; none while it is open', () => {
    const opens = (at: string) => wall(nextOpening(at, berlin) ?? 'never');
    expect(opens('2026-11-18T07:59:59Z')).toBe('Wed 18.11. 09:00');
    expect(opens('2026-11-18T16:30:00Z')).toBe('Thu 19.11. 09:00');
    expect(opens('2026-11-20T20:00:00Z')).toBe('Mon 23.11. 09:00');
    expect(opens('2026-12-24T20:00:00Z')).toBe('Mon 28.12. 09:00');
    expect(nextOpening('2026-11-18T08:00:00Z', berlin)).toBeNull();
  });
  test('none or a part of a day cannot be added', () => {
    expect(() => addBusinessDays('2026-11-18T14:00:00Z', 0, berlin)).toThrow('whole days');
    expect(() => addBusinessDays('2026-11-18T14:00:00Z', 1.5, berlin)).toThrow('whole days');
  });
});

describe('windows', () => {
  test('hours and days are elapsed time', () => {
    expect(windowEnd('48h', '2026-11-18T14:00:00Z', berlin)).toBe('2026-11-20T14:00:00.000Z');
    expect(windowEnd('7d', '2026-11-18T14:00:00Z', berlin)).toBe('2026-11-25T14:00:00.000Z');
  });
  test('an instant is inside up to the end and not after it', () => {
    const from = '2026-11-18T14:00:00Z';
    expect(withinWindow('2026-11-20T14:00:00Z', '48h', from, berlin)).toBe(true);
    expect(withinWindow('2026-11-20T14:00:01Z', '48h', from, berlin)).toBe(false);
    expect(withinWindow('2026-11-18T13:59:59Z', '48h', from, berlin)).toBe(false);
  });
  test('words that are no window are refused', () => {
    expect(() => windowEnd('soon', '2026-11-18T14:00:00Z', berlin)).toThrow('3 business days');
  });
});

describe('the slot of the review', () => {
  const slot = (from: string, window: string, lengthMinutes = 60, calendar = berlin) =>
    reviewSlot({ from, window, lengthMinutes }, calendar);

  test('is the next business morning after a resolution', () => {
    expect(wall(slot('2026-11-18T14:00:00Z', '3 business days').startAt)).toBe('Thu 19.11. 09:00');
    expect(wall(slot('2026-11-20T20:00:00Z', '3 business days').startAt)).toBe('Mon 23.11. 09:00');
    expect(wall(slot('2026-12-24T20:00:00Z', '3 business days').startAt)).toBe('Mon 28.12. 09:00');
  });
  test('is the same day when the window ends before the next business day', () => {
    const friday = slot('2026-11-20T09:10:00Z', '48h');
    expect(wall(friday.startAt)).toBe('Fri 20.11. 11:30');
    expect(friday.withinWindow).toBe(true);
  });
  test('is the first one after a window that holds only a weekend, and says so', () => {
    const late = slot('2026-11-20T20:00:00Z', '48h');
    expect(wall(late.startAt)).toBe('Mon 23.11. 09:00');
    expect(late.withinWindow).toBe(false);
  });
  test('starts at opening time when it is longer than the day', () => {
    expect(wall(slot('2026-11-18T14:00:00Z', '3 business days', 700).startAt)).toBe('Thu 19.11. 09:00');
  });

  describe('with a preferred day', () => {
    const onDay6 = (from: string, calendar = berlin) =>
      reviewSlot({ from, notBefore: '5d', preferred: '6d', window: '7d', lengthMinutes: 60 }, calendar);

    test('is the morning of that day when it is a business day', () => {
      expect(wall(onDay6('2026-11-18T14:00:00Z').startAt)).toBe('Tue 24.11. 09:00');
    });
    test('is the nearest business day inside the window when that day is on a weekend', () => {
      // Resolved on a Sunday: day 5 is Friday, day 6 Saturday, day 7 Sunday.
      expect(wall(onDay6('2026-11-22T10:00:00Z').startAt)).toBe('Fri 27.11. 11:00');
      // Resolved on a Monday: day 5 is Saturday, day 6 Sunday, day 7 Monday.
      expect(wall(onDay6('2026-11-23T20:00:00Z').startAt)).toBe('Mon 30.11. 09:00');
      expect(onDay6('2026-11-23T20:00:00Z').withinWindow).toBe(true);
    });
    test('is never sooner than the window begins', () => {
      expect(wall(onDay6('2026-11-22T15:00:00Z').startAt)).toBe('Fri 27.11. 16:00');
      expect(wall(onDay6('2026-11-22T17:00:00Z').startAt)).toBe('Mon 30.11. 09:00');
    });
    test('is the first slot after a window without business time, and says so', () => {
      const late = onDay6('2026-11-22T17:00:00Z');
      expect(late.withinWindow).toBe(false);
      const holidays = ['2026-11-23', '2026-11-24', '2026-11-25'];
      const moved = onDay6('2026-11-18T14:00:00Z', { ...berlin, holidays });
      expect(wall(moved.startAt)).toBe('Thu 26.11. 09:00');
      expect(moved.withinWindow).toBe(false);
    });
    test('counted in business days may be that very day', () => {
      const from = '2026-11-18T14:00:00Z';
      const counted = { notBefore: '2 business days', preferred: '2 business days', window: '3 business days' };
      expect(wall(reviewSlot({ from, ...counted, lengthMinutes: 30 }, berlin).startAt)).toBe('Fri 20.11. 09:00');
    });
  });
});
