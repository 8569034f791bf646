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
