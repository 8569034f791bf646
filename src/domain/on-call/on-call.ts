/**
 * Who answers for a duty at an instant. Uses luxon's zones, so it never enters the workflow bundle: activities, API and CLI
 * call it and hand names to the workflow. When a schedule changes hands is said in schedules.ts.
 */
import type { Duty, Organisation } from '../../schema/organisation.ts';
import type { Override } from '../../schema/override.ts';
import { onDuty } from './schedules.ts';

const personPrefix = 'person:';

/**
 * Person ids that hold the duty at `at` (ISO 8601), in the order they are paged. `team` looks up `<team>/<duty>` first.
 * `overrides` are those of all schedules in the order in which they were made.
 * Empty when the shift is empty, the schedule has not begun or nobody ever held that duty: the caller must say so aloud.
 * A duty written `person:<id>` is that person.
 */
export const holdersOf = (
  organisation: Organisation,
  duty: string,
  { at, team, overrides = [] }: { at: string; team?: string | undefined; overrides?: readonly Override[] | undefined },
): string[] => {
  if (duty.startsWith(personPrefix)) {
    const person = duty.slice(personPrefix.length);
    return organisation.people[person] ? [person] : [];
  }
  const held = (team && organisation.duties[`${team}/${duty}`]) || organisation.duties[duty];
  if (!held) return [];
  const onShift = schedulesOf(held).flatMap((id) => {
    const schedule = organisation.schedules[id];
    return (schedule && onDuty(schedule, at, overridesOf(organisation, id, overrides))) ?? [];
  });
  return [...new Set([...onShift, ...(held.people ?? [])])].filter((id) => organisation.people[id]);
};

/** Ids of the schedules behind a duty, in order. */
export const schedulesOf = ({ schedule, schedules = [] }: Duty): string[] => [
  ...new Set([...(schedule === undefined ? [] : [schedule]), ...schedules]),
];

/**
 * Those of one schedule, in order. An override onto somebody who has left the organisation counts for nothing: whoever
 * the layers name is paged then, instead of nobody.
 */
export const overridesOf = (
  organisation: Organisation,
  schedule: string,
  overrides: readonly Override[],
): readonly Override[] =>
  overrides.filter((override) => override.schedule === schedule && organisation.people[override.person]);
