import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { World } from './context.ts';

/** The file given, else MUSTER_ORGANISATION, else the sandbox's company. */
export const organisationFileOf = (world: World, given: string | undefined): string => {
  const named = given ?? world.environment.MUSTER_ORGANISATION;
  return named
    ? resolve(world.workingDir, named)
    : fileURLToPath(new URL('../sandbox/organisation.yaml', import.meta.url));
};

/** The folders given, else the one that the variable names, else none. */
export const foldersOf = (
  { environment, workingDir }: World,
  given: readonly string[] | undefined,
  variable: 'MUSTER_PACKS_DIR' | 'MUSTER_REMEDIATION_DIR',
): string[] => {
  const named = environment[variable];
  return (given ?? (named ? [named] : [])).map((dir) => resolve(workingDir, dir));
};
