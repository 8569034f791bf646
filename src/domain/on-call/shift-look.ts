/** What a shift's workflow learns of its schedule. Reckons with zones, so it never enters the workflow bundle. */
import type { HandOverFigures, Organisation } from '../../schema/organisation.ts';
import type { Override } from '../../schema/override.ts';
import type { Named, ShiftChange } from '../../schema/shift.ts';
import { overridesOf } from './on-call.ts';
import { handOvers, onDuty } from './schedules.ts';
import { peopleOfShift } from './shift-teams.ts';

export interface ShiftLook {
  at: string;
  holder: Named | null;
  /** When the holder became another than the one known before; null: still the same, or none was known. */
  changedAt: string | null;
  next: ShiftChange | null;
  figures: HandOverFigures;
  /** Who may leave a note. */
  people: string[];
}

/** Who was on shift when it was last looked at. */
export interface LookedBefore {
  at: string;
  holder: string | null;
}

/** Far enough to see the end of any shift worth the name. */
const aheadMs = 60 * 86_400_000;

/** Null: the organisation has no such schedule any more. `overrides` are those of all schedules. */
export const lookAtShift = (
  organisation: Organisation,
  id: string,
  { at, before }: { at: string; before: LookedBefore | null },
  overrides: readonly Override[],
): ShiftLook | null => {
  const schedule = organisation.schedules[id];
  if (!schedule) return null;
  const own = overridesOf(organisation, id, overrides);
  const named = (person: string | null): Named | null =>
    person === null ? null : { id: person, name: organisation.people[person]?.name ?? person };
  const holder = onDuty(schedule, at, own);
  const until = new Date(Date.parse(at) + aheadMs).toISOString();
  const [next] = handOvers(schedule, { from: at, until, limit: 1 }, own);
  // An override may also change what has passed: then the change is now.
  const changedAt = () => handOvers(schedule, { from: before?.at ?? at, until: at }, own).at(-1)?.at ?? at;
  return {
    at,
    holder: named(holder),
    changedAt: before && before.holder !== holder ? changedAt() : null,
    next: next ? { at: next.at, from: named(next.from), to: named(next.to) } : null,
    figures: organisation.handOver,
    people: peopleOfShift(organisation, id),
  };
};
