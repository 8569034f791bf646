/** YAML files of folders, with what cannot be read as faults beside the others. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InvalidInput } from '../domain/errors.ts';
import { type Fault, refuse } from './fault.ts';

/** Every .yaml and .yml of a folder in order, not deeper. Throws InvalidInput that names the variable of the folder. */
export const yamlFiles = (dir: string, variable: string): string[] => {
  try {
    return readdirSync(dir)
      .filter((name) => /\.ya?ml$/.test(basename(name)))
      .sort()
      .map((name) => join(dir, name));
  } catch {
    throw refuse([unreadable(dir, `this folder cannot be read; correct ${variable} or create it`)]);
  }
};

export const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw refuse([unreadable(file, 'this file cannot be read; correct its path or create it')]);
  }
};

export const unreadable = (file: string, message: string): Fault => ({
  file,
  line: 1,
  column: 1,
  path: '(file)',
  message,
});

/** The value, or null with its faults noted (only `refuse` throws InvalidInput in this room); other errors go on up. */
export const collect = <Value>(faults: Fault[], read: () => Value): Value | null => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    faults.push(...(error.faults as Fault[]));
    return null;
  }
};
