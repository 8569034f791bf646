/** A supervisor that was killed leaves its children behind; the next one ends them before it starts its own. */
import { setTimeout as pause } from 'node:timers/promises';
import type { DataFolder } from './data-folder.ts';
import { isSameProcess } from './process-identity.ts';
import { type KnownChild, knownChildren } from './process-list.ts';

const patienceMs = 10_000;

/** The order in which children stop: nothing is asked of a process that has gone before. */
export const stopOrder = [['api'], ['worker', 'remediation-worker'], ['sandbox'], ['temporal'], ['postgres']];

export const stopStrays = async (folder: DataFolder, log: (line: string) => void): Promise<void> => {
  const strays = knownChildren(folder).filter(({ pid, identity }) => isSameProcess(pid, identity));
  if (strays.length === 0) return;
  log(
    `ending what a killed supervisor left behind: ${strays.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')}`,
  );
  const ordered = stopOrder.map((names) => strays.filter(({ name }) => names.includes(name)));
  const others = strays.filter(({ name }) => !stopOrder.flat().includes(name));
  for (const together of [others, ...ordered]) await Promise.all(together.map(end));
};

const end = async (stray: KnownChild): Promise<void> => {
  // PostgreSQL waits for its clients on SIGTERM; SIGINT is its fast shutdown.
  signalTo(stray.pid, stray.name === 'postgres' ? 'SIGINT' : 'SIGTERM');
  const deadline = Date.now() + patienceMs;
  while (isSameProcess(stray.pid, stray.identity)) {
    if (Date.now() > deadline) signalTo(stray.pid, 'SIGKILL');
    await pause(50);
  }
};

const signalTo = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // gone in the meantime, which is what we want
  }
};
