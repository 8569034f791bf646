/** Hours, duties and people behind which nobody answers, as far as files can tell: overrides are not known here. */
import { DateTime } from 'luxon';
import { schedulesOf } from '../domain/on-call/on-call.ts';
import { gaps, handOvers, onDuty } from '../domain/on-call/schedules.ts';
import type { Duty, Organisation, Schedule } from '../schema/organisation.ts';
import type { PackDocument } from '../schema/policy.ts';
import type { FieldPath } from './fault.ts';
import { type Finding, judgeOf } from './finding.ts';
import type { Sourced } from './read-yaml.ts';

/** Instants, ISO 8601. */
export interface LookAhead {
  from: string;
  until: string;
}

interface Span {
  fromMs: number;
  untilMs: number;
}

/**
 * Shifts nobody holds, duties nobody has, people whom no page reaches: faults where a pack pages them, else warnings.
 * `packs` are those that count for this organisation.
 */
export const onCallGaps = (
  organisation: Sourced<Organisation>,
  packs: readonly Sourced<PackDocument>[],
  ahead: LookAhead,
): Finding[] => {
  const paged = pagedDuties(packs);
  return [
    ...shiftGaps(organisation, paged, ahead),
    ...teamGaps(organisation, paged),
    ...reachGaps(organisation, paged, ahead),
  ];
};

/** Duties that a ladder or a missed answer pages, each with the first that asks for it. */
const pagedDuties = (packs: readonly Sourced<PackDocument>[]): Map<string, string> => {
  const found = new Map<string, string>();
  for (const { value: pack } of packs) {
    for (const [severity, { ladder, notify }] of Object.entries(pack.severities)) {
      const names = [...ladder.map(({ page }) => page), ...notify.map(({ otherwisePage }) => otherwisePage)];
      for (const name of names) {
        if (name !== null && !found.has(name)) found.set(name, `${severity} of ${pack.pack}`);
      }
    }
  }
  return found;
};

const shortName = (duty: string): string => duty.split('/').at(-1) ?? duty;

const shiftGaps = (organisation: Sourced<Organisation>, paged: Map<string, string>, ahead: LookAhead): Finding[] => {
  const judge = judgeOf(organisation);
  const { duties, schedules } = organisation.value;
  const findings: Finding[] = [];
  const told = new Set<string>();
  for (const [name, duty] of byUrgency(Object.entries(duties), paged)) {
    const ids = schedulesOf(duty);
    const spans = openSpans(duty, schedules, ahead);
    if (spans.length === 0) continue;
    const asks = paged.get(shortName(name));
    const place = asks === undefined ? judge.warning : judge.failing;
    const because = asks === undefined ? '' : ` (${asks} pages ${shortName(name)})`;
    const [only, ...others] = ids;
    if (only === undefined)
      findings.push(place(['duties', name, 'people'], `nobody has this duty${because}; name people or a schedule`));
    else if (!told.has(ids.join())) {
      const path: FieldPath = others.length === 0 ? ['schedules', only] : ['duties', name, 'schedules'];
      const words = spansInWords(spans, schedules[only]?.timezone ?? organisation.value.timezone);
      findings.push(place(path, `nobody holds it ${words}${because}; add a layer or people for these hours`));
    }
    told.add(ids.join());
  }
  const used = new Set(Object.values(duties).flatMap(schedulesOf));
  for (const id of Object.keys(schedules)) {
    if (!used.has(id))
      findings.push(
        judge.warning(['schedules', id], 'no duty names it, so nobody is paged by it; name it in a duty or remove it'),
      );
  }
  return findings;
};

/** Those that are paged first: a schedule behind several duties is told once, at its worst. */
const byUrgency = (duties: [string, Duty][], paged: Map<string, string>): [string, Duty][] =>
  duties.toSorted(([left], [right]) => Number(paged.has(shortName(right))) - Number(paged.has(shortName(left))));

/** When nobody at all has the duty. */
const openSpans = (duty: Duty, schedules: Organisation['schedules'], { from, until }: LookAhead): Span[] => {
  if ((duty.people ?? []).length > 0) return [];
  return schedulesOf(duty)
    .flatMap((id) => schedules[id] ?? [])
    .map((schedule) => gaps(schedule, { from, until }).map(spanOf))
    .reduce<Span[]>(common, [spanOf({ from, until })]);
};

