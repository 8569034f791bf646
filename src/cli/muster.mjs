#!/usr/bin/env node
/** Entry for a shell: main.ts needs Node 24, which the project brings along; an older Node on PATH hands over to it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [major = 0] = process.versions.node.split('.').map(Number);

if (major >= 24) await import('./main.ts');
else {
  const ours = here('../../node_modules/.bin/node');
  if (!existsSync(ours)) {
    console.error(
      `muster: needs Node 24 and this is ${process.versions.node}; run "npm ci" in ${here('../..')}, which brings it`,
    );
    process.exit(1);
  }
  const { status } = spawnSync(ours, [here('./main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}
