import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { findTemporalCli } from '../../src/embedded/tools.mjs';
import type { IncidentView } from '../../src/schema/incident.ts';
import { type AwsReply, anAws, awsRefusal, awsSecretKey } from '../support/cloudwatch.ts';
import { freePort } from '../support/free-ports.ts';
import { testDatabase } from '../support/postgres.ts';
import { startVendors, type Vendors, vendorSecret } from '../support/vendors.ts';

const cli = findTemporalCli();
if (!cli) console.warn('SKIPPED: the worker processes need the Temporal CLI');

const attributes = ['Service', 'Severity', 'Status', 'Pack', 'Kind', 'Team'];
const patience = { timeout: 40_000, interval: 100 };
const children: ChildProcess[] = [];
let vendors: Vendors;
let environment: Record<string, string | undefined>;
let temporalPort: number;

const start = (command: string, args: string[], more: Record<string, string> = {}) => {
  const child = spawn(command, args, { env: { ...environment, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const process = { child, lines: '', exit: new Promise<number | null>((resolve) => child.once('exit', resolve)) };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      process.lines += chunk;
    });
  }
  return process;
};
const startWorker = (file: string, more: Record<string, string> = {}) =>
  start(globalThis.process.execPath, [fileURLToPath(new URL(`../../worker/${file}.ts`, import.meta.url))], more);
const startTemporal = () =>
  start(cli?.path ?? '', [
    ...[
      'server',
      'start-dev',
      '--headless',
      '--ip',
      '127.0.0.1',
      '--port',
      String(temporalPort),
      '--log-level',
      'error',
    ],
    ...attributes.flatMap((name) => ['--search-attribute', `Incident${name}=Keyword`]),
  ]);

beforeAll(async () => {
  vendors = await startVendors();
  temporalPort = await freePort();
  environment = {
    PATH: globalThis.process.env.PATH,
    HOME: globalThis.process.env.HOME,
    DATABASE_URL: (await testDatabase()).url,
    TEMPORAL_ADDRESS: `127.0.0.1:${temporalPort}`,
    MUSTER_SANDBOX_URL: vendors.sandbox.url,
    MUSTER_SANDBOX_SECRET: vendorSecret,
  };
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await vendors.close();
});

test.skipIf(!cli)(
  'the worker waits for Temporal, pages for an incident started by hand, drains on SIGTERM, and a new one takes over',
  async () => {
    const worker = startWorker('main');
    await vi.waitFor(() => expect(worker.lines).toContain('Temporal is not there yet'), patience);
    startTemporal();
    await vi.waitFor(() => expect(worker.lines).toContain('"msg":"ready"'), patience);

    const connection = await Connection.connect({ address: `127.0.0.1:${temporalPort}` });
    const client = new Client({ connection });
    const handle = await client.workflow.start('incident', {
      workflowId: 'started-by-hand',
      taskQueue: 'muster',
      args: [{ title: 'Something is wrong' }],
    });
    const { pages } = vendors.sandbox.world.state;
    await vi.waitFor(() => expect(pages).not.toHaveLength(0), patience);

    worker.child.kill('SIGTERM');
    expect(await worker.exit).toBe(0);
    expect(worker.lines).toContain('"msg":"stopped"');

    const successor = startWorker('main');
    await vi.waitFor(() => expect(successor.lines).toContain('"msg":"ready"'), patience);
    const view = await handle.query<IncidentView>('view');
    expect(view.title).toBe('Something is wrong');
    expect(pages).toHaveLength(1);
    await handle.terminate();
    await connection.close();
  },
  120_000,
);

test.skipIf(!cli)(
  'the remediation worker needs no inbound port and drains too',
  async () => {
    const worker = startWorker('remediation');
    await vi.waitFor(() => expect(worker.lines).toContain('"msg":"ready"'), patience);
    worker.child.kill('SIGTERM');
    expect(await worker.exit).toBe(0);
  },
  120_000,
);

/** The environment of a worker whose CloudWatch is a stand-in. */
const cloudOf = async (reply: AwsReply) => {
  const aws = await anAws({ GetMetricData: [reply] });
  const environment = {
    MUSTER_CLOUDWATCH_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: aws.client.endpoint,
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: awsSecretKey,
  };
  return { environment, asked: aws.asked };
};

test.skipIf(!cli).each(['main', 'remediation'])(
  'the %s worker says at its start what AWS does not allow it, and works all the same',
  async (file) => {
    const { environment } = await cloudOf(
      awsRefusal('cloudwatch', 'AccessDeniedException', { code: 'AccessDenied', message: awsSecretKey }),
    );
    const worker = startWorker(file, environment);
    await vi.waitFor(() => expect(worker.lines).toContain('"msg":"ready"'), patience);
    await vi.waitFor(() => expect(worker.lines).toContain('attach deploy/aws/policies/metrics.json'), patience);
    expect(worker.lines).not.toContain(awsSecretKey);
    worker.child.kill('SIGTERM');
    expect(await worker.exit).toBe(0);
  },
  120_000,
);

test.skipIf(!cli)(
  'an AWS that never answers holds up neither the start of a worker nor its end',
  async () => {
    const { environment, asked } = await cloudOf({ hangs: true });
    const worker = startWorker('remediation', environment);
    await vi.waitFor(() => expect(asked()).toEqual(['GetMetricData']), patience);
    await vi.waitFor(() => expect(worker.lines).toContain('"msg":"ready"'), patience);
    worker.child.kill('SIGTERM');
    expect(await worker.exit).toBe(0);
    expect(worker.lines).not.toContain('of CloudWatch');
  },
  120_000,
);

test('a worker that is asked to stop while it waits for Temporal stops', async () => {
  const worker = startWorker('main', { TEMPORAL_ADDRESS: '127.0.0.1:9' });
  await vi.waitFor(() => expect(worker.lines).toContain('Temporal is not there yet'), patience);
  worker.child.kill('SIGTERM');
  expect(await worker.exit).toBe(0);
}, 60_000);

test('a worker whose configuration does not hold says which variable, and exits', async () => {
  const worker = startWorker('main', { MUSTER_PORT: 'eighty' });
  expect(await worker.exit).toBe(1);
  expect(worker.lines).toContain('MUSTER_PORT');
  expect(worker.lines.trim().split('\n')).toHaveLength(1);
}, 60_000);

test('a worker with a pack that is not there says which there are', async () => {
  const worker = startWorker('main', { MUSTER_PACK: 'no-such-pack' });
  expect(await worker.exit).toBe(1);
  expect(worker.lines).toContain('guide-sev1-sev3');
}, 60_000);
