/** Runs a supervisor as a process of its own on private ports and a private folder, and reads what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { identityOf } from '../../src/embedded/process-identity.ts';
import type { ListedProcess } from '../../src/embedded/process-list.ts';
import { productPorts } from '../support/free-ports.ts';

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
  const child = spawn(process.execPath, [source, ...argv], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      MUSTER_DATA_DIR: folder,
      ...(await productPorts()),
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
