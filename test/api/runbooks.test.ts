import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRemediationFiles } from '../../src/packs/remediation-sources.ts';
import { RunbookBoard } from '../../src/schema/runbook-board.ts';
import { anApi, type Harness, organisation, personToken } from './harness.ts';

const ownPolicy = `
apiVersion: muster.dev/v1
kind: RemediationPolicy
metadata: { name: shop, owner: shop, description: What the shop allows. }
spec: { select: { services: [checkout] }, modes: { B2: recommend } }
`;
const faulty = `
apiVersion: muster.dev/v1
kind: Runbook
metadata: { name: half, version: 1, owner: shop, title: Half }
spec: {}
`;

let api: Harness;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-remediation-'));
  await writeFile(join(folder, 'shop.yaml'), ownPolicy);
  await writeFile(join(folder, 'half.yaml'), faulty);
  api = await anApi({ remediation: readRemediationFiles([folder], organisation) });
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

const board = async (person = 'clara'): Promise<RunbookBoard> =>
  RunbookBoard.parse((await api.ask('GET', '/api/v1/runbooks', undefined, personToken(person))).body);
const badRelease = async () => {
  const found = (await board()).runbooks.find(({ name }) => name === 'bad-release');
  if (!found) throw new Error('bad-release is not there');
  return found;
};

describe('the board of runbooks', () => {
  test('is for everybody who may look, and for nobody else', async () => {
    expect((await api.ask('GET', '/api/v1/runbooks', undefined, personToken('clara'))).status).toBe(200);
    expect((await api.app.inject({ method: 'GET', url: '/api/v1/runbooks' })).statusCode).toBe(401);
    expect((await api.ask('GET', '/api/v1/runbooks', undefined, 'no token of ours')).status).toBe(401);
  });

  test('shows what comes along and what is your own, each with its file', async () => {
    const { runbooks, policies } = await board();
    expect(runbooks).toHaveLength(14);
    expect(runbooks.find(({ name }) => name === 'crash-loop')).toMatchObject({
      builtIn: true,
      file: 'crash-loop.yaml',
    });
    expect(policies.find(({ name }) => name === 'shop')).toMatchObject({
      builtIn: false,
      file: 'shop.yaml',
      owner: 'shop',
      where: 'service checkout',
    });
  });

  test('says what the policies say, yours first', async () => {
    const [step] = (await badRelease()).steps;
    expect(step?.modes.find(({ services }) => services.includes('Checkout'))).toMatchObject({
      mode: 'recommend',
      because: ['policy shop says recommend for B2 in production'],
    });
  });

  test('tells of a file that cannot be read instead of hiding it, and names no folder of the server', async () => {
    const { faults } = await board();
    expect(faults.length).toBeGreaterThan(0);
    expect(faults[0]).toMatch(/^half\.yaml:\d+:\d+ spec/);
    expect(JSON.stringify(await board())).not.toContain(folder);
  });

  test('shows a kill switch at once, with who and why, and that it is lifted again', async () => {
    expect((await badRelease()).stops).toEqual([]);
    const { stopScope } = await badRelease();
    await api.ask('POST', '/api/v1/stops', { scope: stopScope, reason: 'it guesses' }, personToken('hugo'));
    expect((await badRelease()).stops).toMatchObject([
      { what: 'the runbook bad-release', reason: 'it guesses', by: { name: 'Hugo Barreto' }, steps: null },
    ]);
    expect((await board()).runbooks.filter(({ stops }) => stops.length > 0)).toHaveLength(1);
    await api.store.stops.lift({ scope: stopScope, reason: 'looked at', by: 'dana' });
    expect((await badRelease()).stops).toEqual([]);
  });

  test('shows a breaker while it is open, and not one that ended or that a drill opened', async () => {
    const at = (ms: number) => new Date(Date.now() + ms).toISOString();
    const keys = { targetKey: 'sandbox/Deployment/shop/checkout', runbook: 'bad-release', drill: false };
    const breaker = { at: at(-60_000), until: at(3_600_000), because: 'it came back each time' };
    await api.store.limits.openBreaker({ ...keys, drill: true }, breaker);
    await api.store.limits.openBreaker({ ...keys, targetKey: 'old' }, { ...breaker, until: at(-1_000) });
    expect((await badRelease()).breakers).toEqual([]);
    await api.store.limits.openBreaker(keys, breaker);
    expect((await badRelease()).breakers).toMatchObject([{ target: keys.targetKey, because: breaker.because }]);
  });

  test('tells what a runbook did, and what it did in drills apart', async () => {
    const result = {
      incidentId: 'INC-1',
      runbook: 'bad-release',
      version: 1,
      action: 'roll-back-deployment',
      environment: 'production',
      signature: '',
      outcome: 'verified' as const,
      endedAt: '2026-03-04T12:00:00.000Z',
    };
    await api.store.trust.recordResult({ ...result, remediationId: 'R1', drill: false });
    await api.store.trust.recordResult({ ...result, remediationId: 'R2', drill: true, outcome: 'ineffective' });
    expect(await badRelease()).toMatchObject({
      trust: [{ runs: 1, verified: 1, suggestion: 'watch', follows: 'go on watching' }],
      practice: [{ runs: 1, ineffective: 1 }],
    });
  });
});
