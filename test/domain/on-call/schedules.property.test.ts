import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import { gaps, handOvers, onDuty } from '../../../src/domain/on-call/schedules.ts';
import type { Layer, Schedule } from '../../../src/schema/organisation.ts';
import type { Override } from '../../../src/schema/override.ts';
import { anInstant, firstMs, lastMs, zones } from './time-zones.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const names = ['ada', 'ben', 'cleo'];
const iso = (ms: number): string => new Date(ms).toISOString();

const aClock = fc
  .integer({ min: 0, max: 47 })
  .map((half) => `${String(Math.floor(half / 2)).padStart(2, '0')}:${half % 2 === 0 ? '00' : '30'}`);
const aZone = fc.constantFrom(...zones);
const layers: fc.Arbitrary<Layer> = fc.record({
  people: fc.integer({ min: 1, max: 3 }).map((count) => names.slice(0, count)),
  start: fc
    .integer({ min: 0, max: 20 * 365 * 48 })
    .map((halves) =>
      DateTime.fromMillis(firstMs + halves * 30 * minuteMs, { zone: 'utc' }).toFormat("yyyy-MM-dd'T'HH:mm"),
    ),
  shift: fc.constantFrom(hourMs, 4 * hourMs, 8 * hourMs, 12 * hourMs, dayMs, 7 * dayMs, 14 * dayMs, 30 * hourMs),
});
const filled: fc.Arbitrary<Schedule> = fc.record({ timezone: aZone, layers: fc.tuple(layers) });
const startMsOf = ({ layers: [layer], timezone }: Schedule): number =>
  DateTime.fromISO(layer?.start ?? '', { zone: timezone }).toMillis();

/** Each moment at which the clocks of a zone change in twenty years, found without the code under test. */
const changesOf = (zone: string): number[] => {
  const offset = (ms: number) => DateTime.fromMillis(ms, { zone }).offset;
  const found: number[] = [];
  for (let ms = firstMs; ms < lastMs; ms += 7 * dayMs) {
    if (offset(ms) === offset(ms + 7 * dayMs)) continue;
    let [low, high] = [ms, ms + 7 * dayMs];
    while (high - low > minuteMs) {
      const middle = Math.floor((low + high) / 2 / minuteMs) * minuteMs;
      if (offset(middle) === offset(high)) high = middle;
      else low = middle;
    }
    found.push(high);
  }
  return found;
};
const clockChanges = zones.flatMap((zone) => changesOf(zone).map((atMs) => ({ zone, atMs })));

