import { spawn } from 'node:child_process';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { Conflict } from '../../src/domain/errors.ts';
import { startPostgres } from '../../src/embedded/postgres.ts';
import { endWithTestProcess, temporaryServerFolder } from '../support/postgres.ts';
import { rowsOf } from './records.ts';

const source = fileURLToPath(new URL('../../src/embedded/postgres.ts', import.meta.url));

/** The folder of mktemp is closed to other users: what a clone under /root or a private folder looks like to them. */
const aFolder = async (): Promise<string> => join(await temporaryServerFolder(), 'postgres');

const started = async (folder: string, options: { port?: number } = {}) => {
  const lines: string[] = [];
  const server = await startPostgres({
    dataDir: folder,
    log: (line) => lines.push(line),
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  endWithTestProcess(server, join(folder, '..'));
  return { folder, server, lines };
};

/** An ended process that nobody has collected yet does not run. */
const isRunning = async (pid: number): Promise<boolean> => {
  if (process.platform !== 'linux') return true;
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return line !== '' && !line.includes(') Z ');
};

describe('the embedded PostgreSQL', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await aFolder();
  });

  test('keeps what was written over a stop, tells nobody its password and does not write it again', async () => {
    const { server } = await started(folder);
    await rowsOf(server.url, 'create table kept as select 42 as answer');
    expect((await stat(join(folder, 'password'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'server.log'), 'utf8')).not.toContain(new URL(server.url).password);
    await server.stop();
    expect(await server.exited).toMatchObject({ code: 0 });
    const again = await started(folder);
    expect(new URL(again.server.url).password).toBe(new URL(server.url).password);
    expect(await rowsOf(again.server.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await again.server.stop();
    await again.server.stop();
  });

  test('runs durably, on loopback alone, without a socket file, and not as root', async () => {
    const { server } = await started(folder);
    const [settings] = await rowsOf(
      server.url,
      `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
         current_setting('listen_addresses') as listen, current_setting('unix_socket_directories') as sockets`,
    );
    expect(settings).toEqual({ fsync: 'on', commit: 'on', listen: '127.0.0.1', sockets: '' });
    if (process.platform === 'linux') {
      const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
      expect(status).not.toMatch(/^Uid:\t0\t/m);
      const session = (await readFile(`/proc/${server.pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[3];
      expect(Number(session), 'a session of its own: Ctrl-C does not reach it').toBe(server.pid);
    }
    await server.stop();
  });

  test('refuses a second server on the same folder, and one on a port that is taken', async () => {
    const { server } = await started(folder);
    await expect(startPostgres({ dataDir: folder })).rejects.toBeInstanceOf(Conflict);
    const busy = createServer();
    const port = await new Promise<number>((resolve) =>
      busy.listen(0, '127.0.0.1', () => resolve((busy.address() as { port: number }).port)),
    );
    await server.stop();
    await expect(startPostgres({ dataDir: folder, port })).rejects.toThrow(`port ${port} for PostgreSQL is in use`);
    busy.close();
    const again = await started(folder, { port: server.port });
    expect(again.server.port).toBe(server.port);
    await again.server.stop();
  });

  test('ends the server that a killed supervisor left behind and goes on with its data', async () => {
    const script = `import { startPostgres } from ${JSON.stringify(source)};
      const { pid } = await startPostgres({ dataDir: ${JSON.stringify(folder)} });
      process.stdout.write(String(pid));
      setInterval(() => {}, 1000);`;
    const supervisor = spawn(process.execPath, ['--input-type=module-typescript', '-e', script]);
    const pid = await new Promise<number>((resolve) => supervisor.stdout.once('data', (data) => resolve(Number(data))));
    await expect(startPostgres({ dataDir: folder })).rejects.toThrow(
      `belongs to the running process ${supervisor.pid}`,
    );
    const gone = new Promise((resolve) => supervisor.once('exit', resolve));
    supervisor.kill('SIGKILL');
    await gone;
    expect(await isRunning(pid)).toBe(true);
    const { server, lines } = await started(folder);
    if (process.platform === 'linux') {
      expect(lines.join()).toContain('an earlier run left behind');
      expect(await isRunning(pid)).toBe(false);
    }
    await server.stop();
  });

  test('starts although the lock file of a crash names a number that now belongs to another process', async () => {
    const { server } = await started(folder);
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
    const lock = join(folder, 'cluster', 'postmaster.pid');
    const lines = (await readFile(lock, 'utf8')).split('\n');
    await writeFile(lock, [String(process.pid), ...lines.slice(1)].join('\n'));
    const again = await started(folder);
    expect(await rowsOf(again.server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await again.server.stop();
  });

  test('says what is wrong with a folder it cannot open', async () => {
    const { server } = await started(folder);
    await server.stop();
    await writeFile(join(folder, 'cluster', 'PG_VERSION'), '9\n');
    await expect(startPostgres({ dataDir: folder })).rejects.toThrow(
      /is of PostgreSQL 9, the installed programs are \d+/,
    );
    await rm(join(folder, 'password'));
    await expect(startPostgres({ dataDir: folder })).rejects.toThrow(/password is missing/);
  });
});
