/** The ids people say aloud, from a pack's pattern. */
import { type Kysely, sql } from 'kysely';
import { InvalidInput } from '../domain/errors.ts';
import type { Tables } from './tables.ts';

/**
 * `INC-{year}-{number}` counts per year, three digits or more: INC-2026-014. Without `{number}`, as in
 * `INC-{date}-{time}`, the second of the same moment gets -2. Dates are UTC. Each call takes a number for good:
 * an id that is not used in the end leaves a gap.
 */
export const nextIncidentId = async (db: Kysely<Tables>, pattern: string, at: string): Promise<string> => {
  const name = fill(pattern, at);
  const { last } = await db
    .insertInto('incident_number')
    .values({ name, last: 1 })
    .onConflict((clash) => clash.column('name').doUpdateSet({ last: sql<number>`incident_number.last + 1` }))
    .returning('last')
    .executeTakeFirstOrThrow();
  if (name.includes('{number}')) return name.replace('{number}', String(last).padStart(3, '0'));
  return last === 1 ? name : `${name}-${last}`;
};

const fill = (pattern: string, at: string): string => {
  const instant = new Date(at);
  if (Number.isNaN(instant.getTime())) throw new InvalidInput(`"${at}" is not an instant; give ISO 8601 in UTC`);
  const [date = '', time = ''] = instant.toISOString().slice(0, 19).split('T');
  const name = pattern
    .replaceAll('{year}', date.slice(0, 4))
    .replaceAll('{date}', date.replaceAll('-', ''))
    .replaceAll('{time}', time.replaceAll(':', ''));
  const unknown = /\{(?!number\})[^}]*\}/.exec(name);
  if (unknown) {
    throw new InvalidInput(`the id pattern "${pattern}" knows {year}, {date}, {time} and {number}, not ${unknown[0]}`);
  }
  return name;
};
