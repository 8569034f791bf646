import { fileURLToPath } from 'node:url';
import { loadOrganisation } from '../../src/packs/load.ts';

/** The company that comes with Muster. */
export const sandboxFile = fileURLToPath(new URL('../../src/sandbox/organisation.yaml', import.meta.url));
export const sandboxOrganisation = loadOrganisation(sandboxFile);
