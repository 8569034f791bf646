import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import {
  addBusinessDays,
  type BusinessCalendar,
  isBusinessDay,
  isBusinessHour,
  reviewSlot,
  windowEnd,
  withinWindow,
} from '../../src/domain/business-time.ts';

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
    expect(isBusinessDay('2026-11-20T23:30:00Z', berlin)).toBe(false);
  });
  test('opening time is business time, closing time is not', () => {
    expect(isBusinessHour('2026-11-18T08:00:00Z', berlin)).toBe(true);
    expect(isBusinessHour('2026-11-18T07:59:59Z', berlin)).toBe(false);
    expect(isBusinessHour('2026-11-18T16:30:00Z', berlin)).toBe(false);
    expect(isBusinessHour('2026-11-21T10:00:00Z', berlin)).toBe(false);
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

  test('lies in business hours, after the resolution and inside the window, in every zone and season', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Pacific/Apia', 'UTC'];
    const days = fc
      .integer({ min: 0, max: 364 })
      .map((n) => DateTime.fromISO('2026-01-01', { zone: 'utc' }).plus({ days: n }).toFormat('yyyy-MM-dd'));
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.uniqueArray(days, { maxLength: 12 }),
        fc.integer({ min: 0, max: 365 * 24 * 60 }),
        fc.integer({ min: 2, max: 5 }),
        fc.integer({ min: 15, max: 120 }),
        (timezone, holidays, minutes, businessDays, lengthMinutes) => {
          const calendar = { timezone, holidays, hours: { start: '09:00', end: '17:30' } };
          const from = new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();
          const window = `${businessDays} business days`;
          const found = slot(from, window, lengthMinutes, calendar);
          expect(found.withinWindow).toBe(true);
          expect(withinWindow(found.startAt, window, from, calendar)).toBe(true);
          expect(withinWindow(found.endAt, window, from, calendar)).toBe(true);
          expect(isBusinessHour(found.startAt, calendar)).toBe(true);
          expect(isBusinessHour(new Date(Date.parse(found.endAt) - 1).toISOString(), calendar)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
