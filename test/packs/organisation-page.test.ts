/** docs/organisation.md explains the file piece by piece; the pieces together are a file that Muster takes. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseOrganisation } from '../../src/packs/load.ts';
import {
  Duty,
  Layer,
  Organisation,
  Person,
  Restriction,
  Schedule,
  Service,
  Team,
} from '../../src/schema/organisation.ts';

const page = readFileSync(new URL('../../docs/organisation.md', import.meta.url), 'utf8');
const yaml = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block).join('\n');

test('the pieces together are an organisation without a fault', () => {
  const organisation = parseOrganisation(yaml, 'docs/organisation.md');
  expect(organisation.schedules['around-the-world']?.layers).toHaveLength(3);
});

test('every field is told', () => {
  const shapes = [Organisation, Person, Team, Duty, Schedule, Layer, Restriction, Service].map(({ shape }) => shape);
  const untold = shapes
    .flatMap((shape) => Object.keys(shape))
    .filter((field) => !new RegExp(`\\b${field}:`).test(yaml));
  expect(untold).toEqual([]);
});
