import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import { type BusinessCalendar, isBusinessHour } from '../../../src/domain/on-call/business-time.ts';
import { drillStartsAt, monthlySpec, scheduledMoment } from '../../../src/domain/on-call/drill-schedule.ts';

const calendar: BusinessCalendar = {
  timezone: 'Europe/Berlin',
  holidays: ['2026-12-25', '2026-05-01'],
  hours: { start: '09:00', end: '17:00' },
};

describe('the day of a monthly drill', () => {
  test('is a weekday of the month at a time of the organisation', () => {
    expect(monthlySpec({ day: 'first tuesday', at: '10:00' }, 'Europe/Berlin')).toEqual({
      calendars: [
        {
          dayOfWeek: 'TUESDAY',
          dayOfMonth: { start: 1, end: 7 },
          hour: 10,
          minute: 0,
          comment: 'first tuesday at 10:00',
        },
      ],
      timezone: 'Europe/Berlin',
    });
    const [fourth] = monthlySpec({ day: ' Fourth  Friday ', at: '9:30' }, 'UTC').calendars;
    expect(fourth).toMatchObject({ dayOfWeek: 'FRIDAY', dayOfMonth: { start: 22, end: 28 }, hour: 9, minute: 30 });
  });
  test.each(['fifth tuesday', 'last friday', 'tuesday', 'first', 'first tuesday of may', ''])(
    'is refused as "%s", with an example',
    (day) => {
      expect(() => monthlySpec({ day, at: '10:00' }, 'UTC')).toThrow('such as "first tuesday"');
    },
  );
  test.each(['24:00', '10', '10:60', 'ten', ''])('is refused at "%s", with an example', (at) => {
    expect(() => monthlySpec({ day: 'first tuesday', at }, 'UTC')).toThrow('such as 10:00');
  });
});

describe('the start of a drill', () => {
  test('stays where it is inside business hours', () => {
    expect(drillStartsAt('2026-12-01T09:00:00.000Z', calendar)).toBe('2026-12-01T09:00:00.000Z');
  });
  test.each([
    ['a holiday', '2026-12-25T09:00:00.000Z', '2026-12-28T08:00:00.000Z'],
    ['a weekend', '2026-12-05T09:00:00.000Z', '2026-12-07T08:00:00.000Z'],
    ['an evening', '2026-12-01T19:00:00.000Z', '2026-12-02T08:00:00.000Z'],
    ['an early morning', '2026-12-01T04:00:00.000Z', '2026-12-01T08:00:00.000Z'],
  ])('moves from %s to the next opening', (_, plannedAt, startsAt) => {
    expect(drillStartsAt(plannedAt, calendar)).toBe(startsAt);
  });
  test('is in business hours and never early, whatever day and time are planned', () => {
    const week = fc.constantFrom('first', 'second', 'third', 'fourth');
    const weekday = fc.constantFrom('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday');
    const clock = fc.record({ hour: fc.nat(23), minute: fc.nat(59) });
    fc.assert(
      fc.property(week, weekday, clock, fc.nat(60), (nth, name, { hour, minute }, months) => {
        const at = `${hour}:${String(minute).padStart(2, '0')}`;
        const [spec] = monthlySpec({ day: `${nth} ${name}`, at }, calendar.timezone).calendars;
        const month = DateTime.fromISO('2026-01-01', { zone: calendar.timezone }).plus({ months });
        const days = Array.from({ length: month.daysInMonth ?? 28 }, (_, index) => month.set({ day: index + 1 }));
        const matching = days.filter(
          (day) =>
            day.weekdayLong?.toUpperCase() === spec.dayOfWeek &&
            day.day >= spec.dayOfMonth.start &&
            day.day <= spec.dayOfMonth.end,
        );
        expect(matching).toHaveLength(1);
        const planned = matching[0]?.set({ hour: spec.hour, minute: spec.minute }).toUTC().toISO() ?? '';
        const startsAt = drillStartsAt(planned, calendar);
        expect(isBusinessHour(startsAt, calendar)).toBe(true);
        expect(Date.parse(startsAt)).toBeGreaterThanOrEqual(Date.parse(planned));
      }),
    );
  });
});

describe('a scheduled drill', () => {
  const tuesday = (time: string) => `2026-12-01T${time}:00.000Z`;
  const at = (time: string, more: { putOff?: boolean; liveIncidents?: string[] } = {}) =>
    scheduledMoment({ at: tuesday(time), putOff: false, liveIncidents: [], ...more }, calendar);
  const live = { liveIncidents: ['INC-2026-001'] };

  test('begins in business hours while no live incident is open', () => {
    expect(at('09:00')).toEqual({ kind: 'begin' });
  });
  test('waits for the next opening outside of them', () => {
    expect(at('19:00')).toMatchObject({ kind: 'wait', until: '2026-12-02T08:00:00.000Z', putOff: false });
  });
  test('is put off by an hour while a live incident is open', () => {
    expect(at('09:00', live)).toMatchObject({ kind: 'wait', until: tuesday('10:00'), putOff: true });
    expect(at('10:00', { ...live, putOff: true })).toMatchObject({ kind: 'wait', until: tuesday('11:00') });
    expect(at('10:00', { putOff: true })).toEqual({ kind: 'begin' });
  });
  test('is skipped when business hours would end first, with the incident as the reason', () => {
    expect(at('15:00', live)).toEqual({
      kind: 'skip',
      because: 'INC-2026-001 is open, and business hours end before an hour has passed',
    });
    expect(at('14:59', live).kind).toBe('wait');
  });
  test('that was put off is not carried over to another day', () => {
    expect(at('16:00', { putOff: true }).kind).toBe('skip');
    expect(at('16:00').kind).toBe('wait');
  });
});
