import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/free-ports.ts';
import { privateFolder, realSupervisor, runSupervisor, type SupervisorRun } from './run-supervisor.ts';

/** One message, exit code 1, nothing left running. */
const refused = async (run: SupervisorRun): Promise<string> => {
  expect(await run.ended).toBe(1);
  expect(run.processes()).toEqual([]);
  expect(run.errors()).not.toContain('    at ');
  return run.errors();
};

describe('npm start refuses with one clear message', () => {
  test('a port in use: which one, for what, who has it, which variable', async () => {
    const taken = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => void taken.close());
    const said = await refused(await runSupervisor(realSupervisor, { MUSTER_TEMPORAL_UI_PORT: String(port) }));
    expect(said).toContain(`port ${port}`);
    expect(said).toContain('the Temporal UI');
    expect(said).toContain('MUSTER_TEMPORAL_UI_PORT');
    expect(said.trim().split('\n')).toHaveLength(1);
  });

  test('one port wanted for two things', async () => {
    const port = String(await freePort());
    const said = await refused(await runSupervisor(realSupervisor, { MUSTER_PORT: port, MUSTER_SANDBOX_PORT: port }));
    expect(said).toContain('wanted twice');
  });

  test('a variable that makes no sense, all of them at once', async () => {
    const said = await refused(
      await runSupervisor(realSupervisor, { MUSTER_PORT: 'eighty', MUSTER_PUBLIC_URL: 'nowhere' }),
    );
    expect(said).toContain('MUSTER_PORT');
    expect(said).toContain('MUSTER_PUBLIC_URL');
  });

  test('a pack that is broken, with file and line', async () => {
    const folder = privateFolder();
    writeFileSync(join(folder, 'mine.yaml'), 'pack: mine\ntitel: Mine\n');
    const said = await refused(await runSupervisor(realSupervisor, { MUSTER_PACKS_DIR: folder }));
    expect(said).toMatch(/mine\.yaml:2:\d+ titel/);
  });

  test('a remediation policy that is broken, with file and line', async () => {
    const folder = privateFolder();
    writeFileSync(
      join(folder, 'ours.yaml'),
      'kind: RemediationPolicy\napiVersion: muster.dev/v1\nmetadata: { name: ours }\n',
    );
    const said = await refused(await runSupervisor(realSupervisor, { MUSTER_REMEDIATION_DIR: folder }));
    expect(said).toMatch(/ours\.yaml:1:1 spec: missing/);
  });

  test('an unknown flag, and where the flags are listed', async () => {
    const run = await runSupervisor(realSupervisor, { argv: ['--drlil', 'bad-release'] });
    expect(await refused(run)).toContain('--help');
  });

  test('a Temporal CLI that is nowhere, and the ways to get one', async () => {
    const onlyNode = dirname(process.execPath);
    const said = await refused(
      await runSupervisor(realSupervisor, { PATH: onlyNode, MUSTER_CACHE: privateFolder(), argv: ['--no-drill'] }),
    );
    expect(said).toContain('no Temporal CLI');
    expect(said).toContain('TEMPORAL_CLI');
    expect(said).toContain('TEMPORAL_ADDRESS');
  });

  test('a Temporal of ones own that does not answer, before anything is started', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const run = await runSupervisor(realSupervisor, { TEMPORAL_ADDRESS: address });
    expect(await refused(run)).toContain(address);
    expect(existsSync(join(run.folder, 'postgres'))).toBe(false);
  });

  test('a data folder that cannot be one', async () => {
    const folder = privateFolder();
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const run = await runSupervisor(realSupervisor, { MUSTER_DATA_DIR: file });
    expect(await run.ended).toBe(1);
    expect(run.errors()).toContain('MUSTER_DATA_DIR');
  });

  test('secrets that are damaged, instead of making new ones over them', async () => {
    const folder = privateFolder();
    mkdirSync(join(folder, 'logs'));
    writeFileSync(join(folder, 'secrets.json'), '{"MUSTER_TOKEN": ');
    expect(await refused(await runSupervisor(realSupervisor, { folder }))).toContain('secrets.json is damaged');
  });
});

test('--help lists every flag and variable and starts nothing', async () => {
  const run = await runSupervisor(realSupervisor, { argv: ['--help'] });
  expect(await run.ended).toBe(0);
  for (const word of ['--no-drill', '--speed', '--exit', 'MUSTER_PORT', 'DATABASE_URL', '8080']) {
    expect(run.output()).toContain(word);
  }
  expect(existsSync(join(run.folder, 'secrets.json'))).toBe(false);
});
