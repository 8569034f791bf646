import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import { handOvers, holdersOf, onDuty } from '../../src/domain/on-call.ts';
import { parseOrganisation } from '../../src/packs/load.ts';
import type { Rotation } from '../../src/schema/organisation.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const aRotation = (part: Partial<Rotation> = {}): Rotation => ({
  people: ['ada', 'ben', 'cleo'],
  start: '2026-01-05T09:00',
  shift: 7 * dayMs,
  timezone: 'Europe/Berlin',
  ...part,
});

describe('a weekly rotation in Berlin', () => {
  test('changes hands at nine on Monday, not a moment before', () => {
    const rotation = aRotation();
    expect(onDuty(rotation, '2026-01-05T08:00:00Z')).toBe('ada');
    expect(onDuty(rotation, '2026-01-12T07:59:59.999Z')).toBe('ada');
    expect(onDuty(rotation, '2026-01-12T08:00:00Z')).toBe('ben');
    expect(onDuty(rotation, '2026-01-26T08:00:00Z')).toBe('ada');
  });

  test('still changes hands at nine by the clock on the wall after the clocks went forward', () => {
    const [handOver] = handOvers(aRotation(), { from: '2026-03-29T12:00:00Z', until: '2026-04-01T00:00:00Z' });
    expect(handOver?.at).toBe('2026-03-30T07:00:00.000Z');
  });

  test('and after they went back', () => {
    const [handOver] = handOvers(aRotation(), { from: '2026-10-25T12:00:00Z', until: '2026-10-27T00:00:00Z' });
    expect(handOver?.at).toBe('2026-10-26T08:00:00.000Z');
  });

  test('has nobody before it begins', () => {
    expect(onDuty(aRotation(), '2026-01-05T07:59:59Z')).toBeNull();
    const [first] = handOvers(aRotation(), { from: '2025-12-01T00:00:00Z', until: '2026-01-06T00:00:00Z' });
    expect(first).toEqual({ at: '2026-01-05T08:00:00.000Z', from: null, to: 'ada' });
  });
});

test('an empty shift is held by nobody and hands nothing over', () => {
  const empty = aRotation({ people: [] });
  expect(onDuty(empty, '2026-02-01T00:00:00Z')).toBeNull();
  expect(handOvers(empty, { from: '2026-01-01T00:00:00Z', until: '2027-01-01T00:00:00Z' })).toEqual([]);
});

test('half-day shifts keep nine and twenty-one on the day the clocks change', () => {
  const rotation = aRotation({ shift: 12 * hourMs, start: '2026-03-28T09:00' });
  const walls = handOvers(rotation, { from: '2026-03-28T08:30:00Z', until: '2026-03-30T09:00:00Z' }).map(({ at }) =>
    DateTime.fromISO(at, { zone: 'Europe/Berlin' }).toFormat('dd HH:mm'),
  );
  expect(walls).toEqual(['28 21:00', '29 09:00', '29 21:00', '30 09:00']);
});

