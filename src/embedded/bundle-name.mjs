/** The name of the bundled workflows: one per state of what they are made of. Plain Node >= 18, for the bootstrap. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Everything a workflow may import values from. */
const sources = ['workflows', 'src/domain', 'src/schema', 'activities'];

/** `workflows-<hash>.js`; the hash changes with every source, Temporal's SDK and Node's major version. */
export const bundleName = (root, { nodeMajor, extension = '.ts' }) => {
  const sdk = createRequire(join(root, 'package.json'))('@temporalio/worker/package.json');
  const hash = createHash('sha256').update(JSON.stringify([sdk.version, nodeMajor]));
  for (const folder of sources) {
    for (const name of filesBelow(join(root, folder)).sort()) {
      if (!name.endsWith(extension)) continue;
      hash.update(`\n${folder}/${name}\n`).update(readFileSync(join(root, folder, name)));
    }
  }
  return `workflows-${hash.digest('hex').slice(0, 20)}.js`;
};

const filesBelow = (folder, prefix = '') =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name), `${prefix}${entry.name}/`) : [`${prefix}${entry.name}`],
  );
