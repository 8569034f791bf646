import { describe, expect, test } from 'vitest';
import { figuresOf, said, span } from './figures.ts';
import { packOf } from './judging.ts';

const pack = packOf('platform-p0-p3');
const reviewed = 'within 7d, 60 min, document 7d';
const twice = '2x duration, 15 min to 24 h';
const quiet = { room: 'none', inside: 'nothing promised', outside: 'nothing', drafts: [], hold: twice, watch: '24 h' };

describe('the platform says what its document says', () => {
  test.each([
    [
      'P0',
      {
        respond: '15 min',
        ladder: [
          '0 on-call unless acknowledged',
          '15 team-lead unless acknowledged',
          '30 engineering-manager unless acknowledged',
        ],
        told: ['platform-alerts', 'leadership'],
        room: 'own',
        roles: 'commander within 15 min',
        inside: 'every 30 min',
        outside: 'within 15 min, at declaration, every 30 min',
        drafts: [],
        hold: twice,
        review: `required, ${reviewed}`,
        watch: '48 h',
      },
    ],
    [
      'P1',
      {
        respond: '60 min',
        ladder: ['0 on-call unless acknowledged', '60 team-lead unless acknowledged'],
        told: ['platform-alerts', 'leadership'],
        room: 'own',
        roles: 'commander within 60 min',
        inside: 'every 60 min',
        outside: 'within 15 min, at declaration, every 60 min',
        drafts: [],
        hold: twice,
        review: `required, ${reviewed}`,
        watch: '24 h',
      },
    ],
    [
      'P2',
      {
        ...quiet,
        respond: '4 h',
        ladder: [],
        told: ['platform-alerts'],
        roles: 'commander within 4 h',
        review: `required, ${reviewed}`,
      },
    ],
    [
      'P3',
      {
        ...quiet,
        respond: '1 business day',
        ladder: [],
        told: ['platform-alerts, ticket'],
        roles: 'commander within 24 h',
        review: `optional, ${reviewed}`,
      },
    ],
  ])('%s', (name, figures) => {
    expect(figuresOf(pack, name)).toEqual(figures);
  });

  test('names, words and look back', () => {
    expect(Object.keys(pack.severities)).toEqual(['P0', 'P1', 'P2', 'P3']);
    expect(pack.incidentId).toBe('INC-{year}-{number}');
    expect(pack.room).toMatchObject({ name: 'incident-{date}-{time}', notifyChannel: '#platform-alerts' });
    expect([...new Set(Object.values(pack.statusWords))]).toEqual([
      'INVESTIGATING',
      'MITIGATING',
      'RESOLVED',
      'CANCELLED',
    ]);
    expect(span(pack.remediation.lookBack)).toBe('60 min');
    expect(pack.publicMay).toEqual([]);
  });

  test('resolved needs health, figures and the user journey, and closing has a list of its own', () => {
    expect(pack.resolution.needs).toHaveLength(3);
    expect(pack.checklists?.['closure, within 24 h']).toHaveLength(4);
  });
});

describe('the platform in words', () => {
  test('an update carries status, impact, actions taken, next steps and the estimate', () => {
    const text = said(pack, 'update');
    const fields = [
      'the-status',
      'the-impact',
      'Some payments',
      'the-next-steps',
      '20 minutes',
      '2026-11-18 10:15 UTC',
    ];
    expect(fields.filter((field) => !text.includes(field))).toEqual([]);
  });

  test.each(['publicFirst', 'publicUpdate', 'publicHolding', 'publicMonitoring'] as const)(
    '%s tells customers when the next word comes',
    (name) => {
      expect(said(pack, name)).toContain('Next update: 10:30 UTC.');
      expect(said(pack, name, 'none')).toContain('Next update: as soon as we know more.');
    },
  );

  test('an estimate is for the room only', () => {
    for (const name of ['publicFirst', 'publicUpdate', 'publicHolding'] as const) {
      expect(said(pack, name)).not.toContain('20 minutes');
    }
  });
});
