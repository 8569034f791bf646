import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Conflict, InvalidInput, NotFound, Unavailable } from '../../src/domain/errors.ts';
import { taskQueue } from '../../src/domain/names.ts';
import { policyFor } from '../../src/packs/load.ts';
import { connectRemoteControl, type IncidentStart, type RemoteControl } from '../../src/temporal/client.ts';
import { cancel } from '../../workflows/messages.ts';
import { guide } from '../support/builders.ts';
import { timeSkipping } from '../support/time-skipping.ts';

let environment: TestWorkflowEnvironment;
let remote: RemoteControl;
let worker: Worker;
let running: Promise<void>;
beforeAll(async () => {
  environment = await timeSkipping();
  const address = (environment.connection.options as { address: string }).address;
  remote = connectRemoteControl({ address, namespace: 'default' });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./small-workflow.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  worker = await Worker.create({ connection: environment.nativeConnection, taskQueue, workflowBundle });
  running = worker.run();
  // The first of everything takes a busy server longer than the client waits for it.
  const first = await environment.client.workflow.start('incident', {
    taskQueue,
    workflowId: 'the-first',
    args: [{ title: 'The first' }],
  });
  await first.executeUpdate(cancel, { args: [{ by, reason: 'no incident' }] });
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await remote.close();
  await environment.teardown();
});

const by = { kind: 'person' as const, id: 'dana', name: 'Dana' };
const aStart = (incidentId: string): IncidentStart => ({
  incidentId,
  title: 'Checkout fails',
  severity: 'SEV1',
  service: 'checkout',
  summary: 'It fails',
  declaredBy: by,
  declaredAt: '2026-03-02T09:41:00.000Z',
  policy: policyFor(guide),
  catalogue: null,
  drill: false,
});
const aBatch = {
  batchId: 'b',
  alerts: [{ fingerprint: 'f', title: 't', status: 'firing' as const, startsAt: 'x', source: 's' }],
  severity: null,
};

describe('an incident', () => {
  test('is started once, however often it is asked for, also after it ended', async () => {
    expect(await remote.startIncident(aStart('INC-1'))).toBe('started');
    expect(await remote.startIncident(aStart('INC-1'))).toBe('alreadyStarted');
    await remote.command('INC-1', 'cancel', { by, reason: 'no incident' }, 'cancel-1');
    expect(await remote.startIncident(aStart('INC-1'))).toBe('alreadyStarted');
  });

  test('is found in Temporal by its severity and reads in plain words', async () => {
    await remote.startIncident(aStart('INC-2'));
    const description = await environment.client.workflow.getHandle('INC-2').describe();
    expect(await description.staticSummary()).toBe('SEV1 Checkout fails');
    expect(await description.staticDetails()).toContain('Declared by Dana');
    expect(description.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value])).toEqual(
      expect.arrayContaining([
        ['IncidentSeverity', 'SEV1'],
        ['IncidentKind', 'live'],
        ['IncidentPack', 'guide-sev1-sev3'],
      ]),
    );
  });

  test('takes alerts and commands, and the same command once', async () => {
    await remote.startIncident(aStart('INC-3'));
    await remote.attachAlerts('INC-3', aBatch);
    const send = () => remote.command('INC-3', 'acknowledge', { by, note: 'on it' }, 'acknowledge-3');
    expect(await send()).toEqual(await send());
    expect(await remote.view('INC-3')).toMatchObject({ alertsFiring: 1 });
  });

  test('that refuses a command says why in our own errors', async () => {
    await remote.startIncident(aStart('INC-4'));
    await expect(remote.command('INC-4', 'acknowledge', { by }, 'a')).rejects.toThrow(InvalidInput);
    await expect(remote.command('INC-4', 'acknowledge', { by }, 'a')).rejects.toThrow('say something');
    await expect(remote.command('INC-4', 'resolve', { by }, 'r')).rejects.toThrow(Conflict);
  });

  test('that has ended or never was takes nothing', async () => {
    await remote.startIncident(aStart('INC-5'));
    await remote.command('INC-5', 'cancel', { by, reason: 'no incident' }, 'cancel-5');
    await expect(remote.attachAlerts('INC-5', aBatch)).rejects.toThrow(NotFound);
    await expect(remote.command('INC-5', 'acknowledge', { by, note: 'late' }, 'late')).rejects.toThrow(NotFound);
    await expect(remote.attachAlerts('INC-never', aBatch)).rejects.toThrow(NotFound);
  });
});

describe('a Temporal that is away', () => {
  test('is said to be away within the deadline, and nothing is thrown before it is asked', async () => {
    const nowhere = connectRemoteControl({ address: '127.0.0.1:1', namespace: 'default' });
    const asked = Date.now();
    await expect(nowhere.startIncident(aStart('INC-9'))).rejects.toThrow(Unavailable);
    await expect(nowhere.ready()).rejects.toThrow('check that Temporal runs');
    expect(Date.now() - asked).toBeLessThan(15_000);
    await nowhere.close();
  });
});
