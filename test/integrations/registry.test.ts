import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { connect, connectClusters, connectDatabases } from '../../src/integrations/registry.ts';

const sandbox = { MUSTER_SANDBOX_URL: 'http://127.0.0.1:9', MUSTER_SANDBOX_SECRET: 'a-secret' };
const message = { room: 'C1', key: 'k', text: 'x', lookFirst: false };

describe('who an incident talks to', () => {
  test('is the sandbox while nothing real is configured', () => {
    const connected = connect(readConfig(sandbox));
    expect(connected.live).toBeNull();
    expect(connected.choose(false)).toBe(connected.sandbox);
  });
  test('is the real system once there is one, and the sandbox for drills', () => {
    const connected = connect(readConfig({ ...sandbox, SLACK_TOKEN: 'xoxb-1' }));
    expect(connected.choose(false)).toBe(connected.live);
    expect(connected.choose(true)).toBe(connected.sandbox);
  });
  test('says which variable to set for a vendor that is missing, and never falls to the sandbox for it', async () => {
    const { choose } = connect(readConfig({ ...sandbox, SLACK_TOKEN: 'xoxb-1' }));
    await expect(choose(false).pager.acknowledge({ address: 'a', dedupKey: 'k' })).rejects.toMatchObject({
      terminal: true,
      message: expect.stringContaining('MUSTER_PAGER=pagerduty'),
    });
  });
  test('is nobody for a drill without a sandbox, whatever else is configured', async () => {
    const { choose } = connect(readConfig({ SLACK_TOKEN: 'xoxb-1' }));
    await expect(choose(true).chat.post(message)).rejects.toMatchObject({
      terminal: true,
      message: expect.stringContaining('MUSTER_SANDBOX_URL'),
    });
  });
  test('never lets stand-in metrics speak for a real cluster', async () => {
    const { choose } = connect(readConfig({ ...sandbox, MUSTER_KUBECONFIG: '/etc/kubeconfig' }));
    await expect(choose(false).metrics.query('up')).rejects.toMatchObject({
      message: expect.stringContaining('MUSTER_PROMETHEUS_URL'),
    });
  });
});

describe('which cluster is changed', () => {
  test('is the sandbox for drills, and for live targets of the cluster called sandbox', () => {
    const cluster = connectClusters(readConfig(sandbox));
    expect(cluster('production', true)).toBe(cluster('sandbox', false));
  });
  test('is none when there is no way to it', () => {
    expect(() => connectClusters(readConfig(sandbox))('production', false)).toThrow(/MUSTER_KUBECONFIG/);
    expect(() => connectClusters(readConfig({}))('sandbox', true)).toThrow(/MUSTER_SANDBOX_URL/);
  });
  test('is refused at the start when the kubeconfig cannot be read', () => {
    expect(() => connectClusters(readConfig({ MUSTER_KUBECONFIG: '/no/such/file' }))).toThrow(/MUSTER_KUBECONFIG/);
  });
});

describe('whose sessions are ended', () => {
  const entry = {
    title: 'Orders',
    connection: 'shop',
    database: 'shop',
    protectedUsers: [],
    protectedApplications: [],
    maxShare: 0.2,
    maxSessions: 20,
  };
  const config = readConfig({ ...sandbox, MUSTER_DATABASES: 'shop: postgres://m:secret@db.example/shop' });
  test('are those of a database of the catalogue, and of no other', () => {
    const database = connectDatabases(config, { 'shop-db': entry });
    expect(database('shop-db', false)).toBeDefined();
    expect(() => database('shop', false)).toThrow('the organisation has no database shop; it has shop-db');
  });
  const stand = { ...sandbox, MUSTER_SANDBOX_DATABASE: 'postgres://127.0.0.1:5/shop' };
  const sandboxEntry = { ...entry, connection: 'sandbox' };
  test("are only the sandbox's in a drill, whatever the catalogue leads to", () => {
    const catalogue = { 'shop-db': sandboxEntry, orders: entry, ledger: { ...entry, database: 'ledger' } };
    const lines = 'shop: postgres://m:secret@db.example/shop';
    const database = connectDatabases(readConfig({ ...stand, MUSTER_DATABASES: lines }), catalogue);
    expect(database('orders', true)).toBe(database('shop-db', true));
    expect(database('orders', true)).not.toBe(database('orders', false));
    expect(() => database('ledger', true)).toThrow(/which is called shop, and ledger is ledger/);
  });
  test("are never the sandbox's in an incident that is real", () => {
    const database = connectDatabases(readConfig(stand), { 'shop-db': sandboxEntry });
    expect(() => database('shop-db', false)).toThrow(/which only drills reach/);
    const lines = 'shop: postgres://m:secret@127.0.0.1:5/shop';
    expect(() => connectDatabases(readConfig({ ...stand, MUSTER_DATABASES: lines }), { orders: entry })).toThrow(
      /line 1: shop is the database of the sandbox/,
    );
  });
  test.each([
    ['has no database', sandbox],
    ['is not there', { MUSTER_SANDBOX_DATABASE: 'postgres://127.0.0.1:5/shop' }],
  ])("are nobody's in a drill while the sandbox %s", (_, environment) => {
    const drill = () => connectDatabases(readConfig(environment), { 'shop-db': sandboxEntry })('shop-db', true);
    expect(drill).toThrow(/the sandbox has none here: npm start makes one/);
  });
  test('is refused at the start when the catalogue names a connection that is not there', () => {
    expect(() => connectDatabases(readConfig({}), { 'shop-db': entry })).toThrow(/MUSTER_DATABASES has no line "shop/);
  });
});
