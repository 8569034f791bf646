/**
 * What an earlier run left in the data folder: a server that lives on because its supervisor was killed, or a
 * `postmaster.pid` whose number meanwhile belongs to another process.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Conflict, Unavailable } from '../domain/errors.ts';

/** The server's cluster_name: stands in the title of each of its processes, which everybody may read. */
export const clusterName = (folder: string): string =>
  `muster-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`;

/**
 * Ends an orphan of ours and removes its stale lock, so that a new server may start on the folder.
 * Throws Conflict when the one who started it still lives. Where there is no /proc, PostgreSQL's own check decides.
 */
export const clearLeftover = async (
  folder: string,
  cluster: string,
  log: (line: string) => void,
  limitMs = 15_000,
): Promise<void> => {
  const owner = await readOwner(folder);
  if (owner !== null && owner.pid !== process.pid && (await startedAt(owner.pid)) === owner.startedAt) {
    throw new Conflict(
      `PostgreSQL in ${folder} belongs to the running process ${owner.pid}; stop that one first, ` +
        'or use another MUSTER_DATA_DIR',
    );
  }
  if (process.platform !== 'linux') return;
  const name = clusterName(folder);
  const deadline = Date.now() + limitMs;
  let told = false;
  for (let pids = await serverProcesses(name); pids.length > 0; pids = await serverProcesses(name)) {
    if (!told) log(`ending the PostgreSQL that an earlier run left behind (process ${pids[0]})`);
    const late = Date.now() > deadline - limitMs / 3;
    if (!told || late) await signalPostmaster(cluster, pids, late ? 'SIGQUIT' : 'SIGINT');
    told = true;
    if (Date.now() > deadline) {
      throw new Unavailable(
        `PostgreSQL of an earlier run still works in ${folder} (processes ${pids.join(', ')}); end it and start again`,
      );
    }
    await pause(50);
  }
  // Safe only because no process of this cluster is left; the number in the file may be somebody else's by now.
  await rm(join(cluster, 'postmaster.pid'), { force: true });
};

/** Remembers who runs the server of this folder; a later start respects a living owner. */
export const writeOwner = async (folder: string): Promise<void> => {
  const owner: Owner = { pid: process.pid, startedAt: await startedAt(process.pid) };
  await writeFile(join(folder, 'owner.json'), `${JSON.stringify(owner)}\n`, { mode: 0o644 });
};

export const removeOwner = (folder: string): Promise<void> => rm(join(folder, 'owner.json'), { force: true });

interface Owner {
  pid: number;
  /** Tells the owner from a later process with the same number. */
  startedAt: string | null;
}

const readOwner = async (folder: string): Promise<Owner | null> => {
  try {
    return JSON.parse(await readFile(join(folder, 'owner.json'), 'utf8')) as Owner;
  } catch {
    return null;
  }
};

/** Field 22 of /proc/<pid>/stat (proc_pid_stat(5)); elsewhere only whether the process lives. */
const startedAt = async (pid: number): Promise<string | null> => {
  if (process.platform !== 'linux') return isAlive(pid) ? 'alive' : null;
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (line === null) return null;
  const [state, ...fields] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? null : (fields[18] ?? null);
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** The postmaster carries `cluster_name=<name>` in its arguments, its children `postgres: <name>:` as title. */
const serverProcesses = async (name: string): Promise<number[]> => {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const title = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (title.startsWith(`postgres: ${name}`) || title.split('\0').includes(`cluster_name=${name}`)) {
      found.push(Number(entry));
    }
  }
  return found;
};

const signalPostmaster = async (cluster: string, pids: number[], signal: NodeJS.Signals): Promise<void> => {
  const lock = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const postmaster = Number(lock.split('\n')[0]);
  if (!pids.includes(postmaster)) return;
  try {
    process.kill(postmaster, signal);
  } catch {
    // Gone in this moment: the next look finds nothing.
  }
};
