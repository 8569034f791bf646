/** Is a process id still the process that we mean? Ids are reused; the time a process was started is not. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Start time of a live process in whatever unit the system gives; null when it is gone (or a zombie). */
export const identityOf = (pid: number): string | null => {
  if (!Number.isInteger(pid) || pid <= 1) return null;
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
};

export const isSameProcess = (pid: number, identity: string): boolean => identityOf(pid) === identity;

/** Field 3 is the state, field 22 the start in clock ticks since boot (proc_pid_stat(5)). */
const fromProc = (pid: number): string | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
};

const fromPs = (pid: number): string | null => {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
};
