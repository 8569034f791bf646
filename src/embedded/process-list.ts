/** Who runs now, kept true on disk for people, pages and tests, and for the next start when we are killed. */
import { rmSync } from 'node:fs';
import { z } from 'zod';
import { type DataFolder, readJson, writeWhole } from './data-folder.ts';
import { identityOf } from './process-identity.ts';

export interface ListedProcess {
  name: string;
  pid: number;
  port?: number;
  startedAt?: string;
  /** When it began to do its work; absent while it is still starting. */
  readyAt?: string;
}

const SupervisorFile = z.object({
  children: z.array(z.object({ name: z.string(), pid: z.number().int(), identity: z.string() })),
});
export type KnownChild = z.infer<typeof SupervisorFile>['children'][number];

export interface ProcessList {
  add(entry: ListedProcess): void;
  remove(name: string): void;
  entries(): ListedProcess[];
  /** The folder is given up: nothing runs any more. */
  close(): void;
}

export const openProcessList = (folder: DataFolder, control: { port: number; url: string }): ProcessList => {
  const listed = new Map<string, ListedProcess>();
  const write = () => {
    const entries = [...listed.values()];
    const children = entries.map(({ name, pid }) => ({ name, pid, identity: identityOf(pid) ?? 'gone' }));
    // The children first: should we die between the two, the next start knows all of them.
    writeWhole(
      folder.at('supervisor.json'),
      `${JSON.stringify({ pid: process.pid, ...control, children }, null, 2)}\n`,
    );
    writeWhole(folder.at('processes.json'), `${JSON.stringify(entries, null, 2)}\n`);
  };
  write();
  return {
    add: (entry) => {
      listed.set(entry.name, entry);
      write();
    },
    remove: (name) => {
      if (listed.delete(name)) write();
    },
    entries: () => [...listed.values()],
    close: () => {
      listed.clear();
      writeWhole(folder.at('processes.json'), '[]\n');
      rmSync(folder.at('supervisor.json'), { force: true });
    },
  };
};

/** Children that an earlier supervisor on this folder wrote down; some may still run. */
export const knownChildren = (folder: DataFolder): KnownChild[] => {
  const result = SupervisorFile.safeParse(readJson(folder.at('supervisor.json')));
  return result.success ? result.data.children : [];
};
