/** The folder of the embedded PostgreSQL: whose it is, its password, and how it is made and named. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MusterError, Unavailable } from '../domain/errors.ts';
import { type Identity, obstacle } from './postgres-binaries.ts';

export const user = 'muster';

export interface ServerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why the program could not even be run. */
  neverRan?: string;
}

/** PostgreSQL refuses to run as root: then it is the owner of the existing files, else `nobody`. */
export const serverIdentity = async (cluster: string): Promise<Identity> => {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(cluster).catch(() => null);
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const [, , uid, gid] =
    accounts
      .split('\n')
      .find((line) => line.startsWith('nobody:'))
      ?.split(':') ?? [];
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) };
};

export const ensurePassword = async (folder: string): Promise<string> => {
  const file = join(folder, 'password');
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw unusable(folder, error);
  });
  if (known !== null && known.trim() !== '') return known.trim();
  if (await exists(join(folder, 'cluster'))) {
    throw new Unavailable(`${file} is missing, and without it the database in ${folder} cannot be opened; restore it`);
  }
  const password = randomBytes(24).toString('hex');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
};

interface Initialisation {
  folder: string;
  cluster: string;
  initdb: string;
  identity: Identity;
  log: (line: string) => void;
  sync: boolean;
}

/** Works in a folder beside and renames it at the end, so that a cluster is whole or absent. */
export const initialiseWhenMissing = async ({
  folder,
  cluster,
  initdb,
  identity,
  log,
  sync,
}: Initialisation): Promise<void> => {
  if (await exists(cluster)) return;
  log(`making a new PostgreSQL database in ${folder}`);
  const fresh = `${cluster}.new`;
  const passwordCopy = join(folder, 'password.initdb');
  await rm(fresh, { recursive: true, force: true });
  try {
    await mkdir(fresh, { mode: 0o700 });
    await writeFile(passwordCopy, await readFile(join(folder, 'password')), { mode: 0o600 });
    if (identity !== null) {
      await chown(fresh, identity.uid, identity.gid);
      await chown(passwordCopy, identity.uid, identity.gid);
    }
    const child = spawn(
      initdb,
      [
        `--pgdata=${await pathFor(fresh, identity)}`,
        `--username=${user}`,
        '--pwfile=../password.initdb',
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--no-locale',
        ...(sync ? [] : ['--no-sync']),
      ],
      { cwd: fresh, stdio: ['ignore', 'pipe', 'pipe'], env: serverEnvironment(), ...(identity ?? {}) },
    );
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const { code, signal, neverRan } = await exitOf(child);
    if (code !== 0) {
      throw new Unavailable(`initdb failed in ${folder} (${neverRan ?? signal ?? `exit ${code}`}): ${tail(said)}`);
    }
    await rename(fresh, cluster);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error instanceof MusterError ? error : unusable(folder, error);
  } finally {
    await rm(passwordCopy, { force: true });
  }
};

/**
 * The server may run as a user who cannot walk the parents of our folder (a clone under /root, a folder of mktemp).
 * Then it is started inside the folder and named by its own working directory, which needs no parent.
 */
export const pathFor = async (folder: string, identity: Identity): Promise<string> => {
  const closed = await obstacle(folder, identity);
  if (closed === null) return folder;
  if (process.platform === 'linux') return '/proc/self/cwd';
  throw new Unavailable(
    `${closed} does not let uid ${identity?.uid} through, and PostgreSQL cannot run as root; ` +
      `chmod a+x ${closed}, choose another MUSTER_DATA_DIR, or do not run as root`,
  );
};

export const checkMajor = async (cluster: string, major: string): Promise<void> => {
  const found = (await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => '')).trim();
  if (found === major) return;
  throw new Unavailable(
    found === ''
      ? `${cluster} is not a PostgreSQL data folder; move it away, or restore it from a backup`
      : `${cluster} is of PostgreSQL ${found}, the installed programs are ${major}; dump it with ${found} and load it anew`,
  );
};

/** Nothing of ours is handed on: PG* variables of the shell must not steer this server. */
export const serverEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
});

export const exitOf = (child: ChildProcess): Promise<ServerExit> =>
  new Promise((resolve) => {
    // Without a pid it never ran; with one, `error` only says that a signal could not be sent.
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, neverRan: error.message });
    });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });

export const unusable = (folder: string, cause: unknown): Unavailable =>
  new Unavailable(
    `cannot use ${folder} for PostgreSQL: ${cause instanceof Error ? cause.message : String(cause)}; ` +
      'give it to the user who runs Muster, or choose another MUSTER_DATA_DIR',
    cause,
  );

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

export const tail = (text: string): string => text.trim().split('\n').slice(-6).join(' | ').slice(-1_500);
