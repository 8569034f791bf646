import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import { gaps, handOvers, onDuty } from '../../../src/domain/on-call/schedules.ts';
import type { Layer, Schedule } from '../../../src/schema/organisation.ts';
import type { Override } from '../../../src/schema/override.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const aLayer = (part: Partial<Layer> = {}): Layer => ({
  people: ['ada', 'ben', 'cleo'],
  start: '2026-01-05T09:00',
  shift: 7 * dayMs,
  ...part,
});
const aSchedule = (...layers: Layer[]): Schedule => ({ timezone: 'Europe/Berlin', layers });
const weekly = aSchedule(aLayer());
const anOverride = (from: string, until: string, person = 'dana'): Override => ({
  id: `${from}/${person}`,
  schedule: 'weekly',
  person,
  from,
  until,
  by: 'ada',
  note: null,
});

describe('a weekly schedule in Berlin', () => {
  test('changes hands at nine on Monday, not a moment before', () => {
    expect(onDuty(weekly, '2026-01-05T08:00:00Z')).toBe('ada');
    expect(onDuty(weekly, '2026-01-12T07:59:59.999Z')).toBe('ada');
    expect(onDuty(weekly, '2026-01-12T08:00:00Z')).toBe('ben');
    expect(onDuty(weekly, '2026-01-26T08:00:00Z')).toBe('ada');
  });
  test('still changes hands at nine by the clock on the wall after the clocks went forward, and after they went back', () => {
    const spring = handOvers(weekly, { from: '2026-03-29T12:00:00Z', until: '2026-04-01T00:00:00Z' });
    expect(spring).toEqual([{ at: '2026-03-30T07:00:00.000Z', from: 'cleo', to: 'ada' }]);
    const [autumn] = handOvers(weekly, { from: '2026-10-25T12:00:00Z', until: '2026-10-27T00:00:00Z' });
    expect(autumn?.at).toBe('2026-10-26T08:00:00.000Z');
  });
  test('has nobody before it begins', () => {
    expect(onDuty(weekly, '2026-01-05T07:59:59Z')).toBeNull();
    const [first] = handOvers(weekly, { from: '2025-12-01T00:00:00Z', until: '2026-01-06T00:00:00Z' });
    expect(first).toEqual({ at: '2026-01-05T08:00:00.000Z', from: null, to: 'ada' });
  });
  test('lists no more hand-overs than asked for', () => {
    const year = { from: '2026-01-06T00:00:00Z', until: '2027-01-06T00:00:00Z' };
    expect(handOvers(weekly, year)).toHaveLength(52);
    expect(handOvers(weekly, { ...year, limit: 2 }).map(({ to }) => to)).toEqual(['ben', 'cleo']);
  });
});

test('a schedule of one person never changes hands', () => {
  const alone = aSchedule(aLayer({ people: ['ada'] }));
  expect(handOvers(alone, { from: '2026-01-06T00:00:00Z', until: '2036-01-06T00:00:00Z' })).toEqual([]);
});

test('an empty shift is held by nobody, hands nothing over and is one long gap', () => {
  const empty = aSchedule(aLayer({ people: [] }));
  const year = { from: '2026-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' };
  expect(onDuty(empty, '2026-02-01T00:00:00Z')).toBeNull();
  expect(handOvers(empty, year)).toEqual([]);
  expect(gaps(empty, year)).toEqual([year]);
});

test('half-day shifts keep nine and twenty-one on the day the clocks change', () => {
  const halfDays = aSchedule(aLayer({ shift: 12 * hourMs, start: '2026-03-28T09:00' }));
  const walls = handOvers(halfDays, { from: '2026-03-28T08:30:00Z', until: '2026-03-30T09:00:00Z' }).map(({ at }) =>
    DateTime.fromISO(at, { zone: 'Europe/Berlin' }).toFormat('dd HH:mm'),
  );
  expect(walls).toEqual(['28 21:00', '29 09:00', '29 21:00', '30 09:00']);
});

