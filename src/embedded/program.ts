/** Starts one program in a session of its own, its output in a log file; Ctrl-C in our terminal does not reach it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Unavailable } from '../domain/errors.ts';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** One life of a child process. */
export interface Running {
  pid: number;
  port?: number;
  /** Resolves once, when the process has ended for whatever reason. */
  exited: Promise<Exit>;
  /** Asks it to end and insists when it does not. Idempotent; resolves when it has ended. */
  stop(): Promise<void>;
  /** Place in the log file where this life begins. */
  logStart: number;
}

export interface Program {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  logFile: string;
  port?: number;
  /** How long it may drain before it is ended by force. */
  stopWithinMs: number;
}

/** Throws Unavailable when the program cannot be run at all. */
export const runProgram = async (program: Program): Promise<Running> => {
  rotate(program.logFile);
  const log = openSync(program.logFile, 'a', 0o600);
  const logStart = sizeOf(program.logFile);
  // What the children keep in the data folder is for its owner alone.
  const usual = process.umask(0o077);
  const child = spawn(program.command, program.args, {
    cwd: program.cwd,
    env: program.env,
    detached: true,
    stdio: ['ignore', log, log],
  });
  process.umask(usual);
  closeSync(log);
  const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new Unavailable(`cannot run ${program.command}: ${error.message}`, error)));
  });
  child.on('error', () => {});
  return {
    pid: child.pid ?? 0,
    ...(program.port === undefined ? {} : { port: program.port }),
    exited,
    stop: () => end(child, exited, program.stopWithinMs),
    logStart,
  };
};

const end = async (child: ChildProcess, exited: Promise<Exit>, patienceMs: number): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  const given = new AbortController();
  const patience = pause(patienceMs, 'late', { signal: given.signal }).catch(() => 'ended');
  if ((await Promise.race([exited, patience])) === 'late') killGroup(child.pid ?? 0);
  given.abort();
  await exited;
};

/** The process and whatever it started: it leads a group of its own. */
export const killGroup = (pid: number): void => {
  if (pid <= 1) return;
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // ended meanwhile
    }
  }
};

const logBytesMax = 20_000_000;

const rotate = (file: string): void => {
  if (sizeOf(file) > logBytesMax) renameSync(file, `${file}.1`);
};

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** What one life of a process said so far. */
export const logSince = (file: string, start: number): string => {
  try {
    return readFileSync(file).subarray(start).toString('utf8');
  } catch {
    return '';
  }
};

/** The last lines a person would look at; of JSON lines only level, message and error. */
export const lastLogLines = (file: string, start = 0, count = 12): string[] =>
  logSince(file, start)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .map(shorten);

const shorten = (line: string): string => {
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return [msg, err?.message].filter((part) => part !== undefined).join(': ') || line.slice(0, 400);
  } catch {
    return line.slice(0, 400);
  }
};
