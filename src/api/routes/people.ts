import { z } from 'zod';
import { holdersOf, schedulesOf } from '../../domain/on-call.ts';
import { handOvers, onDuty } from '../../domain/schedules.ts';
import type { Organisation } from '../../schema/organisation.ts';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { answers, describeOperation, usualProblems } from './operation.ts';

const PersonLine = z.object({ id: z.string(), name: z.string(), roles: z.array(z.string()) });
const Duty = z.object({
  duty: z.string(),
  people: z.array(z.object({ id: z.string(), name: z.string(), until: z.string().nullable() })),
  note: z.string().nullable(),
});
const lookAheadMs = 60 * 24 * 60 * 60 * 1_000;

export const peopleRoutes = async (app: App, { rulebook }: ApiDependencies): Promise<void> => {
  const { organisation } = rulebook;
  const people = Object.entries(organisation.people).map(([id, { name, roles }]) => ({ id, name, roles }));

  app.get(
    '/api/v1/people',
    {
      schema: {
        ...describeOperation('people', 'Everybody who can be given a role'),
        response: answers({ 200: z.object({ items: z.array(PersonLine) }) }, usualProblems),
      },
    },
    async () => ({ items: people }),
  );

  app.get(
    '/api/v1/on-call',
    {
      schema: {
        ...describeOperation('people', 'Who holds each duty now, and until when'),
        response: answers(
          { 200: z.object({ at: z.string(), duties: z.array(Duty), people: z.array(PersonLine) }) },
          usualProblems,
        ),
      },
    },
    async () => {
      const at = new Date().toISOString();
      return { at, duties: Object.keys(organisation.duties).map((duty) => dutyAt(organisation, duty, at)), people };
    },
  );
};

const dutyAt = (organisation: Organisation, duty: string, at: string): z.infer<typeof Duty> => {
  const until = new Date(Date.parse(at) + lookAheadMs).toISOString();
  const ends = new Map<string, string>();
  for (const id of schedulesOf(organisation.duties[duty] ?? {})) {
    const schedule = organisation.schedules[id];
    const holder = schedule ? onDuty(schedule, at) : null;
    const end = schedule ? handOvers(schedule, { from: at, until, limit: 1 })[0]?.at : undefined;
    if (holder !== null && end !== undefined && !ends.has(holder)) ends.set(holder, end);
  }
  const holders = holdersOf(organisation, duty, { at });
  return {
    duty,
    people: holders.map((id) => ({ id, name: organisation.people[id]?.name ?? id, until: ends.get(id) ?? null })),
    note: holders.length === 0 ? 'nobody now: pages of this duty go to the fallback group' : null,
  };
};
