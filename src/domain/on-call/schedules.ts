/**
 * Who holds a schedule, when that changes, and when nobody does. Pure; uses luxon's zones, so it never enters the workflow
 * bundle. At each instant a schedule has one holder or none: none lost, none doubled.
 *
 * Overrides given here are those of the schedule in question, in the order in which they were made.
 */
import type { Schedule } from '../../schema/organisation.ts';
import type { Override } from '../../schema/override.ts';
import { nextEdgeMs, personOn } from './layers.ts';
import { instantMs } from './wall-clock.ts';

/** The person who holds the schedule at `at`, or null. */
export const onDuty = (schedule: Schedule, at: string, overrides: readonly Override[] = []): string | null =>
  holderAt(schedule, instantMs(at), spansOf(overrides));

export interface HandOver {
  at: string;
  /** null: nobody held it before. */
  from: string | null;
  /** null: nobody holds it from then on. */
  to: string | null;
}

/** Every change of holder after `from` up to and including `until`, in order; at most `limit`. */
export const handOvers = (
  schedule: Schedule,
  { from, until, limit = 1_000 }: { from: string; until: string; limit?: number },
  overrides: readonly Override[] = [],
): HandOver[] => {
  const found: HandOver[] = [];
  let before: string | null | undefined;
  for (const { atMs, person } of holdersBetween(schedule, { from, until }, overrides)) {
    if (before !== undefined) {
      if (found.length >= limit) return found;
      found.push({ at: iso(atMs), from: before, to: person });
    }
    before = person;
  }
  return found;
};

/** Spans between `from` and `until` in which nobody holds the schedule. */
export const gaps = (
  schedule: Schedule,
  { from, until }: { from: string; until: string },
  overrides: readonly Override[] = [],
): { from: string; until: string }[] => {
  const spans: { from: string; until: string }[] = [];
  let openMs: number | null = null;
  for (const { atMs, person } of holdersBetween(schedule, { from, until }, overrides)) {
    if (openMs !== null) spans.push({ from: iso(openMs), until: iso(atMs) });
    openMs = person === null ? atMs : null;
  }
  if (openMs !== null && openMs < instantMs(until)) spans.push({ from: iso(openMs), until: iso(instantMs(until)) });
  return spans;
};

interface Span {
  fromMs: number;
  untilMs: number;
  person: string;
}

const spansOf = (overrides: readonly Override[]): Span[] =>
  overrides.map(({ from, until, person }) => ({ fromMs: instantMs(from), untilMs: instantMs(until), person }));

const holderAt = (schedule: Schedule, atMs: number, overrides: readonly Span[]): string | null => {
  const override = overrides.findLast(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs);
  if (override) return override.person;
  for (const layer of schedule.layers.toReversed()) {
    const person = personOn(layer, layer.timezone ?? schedule.timezone, atMs);
    if (person !== null) return person;
  }
  return null;
};

/** The holder at `from`, then each change up to and including `until`. */
function* holdersBetween(
  schedule: Schedule,
  { from, until }: { from: string; until: string },
  overrides: readonly Override[],
): Generator<{ atMs: number; person: string | null }> {
  const spans = spansOf(overrides);
  const fromMs = instantMs(from);
  const untilMs = instantMs(until);
  let person = holderAt(schedule, fromMs, spans);
  yield { atMs: fromMs, person };
  for (let atMs = edgeAfter(schedule, fromMs, spans); atMs <= untilMs; atMs = edgeAfter(schedule, atMs, spans)) {
    const next = holderAt(schedule, atMs, spans);
    if (next === person) continue;
    person = next;
    yield { atMs, person };
  }
}

const edgeAfter = (schedule: Schedule, atMs: number, overrides: readonly Span[]): number =>
  Math.min(
    ...schedule.layers.map((layer) => nextEdgeMs(layer, layer.timezone ?? schedule.timezone, atMs)),
    ...overrides.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs]).filter((edgeMs) => edgeMs > atMs),
  );

const iso = (ms: number): string => new Date(ms).toISOString();