const spanOf = ({ from, until }: LookAhead): Span => ({ fromMs: Date.parse(from), untilMs: Date.parse(until) });

const common = (left: Span[], right: Span[]): Span[] =>
  left.flatMap((one) =>
    right.flatMap((other) => {
      const fromMs = Math.max(one.fromMs, other.fromMs);
      const untilMs = Math.min(one.untilMs, other.untilMs);
      return fromMs < untilMs ? [{ fromMs, untilMs }] : [];
    }),
  );

const spansShown = 3;

const spansInWords = (spans: readonly Span[], zone: string): string => {
  const clock = (atMs: number, format: string) => DateTime.fromMillis(atMs, { zone }).toFormat(format);
  const words = spans.slice(0, spansShown).map(({ fromMs, untilMs }) => {
    const isOneDay = clock(fromMs, 'yyyy-MM-dd') === clock(untilMs, 'yyyy-MM-dd');
    return `${clock(fromMs, 'yyyy-MM-dd HH:mm')} to ${clock(untilMs, isOneDay ? 'HH:mm' : 'yyyy-MM-dd HH:mm')}`;
  });
  const more = spans.length - words.length;
  return `${words.join(', ')} ${zone}${more > 0 ? ` and ${more} more ${more === 1 ? 'time' : 'times'}` : ''}`;
};

/** Owners of services for which a paged duty is nobody's: their incidents would go to the fallback. */
const teamGaps = (organisation: Sourced<Organisation>, paged: Map<string, string>): Finding[] => {
  const judge = judgeOf(organisation);
  const { duties, teams, services } = organisation.value;
  const owners = Object.keys(teams).filter((team) => Object.values(services).some((service) => service.team === team));
  const missing = [...paged].filter(([duty]) => duties[duty] === undefined && !duty.startsWith('person:'));
  return [
    ...missing.flatMap(([duty, asks]) => {
      const without = owners.filter((team) => duties[`${team}/${duty}`] === undefined);
      if (without.length === 0) {
        const message = `nobody is ${duty} for an incident whose service is not known, and ${asks} pages it; add duties.${duty}`;
        return [judge.warning(['duties'], message)];
      }
      return without.map((team) =>
        judge.failing(
          ['teams', team],
          `owns services, but nobody is its ${duty}, whom ${asks} pages; add duties.${team}/${duty} or duties.${duty}`,
        ),
      );
    }),
    ...Object.entries(teams)
      .filter(([, { members }]) => members.length === 0)
      .map(([team]) =>
        judge.warning(['teams', team, 'members'], 'nobody is in this team; name its people or remove it'),
      ),
  ];
};

/** Whoever may be paged needs something that rings; chat and mail are read when somebody looks. */
const reachGaps = (organisation: Sourced<Organisation>, paged: Map<string, string>, ahead: LookAhead): Finding[] => {
  const judge = judgeOf(organisation);
  const { duties, schedules, people, fallback } = organisation.value;
  const why = new Map<string, string>();
  for (const id of fallback) why.set(id, 'is paged when nobody else answers');
  for (const duty of paged.keys()) if (duty.startsWith('person:')) why.set(duty.slice('person:'.length), 'is paged');
  for (const [name, duty] of Object.entries(duties)) {
    if (!paged.has(shortName(name))) continue;
    const holders = [...(duty.people ?? []), ...schedulesOf(duty).flatMap((id) => holdersDuring(schedules[id], ahead))];
    for (const id of holders) why.set(id, `is paged as ${name}`);
  }
  return [...why].flatMap(([id, reason]) =>
    people[id]?.contact.some(({ via }) => via === 'pager') === false
      ? [
          judge.failing(
            ['people', id, 'contact'],
            `${id} ${reason}, but has no pager: nothing would ring; add { via: pager, key: ... }`,
          ),
        ]
      : [],
  );
};

const holdersDuring = (schedule: Schedule | undefined, { from, until }: LookAhead): string[] => {
  if (!schedule) return [];
  const first = onDuty(schedule, from);
  return [...(first === null ? [] : [first]), ...handOvers(schedule, { from, until }).flatMap(({ to }) => to ?? [])];
};
