/** The api as a process, on a PostgreSQL of its own and without Temporal: what was accepted survives kill -9 and outages. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RunningPostgres, startPostgres } from '../../src/embedded/postgres.ts';
import { freePort } from '../support/free-ports.ts';
import { endWithTestProcess, temporaryServerFolder } from '../support/postgres.ts';
import { eventually } from './harness.ts';

const token = 'token-of-the-operator';
const entry = fileURLToPath(new URL('../../src/api/main.ts', import.meta.url));
let folder: string;
let postgres: RunningPostgres;
let dataDir: string;
beforeAll(async () => {
  folder = await temporaryServerFolder();
  postgres = await startPostgres({ dataDir: folder });
  endWithTestProcess(postgres, folder);
  dataDir = await mkdtemp(join(tmpdir(), 'muster-api-process-'));
});
afterAll(async () => {
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
});

interface Api {
  url: string;
  exited: Promise<number | string | null>;
  child: ChildProcess;
  output: () => string;
}
const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

const start = async (more: Record<string, string> = {}): Promise<Api> => {
  const port = await freePort();
  let output = '';
  const child = spawn(process.execPath, [entry], {
    env: {
      PATH: process.env.PATH,
      MUSTER_PORT: String(port),
      MUSTER_TOKEN: token,
      MUSTER_DATA_DIR: dataDir,
      DATABASE_URL: postgres.url,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      ...more,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  const exited = new Promise<number | string | null>((resolve) => {
    child.on('exit', (code, signal) => resolve(signal ?? code));
  });
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`the api ended: ${output}`);
    return (await statusOf(`${url}/readyz`)) === 200;
  }, 30_000);
  return { url, exited, child, output: () => output };
};

const statusOf = async (url: string): Promise<number | null> => {
  try {
    return (await fetch(url)).status;
  } catch {
    return null;
  }
};
const post = async (
  api: Api,
  alert: object,
): Promise<{ status: number; receipt: string; incidents: string[] } | null> => {
  try {
    const answer = await fetch(`${api.url}/webhooks/generic`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(alert),
    });
    return { status: answer.status, ...((await answer.json()) as { receipt: string; incidents: string[] }) };
  } catch {
    return null;
  }
};
const rows = async (statement: string, values: string[] = []): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement, values)).rows;
  } finally {
    await client.end();
  }
};
const incidentsCalled = (title: string) => rows(`select id from incident where view ->> 'title' = $1`, [title]);

describe('an api process', () => {
  test('that is asked to stop answers what it has begun and ends well', async () => {
    const api = await start();
    expect((await post(api, { title: 'before the end' }))?.status).toBe(202);
    api.child.kill('SIGTERM');
    expect(await api.exited).toBe(0);
  });

  test('that is misconfigured names every fault at once and ends', async () => {
    const port = await freePort();
    const child = spawn(process.execPath, [entry], {
      env: { PATH: process.env.PATH, MUSTER_PORT: String(port), MUSTER_TOKEN: 'short', MUSTER_PUBLIC_URL: 'nowhere' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(code).toBe(1);
    expect(output).toContain('MUSTER_TOKEN');
    expect(output).toContain('MUSTER_PUBLIC_URL');
  });

  test.each([
    ['intake:before-commit', false],
    ['intake:after-commit', true],
    ['intake:before-answer', true],
  ])('killed at %s loses nothing: the sender asks again and there is one incident', async (point, committed) => {
    const title = `killed at ${point}`;
    const alert = { title, startsAt: '2026-03-02T09:41:00Z' };
    const dying = await start({ MUSTER_FAILPOINT: `${point}@${join(dataDir, `marker-${point.replace(':', '-')}`)}` });
    expect(await post(dying, alert)).toBeNull();
    expect(await dying.exited).toBe('SIGKILL');
    expect(await incidentsCalled(title)).toHaveLength(committed ? 1 : 0);
    const again = await start();
    const answer = await post(again, alert);
    expect(answer?.status).toBe(committed ? 200 : 202);
    const incidents = await incidentsCalled(title);
    expect(incidents).toHaveLength(1);
    expect(answer?.incidents).toEqual([incidents[0]?.id]);
    expect(await rows('select id from delivery where body = $1', [JSON.stringify(alert)])).toHaveLength(1);
    again.child.kill('SIGTERM');
    expect(await again.exited).toBe(0);
  });
});

describe('while PostgreSQL is away', () => {
  test('deliveries go to disk, survive kill -9, and are committed once it is back', async () => {
    const title = 'spooled';
    const api = await start();
    await postgres.stop();
    const answer = await post(api, { title, startsAt: '2026-03-02T09:41:00Z' });
    expect(answer?.status).toBe(202);
    expect(answer?.receipt).toMatch(/\w/);
    expect(await statusOf(`${api.url}/readyz`)).toBe(200);
    api.child.kill('SIGKILL');
    await api.exited;

    const blind = await start();
    const second = await post(blind, { title: 'spooled too', startsAt: '2026-03-02T09:42:00Z' });
    expect(second?.status).toBe(202);
    postgres = await startPostgres({ dataDir: folder, port: postgres.port });
    endWithTestProcess(postgres, folder);
    await eventually(async () => (await incidentsCalled('spooled too')).length === 1, 30_000);
    expect(await incidentsCalled(title)).toHaveLength(1);
    expect(await rows('select id from delivery where id = $1', [answer?.receipt ?? ''])).toHaveLength(1);
    blind.child.kill('SIGTERM');
    expect(await blind.exited).toBe(0);
  });
});
