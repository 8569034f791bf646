/** Bundles the workflows into the cache when no bundle of their present sources is there. Plain Node >= 18. */
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleName } from './bundle-name.mjs';
import { nodePath } from './packages.mjs';
import { runWithProgress, say, seconds } from './progress.mjs';
import { cacheFolder } from './tools.mjs';

/** Never fails: a worker that finds no bundle makes one itself, only later. */
export const bundleWorkflows = async (root) => {
  if (!existsSync(join(root, 'worker', 'bundle-ahead.ts'))) return;
  if (existsSync(join(cacheFolder(), bundleName(root, { nodeMajor: nodeMajorOf(root) })))) return;
  if (!isWritable(cacheFolder())) return;
  say('bundling the workflows, because their sources have changed');
  const run = await runWithProgress('bundling the workflows', nodePath(root), ['worker/bundle-ahead.ts'], {
    cwd: root,
    limitMs: 2 * 60_000,
  });
  say(
    run.ok
      ? `the workflows are bundled (${seconds(run.elapsedMs)})`
      : 'the workflows could not be bundled now; the worker will do it, or say why not',
  );
};

/** Of the Node that runs the worker, which need not be this one. */
const nodeMajorOf = (root) =>
  Number.parseInt(JSON.parse(readFileSync(join(root, 'node_modules', 'node', 'package.json'), 'utf8')).version, 10);

const isWritable = (folder) => {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};
