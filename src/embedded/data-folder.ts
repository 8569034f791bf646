/**
 * The folder of everything that must outlive a restart.
 *
 *   secrets.json        generated token, sandbox secret and approval key, 0600
 *   postgres/           the embedded database
 *   temporal.db         the embedded Temporal server's file
 *   cache/              what the next start would have to make again; may be deleted
 *   logs/<name>.log     what each process said; the one before is <name>.log.1
 *   processes.json      [{name, pid, port?, startedAt, readyAt?}] of what runs now
 *   supervisor.json     the supervisor that owns the folder: pid, control port, and how to recognise its children
 *   supervisor.lock     keeps a second supervisor out
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { Conflict, InvalidInput } from '../domain/errors.ts';
import { identityOf, isSameProcess } from './process-identity.ts';

export interface DataFolder {
  path: string;
  /** Path of something inside. */
  at(...names: string[]): string;
  logFile(name: string): string;
}

/** Makes it when missing. Walkable (0711) but not listable: the embedded database may run as another user. */
export const openDataFolder = (given: string): DataFolder => {
  const path = resolve(given);
  try {
    mkdirSync(join(path, 'logs'), { recursive: true });
    chmodSync(path, 0o711);
    chmodSync(join(path, 'logs'), 0o700);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidInput(`cannot use ${path} as data folder (${reason}); set MUSTER_DATA_DIR to one you may write`);
  }
  return { path, at: (...names) => join(path, ...names), logFile: (name) => join(path, 'logs', `${name}.log`) };
};

const Secrets = z.object({
  MUSTER_TOKEN: z.string().min(16),
  MUSTER_SANDBOX_SECRET: z.string().min(16),
  MUSTER_APPROVAL_KEY: z.string().min(32),
});
export type Secrets = z.infer<typeof Secrets>;

/** What the environment gives wins for this run; the rest is generated once and kept. */
export const openSecrets = (folder: DataFolder, given: Partial<Record<keyof Secrets, string | undefined>>): Secrets => {
  const file = folder.at('secrets.json');
  const kept = existsSync(file) ? readSecrets(file) : newSecrets();
  writeWhole(file, `${JSON.stringify(kept, null, 2)}\n`, 0o600);
  return {
    MUSTER_TOKEN: given.MUSTER_TOKEN ?? kept.MUSTER_TOKEN,
    MUSTER_SANDBOX_SECRET: given.MUSTER_SANDBOX_SECRET ?? kept.MUSTER_SANDBOX_SECRET,
    MUSTER_APPROVAL_KEY: given.MUSTER_APPROVAL_KEY ?? kept.MUSTER_APPROVAL_KEY,
  };
};

const newSecrets = (): Secrets => ({
  MUSTER_TOKEN: `mst_${randomBytes(24).toString('base64url')}`,
  MUSTER_SANDBOX_SECRET: randomBytes(32).toString('base64url'),
  MUSTER_APPROVAL_KEY: randomBytes(32).toString('base64url'),
});

const readSecrets = (file: string): Secrets => {
  // A folder of before approvals were sealed gets its key now.
  const { MUSTER_APPROVAL_KEY } = newSecrets();
  const kept = readJson(file);
  const result = Secrets.safeParse(typeof kept === 'object' ? { MUSTER_APPROVAL_KEY, ...kept } : kept);
  if (result.success) return result.data;
  throw new InvalidInput(`${file} is damaged; move it away to have new secrets made, or restore it`);
};

/** Readers see the old file or the new one, never half of it. */
export const writeWhole = (file: string, text: string, mode = 0o644): void => {
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, file);
};

export const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
};

const Holder = z.object({ pid: z.number().int(), identity: z.string() });

/**
 * Makes this process the folder's only supervisor and returns the way to give it up. A lock of a supervisor that
 * was killed is taken over. Throws Conflict that names the holder.
 */
export const lockDataFolder = (folder: DataFolder): (() => void) => {
  const file = folder.at('supervisor.lock');
  const mine = JSON.stringify({ pid: process.pid, identity: identityOf(process.pid) ?? 'unknown' });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (writtenFirst(file, mine) && readText(file) === mine) return () => rmSync(file, { force: true });
    const holder = Holder.safeParse(readJson(file));
    if (holder.success && isSameProcess(holder.data.pid, holder.data.identity)) throw inUse(folder, holder.data.pid);
    rmSync(file, { force: true });
  }
  throw new Conflict(`${folder.path} is being taken by another supervisor at this moment; see whether that one runs`);
};

const writtenFirst = (file: string, text: string): boolean => {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o644 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const inUse = (folder: DataFolder, pid: number): Conflict =>
  new Conflict(
    `another Muster (pid ${pid}) runs on ${folder.path}; stop it with Ctrl-C or kill ${pid}, or give this one a folder of its own with MUSTER_DATA_DIR`,
  );
