/** npm packages: installed when they are missing or are not those of the lockfile. Plain Node >= 18. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { lastLines, Obstacle, runWithProgress, say, seconds } from './progress.mjs';

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * What keeps node_modules from being the lockfile's, or null. npm writes node_modules/.package-lock.json at the very
 * end of an installation, so an interrupted one is noticed, and comparing versions needs no stamp of our own.
 * Optional packages of other platforms may be absent.
 */
export const packagesNeedInstalling = (root) => {
  const installedPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedPath)) return 'node_modules is missing or incomplete';
  const wanted = readJson(join(root, 'package-lock.json')).packages;
  const installed = readJson(installedPath).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.link) continue;
    const there = installed[path];
    if (!there && (entry.optional || entry.devOptional || entry.peer)) continue;
    if (!there) return `${path} is missing`;
    if (there.version !== entry.version) return `${path} is ${there.version}, the lockfile says ${entry.version}`;
  }
  if (!runsNode24(root)) return 'node_modules/.bin/node is not Node 24';
  return null;
};

export const nodePath = (root) =>
  join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');

const runsNode24 = (root) => {
  const answer = spawnSync(nodePath(root), ['--version'], { encoding: 'utf8' });
  return Number(/^v(\d+)/.exec(answer.stdout ?? '')?.[1] ?? 0) >= 24;
};

/** npm must not run on the Node that it is about to replace, nor take this script for its own. */
const cleanEnvironment = (root) => {
  const environment = { ...process.env };
  for (const name of Object.keys(environment)) {
    if (/^npm_(lifecycle|package|command|execpath|node_execpath)/.test(name)) delete environment[name];
  }
  const ours = join(root, 'node_modules', '.bin');
  environment.PATH = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== ours)
    .join(delimiter);
  return environment;
};

/** npm prints its reason first, then a page of usage. */
const npmReason = (tail) => {
  const reasons = tail
    .split('\n')
    .filter((line) => /^npm error \S/.test(line) && !/aliases:|Run "npm help|--\w/.test(line));
  return lastLines(reasons.slice(0, 6).join('\n') || tail);
};

export const installPackages = async (root) => {
  const reason = packagesNeedInstalling(root);
  if (reason === null) return;
  say(`installing npm packages, because ${reason}`);
  const run = await runWithProgress('installing npm packages', 'npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    env: cleanEnvironment(root),
  });
  if (!run.ok) {
    throw new Obstacle(
      `npm ci failed${run.because ? ` (${run.because})` : ''}; it says:\n${npmReason(run.tail)}\n  Check that the npm registry can be reached (npm ping), then run the command again.`,
    );
  }
  const left = packagesNeedInstalling(root);
  if (left !== null) {
    throw new Obstacle(
      `npm ci succeeded, yet ${left}. Node 24 comes from the npm package "node", whose install script must be allowed to run: npm config get ignore-scripts should say false; then: npm rebuild node`,
    );
  }
  say(`npm packages are there (${seconds(run.elapsedMs)})`);
};
