import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inventoryOf, leaksIn } from '../../../src/domain/telling/leak-guard.ts';
import { render } from '../../../src/domain/telling/render.ts';
import { guide } from '../../support/builders.ts';
import { sandboxOrganisation as organisation } from '../../support/sandbox-organisation.ts';

const file = (path: string) => new URL(path, import.meta.url);
const inventory = inventoryOf(
  {
    ...organisation,
    services: {
      ...organisation.services,
      'ledger-writer': {
        title: 'Gandalf',
        team: 'shop',
        tier: 1,
        environment: 'production',
        critical: true,
        customerFacing: true,
        publicName: 'Invoices',
        component: 'cmp-invoices',
        dependsOn: [],
        dashboards: [],
        workload: { cluster: 'eu-blue-2', kind: 'Deployment', namespace: 'billing-core', name: 'ledger-writer' },
      },
    },
  },
  guide.neverPublic,
);
const rulesFor = (text: string): string[] => leaksIn(text, inventory).map((leak) => leak.rule);
const lines = (path: string): string[] =>
  readFileSync(file(path), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('# '));

const leaking = lines('../../fixtures/leak-guard/leaking.txt');
const clean = lines('../../fixtures/leak-guard/clean.txt');

describe('what customers must not read', () => {
  test.each(leaking)('is held back: %s', (text) => {
    expect(rulesFor(text)).not.toEqual([]);
  });
});

describe('what customers should read', () => {
  test.each(clean)('goes out: %s', (text) => {
    expect(leaksIn(text, inventory)).toEqual([]);
  });

  test('every public message of the guide pack goes out, with facts and without', () => {
    const at = '2026-11-20T10:30:00.000Z';
    const facts = {
      nextUpdateAt: at,
      startedAt: at,
      endedAt: at,
      duration: '42 min',
      text: 'Payments are slow for some.',
    };
    for (const publicName of Object.values(organisation.services).map((service) => service.publicName)) {
      for (const [name, template = ''] of Object.entries(guide.messages)) {
        if (!name.startsWith('public')) continue;
        expect(leaksIn(render(template, { ...facts, publicName }, 'public'), inventory), name).toEqual([]);
        expect(leaksIn(render(template, { publicName, text: 'Hello.' }, 'public'), inventory), name).toEqual([]);
      }
    }
  });
});

/** Ways to write one thing so that people still read it. */
const disguises: Record<string, (text: string) => string> = {
  'as it is': (text) => text,
  'in capitals': (text) => text.toUpperCase(),
  'with zero width spaces': (text) => [...text].join('\u200b'),
  'with soft hyphens': (text) => text.replace(/(.{3})/g, '$1\u00ad'),
  'in full width letters': (text) =>
    text.replace(/[!-~]/g, (character) => String.fromCodePoint(character.charCodeAt(0) + 0xfee0)),
  'in Cyrillic look-alikes': (text) =>
    text.replace(
      /[aceopxy]/g,
      (letter) => ({ a: 'а', c: 'с', e: 'е', o: 'о', p: 'р', x: 'х', y: 'у' })[letter] ?? letter,
    ),
  'in mathematical letters': (text) =>
    text.replace(/[a-z]/g, (letter) => String.fromCodePoint(0x1d41a + letter.charCodeAt(0) - 97)),
  'with accents': (text) => text.replace(/[aeo]/g, '$&\u0301'),
  'letter by letter': (text) => [...text].join(' '),
  'as entities': (text) => text.replace(/[.@:/-]/g, (character) => `&#${character.charCodeAt(0)};`),
};
const secrets = [
  'ledger-writer',
  'gandalf',
  'db-primary-3.billing-core.svc.cluster.local',
  '10.42.17.9',
  'https://grafana.corp.lanternfish.example/d/abc',
  'arn:aws:rds:eu-west-1:123456789012:db:orders',
  'nadia@lanternfish.example',
  'kubernetes',
];
describe('a disguise helps nothing', () => {
  for (const [name, disguise] of Object.entries(disguises)) {
    test.each(secrets)(`${name}: %s`, (secret) => {
      expect(rulesFor(`We are looking at ${disguise(secret)} now.`)).not.toEqual([]);
    });
  }
  test.each(secrets)('encoded in base64: %s', (secret) => {
    expect(rulesFor(`Reference ${Buffer.from(secret).toString('base64')}`)).not.toEqual([]);
  });
  test.each([
    'db1[.]corp[.]example',
    'db1 dot corp dot internal',
    'hxxps://wiki/incident',
    'nadia (at) lanternfish (dot) example',
  ])('around a filter: %s', (text) => {
    expect(rulesFor(`See ${text} for more.`)).not.toEqual([]);
  });
});

describe('what a pack lets people say', () => {
  const saying = (publicMay: ('estimate' | 'cause')[]) => inventoryOf(organisation, [], publicMay);
  const held = (text: string, publicMay: ('estimate' | 'cause')[] = []) =>
    leaksIn(text, saying(publicMay)).map((leak) => leak.rule);

  test.each([
    ['an estimate', 'estimate', 'We expect it to be resolved within 30 minutes.'],
    ['a brief cause in technical words', 'cause', 'The cause is an exhausted connection pool.'],
    ['a change of ours as the cause', 'cause', 'It was caused by a faulty update.'],
  ] as const)('%s goes out where the pack allows it, and nowhere else', (_, permitted, text) => {
    expect(held(text, [permitted])).toEqual([]);
    expect(held(text)).toHaveLength(1);
    expect(held(text, [permitted === 'cause' ? 'estimate' : 'cause'])).toHaveLength(1);
  });

  test.each([
    ['a host', 'The cause is db-primary-3.'],
    ['a name of our own', 'The cause is cmp-checkout.'],
    ['an address', 'The cause is 10.1.2.3.'],
    ['a secret', 'The cause is the password: hunter2hunter2.'],
    ['a person', 'Nadia Okafor expects it to be resolved within 30 minutes.'],
    ['blame', 'It was caused by one of our engineers.'],
    ['a guess', 'We think it was caused by a faulty update.'],
  ])('%s stays inside whatever the pack allows', (_, text) => {
    expect(held(text, ['estimate', 'cause'])).not.toEqual([]);
  });
});

describe('what it says', () => {
  test('names the rule and what was found', () => {
    expect(leaksIn('The host 10.1.2.3 is down.', inventory)).toContainEqual({
      rule: 'IP address',
      excerpt: '10.1.2.3',
    });
  });
  test('never repeats a secret', () => {
    const secret = 'xoxb-1234567890-abcdefghij';
    expect(JSON.stringify(leaksIn(`token ${secret}`, inventory))).not.toContain(secret);
  });
  test('public names may be said, internal ones may not', () => {
    expect(rulesFor('Invoices are late.')).toEqual([]);
    expect(rulesFor('The ledger-writer is late.')).toContain('internal name');
  });
  test('is that a novel is no public post', () => {
    expect(rulesFor('We are sorry. '.repeat(2_000))).toEqual(['too long for a public post']);
  });
  test('is quick with a text made to be slow', () => {
    const started = performance.now();
    for (const part of ['a', 'a-', 'a.', '1.', 'will ', 'prod-', '0a', 'a/', 'a(', 'fix in ']) {
      const text = part.repeat(4_400 / part.length);
      leaksIn(text, inventory);
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
