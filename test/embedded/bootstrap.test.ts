import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { packagesNeedInstalling } from '../../src/embedded/packages.mjs';
import { findTemporalCli, findTestServer, temporalCliPath, testServerPath } from '../../src/embedded/tools.mjs';
import { privateFolder } from './run-supervisor.ts';

const bootstrap = fileURLToPath(new URL('../../src/embedded/bootstrap.mjs', import.meta.url));

const executable = (path: string): string => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '#!/bin/sh\necho v24.0.0\n');
  chmodSync(path, 0o755);
  return path;
};

describe('npm packages are installed when', () => {
  const packages = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0', optional: true },
  };
  const clone = (installed: Record<string, unknown> | null): string => {
    const root = privateFolder();
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
    executable(join(root, 'node_modules', '.bin', 'node'));
    if (installed)
      writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }));
    return root;
  };

  test('there are none, or an installation was interrupted', () => {
    expect(packagesNeedInstalling(clone(null))).toContain('missing or incomplete');
  });
  test('one is of another version than the lockfile says', () => {
    expect(packagesNeedInstalling(clone({ 'node_modules/a': { version: '0.9.0' } }))).toContain('0.9.0');
  });
  test('one is missing', () => {
    expect(packagesNeedInstalling(clone({}))).toContain('node_modules/a is missing');
  });
  test('Node 24 did not come with them', () => {
    const root = clone({ 'node_modules/a': { version: '1.0.0' } });
    rmSync(join(root, 'node_modules', '.bin'), { recursive: true });
    expect(packagesNeedInstalling(root)).toContain('Node 24');
  });
  test('and not when all is there but packages of other platforms', () => {
    expect(packagesNeedInstalling(clone({ 'node_modules/a': { version: '1.0.0' } }))).toBeNull();
  });
});

describe('the Temporal CLI is taken from', () => {
  const cli = (folder: string) => executable(join(folder, 'temporal'));
  const cached = (cache: string) => cli(join(cache, 'temporal-cli-1.5.1'));

  test('TEMPORAL_CLI before PATH before the cache', () => {
    const [named, known, cache] = [cli(privateFolder()), privateFolder(), privateFolder()];
    const onPath = cli(known);
    const inCache = cached(cache);
    expect(findTemporalCli({ TEMPORAL_CLI: named, PATH: known, MUSTER_CACHE: cache })?.path).toBe(named);
    expect(findTemporalCli({ PATH: known, MUSTER_CACHE: cache })?.path).toBe(onPath);
    expect(findTemporalCli({ PATH: '', MUSTER_CACHE: cache })?.path).toBe(inCache);
  });
  test('nowhere else when TEMPORAL_CLI names something that cannot run', () => {
    const known = privateFolder();
    cli(known);
    expect(() => findTemporalCli({ TEMPORAL_CLI: '/nowhere/temporal', PATH: known })).toThrow('/nowhere/temporal');
  });
  test('nowhere, and then the message says what to do', () => {
    const nothing = { PATH: '', MUSTER_CACHE: privateFolder() };
    expect(() => temporalCliPath(nothing)).toThrow(/install it .*TEMPORAL_CLI.*Go 1\.26.*TEMPORAL_ADDRESS/);
    expect(() => testServerPath(nothing)).toThrow(/Java.*Maven.*TEMPORAL_TEST_SERVER/);
  });
});

test('cached archives of the test server are of no use without Java, and of use with it', () => {
  const [cache, java] = [privateFolder(), privateFolder()];
  const wrapper = executable(join(cache, 'test-server-1.38.0', 'temporal-test-server'));
  executable(join(java, 'java'));
  expect(findTestServer({ PATH: '', MUSTER_CACHE: cache })).toBeNull();
  expect(findTestServer({ PATH: java, MUSTER_CACHE: cache })).toBe(wrapper);
});

describe('the pre-hook', () => {
  const run = (command: string, environment: Record<string, string>) =>
    spawnSync(process.execPath, [bootstrap, command], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    });

  test('ends the command with one message when a tool that was named cannot be used', () => {
    const { status, stderr } = run('start', { TEMPORAL_CLI: '/nowhere/temporal' });
    expect(status).toBe(1);
    expect(stderr).toContain('/nowhere/temporal');
    expect(stderr).not.toContain('    at ');
  });
  test('says nothing when everything is there', () => {
    const { status, stdout, stderr } = run('check', {});
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });
});
