import { describe, expect, test } from 'vitest';
import { figuresOf, messageFaults, said, span } from './figures.ts';
import { packOf } from './judging.ts';

const pack = packOf('workflow-p1-p4');
const reviewed = 'within 48h, 60 min, document 48h';
const quiet = {
  room: 'none',
  inside: 'nothing promised',
  outside: 'nothing',
  drafts: [],
  hold: '30 min',
  watch: '24 h',
};

describe('the workflow says what the workflow says', () => {
  test.each([
    [
      'P1',
      {
        respond: '15 min',
        ladder: [
          '0 on-call unless acknowledged',
          '0 incident-commander unless acknowledged',
          '15 engineering-manager unless acknowledged',
        ],
        told: ['leadership'],
        room: 'own',
        roles: 'commander within 15 min',
        inside: 'every 15 min',
        outside: 'within 5 min, at declaration, every 30 min, customerFacing',
        drafts: [],
        hold: '30 min',
        review: `required, ${reviewed}`,
        watch: '48 h',
      },
    ],
    [
      'P2',
      {
        respond: '60 min',
        ladder: [],
        told: ['team, businessHours, otherwise page on-call', 'leadership'],
        room: 'own',
        roles: 'commander within 60 min',
        inside: 'every 30 min',
        outside: 'within 5 min, at declaration, every 30 min, customerFacing',
        drafts: [],
        hold: '30 min',
        review: `required, ${reviewed}`,
        watch: '24 h',
      },
    ],
    [
      'P3',
      {
        ...quiet,
        respond: '4 h',
        ladder: [],
        told: ['team'],
        roles: 'commander within 4 h',
        review: `required, ${reviewed}`,
      },
    ],
    [
      'P4',
      {
        ...quiet,
        respond: '24 h',
        ladder: [],
        told: ['team, ticket'],
        roles: 'commander within 24 h',
        review: `optional, ${reviewed}`,
      },
    ],
  ])('%s', (name, figures) => {
    expect(figuresOf(pack, name)).toEqual(figures);
  });

  test('names, words and look back', () => {
    expect(Object.keys(pack.severities)).toEqual(['P1', 'P2', 'P3', 'P4']);
    expect(pack.incidentId).toBe('INC-{year}-{number}');
    expect(pack.room).toMatchObject({ name: 'incident-{id}', conference: true });
    expect(pack.statusWords.investigating).toBe('Investigating');
    expect(span(pack.remediation.lookBack)).toBe('120 min');
  });

  test('a person may say when it should be over and briefly why', () => {
    expect(pack.publicMay).toEqual(['estimate', 'cause']);
  });

  test('people do things in the order of the minutes', () => {
    expect(Object.keys(pack.checklists ?? {}).slice(0, 5)).toEqual([
      'first 5 min',
      'response, 0 to 30 min',
      'investigation, 30 to 60 min',
      'resolution, 1 to 4 h',
      'afterwards, 24 to 48 h',
    ]);
    expect(pack.checklists?.causes).toHaveLength(6);
    expect(pack.checklists?.fix?.join(' ')).toContain('5 %, then 25 %, then 100 %');
  });
});

describe('the workflow in words', () => {
  test('the guard would hold back what this pack allows, and holds back what it does not', () => {
    expect(messageFaults({ ...pack, publicMay: [] }).map(({ message }) => message)).toContain('publicFirst');
    const leaky = { ...pack, messages: { ...pack.messages, publicHolding: 'The host db-primary-3 is down.' } };
    expect(new Set(messageFaults(leaky).map(({ message }) => message))).toEqual(new Set(['publicHolding']));
  });

  test('customers hear what it is, when it should be over, why, and when the next word comes', () => {
    expect(said(pack, 'publicFirst')).toMatch(/Checkout.*20 minutes.*10:30 UTC/);
    expect(said(pack, 'publicUpdate')).toMatch(
      /Some payments fail.*a full queue.*20 minutes.*\nAffected: Checkout.*10:30 UTC/,
    );
    expect(said(pack, 'publicResolved')).toMatch(/Checkout.*10:12 UTC.*a full queue/);
  });

  test('nobody says when or why unless a person did', () => {
    for (const name of ['publicFirst', 'publicUpdate', 'publicHolding', 'publicResolved'] as const) {
      expect(said(pack, name, 'none')).not.toMatch(/Estimated|expect it|The cause/);
    }
  });

  test('the room gets the call, where there is one', () => {
    expect(said(pack, 'declared')).toContain('meet.example');
    expect(said(pack, 'declared', 'none')).not.toContain('Call:');
  });
});
