/**
 * Puts in place what a command needs: packages, Node 24, the Temporal CLI, the test server, the built pages,
 * the bundled workflows.
 * Runs before `npm start`, `npm test` and `npm run check` on whatever Node (18 or newer) the machine has, with nothing
 * installed. On a machine that has everything it takes a fraction of a second and says nothing.
 *
 *   node src/embedded/bootstrap.mjs start | test | check
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { obtainTemporalCli, obtainTestServer } from './obtain.mjs';
import { installPackages } from './packages.mjs';
import { Obstacle, say } from './progress.mjs';
import { chromiumPath } from './tools.mjs';
import { buildPages } from './web-pages.mjs';
import { bundleWorkflows } from './workflows.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const steps = {
  check: async () => {
    await installPackages(root);
  },
  start: async () => {
    await installPackages(root);
    if (!process.env.TEMPORAL_ADDRESS) await obtainTemporalCli(root, { required: true });
    await buildPages(root);
    await bundleWorkflows(root);
  },
  test: async () => {
    await installPackages(root);
    await obtainTemporalCli(root, { required: true });
    await obtainTestServer(root);
    await buildPages(root);
    await bundleWorkflows(root);
    if (!chromiumPath()) {
      say(
        'NO CHROMIUM: the tests of the pages will be skipped. Debian: apt-get install chromium; or name one in CHROMIUM.',
      );
    }
  },
};

const [command = ''] = process.argv.slice(2);
const [majorVersion = 0] = process.versions.node.split('.').map(Number);
try {
  if (majorVersion < 18)
    throw new Obstacle(`this is Node ${process.versions.node}; any Node from 18 on will do to begin with`);
  const step = steps[command];
  if (!step) throw new Obstacle(`bootstrap.mjs needs one of: ${Object.keys(steps).join(', ')}`);
  await step();
} catch (error) {
  if (!(error instanceof Obstacle)) throw error;
  process.stderr.write(`muster: ${error.message}\n`);
  process.exitCode = 1;
}
