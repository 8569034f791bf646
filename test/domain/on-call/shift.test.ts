import { describe, expect, test } from 'vitest';
import {
  asAnnounced,
  firstShiftState,
  refusalToNote,
  type ShiftState,
  shiftDues,
  viewOfShift,
  withLook,
  withNote,
} from '../../../src/domain/on-call/shift.ts';
import type { ShiftLook } from '../../../src/domain/on-call/shift-look.ts';
import { answersFor, peopleOfShift, teamsOfShift } from '../../../src/domain/on-call/shift-teams.ts';
import { aPerson } from '../../support/builders.ts';
import { anOrganisation } from '../../support/organisation.ts';
import { sandboxOrganisation } from '../../support/sandbox-organisation.ts';

const [lee, robin, mo] = [
  { id: 'lee', name: 'Lee' },
  { id: 'robin', name: 'Robin' },
  { id: 'mo', name: 'Mo' },
];
const at = (hour: number): string => new Date(Date.UTC(2026, 10, 23, hour)).toISOString();
const figures = anOrganisation().handOver;
const aLook = (more: Partial<ShiftLook> = {}): ShiftLook => ({
  at: at(8),
  holder: lee,
  changedAt: null,
  next: { at: at(9), from: lee, to: robin },
  figures,
  people: ['lee', 'robin'],
  ...more,
});
/** From shift to shift, each looked at when it begins; nobody accepts. */
const through = (...holders: (typeof lee | null)[]): ShiftState =>
  holders.reduce(
    (state, holder, index) =>
      withLook(state, aLook({ at: at(9 + index), changedAt: at(9 + index), holder, next: null })).state,
    firstShiftState('shop', aLook()),
  );
const names = (state: ShiftState): string[] => shiftDues(state).map(({ name }) => name);

describe('who owns a shift', () => {
  test('is whoever held it last and accepted, however many did not accept since', () => {
    expect(viewOfShift(through(robin, mo)).owner).toEqual(lee);
    expect(viewOfShift(through(null)).owner).toEqual(lee);
    expect(viewOfShift(through(null, robin)).owner).toEqual(lee);
  });
  test('has nothing to accept when it comes back to them', () => {
    const back = through(robin, lee);
    expect(back.last?.acceptedAt).toBe(at(10));
    expect(names(back)).toEqual(['look']);
    expect(names(through(robin, mo))).toContain('remind');
  });
});

describe('what falls due', () => {
  test('is the note, the change, the reminder and the escalation, at the figures of the organisation', () => {
    const before = firstShiftState('shop', aLook());
    const minutes = (state: ShiftState) =>
      shiftDues(state).map(({ name, at: due }) => [name, (due - Date.parse(at(9))) / 60_000]);
    expect(minutes(before)).toEqual([
      ['note', -30],
      ['look', 0],
      ['change', 0],
    ]);
    expect(minutes(through(robin))).toEqual([
      ['remind', 15],
      ['escalate', 30],
      ['look', 60],
    ]);
  });
  test('when nobody takes over is only the escalation, at once', () => {
    expect(names(through(null))).toEqual(['escalate', 'look']);
  });
});

describe('a schedule that cannot be looked at', () => {
  test('changes hands as it was announced, and not before', () => {
    const before = firstShiftState('shop', aLook());
    expect(asAnnounced(before, at(8)).changed).toBe(false);
    expect(asAnnounced(before, at(9))).toMatchObject({ changed: true, state: { last: { from: lee, to: robin } } });
  });
});

describe('a note', () => {
  const note = (by: { id: string; name: string }, text = 'all quiet') => ({
    by: aPerson(by.id, by.name),
    at: at(9),
    text,
  });
  test('before the change waits for it, and goes with it', () => {
    const { state, news } = withNote(firstShiftState('shop', aLook()), note(lee));
    expect(news).toBe('kept');
    const changed = withLook(state, aLook({ at: at(9), changedAt: at(9), holder: robin, next: null })).state;
    expect(changed.last?.notes).toHaveLength(1);
    expect(changed.notes).toEqual([]);
  });
  test('after the change is late, and said twice counts once', () => {
    const { state, news } = withNote(through(robin), note(lee));
    expect(news).toBe('late');
    expect(withNote(state, note(lee))).toEqual({ state, news: 'none' });
  });
  test('of whoever is on shift now is for the next one', () => {
    expect(withNote(through(robin), note(robin)).news).toBe('kept');
  });
  test('is not taken from a stranger', () => {
    expect(refusalToNote(through(robin), aPerson('vic', 'Vic'), false)?.code).toBe('notPermitted');
    expect(refusalToNote(through(robin), aPerson('vic', 'Vic'), true)).toBeNull();
    expect(refusalToNote(through(robin), aPerson('lee', 'Lee'), false)).toBeNull();
  });
});

describe('the teams of a schedule', () => {
  const teamsOf = (schedule: string) => teamsOfShift(sandboxOrganisation, schedule);
  test('are those whose duty it holds', () => {
    expect(teamsOf('dba')).toEqual({ teams: ['dba'], unowned: false });
    expect(teamsOf('platform').teams).toEqual(expect.arrayContaining(['platform', 'devops']));
    expect(answersFor(teamsOf('dba'), 'shop')).toBe(false);
    expect(answersFor(teamsOf('dba'), null)).toBe(false);
  });
  test('of a duty that everybody shares are those without one of their own, and incidents of no team', () => {
    const { teams, unowned } = teamsOf('shop');
    expect(teams).toContain('shop');
    expect(teams).not.toContain('dba');
    expect(unowned).toBe(true);
  });
  test('do not grow by a duty that gathers all schedules', () => {
    expect(teamsOf('frontend')).toEqual({ teams: ['frontend'], unowned: false });
  });
  test('bring everybody along who may leave a note', () => {
    const people = peopleOfShift(sandboxOrganisation, 'dba');
    expect(people).toEqual(expect.arrayContaining(['yusuf', 'elena']));
    expect(people).not.toContain('nadia');
  });
});
