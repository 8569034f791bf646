import { describe, expect, test } from 'vitest';
import { approvalDuring, freezeCaps, frozen, isClosed } from '../../../src/domain/remediation/freeze.ts';
import { rulesFor } from '../../../src/domain/remediation/mode-rules.ts';
import type { FreezeWindow } from '../../../src/schema/remediation-policy.ts';
import { builtIn, ownPolicy, question } from '../../support/policies.ts';

const windowOf = (...lines: string[]): FreezeWindow => {
  const policy = ownPolicy(
    'freeze',
    'freeze:',
    '  - name: peak',
    '    reason: the busy weeks',
    ...lines.map((l) => `    ${l}`),
  );
  const [window] = policy.freeze ?? [];
  if (!window) throw new Error('no window was read');
  return window;
};
const peak = windowOf('from: 2026-12-20T00:00:00+01:00', 'to: 2027-01-03T00:00:00+01:00');
/** Friday from four in the afternoon until Monday at eight. */
const weekend = windowOf(
  'timezone: Europe/Berlin',
  'weekly:',
  '  - { days: [fri], from: "16:00", to: "24:00" }',
  '  - { days: [sat, sun], from: "00:00", to: "24:00" }',
  '  - { days: [mon], from: "00:00", to: "08:00" }',
);
const nights = windowOf('timezone: America/New_York', 'weekly: [{ days: [sat], from: "22:00", to: "06:00" }]');

describe('a window is closed', () => {
  test.each([
    ['from its first instant on', peak, '2026-12-19T23:00:00Z', true],
    ['not a second before', peak, '2026-12-19T22:59:59Z', false],
    ['until its end', peak, '2027-01-02T22:59:59Z', true],
    ['and not at it', peak, '2027-01-02T23:00:00Z', false],
    ['on Friday afternoon by the clock of its zone, in winter', weekend, '2026-01-09T15:00:00Z', true],
    ['and in summer, when that is another instant', weekend, '2026-07-10T14:00:00Z', true],
    ['and not an hour earlier', weekend, '2026-07-10T13:59:00Z', false],
    ['all through Sunday', weekend, '2026-01-11T12:00:00Z', true],
    ['until Monday at eight', weekend, '2026-01-12T06:59:59Z', true],
    ['and not from then on', weekend, '2026-01-12T07:00:00Z', false],
    ['across midnight, counted by the day on which it began', nights, '2026-01-11T10:30:00Z', true],
    ['not on the night before', nights, '2026-01-10T10:30:00Z', false],
    ['through the night in which clocks are put forward', nights, '2026-03-08T07:30:00Z', true],
    ['to the very hour at which that night ends', nights, '2026-03-08T10:00:00Z', false],
  ])('%s', (_, window, at, closed) => expect(isClosed(window, at)).toBe(closed));

  test('only over what its policy and its own scope select', () => {
    const policy = ownPolicy(
      'shop',
      'select: { environments: [production] }',
      'freeze:',
      '  - { name: sale, reason: sale, from: 2026-12-20T00:00:00Z, to: 2026-12-21T00:00:00Z, scope: { services: [checkout] } }',
    );
    const during = '2026-12-20T12:00:00Z';
    expect(frozen([...builtIn, policy], during, question()).map(({ name }) => name)).toEqual(['sale']);
    expect(frozen([...builtIn, policy], during, question({ service: 'search' }))).toEqual([]);
    expect(frozen([...builtIn, policy], during, question({ environment: 'staging' }))).toEqual([]);
    expect(frozen([...builtIn, policy], '2026-12-21T00:00:00Z', question())).toEqual([]);
  });

  test('never, as Muster comes', () => expect(frozen(builtIn, '2026-12-24T20:00:00Z', question())).toEqual([]));
});

describe('while a window is closed', () => {
  const during = '2026-12-24T12:00:00Z';
  const facts = { rank: 2, override: null, takesBackChangeOf: null };
  const strict = { ...peak, capMode: 'recommend', emergencyRank: 1 } as const;
  const dana = { by: 'Dana Weiss', reason: 'customers cannot pay' };
  const modeOf = (more: Partial<Parameters<typeof freezeCaps>[1]>, window: FreezeWindow = strict) =>
    freezeCaps([window], { ...facts, ...more })[0]?.mode;

  test('nothing runs without a question, and the reason says so', () => {
    expect(freezeCaps([peak], facts)).toEqual([{ mode: 'approve', because: 'frozen by peak: the busy weeks' }]);
  });
  test('less is possible where the window says so', () => expect(modeOf({})).toBe('recommend'));
  test('a person may override it in an emergency, with a reason, and it is told', () => {
    const [cap] = freezeCaps([strict], { ...facts, rank: 1, override: dana });
    expect(cap?.mode).toBe('approve');
    expect(cap?.because).toContain('Dana Weiss overrides it: customers cannot pay');
  });
  test.each([
    ['in a lesser incident', { rank: 2, override: dana }],
    ['without a reason', { rank: 1, override: { ...dana, reason: ' ' } }],
    ['by nobody', { rank: 1, override: null }],
  ])('but not %s', (_, more) => expect(modeOf(more)).toBe('recommend'));
  test('nor where the window knows no emergency', () => {
    expect(modeOf({ rank: 1, override: dana }, { ...peak, capMode: 'off' })).toBe('off');
  });
  test('an override never makes a change run without a question', () => {
    expect(modeOf({ rank: 1, override: dana }, { ...peak, emergencyRank: 1 })).toBe('approve');
  });
  test('a change made meanwhile can be taken back after a yes', () => {
    expect(modeOf({ takesBackChangeOf: during })).toBe('approve');
  });
  test('a change of before the window cannot', () => {
    expect(modeOf({ takesBackChangeOf: '2026-12-19T12:00:00Z' })).toBe('recommend');
  });
});

describe('approvers of a freeze', () => {
  const usual = rulesFor(builtIn, question()).approvals.B2;
  test('take the place of the usual ones, and are never fewer', () => {
    const guarded = windowOf(
      'from: 2026-12-20T00:00:00Z',
      'to: 2026-12-21T00:00:00Z',
      'approvals: { duties: [cto], count: 2 }',
    );
    expect(approvalDuring([guarded], usual)).toEqual({ ...usual, roles: [], duties: ['cto'], count: 2 });
    expect(approvalDuring([guarded], { ...usual, count: 3 }).count).toBe(3);
  });
  test('are the usual ones where a window names none', () => expect(approvalDuring([peak], usual)).toEqual(usual));
});
