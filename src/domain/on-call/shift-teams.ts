/** Which teams a schedule stands for, and so whose incidents pass from one shift to the next. */
import type { Duty, Organisation } from '../../schema/organisation.ts';

export interface ShiftTeams {
  teams: string[];
  /** Incidents of no known team are answered for as well. */
  unowned: boolean;
}

/**
 * The teams with a duty of their own that this schedule holds; for a duty without a team, everybody who has no such duty
 * of their own. Duties that gather several schedules, such as everybody on call, count only where nothing else does.
 */
export const teamsOfShift = (organisation: Organisation, schedule: string): ShiftTeams => {
  const held = Object.entries(organisation.duties).filter(([, duty]) => holds(duty, schedule));
  const own = held.flatMap(([name]) => (name.includes('/') ? [name.slice(0, name.indexOf('/'))] : []));
  const common = held.filter(([name]) => !name.includes('/'));
  const alone = common.filter(([, { schedule: one, schedules = [] }]) => one !== undefined || schedules.length === 1);
  const counting = alone.length > 0 || own.length > 0 ? alone : common;
  const teams = Object.keys(organisation.teams).filter(
    (team) => own.includes(team) || counting.some(([name]) => organisation.duties[`${team}/${name}`] === undefined),
  );
  return { teams, unowned: counting.length > 0 };
};

export const answersFor = ({ teams, unowned }: ShiftTeams, team: string | null): boolean =>
  team === null ? unowned : teams.includes(team);

/** Ids of everybody who may leave a note: members of the teams and whoever takes turns in the schedule. */
export const peopleOfShift = (organisation: Organisation, schedule: string): string[] => {
  const members = teamsOfShift(organisation, schedule).teams.flatMap((team) => organisation.teams[team]?.members ?? []);
  const turns = organisation.schedules[schedule]?.layers.flatMap(({ people }) => people) ?? [];
  return [...new Set([...turns, ...members])];
};

const holds = ({ schedule: one, schedules = [] }: Duty, schedule: string): boolean =>
  one === schedule || schedules.includes(schedule);
