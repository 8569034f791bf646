/** Runs a supervisor as a process of its own on private ports and a private folder, and reads what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { identityOf } from '../../src/embedded/process-identity.ts';
import type { ListedProcess } from '../../src/embedded/process-list.ts';

export const realSupervisor = fileURLToPath(new URL('../../src/embedded/supervisor.ts', import.meta.url));
export const standInSupervisor = fileURLToPath(new URL('./stand-in-supervisor.ts', import.meta.url));

export const privateFolder = (): string => mkdtempSync(join(process.env.MUSTER_TEST_FOLDER ?? tmpdir(), 'supervisor-'));

export interface SupervisorRun {
  process: ChildProcess;
  folder: string;
  output: () => string;
  errors: () => string;
  ended: Promise<number | null>;
  processes: () => ListedProcess[];
  events: () => string[];
}

/** Ended by force after the test, together with whatever it left running. */
export const runSupervisor = async (
  source: string,
  {
    folder = privateFolder(),
    argv = [],
    ...environment
  }: Record<string, string | string[] | undefined> & {
    folder?: string;
    argv?: string[];
  } = {},
): Promise<SupervisorRun> => {
  const [port, temporalPort, uiPort] = [await freePort(), await freePort(), await freePort()];
  const child = spawn(process.execPath, [source, ...argv], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      MUSTER_DATA_DIR: folder,
      MUSTER_PORT: String(port),
      MUSTER_TEMPORAL_PORT: String(temporalPort),
      MUSTER_TEMPORAL_UI_PORT: String(uiPort),
      MUSTER_SANDBOX_PORT: String(await freePort()),
      ...(environment as Record<string, string | undefined>),
    },
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const processes = (): ListedProcess[] => JSON.parse(textOf(join(folder, 'processes.json')) || '[]');
  onTestFinished(async () => {
    const left = processes();
    child.kill('SIGKILL');
    for (const { pid } of left) killQuietly(pid);
    await ended;
  });
  const events = () => textOf(join(folder, 'events')).trim().split('\n');
  return { process: child, folder, output: () => output, errors: () => errors, ended, processes, events };
};

/** Looks again until it is true; fails with what was seen last. */
export const until = async (what: string, isTrue: () => boolean, seen: () => unknown = () => '', limitMs = 20_000) => {
  const deadline = Date.now() + limitMs;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}; last seen: ${String(seen())}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** One that has ended and waits for the init process to take notice is not alive. */
export const isAlive = (pid: number): boolean => identityOf(pid) !== null;

const killQuietly = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
};

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
