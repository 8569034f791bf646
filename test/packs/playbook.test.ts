import { describe, expect, test } from 'vitest';
import { figuresOf, said, span } from './figures.ts';
import { packOf } from './judging.ts';

const pack = packOf('playbook-p0-p3');
const reviewed = 'not before 5d, best on 6d, within 7d, 90 min, document 7d';

describe('the playbook says what the playbook says', () => {
  test.each([
    [
      'P0',
      {
        respond: '5 min',
        ladder: [
          '0 all-on-call unless acknowledged',
          '10 secondary unless acknowledged',
          '20 engineering-manager unless acknowledged',
          '30 vp-engineering unless resolved',
          '60 ceo unless resolved',
        ],
        told: ['team'],
        room: 'own',
        roles: 'commander within 5 min',
        inside: 'every 15 min',
        outside: 'within 10 min, at declaration, every 15 min',
        drafts: ['social'],
        hold: '30 min',
        review: `required, ${reviewed}`,
        watch: '48 h',
      },
    ],
    [
      'P1',
      {
        respond: '15 min',
        ladder: [
          '0 on-call unless acknowledged',
          '10 secondary unless acknowledged',
          '20 engineering-manager unless acknowledged',
          '30 vp-engineering unless resolved',
        ],
        told: ['team'],
        room: 'own',
        roles: 'commander within 15 min',
        inside: 'every 30 min',
        outside: 'within 10 min, at declaration, every 30 min',
        drafts: [],
        hold: '30 min',
        review: `required, ${reviewed}`,
        watch: '24 h',
      },
    ],
    [
      'P2',
      {
        respond: '60 min',
        ladder: ['60 on-call unless acknowledged'],
        told: ['on-call, direct'],
        room: 'own',
        roles: 'commander within 60 min',
        inside: 'every 60 min',
        outside: 'nothing',
        drafts: [],
        hold: '30 min',
        review: `required, ${reviewed}`,
        watch: '24 h',
      },
    ],
    [
      'P3',
      {
        respond: '24 h',
        ladder: [],
        told: ['team, ticket', 'team'],
        room: 'none',
        roles: 'commander within 24 h',
        inside: 'nothing promised',
        outside: 'nothing',
        drafts: [],
        hold: '30 min',
        review: `optional, ${reviewed}`,
        watch: '24 h',
      },
    ],
  ])('%s', (name, figures) => {
    expect(figuresOf(pack, name)).toEqual(figures);
  });

  test('names, words and look back', () => {
    expect(Object.keys(pack.severities)).toEqual(['P0', 'P1', 'P2', 'P3']);
    expect(pack.incidentId).toBe('INC-{date}-{time}');
    expect(pack.room).toMatchObject({ name: 'incident-{id}', conference: false });
    expect([...new Set(Object.values(pack.statusWords))]).toEqual([
      'NEW',
      'INVESTIGATING',
      'IDENTIFIED',
      'MONITORING',
      'RESOLVED',
      'CANCELLED',
    ]);
    expect(span(pack.remediation.lookBack)).toBe('120 min');
    expect(pack.publicMay).toEqual([]);
  });

  test('the figures to report', () => {
    const figures = pack.targets?.figures.map(({ figure, severities = [], below, belowRatio, trend }) =>
      [figure, severities.join(' '), below === undefined ? '' : span(below), belowRatio ?? '', trend ?? ''].join(' '),
    );
    expect(figures?.map((line) => line.replace(/\s+/g, ' ').trim())).toEqual([
      'timeToResolve P0 15 min',
      'timeToResolve P1 60 min',
      'timeToResolve P2 4 h',
      'timeToDetect P0 P1 5 min',
      'timeBetweenIncidents rising',
      'escalationRate 0.1',
    ]);
  });

  test('who takes which kind of trouble', () => {
    expect(pack.routing).toEqual({
      database: 'dba',
      application: 'development',
      infrastructure: 'devops',
      security: 'security',
      api: 'backend',
      frontend: 'frontend',
    });
  });

  test('the review lasts 60 to 90 minutes and asks four questions', () => {
    expect(pack.reviewFormat?.lengthMinutes).toEqual({ least: 60, most: 90 });
    expect(pack.reviewFormat?.agenda.map(({ title }) => title)).toEqual([
      'What happened',
      'Why it happened',
      'How we responded',
      'What we can improve',
    ]);
  });

  test('people do things in the order of the minutes', () => {
    expect(Object.keys(pack.checklists ?? {})).toEqual([
      'assessment, 0 to 5 min',
      'investigation, 5 to 15 min',
      'room',
      'resolution',
      'scenario: service down',
      'scenario: database',
      'scenario: slow',
      'scenario: data lost or damaged',
    ]);
  });
});

describe('the playbook in words', () => {
  test('an update carries id, severity, status, summary, impact, cause so far and next steps', () => {
    const text = said(pack, 'update');
    const fields = [
      'INC-2026-014',
      'the-severity',
      'the-status',
      'Some payments',
      'the-impact',
      'the-cause',
      'the-next-steps',
    ];
    expect(fields.filter((field) => !text.includes(field))).toEqual([]);
  });

  test('the social draft names only what customers know', () => {
    expect(said(pack, 'socialDraft')).toContain('Checkout');
  });
});
