/** Writes what is under deploy anew, manifests and policies: `npm run roles`. Writes nothing while one of them has a fault. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cloudNeeds } from './dependencies.ts';
import { needs } from './needs.ts';
import { iamFiles } from './policies.ts';
import { faultsOfPolicies } from './policy-lint.ts';
import { faultsOfRoles } from './role-lint.ts';
import { roleFiles } from './roles.ts';

const roles = roleFiles(needs);
const policies = iamFiles(cloudNeeds);

const write = (path: string, files: ReadonlyMap<string, string>): void => {
  const folder = fileURLToPath(new URL(`../deploy/${path}`, import.meta.url));
  // An action that is gone leaves no role behind.
  rmSync(folder, { recursive: true, force: true });
  for (const [file, text] of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
};

const faults = [...faultsOfRoles(roles, needs), ...faultsOfPolicies(policies)];
if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\n`);
  process.exitCode = 1;
} else {
  write('kubernetes', roles);
  write('aws', policies);
}
