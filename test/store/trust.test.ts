import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/connect.ts';
import type { Store, TrustResult } from '../../src/store/store.ts';
import { testDatabase } from '../support/postgres.ts';
import { noon, rowsOf } from './records.ts';

let url: string;
let store: Store;
beforeAll(async () => {
  ({ url } = await testDatabase());
  store = await openStore(url);
});
afterAll(() => store.close());

const aResult = (remediationId: string, more: Partial<TrustResult> = {}): TrustResult => ({
  remediationId,
  incidentId: 'INC-1',
  runbook: 'bad-release',
  version: 1,
  action: 'roll-back-deployment',
  environment: 'production',
  signature: 'CrashLoopBackOff',
  outcome: 'verified',
  drill: false,
  endedAt: noon,
  ...more,
});
const keys = { runbook: 'bad-release', version: 1, action: 'roll-back-deployment', environment: 'production' };

describe('results of runbooks', () => {
  test('stand once per run, whoever reports them again', async () => {
    expect(await store.trust.recordResult(aResult('R1'))).toBe(true);
    expect(await store.trust.recordResult(aResult('R1', { outcome: 'harmful' }))).toBe(false);
    expect(await store.trust.outcomes(keys, false)).toEqual(['verified']);
  });

  test('are looked at in the order in which they came, whatever was wrong', async () => {
    await store.trust.recordResult(aResult('R2', { outcome: 'ineffective', signature: 'OOMKilled' }));
    await store.trust.recordResult(aResult('R3', { outcome: 'aborted' }));
    expect(await store.trust.outcomes(keys, false)).toEqual(['verified', 'ineffective', 'aborted']);
  });

  test('of another version, action or environment and of drills are results of something else', async () => {
    await store.trust.recordResult(aResult('R4', { version: 2 }));
    await store.trust.recordResult(aResult('R5', { action: 'restart-workload' }));
    await store.trust.recordResult(aResult('R6', { environment: 'staging' }));
    await store.trust.recordResult(aResult('R7', { drill: true, outcome: 'harmful' }));
    expect(await store.trust.outcomes(keys, false)).toHaveLength(3);
    expect(await store.trust.outcomes({ ...keys, version: 2 }, false)).toEqual(['verified']);
    expect(await store.trust.outcomes(keys, true)).toEqual(['harmful']);
    expect((await store.trust.results(false)).map(({ remediationId }) => remediationId)).not.toContain('R7');
    expect(await store.trust.results(true)).toEqual([aResult('R7', { drill: true, outcome: 'harmful' })]);
  });

  test('are never changed or taken back by anybody', async () => {
    await expect(rowsOf(url, "update remediation_result set outcome = 'verified'")).rejects.toThrow(/append-only/);
    await expect(rowsOf(url, 'delete from remediation_result')).rejects.toThrow(/append-only/);
  });
});
