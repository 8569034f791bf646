/**
 * One layer of a schedule: whose turn it is, in which hours it counts, and when that next changes.
 *
 * Hand-overs follow the wall clock of the layer's zone: a weekly hand-over at 09:00 stays at 09:00 when the clocks
 * change, and the shift across the change is an hour shorter or longer. Only shifts that fit neither whole days nor a
 * whole day in pieces of four hours or more run by elapsed time, because the clock change could swallow one of them.
 */
import type { Layer, Restriction } from '../../schema/organisation.ts';
import { clockMs, dayMs, hourMs, instantOfWall, wallAt, wallOf } from './wall-clock.ts';

/** Whoever the layer puts on duty, or null: nobody in it, not begun yet, or outside of its hours. */
export const personOn = (layer: Layer, zone: string, atMs: number): string | null => {
  if (layer.people.length === 0 || !counts(layer, zone, atMs)) return null;
  const number = shiftNumber(layer, zone, atMs);
  return number === null ? null : (layer.people[number % layer.people.length] ?? null);
};

/** The first instant after this one at which `personOn` may answer otherwise; Infinity when it never will. */
export const nextEdgeMs = (layer: Layer, zone: string, atMs: number): number => {
  if (layer.people.length === 0) return Number.POSITIVE_INFINITY;
  const number = shiftNumber(layer, zone, atMs);
  const turn =
    number === null || layer.people.length > 1
      ? shiftStartMs(layer, zone, (number ?? -1) + 1)
      : Number.POSITIVE_INFINITY;
  const hours = (layer.restrictions ?? []).map((restriction) => {
    const { startMs, endMs } = hoursAt(restriction, zone, atMs);
    return startMs > atMs ? startMs : endMs;
  });
  return Math.min(turn, ...hours);
};

const counts = ({ restrictions }: Layer, zone: string, atMs: number): boolean =>
  restrictions === undefined || restrictions.some((restriction) => hoursAt(restriction, zone, atMs).startMs <= atMs);

/** The hours of a restriction that run at the instant, else the next ones. */
const hoursAt = (restriction: Restriction, zone: string, atMs: number): { startMs: number; endMs: number } => {
  const today = Math.floor(wallAt(atMs, zone) / dayMs) * dayMs;
  const fromMs = clockMs(restriction.from);
  const toMs = clockMs(restriction.to);
  const lengthMs = toMs > fromMs ? toMs - fromMs : toMs - fromMs + dayMs;
  // Two weeks: the only day in question may fall out because the clock skips exactly these hours.
  for (let day = today - dayMs; day <= today + 14 * dayMs; day += dayMs) {
    if (!beginsOn(restriction, day)) continue;
    const startMs = instantOfWall(day + fromMs, zone);
    const endMs = instantOfWall(day + fromMs + lengthMs, zone);
    if (endMs > startMs && endMs > atMs) return { startMs, endMs };
  }
  return { startMs: Number.POSITIVE_INFINITY, endMs: Number.POSITIVE_INFINITY };
};

const namesFromSunday = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const beginsOn = ({ days }: Restriction, wallDayMs: number): boolean => {
  const name = namesFromSunday[new Date(wallDayMs).getUTCDay()];
  return days === undefined || (name !== undefined && days.includes(name));
};

/** The shift that runs at the instant, counted from 0; null before the first. */
const shiftNumber = (layer: Layer, zone: string, atMs: number): number | null => {
  const start = wallOf(layer.start);
  const sinceStartMs = followsWallClock(layer) ? wallAt(atMs, zone) - start : atMs - instantOfWall(start, zone);
  let number = Math.max(-1, Math.floor(sinceStartMs / layer.shift));
  while (shiftStartMs(layer, zone, number + 1) <= atMs) number += 1;
  while (number >= 0 && shiftStartMs(layer, zone, number) > atMs) number -= 1;
  return number < 0 ? null : number;
};

const shiftStartMs = (layer: Layer, zone: string, number: number): number => {
  const start = wallOf(layer.start);
  return followsWallClock(layer)
    ? instantOfWall(start + number * layer.shift, zone)
    : instantOfWall(start, zone) + number * layer.shift;
};

/** Whether hand-overs keep their time of day; else they follow elapsed time. */
export const followsWallClock = ({ shift }: Layer): boolean =>
  shift % dayMs === 0 || (shift >= 4 * hourMs && dayMs % shift === 0);
