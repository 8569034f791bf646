import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { bundleName } from '../src/embedded/bundle-name.mjs';
import { cacheFolder } from '../src/embedded/tools.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The same file runs from the sources and, built, from dist. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const nodeMajor = Number(process.versions.node.split('.')[0]);
const bundlesKept = 3;

export const workflowsPath = join(root, 'workflows', `index${extension}`);

/** Where bundles are kept between starts, best first: the user's cache, which all data folders share, then this one. */
export const bundleCacheDirs = (dataDir: string): string[] => [cacheFolder(), join(dataDir, 'cache')];

/**
 * The workflows as one text, bundled anew only when their sources, Temporal's SDK or Node changed: that takes seconds,
 * reading it milliseconds. The name in the cache is the hash of what it was made of, so that a stale one is never
 * read, and it appears whole, so that two processes may bundle at once. A cache that cannot be written is done without.
 */
export const workflowBundle = async (...cacheDirs: string[]): Promise<{ code: string; cached: boolean }> => {
  const name = bundleName(root, { nodeMajor, extension });
  for (const folder of cacheDirs) {
    const code = readWhole(join(folder, name));
    if (code !== null) return { code, cached: true };
  }
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  cacheDirs.some((folder) => keep(folder, name, code));
  return { code, cached: false };
};

const readWhole = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8') || null;
  } catch {
    return null;
  }
};

/** False when the folder cannot be written: the next start bundles again. */
const keep = (folder: string, name: string, code: string): boolean => {
  try {
    mkdirSync(folder, { recursive: true });
    const draft = join(folder, `${name}.${randomUUID()}`);
    writeFileSync(draft, code, { flush: true });
    renameSync(draft, join(folder, name));
    prune(folder);
    return true;
  } catch {
    return false;
  }
};

/** Another process may prune at the same time. */
const prune = (folder: string): void => {
  const bundles = readdirSync(folder)
    .filter((name) => /^workflows-[0-9a-f]+\.js$/.test(name))
    .map((name) => ({ name, at: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((left, right) => right.at - left.at);
  for (const { name } of bundles.slice(bundlesKept)) rmSync(join(folder, name), { force: true });
};
