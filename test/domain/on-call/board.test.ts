import { expect, test } from 'vitest';
import { onCallBoard } from '../../../src/domain/on-call/board.ts';
import { parseOrganisation } from '../../../src/packs/load.ts';
import type { Override } from '../../../src/schema/override.ts';

const organisation = parseOrganisation(`
name: Test
timezone: UTC
businessHours: { start: '09:00', end: '17:00' }
people:
  ada: { name: Ada, email: a@x.example, roles: [responder], contact: [{ via: mail, address: a@x.example }] }
  ben: { name: Ben, email: b@x.example, roles: [responder], contact: [{ via: mail, address: b@x.example }] }
teams: {}
duties:
  on-call: { schedule: weekly }
  daytime: { schedule: office }
  either: { schedules: [office, nights] }
  backed: { schedule: office, people: [ben] }
  vacant: { people: [] }
schedules:
  weekly: { timezone: UTC, layers: [{ people: [ada, ben], start: '2026-01-05T09:00', shift: 7d }] }
  office:
    timezone: UTC
    layers: [{ people: [ada], start: '2026-01-05T00:00', shift: 7d, restrictions: [{ from: '09:00', to: '17:00' }] }]
  nights:
    timezone: UTC
    layers: [{ people: [ben], start: '2026-01-05T00:00', shift: 7d, restrictions: [{ from: '17:00', to: '08:00' }] }]
fallback: [ada]
groups: {}
services: {}
`);
const at = '2026-01-13T10:00:00.000Z';
const swap: Override = {
  id: '7',
  schedule: 'weekly',
  person: 'ada',
  from: '2026-01-13T08:00:00.000Z',
  until: '2026-01-13T20:00:00.000Z',
  by: 'ada',
  note: null,
};

test('the board names who holds each duty, until when, and who is next', () => {
  const board = onCallBoard(organisation, at, []);
  expect(board.duties[0]).toEqual({
    duty: 'on-call',
    people: [{ id: 'ben', name: 'Ben', until: '2026-01-19T09:00:00.000Z' }],
    note: null,
  });
  expect(board.schedules[0]?.handOvers[0]).toEqual({
    at: '2026-01-19T09:00:00.000Z',
    from: { id: 'ben', name: 'Ben' },
    to: { id: 'ada', name: 'Ada' },
  });
});

test('an override shows as what puts its person there, and ends when it ends', () => {
  const board = onCallBoard(organisation, at, [swap]);
  expect(board.schedules[0]).toMatchObject({ person: { id: 'ada' }, override: '7' });
  expect(board.duties[0]?.people).toEqual([{ id: 'ada', name: 'Ada', until: swap.until }]);
  expect(board.overrides).toEqual([swap]);
});

test('an override onto somebody who has left is not shown, as it does not count', () => {
  const board = onCallBoard(organisation, at, [{ ...swap, person: 'zoe' }]);
  expect(board.overrides).toEqual([]);
  expect(board.schedules[0]).toMatchObject({ person: { id: 'ben' }, override: null });
});

test('overrides that could not be read are said to be unknown, not to be none', () => {
  expect(onCallBoard(organisation, at, null).overrides).toBeNull();
});

test('a duty has a gap only while none of its schedules and people has it', () => {
  const gapsOf = (duty: string) => onCallBoard(organisation, at, []).gaps.filter((gap) => gap.duty === duty);
  expect(gapsOf('on-call')).toEqual([]);
  expect(gapsOf('backed')).toEqual([]);
  expect(gapsOf('daytime')[0]).toEqual({
    duty: 'daytime',
    from: '2026-01-13T17:00:00.000Z',
    until: '2026-01-14T09:00:00.000Z',
  });
  expect(gapsOf('either')[0]).toEqual({
    duty: 'either',
    from: '2026-01-14T08:00:00.000Z',
    until: '2026-01-14T09:00:00.000Z',
  });
  expect(gapsOf('vacant')).toEqual([{ duty: 'vacant', from: at, until: null }]);
});
