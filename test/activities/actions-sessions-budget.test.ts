/** More replicas open more connections: whether the database can bear them is looked at on a real server. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import { databaseBudgetGuard, databaseBudgetRisks } from '../../activities/actions/database-budget.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import type { Database } from '../../src/integrations/integration.ts';
import { createDatabase } from '../../src/integrations/postgresql/client.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import { freePort } from '../support/free-ports.ts';
import { type ProductionDatabase, productionDatabase } from '../support/replica.ts';

let server: ProductionDatabase;
beforeAll(async () => {
  server = await productionDatabase();
});
afterEach(() => server.disconnect());

const target = { cluster: 'production', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
const catalogue = (service: object): Organisation =>
  ({
    services: { search: {}, checkout: { workload: target, ...service } },
    databases: { 'shop-db': { database: 'shop' } },
  }) as unknown as Organisation;
const known = catalogue({ database: 'shop-db', connectionsPerReplica: 10 });
const from3 = (after: number) => ({ now: 3, after });
const contextOf = (organisation: Organisation, databaseOf: (name: string) => Database) => ({
  organisation,
  target,
  databaseOf,
});
const reached = (url: string) => () => createDatabase({ name: 'shop-db', url });
const nobody = (): never => {
  throw new Error('no database was to be asked');
};

test('replicas whose connections are free may come, and those that would use up the last may not', async () => {
  const context = contextOf(known, reached(server.url));
  expect(await databaseBudgetGuard(context, from3(5))).toMatchObject({
    name: 'database',
    passed: true,
    finding: expect.stringMatching(/^shop-db: 2 more replicas open up to 20 connections, and \d+ are free/),
  });
  // 80 connections, 3 of them reserved, one of them ours.
  expect(await databaseBudgetGuard(context, from3(11))).toMatchObject({
    passed: false,
    finding: expect.stringMatching(/: at most 10 replicas fit$/),
  });
  expect(databaseBudgetRisks(known, target)).toEqual([]);
});
test('fewer replicas need no look at the database', async () => {
  expect(await databaseBudgetGuard(contextOf(known, nobody), from3(2))).toMatchObject({ passed: true });
});
test.each([
  ['names no database', {}],
  ['names no size of the pool', { database: 'shop-db' }],
  [
    'speaks of another workload',
    { database: 'shop-db', connectionsPerReplica: 10, workload: { ...target, name: 'x' } },
  ],
])('a catalogue that %s lets it pass, and people are told that nobody knows', async (_, service) => {
  const organisation = catalogue(service);
  expect(await databaseBudgetGuard(contextOf(organisation, nobody), from3(300))).toEqual({
    name: 'database',
    passed: true,
    finding: 'not known whether a database can bear it: the catalogue does not say',
  });
  expect(databaseBudgetRisks(organisation, target)[0]).toMatch(/whether the database can bear them is not known/);
});
test('a drill has no database to look at and passes', async () => {
  const drill = (): never => {
    throw new InvalidInput('a drill touches no database: the sandbox has none of its own');
  };
  expect(await databaseBudgetGuard(contextOf(known, drill), from3(5))).toMatchObject({
    passed: true,
    finding: expect.stringMatching(/^not known: a drill/),
  });
});
test('a database that may not be looked at bears no more', async () => {
  expect(await databaseBudgetGuard(contextOf(known, reached(server.urlOf('blind'))), from3(4))).toMatchObject({
    passed: false,
    finding: expect.stringContaining('GRANT pg_read_all_stats TO blind'),
  });
});
test('nor does one that has no connection left even for the look', async () => {
  await server.ask('alter role muster_remediation connection limit 0');
  try {
    expect(await databaseBudgetGuard(contextOf(known, reached(server.url)), from3(4))).toMatchObject({
      passed: false,
      finding: expect.stringContaining('has no connection left'),
    });
  } finally {
    await server.ask('alter role muster_remediation connection limit -1');
  }
});
test('one that does not answer is asked again', async () => {
  const away = reached(`postgres://a:b@127.0.0.1:${await freePort()}/shop`);
  await expect(databaseBudgetGuard(contextOf(known, away), from3(4))).rejects.toMatchObject({ terminal: false });
});
