import { describe, expect, test } from 'vitest';
import { holdersOf } from '../../../src/domain/on-call/on-call.ts';
import { parseOrganisation } from '../../../src/packs/load.ts';
import type { Override } from '../../../src/schema/override.ts';

const organisation = parseOrganisation(`
name: Test
timezone: UTC
businessHours: { start: '09:00', end: '17:00' }
people:
  ada: { name: Ada, email: a@x.example, roles: [responder], contact: [{ via: mail, address: a@x.example }] }
  ben: { name: Ben, email: b@x.example, roles: [responder], contact: [{ via: mail, address: b@x.example }] }
  cleo: { name: Cleo, email: c@x.example, roles: [responder], contact: [{ via: mail, address: c@x.example }] }
teams:
  shop: { title: Shop, members: [ben] }
  night: { title: Night, members: [] }
duties:
  on-call: { schedule: all }
  everybody: { schedule: all, schedules: [cleos, all, nobody], people: [ben, cleo] }
  shop/on-call: { people: [ben] }
  night/on-call: { schedule: nobody }
  lead: { people: [ben, ada] }
schedules:
  all: { timezone: UTC, layers: [{ people: [ada], start: '2026-01-01T00:00', shift: 7d }] }
  cleos: { timezone: UTC, layers: [{ people: [cleo], start: '2026-01-01T00:00', shift: 7d }] }
  nobody: { timezone: UTC, layers: [{ people: [], start: '2026-01-01T00:00', shift: 7d }] }
fallback: [ada]
groups: {}
services: {}
`);
const at = '2026-05-01T00:00:00Z';
const anOverride = (part: Partial<Override> = {}): Override => ({
  id: 'o1',
  schedule: 'all',
  person: 'cleo',
  from: '2026-04-30T00:00:00Z',
  until: '2026-05-02T00:00:00Z',
  by: 'ada',
  note: null,
  ...part,
});

describe('duties', () => {
  test("a team's own duty goes before the general one", () => {
    expect(holdersOf(organisation, 'on-call', { at, team: 'shop' })).toEqual(['ben']);
    expect(holdersOf(organisation, 'on-call', { at, team: 'other' })).toEqual(['ada']);
    expect(holdersOf(organisation, 'on-call', { at })).toEqual(['ada']);
  });
  test("a team's empty shift is empty: it does not borrow the general one in silence", () => {
    expect(holdersOf(organisation, 'on-call', { at, team: 'night' })).toEqual([]);
  });
  test('several people hold a duty in the order of the file', () => {
    expect(holdersOf(organisation, 'lead', { at })).toEqual(['ben', 'ada']);
  });
  test('a duty of several schedules is held by whoever holds one of them, each once', () => {
    expect(holdersOf(organisation, 'everybody', { at })).toEqual(['ada', 'cleo', 'ben']);
  });
  test('one person may be named; a name nobody has reaches nobody', () => {
    expect(holdersOf(organisation, 'person:ada', { at })).toEqual(['ada']);
    expect(holdersOf(organisation, 'person:zoe', { at })).toEqual([]);
    expect(holdersOf(organisation, 'no-such-duty', { at })).toEqual([]);
  });
});

describe('an override', () => {
  test('puts its person on every duty of the schedule, and on no other', () => {
    const overrides = [anOverride()];
    expect(holdersOf(organisation, 'on-call', { at, overrides })).toEqual(['cleo']);
    expect(holdersOf(organisation, 'everybody', { at, overrides })).toEqual(['cleo', 'ben']);
    expect(holdersOf(organisation, 'lead', { at, overrides })).toEqual(['ben', 'ada']);
  });
  test('of another schedule changes nothing', () => {
    expect(holdersOf(organisation, 'on-call', { at, overrides: [anOverride({ schedule: 'cleos' })] })).toEqual(['ada']);
  });
  test('fills a shift that nobody has', () => {
    const overrides = [anOverride({ schedule: 'nobody' })];
    expect(holdersOf(organisation, 'on-call', { at, team: 'night', overrides })).toEqual(['cleo']);
  });
  test('onto somebody who has left never empties a shift: the schedule counts again', () => {
    expect(holdersOf(organisation, 'on-call', { at, overrides: [anOverride({ person: 'zoe' })] })).toEqual(['ada']);
  });
});