describe('at every instant exactly one person is on duty', () => {
  const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia', 'Asia/Kolkata', 'UTC'];
  const rotations: fc.Arbitrary<Rotation> = fc.record({
    people: fc.integer({ min: 1, max: 3 }).map((count) => ['ada', 'ben', 'cleo'].slice(0, count)),
    start: fc
      .integer({ min: 0, max: 20 * 365 * 24 })
      .map((hours) =>
        DateTime.fromISO('2009-01-01T00:00', { zone: 'utc' }).plus({ hours }).toFormat("yyyy-MM-dd'T'HH:mm"),
      ),
    shift: fc.constantFrom(hourMs, 4 * hourMs, 8 * hourMs, 12 * hourMs, dayMs, 7 * dayMs, 14 * dayMs, 30 * hourMs),
    timezone: fc.constantFrom(...zones),
  });

  test('who is on duty changes at the listed hand-overs and nowhere else', () => {
    fc.assert(
      fc.property(rotations, fc.integer({ min: 0, max: 300 }), (rotation, daysLater) => {
        const startMs = DateTime.fromISO(rotation.start, { zone: rotation.timezone }).toMillis();
        const fromMs = startMs + daysLater * dayMs;
        const untilMs = fromMs + 4 * rotation.shift;
        const listed = handOvers(rotation, { from: iso(fromMs), until: iso(untilMs) });
        const edges = [fromMs, ...listed.map(({ at }) => Date.parse(at)), untilMs];
        for (const [index, { at, from, to }] of listed.entries()) {
          expect(onDuty(rotation, at)).toBe(to);
          expect(onDuty(rotation, iso(Date.parse(at) - 1))).toBe(from);
          expect(Date.parse(at)).toBeGreaterThan(index === 0 ? fromMs : (edges[index] ?? 0));
        }
        for (let index = 0; index + 1 < edges.length; index += 1) {
          const [left = 0, right = 0] = [edges[index], edges[index + 1]];
          const middle = iso(Math.floor((left + right) / 2));
          expect(onDuty(rotation, middle)).toBe(onDuty(rotation, iso(left)));
        }
      }),
      { numRuns: 150 },
    );
  });

  test('no shift is lost or doubled when the clocks change: people follow each other in order', () => {
    fc.assert(
      fc.property(rotations, (rotation) => {
        // Samoa had no 30 December 2011 at all: nobody can have a shift on a day that was not.
        fc.pre(rotation.timezone !== 'Pacific/Apia' || !rotation.start.startsWith('2011'));
        const startMs = DateTime.fromISO(rotation.start, { zone: rotation.timezone }).toMillis();
        const order = handOvers(rotation, { from: iso(startMs - 1), until: iso(startMs + 40 * rotation.shift) });
        expect(order.map(({ to }) => to)).toEqual(
          order.map((_, index) => rotation.people[index % rotation.people.length]),
        );
        expect(order.length).toBeGreaterThanOrEqual(40);
      }),
      { numRuns: 60 },
    );
  });
});

describe('duties', () => {
  const organisation = parseOrganisation(`
name: Test
timezone: UTC
businessHours: { start: '09:00', end: '17:00' }
people:
  ada: { name: Ada, email: a@x.example, roles: [responder], contact: [{ via: mail, address: a@x.example }] }
  ben: { name: Ben, email: b@x.example, roles: [responder], contact: [{ via: mail, address: b@x.example }] }
duties:
  on-call: { rotation: all }
  shop/on-call: { people: [ben] }
  night/on-call: { rotation: nobody }
  lead: { people: [ben, ada] }
rotations:
  all: { people: [ada], start: '2026-01-01T00:00', shift: 7d, timezone: UTC }
  nobody: { people: [], start: '2026-01-01T00:00', shift: 7d, timezone: UTC }
fallback: [ada]
groups: {}
services: {}
`);
  const at = '2026-05-01T00:00:00Z';

  test("a team's own duty goes before the general one", () => {
    expect(holdersOf(organisation, 'on-call', { at, team: 'shop' })).toEqual(['ben']);
    expect(holdersOf(organisation, 'on-call', { at, team: 'other' })).toEqual(['ada']);
    expect(holdersOf(organisation, 'on-call', { at })).toEqual(['ada']);
  });
  test("a team's empty shift is empty: it does not borrow the general one in silence", () => {
    expect(holdersOf(organisation, 'on-call', { at, team: 'night' })).toEqual([]);
  });
  test('several people hold a duty in the order of the file', () => {
    expect(holdersOf(organisation, 'lead', { at })).toEqual(['ben', 'ada']);
  });
  test('one person may be named; a name nobody has reaches nobody', () => {
    expect(holdersOf(organisation, 'person:ada', { at })).toEqual(['ada']);
    expect(holdersOf(organisation, 'person:zoe', { at })).toEqual([]);
    expect(holdersOf(organisation, 'no-such-duty', { at })).toEqual([]);
  });
});

const iso = (ms: number): string => new Date(ms).toISOString();
