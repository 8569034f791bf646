/** Builds the pages into dist/web when their sources have changed since the last build. Plain Node >= 18. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { nodePath } from './packages.mjs';
import { lastLines, Obstacle, runWithProgress, say, seconds } from './progress.mjs';

const stampPath = (root) => join(root, 'dist', 'web', '.built-from');

const filesUnder = (folder) =>
  readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesUnder(path) : [path];
    })
    .sort();

/** Names the state of everything that goes into the bundle: the pages, the shapes and decisions they share, the packages. */
const fingerprint = (root) => {
  const hash = createHash('sha256');
  const folders = ['src/web', 'src/schema', 'src/domain'].map((name) => join(root, name)).filter(existsSync);
  for (const path of [...folders.flatMap(filesUnder), join(root, 'package-lock.json')]) {
    hash
      .update(`${relative(root, path)}\0`)
      .update(readFileSync(path))
      .update('\0');
  }
  return hash.digest('hex');
};

const builtFrom = (root) => {
  try {
    return readFileSync(stampPath(root), 'utf8');
  } catch {
    return null;
  }
};

export const buildPages = async (root) => {
  if (!existsSync(join(root, 'src', 'web', 'vite.config.ts'))) return;
  const now = fingerprint(root);
  if (builtFrom(root) === now) return;
  say('building the web pages, because their sources have changed');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const run = await runWithProgress('building the web pages', nodePath(root), [vite, 'build', 'src/web'], {
    cwd: root,
    limitMs: 5 * 60_000,
  });
  if (!run.ok) throw new Obstacle(`the web pages could not be built; the build says:\n${lastLines(run.tail, 15)}`);
  mkdirSync(join(root, 'dist', 'web'), { recursive: true });
  writeFileSync(stampPath(root), now);
  say(`the web pages are built (${seconds(run.elapsedMs)})`);
};