describe('a layer with hours of its own', () => {
  const office = aLayer({
    people: ['dana'],
    restrictions: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }],
  });
  const nights = aLayer({ people: ['nia'], restrictions: [{ days: ['fri'], from: '22:00', to: '06:00' }] });

  test('wins over the layer below inside its hours and leaves it the rest', () => {
    const both = aSchedule(aLayer({ people: ['ada'] }), office);
    expect(onDuty(both, '2026-02-04T08:00:00Z')).toBe('dana');
    expect(onDuty(both, '2026-02-04T07:59:59Z')).toBe('ada');
    expect(onDuty(both, '2026-02-04T16:00:00Z')).toBe('ada');
    expect(onDuty(both, '2026-02-07T10:00:00Z')).toBe('ada');
  });
  test('that crosses midnight belongs to the day on which it begins', () => {
    const only = aSchedule(nights);
    expect(onDuty(only, '2026-02-06T20:59:59Z')).toBeNull();
    expect(onDuty(only, '2026-02-06T21:00:00Z')).toBe('nia');
    expect(onDuty(only, '2026-02-07T04:59:59Z')).toBe('nia');
    expect(onDuty(only, '2026-02-07T05:00:00Z')).toBeNull();
    expect(onDuty(only, '2026-02-07T22:00:00Z')).toBeNull();
  });
  test('of nobody leaves the moment to the layer below', () => {
    expect(onDuty(aSchedule(aLayer({ people: ['ada'] }), { ...office, people: [] }), '2026-02-04T10:00:00Z')).toBe(
      'ada',
    );
  });
  test('leaves gaps outside of its hours, and each hand-over says who had it and who gets it', () => {
    const days = { from: '2026-02-05T12:00:00.000Z', until: '2026-02-09T09:00:00.000Z' };
    expect(gaps(aSchedule(office), days)).toEqual([
      { from: '2026-02-05T16:00:00.000Z', until: '2026-02-06T08:00:00.000Z' },
      { from: '2026-02-06T16:00:00.000Z', until: '2026-02-09T08:00:00.000Z' },
    ]);
    expect(handOvers(aSchedule(aLayer({ people: ['ada'] }), office), days).map(({ from, to }) => [from, to])).toEqual([
      ['dana', 'ada'],
      ['ada', 'dana'],
      ['dana', 'ada'],
      ['ada', 'dana'],
    ]);
  });
  test('of equal times is the whole day, as is midnight to 24:00', () => {
    const weekend = (from: string, to: string) =>
      aSchedule(aLayer({ people: ['ada'], restrictions: [{ days: ['sat', 'sun'], from, to }] }));
    const week = { from: '2026-02-05T00:00:00Z', until: '2026-02-12T00:00:00Z' };
    for (const schedule of [weekend('00:00', '00:00'), weekend('00:00', '24:00')]) {
      expect(handOvers(schedule, week)).toEqual([
        { at: '2026-02-06T23:00:00.000Z', from: null, to: 'ada' },
        { at: '2026-02-08T23:00:00.000Z', from: 'ada', to: null },
      ]);
    }
  });
});

describe('an override', () => {
  const swap = anOverride('2026-01-13T12:00:00Z', '2026-01-14T12:00:00Z');
  const around = { from: '2026-01-13T00:00:00Z', until: '2026-01-18T00:00:00Z' };

  test('holds the schedule from its first moment to just before its last', () => {
    expect(onDuty(weekly, '2026-01-13T11:59:59Z', [swap])).toBe('ben');
    expect(onDuty(weekly, '2026-01-13T12:00:00Z', [swap])).toBe('dana');
    expect(onDuty(weekly, '2026-01-14T11:59:59Z', [swap])).toBe('dana');
    expect(onDuty(weekly, '2026-01-14T12:00:00Z', [swap])).toBe('ben');
  });
  test('adds two hand-overs and moves none of the others', () => {
    expect(handOvers(weekly, around)).toEqual([]);
    expect(handOvers(weekly, around, [swap])).toEqual([
      { at: '2026-01-13T12:00:00.000Z', from: 'ben', to: 'dana' },
      { at: '2026-01-14T12:00:00.000Z', from: 'dana', to: 'ben' },
    ]);
  });
  test('made later wins where two overlap, whichever begins first', () => {
    const longer = anOverride('2026-01-12T12:00:00Z', '2026-01-16T12:00:00Z', 'eli');
    expect(onDuty(weekly, '2026-01-13T13:00:00Z', [swap, longer])).toBe('eli');
    expect(onDuty(weekly, '2026-01-13T13:00:00Z', [longer, swap])).toBe('dana');
    expect(onDuty(weekly, '2026-01-15T13:00:00Z', [longer, swap])).toBe('eli');
  });
  test('fills a gap', () => {
    const empty = aSchedule(aLayer({ people: [] }));
    expect(gaps(empty, around, [swap])).toEqual([
      { from: '2026-01-13T00:00:00.000Z', until: '2026-01-13T12:00:00.000Z' },
      { from: '2026-01-14T12:00:00.000Z', until: '2026-01-18T00:00:00.000Z' },
    ]);
  });
});

test('a start at an hour that comes twice is its first', () => {
  const autumn = aSchedule(aLayer({ people: ['ada'], start: '2026-10-25T02:30' }));
  expect(onDuty(autumn, '2026-10-25T00:30:00Z')).toBe('ada');
  expect(onDuty(autumn, '2026-10-25T00:29:59Z')).toBeNull();
});

test('a time that is none is refused with what to give instead', () => {
  expect(() => onDuty(weekly, 'soon')).toThrow('2026-01-05T09:00:00Z');
  expect(() => onDuty(aSchedule(aLayer({ start: 'monday' })), '2026-01-06T00:00:00Z')).toThrow('2026-01-05T09:00');
  expect(() => onDuty({ ...weekly, timezone: 'Mars/Olympus' }, '2026-01-06T00:00:00Z')).toThrow('Europe/Berlin');
});
