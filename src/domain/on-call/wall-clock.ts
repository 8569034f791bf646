/**
 * Between instants and what the clock on the wall shows in a zone. Wall times are milliseconds as if the clock hung in UTC.
 * Uses luxon's zones: never in the workflow bundle.
 */
import { IANAZone } from 'luxon';
import { InvalidInput } from '../errors.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

export const wallAt = (atMs: number, zone: string): number => atMs + offsetMs(zone, atMs);

/**
 * The instant at which the clock shows this. A time that comes twice is its first; a time that the clock skips is the moment
 * of the skip. So a later wall time is never an earlier instant, and times that adjoin on the wall adjoin in fact.
 */
export const instantOfWall = (wallMs: number, zone: string): number => {
  const before = offsetMs(zone, wallMs - dayMs);
  const after = offsetMs(zone, wallMs + dayMs);
  if (before === after) return wallMs - before;
  const candidates = [wallMs - before, wallMs - after].filter((atMs) => wallAt(atMs, zone) === wallMs);
  if (candidates.length > 0) return Math.min(...candidates);
  return skipBetween(zone, { earlyMs: wallMs - after, lateMs: wallMs - before });
};

/** Wall time of `2026-01-05T09:00`. */
export const wallOf = (text: string): number => {
  const ms = Date.parse(`${text}Z`);
  if (Number.isNaN(ms))
    throw new InvalidInput(`"${text}" is not a time on the wall; give one such as 2026-01-05T09:00`);
  return ms;
};

/** `HH:mm` as time since midnight; 24:00 is the end of the day. */
export const clockMs = (text: string): number => {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * hourMs + minutes * minuteMs;
};

/** Throws InvalidInput for what is no instant. */
export const instantMs = (at: string): number => {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) throw new InvalidInput(`"${at}" is not an instant; give one such as 2026-01-05T09:00:00Z`);
  return ms;
};

/** The instant in between at which the clock is put forward. */
const skipBetween = (zone: string, { earlyMs, lateMs }: { earlyMs: number; lateMs: number }): number => {
  const after = offsetMs(zone, lateMs);
  let low = earlyMs;
  let high = lateMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMs(zone, middle) === after) high = middle;
    else low = middle;
  }
  return high;
};

const offsetMs = (zone: string, atMs: number): number => {
  const minutes = IANAZone.create(zone).offset(atMs);
  if (Number.isNaN(minutes)) throw new InvalidInput(`"${zone}" is not a time zone; give one such as Europe/Berlin`);
  return minutes * minuteMs;
};
