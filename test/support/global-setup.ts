import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Once per run of the tests. Starts nothing: a test that needs a server starts its own. Gives every test file a common
 * folder for what it leaves behind, removed at the end, and keeps the machine's own configuration out of the tests.
 */
export const setup = (): (() => void) => {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 24) throw new Error(`the tests run on Node 24, not ${process.versions.node}; use npm test`);
  for (const name of Object.keys(process.env)) {
    if (
      /^(MUSTER_(?!CACHE)|SLACK_|PAGERDUTY_|STATUSPAGE_|KUBECONFIG$|DATABASE_URL$|TEMPORAL_(ADDRESS|NAMESPACE)$)/.test(
        name,
      )
    ) {
      delete process.env[name];
    }
  }
  const folder = join(tmpdir(), `muster-tests-${process.pid}`);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  process.env.MUSTER_TEST_FOLDER = folder;
  return () => rmSync(folder, { recursive: true, force: true });
};
