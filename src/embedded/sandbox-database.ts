/**
 * The sandbox's own database, beside Muster's on the embedded server: `shop`, with an application that owns it and a
 * role for Muster that may see sessions and end them, and nothing else. See docs/databases.md.
 */
import pg from 'pg';
import { type SandboxRole, sandboxLogin } from '../domain/sandbox-database.ts';
import { sandboxDatabase } from '../schema/database.ts';

const connectionsMax: Record<SandboxRole, number> = { shop: 30, muster: 10 };
const ordersSeeded = 200;

/**
 * Makes what is missing and sets the passwords anew; again and again is no error. `adminUrl` leads to Muster's own database as
 * the superuser. Returns the address without a login, for MUSTER_SANDBOX_DATABASE.
 */
export const createSandboxDatabase = async ({
  adminUrl,
  secret,
}: {
  adminUrl: string;
  secret: string;
}): Promise<string> => {
  const url = new URL(adminUrl);
  const own = decodeURIComponent(url.pathname.slice(1));
  url.pathname = `/${sandboxDatabase}`;
  const app = sandboxLogin(secret, 'shop').user;
  await connected(adminUrl, async (client) => {
    for (const role of ['shop', 'muster'] as const) await ensureRole(client, secret, role);
    const muster = sandboxLogin(secret, 'muster').user;
    await client.query(`grant pg_read_all_stats, pg_signal_backend to ${muster}`);
    const found = await client.query('select 1 from pg_database where datname = $1', [sandboxDatabase]);
    if (found.rowCount === 0) await client.query(`create database ${sandboxDatabase} owner ${app}`);
    await client.query(`revoke all on database ${sandboxDatabase} from public`);
    await client.query(`grant connect on database ${sandboxDatabase} to ${muster}`);
    // Muster's own is for nobody else either.
    await client.query(`revoke connect on database ${client.escapeIdentifier(own)} from public`);
  });
  await connected(url.href, async (client) => {
    await client.query(`set role ${app}`);
    await client.query(ordersTable);
  });
  [url.username, url.password] = ['', ''];
  return url.href;
};

const ensureRole = async (client: pg.Client, secret: string, role: SandboxRole): Promise<void> => {
  const { user, password } = sandboxLogin(secret, role);
  const found = await client.query('select 1 from pg_roles where rolname = $1', [user]);
  if (found.rowCount === 0) await client.query(`create role ${user}`);
  await client.query(
    `alter role ${user} with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
       connection limit ${connectionsMax[role]} password ${client.escapeLiteral(password)}`,
  );
};

const ordersTable = `
  create table if not exists orders (
    id int primary key,
    state text not null,
    changed_at timestamptz not null default now()
  );
  insert into orders (id, state) select n, 'new' from generate_series(1, ${ordersSeeded}) n on conflict do nothing`;

const connected = async (url: string, work: (client: pg.Client) => Promise<void>): Promise<void> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, statement_timeout: 20_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => {});
  }
};
