/** The sandbox's own database on a real server: made once, and what each of its roles may and may not do. */
import pg from 'pg';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxRole, sandboxDatabaseUrl } from '../../src/domain/sandbox-database.ts';
import { startPostgres } from '../../src/embedded/postgres.ts';
import { createSandboxDatabase } from '../../src/embedded/sandbox-database.ts';
import { endWithTestProcess, temporaryServerFolder } from '../support/postgres.ts';

const secret = 'a secret of the tests only';
let adminUrl: string;
let address: string;
beforeAll(async () => {
  const folder = await temporaryServerFolder();
  const server = await startPostgres({ dataDir: folder, settings: { fsync: 'off' } });
  endWithTestProcess(server, folder);
  adminUrl = server.url;
  address = await createSandboxDatabase({ adminUrl, secret });
});

const open: pg.Client[] = [];
afterEach(async () => {
  for (const client of open.splice(0)) await client.end();
});
const connectTo = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  open.push(client);
  return client;
};
const as = (role: SandboxRole, database = 'shop'): Promise<pg.Client> =>
  connectTo(sandboxDatabaseUrl(address, secret, role).replace(/\/shop$/, `/${database}`));
const pidOf = async (client: pg.Client): Promise<number> =>
  (await client.query('select pg_backend_pid() as pid')).rows[0].pid;

describe("the sandbox's database", () => {
  test('is there for the application, with orders, and its address holds no password', async () => {
    expect(address).toMatch(/^postgres:\/\/127\.0\.0\.1:\d+\/shop$/);
    const shop = await as('shop');
    expect((await shop.query('select count(*)::int as orders from orders')).rows).toEqual([{ orders: 200 }]);
  });

  test('is made once: a second start keeps the orders as they are and lets a new secret in', async () => {
    const shop = await as('shop');
    await shop.query("update orders set state = 'paid' where id = 7; delete from orders where id > 200");
    expect(await createSandboxDatabase({ adminUrl, secret: 'another secret' })).toBe(address);
    await expect(as('shop')).rejects.toMatchObject({ code: '28P01' });
    expect(await createSandboxDatabase({ adminUrl, secret })).toBe(address);
    const { rows } = await (await as('shop')).query('select state from orders where id = 7');
    expect(rows).toEqual([{ state: 'paid' }]);
  });

  test('is never reached with the secret of another sandbox', async () => {
    await expect(connectTo(sandboxDatabaseUrl(address, 'not the secret', 'muster'))).rejects.toMatchObject({
      code: '28P01',
    });
  });
});

describe("Muster's role there", () => {
  test('holds exactly the rights to see sessions and to end them', async () => {
    const admin = await connectTo(adminUrl);
    const { rows } = await admin.query(
      `select r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolreplication, r.rolbypassrls,
              array(select g.rolname::text from pg_auth_members m join pg_roles g on g.oid = m.roleid
                     where m.member = r.oid order by 1) as of
         from pg_roles r where r.rolname = 'shop_muster'`,
    );
    const nothing = {
      rolsuper: false,
      rolcreatedb: false,
      rolcreaterole: false,
      rolreplication: false,
      rolbypassrls: false,
    };
    expect(rows).toEqual([{ ...nothing, of: ['pg_read_all_stats', 'pg_signal_backend'] }]);
  });

  test('ends a session of the application', async () => {
    const shop = await as('shop');
    const ended = new Promise((resolve) => shop.once('error', resolve));
    const muster = await as('muster');
    await muster.query('select pg_terminate_backend($1)', [await pidOf(shop)]);
    expect(await ended).toMatchObject({ code: '57P01' });
  });

  test('cannot read or change an order, nor make a table', async () => {
    const muster = await as('muster');
    for (const statement of [
      'select * from orders',
      "update orders set state = 'lost'",
      'create table notes (line text)',
    ]) {
      await expect(muster.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('cannot end a superuser, so none of the sessions that Muster keeps its own records with', async () => {
    const admin = await connectTo(adminUrl);
    const muster = await as('muster');
    await expect(muster.query('select pg_terminate_backend($1)', [await pidOf(admin)])).rejects.toMatchObject({
      code: '42501',
    });
    expect((await admin.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

test("nobody of the sandbox gets into Muster's own database", async () => {
  await expect(as('shop', 'muster')).rejects.toMatchObject({ code: '42501' });
  await expect(as('muster', 'muster')).rejects.toMatchObject({ code: '42501' });
});

test("the application is no superuser and cannot end Muster's sessions either", async () => {
  const admin = await connectTo(adminUrl);
  const shop = await as('shop');
  expect((await shop.query('select rolsuper from pg_roles where rolname = current_user')).rows).toEqual([
    { rolsuper: false },
  ]);
  await expect(shop.query('select pg_terminate_backend($1)', [await pidOf(admin)])).rejects.toMatchObject({
    code: '42501',
  });
});
