/**
 * Who answers for a duty at an instant. Uses luxon, so it never enters the workflow bundle:
 * activities, API and CLI call it and hand names to the workflow.
 *
 * Hand-overs follow the wall clock of the rotation's zone: a weekly hand-over at 09:00 stays at 09:00 when the clocks
 * change, and the shift across the change is an hour shorter or longer. Only shifts that fit neither whole days nor a
 * whole day in pieces of four hours or more run by elapsed time, because the clock change could swallow one of them.
 * At each instant exactly one person of a filled rotation that has begun is on duty: none lost, none doubled.
 */
import { DateTime } from 'luxon';
import type { Organisation, Rotation } from '../schema/organisation.ts';
import { InvalidInput } from './errors.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const personPrefix = 'person:';

/**
 * Person ids that hold the duty at `at` (ISO 8601), in the order they are paged. `team` looks up `<team>/<duty>` first.
 * Empty when the shift is empty, the rotation has not begun or nobody ever held that duty: the caller must say so aloud.
 * A duty written `person:<id>` is that person.
 */
export const holdersOf = (
  organisation: Organisation,
  duty: string,
  { at, team }: { at: string; team?: string | undefined },
): string[] => {
  if (duty.startsWith(personPrefix)) {
    const person = duty.slice(personPrefix.length);
    return organisation.people[person] ? [person] : [];
  }
  const held = (team && organisation.duties[`${team}/${duty}`]) || organisation.duties[duty];
  if (!held) return [];
  const rotation = held.rotation === undefined ? undefined : organisation.rotations[held.rotation];
  const onShift = rotation ? onDuty(rotation, at) : null;
  return [...new Set([...(onShift ? [onShift] : []), ...(held.people ?? [])])].filter((id) => organisation.people[id]);
};

/** The person on duty of one rotation, or null: empty, or not begun yet. */
export const onDuty = (rotation: Rotation, at: string): string | null => {
  const number = shiftNumber(rotation, instantMs(at));
  return number === null ? null : personOf(rotation, number);
};

export interface HandOver {
  at: string;
  /** null: the rotation begins with this hand-over. */
  from: string | null;
  to: string;
}

/** Hand-overs after `from` up to and including `until`, in order; a rotation of nobody has none. At most `limit`. */
export const handOvers = (
  rotation: Rotation,
  { from, until, limit = 1_000 }: { from: string; until: string; limit?: number },
): HandOver[] => {
  if (rotation.people.length === 0) return [];
  const first = shiftNumber(rotation, instantMs(from));
  const untilMs = instantMs(until);
  const found: HandOver[] = [];
  for (let number = first === null ? 0 : first + 1; found.length < limit; number += 1) {
    const at = shiftStartMs(rotation, number);
    if (at > untilMs) return found;
    const to = personOf(rotation, number);
    const before = number === 0 ? null : personOf(rotation, number - 1);
    if (to !== null && shiftStartMs(rotation, number + 1) > at) found.push({ at: iso(at), from: before, to });
  }
  return found;
};

const personOf = (rotation: Rotation, number: number): string | null =>
  rotation.people[number % Math.max(1, rotation.people.length)] ?? null;

/** The shift that runs at the instant, counted from 0; null before the first. */
const shiftNumber = (rotation: Rotation, atMs: number): number | null => {
  const local = DateTime.fromMillis(atMs, { zone: rotation.timezone });
  const sinceStart = followsWallClock(rotation)
    ? wallMs(local) - wallMs(startOf(rotation))
    : atMs - startOf(rotation).toMillis();
  let number = Math.floor(sinceStart / rotation.shift);
  while (shiftStartMs(rotation, number + 1) <= atMs) number += 1;
  while (number >= 0 && shiftStartMs(rotation, number) > atMs) number -= 1;
  return number < 0 ? null : number;
};

const shiftStartMs = (rotation: Rotation, number: number): number => {
  const start = startOf(rotation);
  if (!followsWallClock(rotation)) return start.toMillis() + number * rotation.shift;
  const wall = DateTime.fromMillis(wallMs(start) + number * rotation.shift, { zone: 'utc' });
  return wall.setZone(rotation.timezone, { keepLocalTime: true }).toMillis();
};

const followsWallClock = ({ shift }: Rotation): boolean =>
  shift % dayMs === 0 || (shift >= 4 * hourMs && dayMs % shift === 0);

const startOf = (rotation: Rotation): DateTime => {
  const start = DateTime.fromISO(rotation.start, { zone: rotation.timezone });
  if (!start.isValid) {
    throw new InvalidInput(
      `a rotation starts at "${rotation.start}" in "${rotation.timezone}", which is no time: give one such as 2026-01-05T09:00 and a zone such as Europe/Berlin`,
    );
  }
  return start;
};

/** What the clock on the wall shows, as if it hung in UTC. */
const wallMs = (local: DateTime): number => local.setZone('utc', { keepLocalTime: true }).toMillis();

const instantMs = (at: string): number => {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) throw new InvalidInput(`"${at}" is not an instant; give one such as 2026-01-05T09:00:00Z`);
  return ms;
};

const iso = (ms: number): string => new Date(ms).toISOString();
