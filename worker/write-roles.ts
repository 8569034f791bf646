/** Writes the manifests of deploy/kubernetes anew: `npm run roles`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from './needs.ts';
import { roleFiles } from './roles.ts';

const folder = fileURLToPath(new URL('../deploy/kubernetes', import.meta.url));
// An action that is gone leaves no role behind.
rmSync(join(folder, 'rbac'), { recursive: true, force: true });
for (const [path, text] of roleFiles(needs)) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
