/** Times on the wall that the clock skips or shows twice while it is put forward or back. */
import { IANAZone } from 'luxon';
import { followsWallClock } from '../domain/on-call/layers.ts';
import { clockMs, dayMs, instantMs, minuteMs, wallOf } from '../domain/on-call/wall-clock.ts';
import type { Layer, Organisation, Restriction } from '../schema/organisation.ts';
import type { FieldPath } from './fault.ts';
import { type Finding, type Judge, judgeOf } from './finding.ts';
import type { LookAhead } from './gaps-on-call.ts';
import type { Sourced } from './read-yaml.ts';

/** The wall times in question: from `fromMs` until before `untilMs`, as if the clock hung in UTC. */
interface Change {
  kind: 'skipped' | 'twice';
  fromMs: number;
  untilMs: number;
}

/** What a schedule says of such times: it is well defined (see wall-clock.ts), and rarely what somebody meant. */
export const clockGaps = (organisation: Sourced<Organisation>, ahead: LookAhead): Finding[] => {
  const judge = judgeOf(organisation);
  return Object.entries(organisation.value.schedules).flatMap(([id, { timezone, layers }]) =>
    layers.flatMap((layer, index) => {
      const zone = layer.timezone ?? timezone;
      const path: FieldPath = ['schedules', id, 'layers', index];
      return changesOf(zone, ahead).flatMap((change) => [
        ...handOverGaps(path, layer, { zone, change }, judge),
        ...(layer.restrictions ?? []).flatMap((restriction, position) =>
          restrictionGaps([...path, 'restrictions', position], restriction, { zone, change }, judge),
        ),
      ]);
    }),
  );
};

const handOverGaps = (
  path: FieldPath,
  layer: Layer,
  { zone, change }: { zone: string; change: Change },
  judge: Judge,
): Finding[] => {
  if (layer.people.length < 2 || !followsWallClock(layer)) return [];
  const start = wallOf(layer.start);
  const wallMs = start + Math.ceil((change.fromMs - start) / layer.shift) * layer.shift;
  return wallMs >= start && wallMs < change.untilMs
    ? [
        judge.warning(
          [...path, 'start'],
          `the hand-over ${inWords(wallMs, change, zone)}; hand over at another time of day`,
        ),
      ]
    : [];
};

const restrictionGaps = (
  path: FieldPath,
  restriction: Restriction,
  { zone, change }: { zone: string; change: Change },
  judge: Judge,
): Finding[] => {
  const day = Math.floor(change.fromMs / dayMs) * dayMs;
  return (['from', 'to'] as const).flatMap((field) => {
    const wallMs = day + clockMs(restriction[field]);
    if (wallMs < change.fromMs || wallMs >= change.untilMs || !countsOn(restriction, field, day)) return [];
    return [judge.warning([...path, field], `${inWords(wallMs, change, zone)}; choose a time that every day has once`)];
  });
};

const namesFromSunday = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** Whether the hours begin, or end, on that day; those that cross midnight end the day after they began. */
const countsOn = ({ days, from, to }: Restriction, field: 'from' | 'to', dayStartMs: number): boolean => {
  const crosses = clockMs(to) <= clockMs(from);
  const begun = field === 'to' && crosses ? dayStartMs - dayMs : dayStartMs;
  const name = namesFromSunday[new Date(begun).getUTCDay()];
  return days === undefined || (name !== undefined && days.includes(name));
};

const inWords = (wallMs: number, { kind }: Change, zone: string): string => {
  const time = new Date(wallMs).toISOString().slice(0, 16).replace('T', ' ');
  return kind === 'skipped'
    ? `${time} does not exist in ${zone}`
    : `${time} comes twice in ${zone}, and the first counts`;
};

const changesOf = (zoneName: string, { from, until }: LookAhead): Change[] => {
  const zone = IANAZone.create(zoneName);
  const offset = (atMs: number): number => zone.offset(atMs) * minuteMs;
  const changes: Change[] = [];
  for (let atMs = instantMs(from); atMs < instantMs(until); atMs += dayMs) {
    const [before, after] = [offset(atMs), offset(atMs + dayMs)];
    if (before === after) continue;
    const changeMs = firstMinute(atMs, atMs + dayMs, (each) => offset(each) === after);
    const [fromMs = 0, untilMs = 0] = [changeMs + before, changeMs + after].toSorted((left, right) => left - right);
    changes.push({ kind: after > before ? 'skipped' : 'twice', fromMs, untilMs });
  }
  return changes;
};

/** Of a span at whose end it holds and at whose beginning not: the first minute from which on it does. */
const firstMinute = (fromMs: number, untilMs: number, holds: (atMs: number) => boolean): number => {
  let [low, high] = [Math.floor(fromMs / minuteMs), Math.ceil(untilMs / minuteMs)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle * minuteMs)) high = middle;
    else low = middle;
  }
  return high * minuteMs;
};

/** From an instant on, so many days. Throws InvalidInput for what is no instant. */
export const lookAhead = (from: string, days: number): LookAhead => ({
  from: new Date(instantMs(from)).toISOString(),
  until: new Date(instantMs(from) + days * dayMs).toISOString(),
});
