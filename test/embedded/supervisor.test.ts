import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAlive, privateFolder, runSupervisor, standInSupervisor, until } from './run-supervisor.ts';

const fleet = 'postgres,temporal,sandbox|api,worker,remediation-worker';
const names = (processes: { name: string }[]) => processes.map(({ name }) => name).sort();

const started = async (environment: Parameters<typeof runSupervisor>[1] = {}) => {
  const run = await runSupervisor(standInSupervisor, { FLEET: fleet, ...environment });
  await until(
    'everything is up',
    () => run.output().includes('everything is up'),
    () => run.output() + run.errors(),
  );
  return run;
};

describe('the list of processes', () => {
  test('names every child with a pid that lives', async () => {
    const run = await started();
    expect(names(run.processes())).toEqual(['api', 'postgres', 'remediation-worker', 'sandbox', 'temporal', 'worker']);
    expect(run.processes().every(({ pid }) => isAlive(pid))).toBe(true);
  });

  test('is empty once everything is stopped', async () => {
    const run = await started();
    const pids = run.processes().map(({ pid }) => pid);
    run.process.kill('SIGINT');
    expect(await run.ended).toBe(0);
    expect(run.processes()).toEqual([]);
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

describe('a child that dies', () => {
  test('is started again and listed anew', async () => {
    const run = await started();
    const before = run.processes().find(({ name }) => name === 'worker')?.pid ?? 0;
    process.kill(before, 'SIGKILL');
    const present = () => run.processes().find(({ name }) => name === 'worker')?.pid ?? before;
    await until(
      'another worker is listed',
      () => present() !== before,
      () => run.output(),
    );
    await until(
      'it is ready',
      () => run.output().includes('worker works again'),
      () => run.output(),
    );
    expect(isAlive(present())).toBe(true);
    expect(isAlive(before)).toBe(false);
  });

  test('is not listed while it is dead', async () => {
    const run = await started();
    const worker = run.processes().find(({ name }) => name === 'worker')?.pid ?? 0;
    process.kill(worker, 'SIGKILL');
    await until('the dead one is gone from the list', () => !run.processes().some(({ pid }) => pid === worker));
  });

  test('five times while starting ends everything, with its last words', async () => {
    const run = await runSupervisor(standInSupervisor, { FLEET: 'sandbox,api:dying' });
    expect(await run.ended).toBe(1);
    expect(run.errors()).toContain('api died 5 times while starting');
    expect(run.errors()).toContain('its disk is full');
    expect(run.processes()).toEqual([]);
    expect(run.events().filter((event) => event === 'started api')).toHaveLength(5);
    expect(run.events()).toContain('stopped sandbox');
  });
});

describe('stopping', () => {
  test('goes from who asks to who is asked: api, workers, sandbox, Temporal, PostgreSQL', async () => {
    const run = await started();
    run.process.kill('SIGTERM');
    expect(await run.ended).toBe(0);
    const stopped = run.events().filter((event) => event.startsWith('stopped'));
    expect([stopped[0], ...stopped.slice(1, 3).sort(), ...stopped.slice(3)]).toEqual([
      'stopped api',
      'stopped remediation-worker',
      'stopped worker',
      'stopped sandbox',
      'stopped temporal',
      'stopped postgres',
    ]);
  });

  test('insists when a child does not listen', async () => {
    const run = await started({ FLEET: 'sandbox:deaf' });
    const pid = run.processes()[0]?.pid ?? 0;
    run.process.kill('SIGINT');
    expect(await run.ended).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  test('reaches the supervisor alone: its children lead groups of their own', async () => {
    const run = await started();
    for (const { pid } of run.processes()) {
      const [, , group] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      expect(Number(group)).toBe(pid);
    }
  });
});

describe('one folder, one supervisor', () => {
  test('a second one is refused by name and changes nothing', async () => {
    const first = await started();
    const second = await runSupervisor(standInSupervisor, { FLEET: fleet, folder: first.folder });
    expect(await second.ended).toBe(1);
    expect(second.errors()).toContain(`another Muster (pid ${first.process.pid})`);
    expect(second.errors().trim().split('\n')).toHaveLength(1);
    expect(first.processes()).toHaveLength(6);
    expect(first.processes().every(({ pid }) => isAlive(pid))).toBe(true);
  });

  test('the one after a killed one ends what was left behind, and runs', async () => {
    const first = await started();
    const orphans = first.processes().map(({ pid }) => pid);
    first.process.kill('SIGKILL');
    await first.ended;
    expect(orphans.every(isAlive)).toBe(true);
    const second = await started({ folder: first.folder });
    expect(orphans.filter(isAlive)).toEqual([]);
    expect(second.output()).toContain('left behind');
    expect(second.processes()).toHaveLength(6);
  });

  test('a process that merely has the number of an old child is left alone', async () => {
    const folder = privateFolder();
    const children = [{ name: 'worker', pid: process.pid, identity: 'another start' }];
    writeFileSync(join(folder, 'supervisor.json'), JSON.stringify({ pid: 1, port: 1, url: '', children }));
    const run = await started({ folder });
    expect(run.output()).not.toContain('left behind');
    expect(isAlive(process.pid)).toBe(true);
  });
});

describe('secrets', () => {
  test('are made once, for their owner alone, and stay the same', async () => {
    const first = await started({ FLEET: 'sandbox' });
    const file = join(first.folder, 'secrets.json');
    const text = readFileSync(file, 'utf8');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(first.folder).mode & 0o777).toBe(0o711);
    first.process.kill('SIGTERM');
    await first.ended;
    await started({ FLEET: 'sandbox', folder: first.folder });
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('a token of the environment wins and is neither kept nor shown', async () => {
    const token = 'a-token-of-ones-own-0123456789';
    const run = await started({ FLEET: 'sandbox', MUSTER_TOKEN: token });
    expect(run.output()).not.toContain(token);
    expect(readFileSync(join(run.folder, 'secrets.json'), 'utf8')).not.toContain(token);
  });
});

describe('killing a child on request', () => {
  const door = (folder: string) => JSON.parse(readFileSync(join(folder, 'supervisor.json'), 'utf8')).url as string;
  const ask = (url: string, token: string) =>
    fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } });

  test('is done for whoever has the token, and the worker comes back', async () => {
    const token = 'a-token-of-ones-own-0123456789';
    const run = await started({ MUSTER_TOKEN: token });
    const before = run.processes().find(({ name }) => name === 'worker')?.pid ?? 0;
    const answer = await ask(`${door(run.folder)}/processes/worker/kill`, token);
    expect(answer.status).toBe(202);
    await until(
      'the worker works again',
      () => run.output().includes('worker works again'),
      () => run.output(),
    );
    expect(isAlive(before)).toBe(false);
  });

  test('is refused without the token, and for a name that does not run', async () => {
    const token = 'a-token-of-ones-own-0123456789';
    const run = await started({ MUSTER_TOKEN: token });
    const before = run.processes();
    expect((await ask(`${door(run.folder)}/processes/worker/kill`, 'wrong')).status).toBe(401);
    expect((await ask(`${door(run.folder)}/processes/nobody/kill`, token)).status).toBe(404);
    expect(run.processes()).toEqual(before);
  });
});
