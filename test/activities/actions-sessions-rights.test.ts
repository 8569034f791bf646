/** At its start the remediation worker says what it may do in each database of the catalogue. */
import { beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../../src/integrations/postgresql/client.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import { checkDatabases } from '../../worker/database-check.ts';
import { type ProductionDatabase, productionDatabase } from '../support/replica.ts';

let server: ProductionDatabase;
beforeAll(async () => {
  server = await productionDatabase();
});

/** One database per role, called like it. */
const toldOf = async (...roles: string[]): Promise<string[]> => {
  const told: string[] = [];
  await checkDatabases({
    organisation: { databases: Object.fromEntries(roles.map((role) => [role, {}])) } as unknown as Organisation,
    database: (name) => createDatabase({ name, url: server.urlOf(name) }),
    log: {
      info: (_, text) => void told.push(`fine: ${text}`),
      warn: (_, text) => void told.push(text),
    },
  });
  return told;
};

test('what may be done is said, and every missing GRANT by its name', async () => {
  expect(await toldOf('muster_remediation', 'mute', 'blind', 'muster')).toEqual([
    'fine: role muster_remediation may see and end sessions of database muster_remediation',
    'role mute may see sessions of database mute and not end them; to allow it: GRANT pg_signal_backend TO mute',
    expect.stringMatching(/^sessions of database blind cannot be seen: .*GRANT pg_read_all_stats TO blind$/),
    expect.stringMatching(/^role muster of database muster is a superuser/),
  ]);
});
test('one that cannot be reached is said, and does not keep the others from being asked', async () => {
  const told = await toldOf('nobody_of_that_name', 'muster_remediation');
  expect(told[0]).toMatch(/^sessions of database nobody_of_that_name cannot be seen: .*does not accept the login/);
  expect(told[1]).toMatch(/^fine: /);
});
test("the sandbox's own is asked the way of drills, and one of production never is", async () => {
  const asked: [string, boolean][] = [];
  await checkDatabases({
    organisation: {
      databases: { 'shop-db': { connection: 'sandbox' }, orders: { connection: 'orders' } },
    } as unknown as Organisation,
    database: (name, drill) => {
      asked.push([name, drill]);
      return createDatabase({ name, url: server.urlOf('muster_remediation') });
    },
    log: { info: () => {}, warn: () => {} },
  });
  expect(asked).toEqual([
    ['shop-db', true],
    ['orders', false],
  ]);
});
test('without databases nothing is said', async () => {
  expect(await toldOf()).toEqual([]);
});
