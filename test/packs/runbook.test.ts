import { describe, expect, test } from 'vitest';
import { figuresOf, said, span } from './figures.ts';
import { packOf } from './judging.ts';

const pack = packOf('runbook-p0-p3');
const reviewed = 'within 48h, 60 min, document 48h';

describe('the runbook says what the runbook says', () => {
  test.each([
    [
      'P0',
      {
        respond: '5 min',
        ladder: [
          '0 on-call unless resolved',
          '0 secondary unless resolved',
          '5 team-lead unless resolved',
          '15 engineering-manager unless resolved',
          '30 vp-engineering unless resolved',
          '45 cto unless resolved',
        ],
        told: ['cto, direct', 'vp-engineering, direct'],
        room: 'own',
        roles: 'commander within 5 min',
        inside: 'every 15 min',
        outside: 'within 5 min, every 30 min',
        drafts: [],
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
          '0 on-call unless resolved',
          '30 team-lead unless resolved',
          '120 engineering-manager unless resolved',
        ],
        told: ['team-lead, direct', 'cto, direct', 'vp-engineering, direct'],
        room: 'shared',
        roles: 'commander within 15 min',
        inside: 'every 30 min',
        outside: 'within 10 min, every 60 min',
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
        ladder: ['0 on-call unless resolved', '120 team-lead unless resolved'],
        told: ['on-call, direct'],
        room: 'shared',
        roles: 'commander within 60 min',
        inside: 'every 120 min',
        outside: 'within 10 min, every 120 min',
        drafts: [],
        hold: '30 min',
        review: `required, ${reviewed}`,
        watch: '24 h',
      },
    ],
    [
      'P3',
      {
        respond: '4 h',
        ladder: ['480 team-lead unless resolved'],
        told: ['team, ticket'],
        room: 'shared',
        roles: 'commander within 4 h',
        inside: 'every 24 h',
        outside: 'within 10 min, every 24 h',
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
    expect(pack.incidentId).toBe('INC-{year}-{number}');
    expect(pack.room).toMatchObject({ shared: '#incident-response', notifyChannel: '#incident-response' });
    expect(pack.statusWords).toMatchObject({ declared: 'INVESTIGATING', resolved: 'RESOLVED' });
    expect(span(pack.remediation.lookBack)).toBe('4 h');
    expect(pack.publicMay).toEqual([]);
  });

  test('resolved needs five looks, and people do things in the order of the minutes', () => {
    expect(pack.resolution.needs).toHaveLength(5);
    expect(Object.keys(pack.checklists ?? {}).slice(0, 6)).toEqual([
      'detection and triage, 0 to 5 min',
      'communication, first 10 min',
      'P0, first 5 min',
      'P1, first 15 min',
      'P2, first hour',
      'P3, first 4 h',
    ]);
  });
});

describe('the runbook in words', () => {
  test.each(['declared', 'update', 'holding'] as const)('%s is the communication card', (name) => {
    const text = said(pack, name);
    const fields = ['the-severity', 'the-status', 'the-impact', 'the-service', '10:30 UTC'];
    expect(fields.filter((field) => !text.includes(field))).toEqual([]);
  });

  test('the card says when it started and what is being done', () => {
    expect(said(pack, 'update')).toContain('2026-11-18 09:30 UTC');
    expect(said(pack, 'update')).toContain('Current action:* Some payments fail.');
    expect(said(pack, 'holding')).toContain('the-doing');
  });

  test('the end thanks the team', () => {
    expect(said(pack, 'resolved')).toContain('Thank you');
  });
});
