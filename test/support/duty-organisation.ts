import { parseOrganisation } from '../../src/packs/load.ts';
import type { Organisation } from '../../src/schema/organisation.ts';

const duties = [
  'on-call',
  'secondary',
  'on-call-lead',
  'team-lead',
  'engineering-manager',
  'vp-engineering',
  'cto',
  'ceo',
  'incident-commander',
  'support-lead',
];
const groups = [
  'incident-notify',
  'engineering',
  'support',
  'leadership',
  'customer-success',
  'on-call-team',
  'support-lead',
  'affected-team-lead',
  'squad',
  'team',
  'platform-alerts',
  'all-company',
];
const teams = ['owners', 'dba', 'development', 'devops', 'security', 'backend', 'frontend'];

/**
 * People who are called by their duty, so that a table of a test reads like the document it stands for. Business hours
 * are 09:00 to 17:00 UTC, Monday to Friday; there are no holidays.
 */
export const dutyOrganisation = (): Organisation =>
  parseOrganisation(
    JSON.stringify({
      name: 'Test Works',
      timezone: 'UTC',
      businessHours: { start: '09:00', end: '17:00' },
      people: Object.fromEntries(
        duties.map((duty) => [
          duty,
          {
            name: duty,
            email: `${duty}@example.test`,
            roles: ['responder', 'commander'],
            chat: `U-${duty}`,
            contact: [{ via: 'pager', key: `key-${duty}` }],
          },
        ]),
      ),
      duties: {
        ...Object.fromEntries(duties.map((duty) => [duty, { people: [duty] }])),
        'all-on-call': { people: ['on-call', 'secondary'] },
      },
      schedules: {},
      teams: Object.fromEntries(teams.map((team) => [team, { title: team, members: ['on-call', 'secondary'] }])),
      fallback: ['engineering-manager'],
      groups: Object.fromEntries(groups.map((group) => [group, { mention: `@${group}` }])),
      conference: 'https://meet.example.test/{id}',
      tickets: { address: 'tickets@example.test' },
      services: {
        checkout: { title: 'Checkout', team: 'owners', tier: 1, critical: true, publicName: 'Checkout' },
        batch: { title: 'Batch jobs', team: 'owners', tier: 3, publicName: 'Reports', customerFacing: false },
      },
    }),
    'duty-organisation.yaml',
  );
