/** What teams, duties and schedules must satisfy: names that exist, times that are times, shifts that end. */
import { DateTime, IANAZone } from 'luxon';
import type { Layer, Organisation } from '../schema/organisation.ts';
import { type Fault, type FieldPath, unknownName } from './fault.ts';
import type { Sourced } from './read-yaml.ts';

type PlaceFault = Sourced<unknown>['fault'];
type CheckPeople = (path: FieldPath, ids: readonly string[]) => Fault[];

/** Shorter shifts would be an input error, and dear to look ahead in. */
const shiftMsMin = 60 * 60_000;
const clock = /^([01]\d|2[0-3]):[0-5]\d$/;
const localTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/;

export const isClock = (text: string): boolean => clock.test(text);

export const zoneFaults = (path: FieldPath, zone: string, fault: PlaceFault): Fault[] =>
  IANAZone.isValidZone(zone)
    ? []
    : [fault(path, `"${zone}" is not a time zone; give one such as Europe/Berlin or UTC`)];

export const teamFaults = ({ teams }: Organisation, fault: PlaceFault, unknownPeople: CheckPeople): Fault[] =>
  Object.entries(teams).flatMap(([id, { members, channel }]) => [
    ...unknownPeople(['teams', id, 'members'], members),
    ...(channel === undefined || /^#\S+$/.test(channel)
      ? []
      : [fault(['teams', id, 'channel'], `"${channel}" is not a channel; give one such as "#team-${id}"`)]),
  ]);

export const dutyFaults = (organisation: Organisation, fault: PlaceFault, unknownPeople: CheckPeople): Fault[] =>
  Object.entries(organisation.duties).flatMap(([name, { schedule, schedules, people }]) => {
    if (schedule === undefined && schedules === undefined && people === undefined) {
      return [fault(['duties', name], 'held by nobody; name a schedule, several schedules or people')];
    }
    const known = Object.keys(organisation.schedules);
    const unknown = (path: FieldPath, id: string): Fault[] =>
      known.includes(id) ? [] : [fault(path, unknownName('schedule', id, known))];
    const teams = Object.keys(organisation.teams);
    const team = name.includes('/') ? (name.split('/')[0] ?? '') : null;
    return [
      ...(team === null || teams.includes(team) ? [] : [fault(['duties', name], unknownName('team', team, teams))]),
      ...(schedule === undefined ? [] : unknown(['duties', name, 'schedule'], schedule)),
      ...(schedules ?? []).flatMap((id, index) => unknown(['duties', name, 'schedules', index], id)),
      ...unknownPeople(['duties', name, 'people'], people ?? []),
    ];
  });

export const scheduleFaults = ({ schedules }: Organisation, fault: PlaceFault, unknownPeople: CheckPeople): Fault[] =>
  Object.entries(schedules).flatMap(([id, { timezone, layers }]) => [
    ...zoneFaults(['schedules', id, 'timezone'], timezone, fault),
    ...layers.flatMap((layer, index) => {
      const path: FieldPath = ['schedules', id, 'layers', index];
      return [...unknownPeople([...path, 'people'], layer.people), ...layerFaults(path, layer, fault)];
    }),
  ]);

const layerFaults = (path: FieldPath, layer: Layer, fault: PlaceFault): Fault[] => [
  ...(layer.timezone === undefined ? [] : zoneFaults([...path, 'timezone'], layer.timezone, fault)),
  ...(localTime.test(layer.start) && DateTime.fromISO(layer.start).isValid
    ? []
    : [
        fault(
          [...path, 'start'],
          'not a time on the wall; give the first hand-over such as 2026-01-05T09:00, without a zone',
        ),
      ]),
  ...(layer.shift >= shiftMsMin
    ? []
    : [fault([...path, 'shift'], 'must be longer than this: an hour at least, such as 7d')]),
  ...(layer.restrictions ?? []).flatMap(({ from, to }, index) => [
    ...(isClock(from)
      ? []
      : [fault([...path, 'restrictions', index, 'from'], 'not a time of day; give one such as 09:00')]),
    ...(isClock(to) || to === '24:00'
      ? []
      : [fault([...path, 'restrictions', index, 'to'], 'not a time of day; give one such as 17:00, or 24:00')]),
  ]),
];
