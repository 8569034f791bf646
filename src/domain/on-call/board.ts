/** Who is on call, what comes next and where nobody is: what API and command line show. Never in the workflow bundle. */
import type { Organisation } from '../../schema/organisation.ts';
import type { OnCall, Override } from '../../schema/override.ts';
import { holdersOf, overridesOf, schedulesOf } from './on-call.ts';
import { gaps, handOvers, onDuty } from './schedules.ts';
import { dayMs, instantMs } from './wall-clock.ts';

/** Far enough to see the end of any shift worth the name. */
const shiftAheadMs = 60 * dayMs;
/** A gap further off than this is not yet anybody's worry. */
const gapAheadMs = 14 * dayMs;
const handOversShown = 3;

/** `overrides` null: they could not be read. Those onto people who have left are not shown, as they do not count. */
export const onCallBoard = (organisation: Organisation, at: string, overrides: readonly Override[] | null): OnCall => {
  const counting = (overrides ?? []).filter(({ person }) => organisation.people[person]);
  const shifts = Object.keys(organisation.schedules).map((id) => shiftOf(organisation, id, at, counting));
  return {
    at,
    duties: Object.keys(organisation.duties).map((duty) => {
      const held = new Set(schedulesOf(organisation.duties[duty] ?? {}));
      const ends = new Map(
        shifts.filter(({ schedule }) => held.has(schedule)).map((shift) => [shift.person?.id, shift.handOvers[0]?.at]),
      );
      const holders = holdersOf(organisation, duty, { at, overrides: counting });
      return {
        duty,
        people: holders.map((id) => ({ ...named(organisation, id), until: ends.get(id) ?? null })),
        note: holders.length === 0 ? 'nobody now: pages of this duty go to the fallback group' : null,
      };
    }),
    schedules: shifts,
    overrides: overrides === null ? null : counting,
    gaps: gapsAhead(organisation, at, counting),
  };
};

const shiftOf = (
  organisation: Organisation,
  id: string,
  at: string,
  overrides: readonly Override[],
): OnCall['schedules'][number] => {
  const schedule = organisation.schedules[id] ?? { timezone: 'UTC', layers: [] };
  const own = overridesOf(organisation, id, overrides);
  const person = onDuty(schedule, at, own);
  const span = { from: at, until: later(at, shiftAheadMs), limit: handOversShown };
  const override = own.findLast(
    ({ from, until }) => instantMs(from) <= instantMs(at) && instantMs(at) < instantMs(until),
  );
  return {
    schedule: id,
    person: orNobody(organisation, person),
    override: override?.id ?? null,
    handOvers: handOvers(schedule, span, own).map((handOver) => ({
      at: handOver.at,
      from: orNobody(organisation, handOver.from),
      to: orNobody(organisation, handOver.to),
    })),
  };
};

/** A duty with people beside its schedules, or with several schedules, is open only while all of them are. */
const gapsAhead = (organisation: Organisation, at: string, overrides: readonly Override[]): OnCall['gaps'] => {
  const until = later(at, gapAheadMs);
  return Object.entries(organisation.duties).flatMap(([duty, held]) => {
    if (held.people?.some((id) => organisation.people[id])) return [];
    const open = schedulesOf(held).map((id) => {
      const schedule = organisation.schedules[id];
      return schedule ? gaps(schedule, { from: at, until }, overridesOf(organisation, id, overrides)) : [];
    });
    const shared = open.reduce(common, [{ from: at, until }]);
    return shared.map((gap) => ({ duty, from: gap.from, until: gap.until === until ? null : gap.until }));
  });
};

type Spans = { from: string; until: string }[];

/** What lies in a span of both lists. */
const common = (left: Spans, right: Spans): Spans =>
  left.flatMap((one) =>
    right.flatMap((other) => {
      const fromMs = Math.max(instantMs(one.from), instantMs(other.from));
      const untilMs = Math.min(instantMs(one.until), instantMs(other.until));
      return fromMs < untilMs ? [{ from: iso(fromMs), until: iso(untilMs) }] : [];
    }),
  );

const named = ({ people }: Organisation, id: string): { id: string; name: string } => ({
  id,
  name: people[id]?.name ?? id,
});
const orNobody = (organisation: Organisation, id: string | null) => (id === null ? null : named(organisation, id));
const later = (at: string, ms: number): string => iso(instantMs(at) + ms);
const iso = (ms: number): string => new Date(ms).toISOString();
