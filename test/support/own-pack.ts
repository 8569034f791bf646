import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInPoliciesDir } from '../../src/packs/load.ts';

/**
 * A folder such as MUSTER_PACKS_DIR names, with the guide as the pack `our-own`, whose SEV2 wants an acknowledgement within
 * 7 minutes instead of 5 and holds for 9 instead of 15.
 */
export const ownPacksFolder = (): string => {
  const folder = join(mkdtempSync(join(tmpdir(), 'muster-packs-')), 'packs');
  mkdirSync(folder);
  const guide = readFileSync(`${builtInPoliciesDir}/guide-sev1-sev3.yaml`, 'utf8');
  const [head = '', ...tail] = guide.split('  SEV2:\n');
  const changed = tail
    .join('  SEV2:\n')
    .replace('respondWithin: 5m', 'respondWithin: 7m')
    .replace('for: 15m', 'for: 9m');
  writeFileSync(join(folder, 'our-own.yaml'), `${head}  SEV2:\n${changed}`.replace(/^pack: .*$/m, 'pack: our-own'));
  return folder;
};
