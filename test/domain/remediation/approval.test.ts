import { describe, expect, test } from 'vitest';
import { whyNotApproved } from '../../../src/domain/remediation/approval.ts';
import type { Organisation } from '../../../src/schema/organisation.ts';
import type { BlastClass, Decision } from '../../../src/schema/remediation.ts';

const people = Object.fromEntries(
  (['commander', 'responder', 'viewer', 'admin'] as const).map((role) => [role, { roles: [role] }]),
) as unknown as Organisation['people'];

const yes = (id: string, more: Partial<Decision> = {}): Decision => ({
  by: { kind: 'person', id, name: id },
  at: '2026-05-04T12:00:00Z',
  verdict: 'approved',
  planHash: 'h',
  reason: null,
  seal: 'holds',
  sealedAt: '2026-05-04T12:00:00Z',
  ...more,
});

const why = (
  decisions: Decision[],
  more: {
    blastClass?: BlastClass;
    approverRoles?: string[];
    approverPeople?: string[];
    notProposer?: boolean;
    proposer?: string;
    notAuthorOfChange?: boolean;
    changeAuthor?: string;
    quorum?: number;
  } = {},
): string | null =>
  whyNotApproved(
    {
      id: 'run',
      quorum: more.quorum ?? 1,
      decisions,
      approverRoles: more.approverRoles ?? ['commander'],
      approverPeople: more.approverPeople ?? [],
      notProposer: more.notProposer ?? false,
      notAuthorOfChange: more.notAuthorOfChange ?? false,
      changeAuthor: more.changeAuthor ?? null,
      proposedBy: { id: more.proposer ?? 'muster' },
    },
    { planHash: 'h', blastClass: more.blastClass ?? 'B2' },
    people,
    ({ seal }) => seal === 'holds',
  )?.because ?? null;

describe('a yes stands', () => {
  test('when a commander gave it to this very plan', () => {
    expect(why([yes('commander')])).toBeNull();
  });
  test('when the operator gave it, who holds every role', () => {
    expect(why([yes('operator')])).toBeNull();
  });
  test('when the pack lets responders decide on a rolling change', () => {
    expect(why([yes('responder')], { approverRoles: ['responder'] })).toBeNull();
  });
  test('from whoever holds a duty that the policy names, whatever their role', () => {
    expect(why([yes('viewer')], { approverRoles: [], approverPeople: ['viewer'] })).toBeNull();
    expect(why([yes('commander')], { approverRoles: [], approverPeople: ['viewer'] })).toMatch(/holds the duty/);
  });
  test('from the proposer where the pack does not mind', () => {
    expect(why([yes('commander')], { proposer: 'commander' })).toBeNull();
  });
});

describe('two people', () => {
  const second = { commander: people.commander, other: { roles: ['commander'] } } as unknown as Organisation['people'];
  const whyOf = (decisions: Decision[], blastClass: BlastClass, quorum = 1): string | null =>
    whyNotApproved(
      {
        id: 'run',
        decisions,
        approverRoles: [],
        approverPeople: [],
        notProposer: false,
        notAuthorOfChange: false,
        changeAuthor: null,
        quorum,
        proposedBy: { id: 'muster' },
      },
      { planHash: 'h', blastClass },
      second,
      ({ seal }) => seal === 'holds',
    )?.because ?? null;
  test('are asked for by B3, whatever the pack says, and by a pack that wants them', () => {
    expect(whyOf([yes('commander'), yes('other')], 'B3')).toBeNull();
    expect(whyOf([yes('commander'), yes('operator')], 'B3')).toBeNull();
    expect(whyOf([yes('commander'), yes('other')], 'B2', 2)).toBeNull();
  });
  test('are not one person who says it twice', () => {
    expect(whyOf([yes('commander')], 'B3')).toBe('1 of 2 people approved this plan');
    expect(whyOf([yes('commander'), yes('commander')], 'B3')).toBe('1 of 2 people approved this plan');
    expect(whyOf([yes('commander')], 'B2', 2)).toBe('1 of 2 people approved this plan');
  });
});

describe('a yes does not stand', () => {
  test('that did not come through the API, whoever it claims to be', () => {
    expect(why([yes('commander', { seal: 'forged' })])).toMatch(/did not come through the API/);
  });
  test('when nobody gave one', () => {
    expect(why([])).toBe('nobody approved this plan');
  });
  test('when it was for another plan', () => {
    expect(why([yes('commander', { planHash: 'other' })])).toBe('nobody approved this plan');
  });
  test('from a viewer, from somebody unknown, or from whoever only administers', () => {
    for (const id of ['viewer', 'stranger', 'admin', 'responder']) expect(why([yes(id)])).toMatch(/may not approve/);
  });
  test('from a responder for more than a rolling change, whatever the pack says', () => {
    expect(why([yes('responder')], { blastClass: 'B3', approverRoles: ['responder'] })).toMatch(/may not/);
  });
  test('from the proposer where two people are asked for, always so for B3', () => {
    expect(why([yes('commander')], { proposer: 'commander', notProposer: true })).toMatch(/proposed it/);
    expect(why([yes('commander')], { proposer: 'commander', blastClass: 'B3' })).toMatch(/proposed it/);
  });
  test('from the author of the change that is taken back, where the policy says so', () => {
    expect(why([yes('commander')], { changeAuthor: 'commander', notAuthorOfChange: true })).toMatch(/made the change/);
    expect(why([yes('commander')], { changeAuthor: 'commander' })).toBeNull();
    expect(why([yes('commander')], { changeAuthor: 'other', notAuthorOfChange: true })).toBeNull();
  });
  test('from a machine', () => {
    expect(why([yes('commander', { by: { kind: 'muster', id: 'commander', name: 'Muster' } })])).toMatch(
      /only a person/,
    );
  });
  test('beside a no to the same plan', () => {
    expect(why([yes('commander'), yes('commander', { verdict: 'denied' })])).toMatch(/denied/);
  });
  test('for what cannot be undone', () => {
    expect(why([yes('operator')], { blastClass: 'B4' })).toMatch(/never made by Muster/);
  });
});
