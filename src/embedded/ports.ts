/** Ports are looked at before anything starts, so that a taken one is one clear message and not five log files. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { Conflict } from '../domain/errors.ts';

export interface PortWish {
  port: number;
  /** Variable a person would change. */
  variable: string;
  purpose: string;
}

/** Throws one Conflict that names every taken port, its variable, and its holder where the system tells. */
export const checkPorts = async (wishes: PortWish[]): Promise<void> => {
  const taken: string[] = [];
  const seen = new Map<number, PortWish>();
  for (const wish of wishes) {
    const twin = seen.get(wish.port);
    seen.set(wish.port, wish);
    if (twin) {
      taken.push(
        `port ${wish.port} is wanted twice, for ${twin.purpose} (${twin.variable}) and ${wish.purpose} (${wish.variable})`,
      );
      continue;
    }
    const trouble = await probe(wish.port);
    if (trouble === null) continue;
    const holder = trouble === 'EADDRINUSE' ? (holderOf(wish.port) ?? 'another program, maybe another Muster') : null;
    const what = holder ? `is in use by ${holder}` : `cannot be opened (${trouble})`;
    taken.push(
      `port ${wish.port}, needed for ${wish.purpose}, ${what}; end that or set ${wish.variable} to another port`,
    );
  }
  if (taken.length > 0) throw new Conflict(taken.join('\n'));
};

const probe = (port: number): Promise<string | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(null)));
  });

/** Linux: the socket's inode in /proc/net/tcp, then whose it is among the processes that we may look at. */
const holderOf = (port: number): string | null => {
  try {
    const wanted = port.toString(16).toUpperCase().padStart(4, '0');
    const listening = '0A';
    const inodes = ['/proc/net/tcp', '/proc/net/tcp6']
      .flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(1))
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[1]?.endsWith(`:${wanted}`) && fields[3] === listening)
      .map((fields) => `socket:[${fields[9]}]`);
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (holdsSocket(pid, inodes)) {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, 2).join(' ').trim();
        return `pid ${pid} (${command.slice(0, 80)})`;
      }
    }
  } catch {
    // not Linux, or not ours to see: the message does without the name
  }
  return null;
};

const holdsSocket = (pid: string, inodes: string[]): boolean => {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.includes(readlinkSync(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false;
  }
};