describe('a filled layer without hours of its own', () => {
  test('has exactly one person at every instant since it began, and nobody before', () => {
    fc.assert(
      fc.property(filled, anInstant, (schedule, at) => {
        const person = onDuty(schedule, at);
        // A day away from the start: an hour that comes twice is not what this is about.
        if (Date.parse(at) > startMsOf(schedule) + dayMs) expect(schedule.layers[0]?.people).toContain(person);
        if (Date.parse(at) < startMsOf(schedule) - dayMs) expect(person).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  test('changes hands at the listed hand-overs, once at each, and nowhere else', () => {
    fc.assert(
      fc.property(filled, fc.integer({ min: 0, max: 300 }), (schedule, daysLater) => {
        const fromMs = startMsOf(schedule) + dayMs + daysLater * dayMs;
        const untilMs = fromMs + 4 * (schedule.layers[0]?.shift ?? dayMs);
        const listed = handOvers(schedule, { from: iso(fromMs), until: iso(untilMs) });
        expectToHoldBetween(schedule, listed, { fromMs, untilMs });
      }),
      { numRuns: 200 },
    );
  });

  test('loses and doubles no shift when the clocks change: people follow each other in order', () => {
    expect(new Set(clockChanges.map(({ zone }) => zone)).size).toBeGreaterThanOrEqual(5);
    fc.assert(
      fc.property(
        fc.constantFrom(...clockChanges),
        fc.constantFrom(hourMs, 4 * hourMs, 8 * hourMs, 12 * hourMs, dayMs),
        aClock,
        ({ zone, atMs }, shift, clock) => {
          const dayBefore = DateTime.fromMillis(atMs - 2 * dayMs, { zone }).toFormat('yyyy-MM-dd');
          const schedule = {
            timezone: zone,
            layers: [{ people: names, start: `${dayBefore}T${clock}`, shift }],
          };
          const order = handOvers(schedule, { from: iso(atMs - 4 * dayMs), until: iso(atMs + 3 * dayMs) });
          expect(order.map(({ to }) => to)).toEqual(order.map((_, index) => names[index % 3]));
          const lengths = order.slice(1).map(({ at }, index) => Date.parse(at) - Date.parse(order[index]?.at ?? ''));
          // The shift across the change is longer or shorter; two are, when the change skips a hand-over.
          const changed = lengths.filter((lengthMs) => lengthMs !== shift);
          expect(changed.length).toBeLessThanOrEqual(2);
          expect(Math.abs(changed.reduce((sum, lengthMs) => sum + lengthMs - shift, 0))).toBeLessThanOrEqual(hourMs);
        },
      ),
      { numRuns: 200 },
    );
  });
});

test('whatever the layers, hours and overrides: hand-overs and gaps tell the same story as asking at each instant', () => {
  const hours = fc.record({ from: aClock, to: aClock });
  const limited = fc.record({ layer: layers, restriction: fc.option(hours), zone: aZone }).map(
    ({ layer, restriction, zone }): Layer => ({
      ...layer,
      timezone: zone,
      ...(restriction ? { restrictions: [restriction] } : {}),
    }),
  );
  const someOverrides = fc.array(
    fc.record({ after: fc.integer({ min: 0, max: 96 }), hours: fc.integer({ min: 1, max: 48 }) }),
    {
      maxLength: 2,
    },
  );
  fc.assert(
    fc.property(
      fc.array(limited, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...clockChanges),
      someOverrides,
      (given, { zone, atMs }, swaps) => {
        const schedule = { timezone: zone, layers: given };
        const fromMs = atMs - 2 * dayMs;
        const untilMs = atMs + 2 * dayMs;
        const overrides = swaps.map(
          ({ after, hours: long }, index): Override => ({
            id: String(index),
            schedule: 'any',
            person: `swap-${index}`,
            from: iso(fromMs + after * hourMs),
            until: iso(fromMs + (after + long) * hourMs),
            by: 'ada',
            note: null,
          }),
        );
        const span = { from: iso(fromMs), until: iso(untilMs) };
        expectToHoldBetween(schedule, handOvers(schedule, span, overrides), { fromMs, untilMs }, overrides);
        const open = gaps(schedule, span, overrides);
        for (let ms = fromMs; ms < untilMs; ms += 90 * minuteMs) {
          const inGap = open.some(({ from, until }) => Date.parse(from) <= ms && ms < Date.parse(until));
          expect(onDuty(schedule, iso(ms), overrides) === null).toBe(inGap);
        }
      },
    ),
    { numRuns: 150 },
  );
});

describe('follow the sun', () => {
  const region = (person: string, from: string, to: string, timezone: string): Layer => ({
    people: [person],
    start: '2019-12-01T00:00',
    shift: 7 * dayMs,
    timezone,
    restrictions: [{ from, to }],
  });
  const inUtc: Schedule = {
    timezone: 'UTC',
    layers: [
      region('auckland', '22:00', '06:00', 'UTC'),
      region('berlin', '06:00', '14:00', 'UTC'),
      region('new-york', '14:00', '22:00', 'UTC'),
    ],
  };

  test('covers every instant exactly once when the hours tile the day in UTC', () => {
    fc.assert(
      fc.property(anInstant, (at) => {
        const each = inUtc.layers.map((layer) => onDuty({ timezone: 'UTC', layers: [layer] }, at));
        expect(each.filter((person) => person !== null)).toEqual([onDuty(inUtc, at)]);
      }),
      { numRuns: 500 },
    );
    expect(gaps(inUtc, { from: '2020-02-01T00:00:00Z', until: '2021-02-01T00:00:00Z' })).toEqual([]);
    const first = handOvers(inUtc, { from: iso(firstMs), until: iso(lastMs), limit: 3 });
    expect(first.map(({ at, to }) => `${at.slice(11, 16)} ${to}`)).toEqual([
      '06:00 berlin',
      '14:00 new-york',
      '22:00 auckland',
    ]);
  });

  test('hands over by the clock of each place, and shows the gaps that its summer time opens', () => {
    const local: Schedule = {
      timezone: 'UTC',
      layers: [
        region('auckland', '09:00', '21:00', 'Pacific/Auckland'),
        region('berlin', '09:00', '17:00', 'Europe/Berlin'),
      ],
    };
    const holes = (day: string) => gaps(local, { from: `${day}T00:00:00Z`, until: `${day}T23:59:59Z` });
    // January: Auckland until 08:00 UTC, Berlin 08:00 to 16:00, Auckland again at 20:00.
    expect(holes('2026-01-14')).toEqual([{ from: '2026-01-14T16:00:00.000Z', until: '2026-01-14T20:00:00.000Z' }]);
    // July: Berlin 07:00 to 15:00, Auckland until 09:00 and again at 21:00.
    expect(holes('2026-07-15')).toEqual([{ from: '2026-07-15T15:00:00.000Z', until: '2026-07-15T21:00:00.000Z' }]);
    expect(onDuty(local, '2026-07-15T08:00:00Z')).toBe('berlin');
  });
});

/** The holder is the same from one listed hand-over to just before the next, and changes at each as it says. */
const expectToHoldBetween = (
  schedule: Schedule,
  listed: ReturnType<typeof handOvers>,
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
  overrides: readonly Override[] = [],
): void => {
  const holder = (ms: number) => onDuty(schedule, iso(ms), overrides);
  const edges = [fromMs, ...listed.map(({ at }) => Date.parse(at)), untilMs];
  for (const [index, { at, from, to }] of listed.entries()) {
    const atMs = Date.parse(at);
    expect(holder(atMs)).toBe(to);
    expect(holder(atMs - 1)).toBe(from);
    expect(from).not.toBe(to);
    expect(atMs).toBeGreaterThan(edges[index] ?? 0);
  }
  for (let index = 0; index + 1 < edges.length; index += 1) {
    const [left = 0, right = 0] = [edges[index], edges[index + 1]];
    for (const part of [0.25, 0.5, 0.75]) {
      if (right > left) expect(holder(Math.floor(left + (right - left) * part))).toBe(holder(left));
    }
  }
};
