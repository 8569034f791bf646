import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrustResult } from '../../src/store/store.ts';
import { anApi, type Harness, personToken } from './harness.ts';

let api: Harness;
beforeAll(async () => {
  api = await anApi();
});
afterAll(() => api.close());

let count = 0;
const ran = (outcome: TrustResult['outcome'], more: Partial<TrustResult> = {}) => {
  count += 1;
  return api.store.trust.recordResult({
    remediationId: `R${count}`,
    incidentId: 'INC-1',
    runbook: 'bad-release',
    version: 1,
    action: 'roll-back-deployment',
    environment: 'staging',
    signature: 'CrashLoopBackOff',
    outcome,
    drill: false,
    endedAt: `2026-03-04T12:00:${String(count).padStart(2, '0')}.000Z`,
    ...more,
  });
};
const items = async (query = '') =>
  (await api.ask('GET', `/api/v1/trust${query}`, undefined, personToken('clara'))).body.items as unknown as object[];

describe('what runbooks have earned', () => {
  test('is nothing before the first run', async () => expect(await items()).toEqual([]));

  test('is told by what was wrong, latest first, and ten good runs of ten are a suggestion', async () => {
    for (let run = 0; run < 10; run += 1) await ran('verified');
    await ran('verified', { signature: 'OOMKilled' });
    expect(await items()).toEqual([
      expect.objectContaining({ signature: 'OOMKilled', runs: 1, suggestion: 'watch' }),
      expect.objectContaining({ signature: 'CrashLoopBackOff', runs: 10, suggestion: 'promote', demotedBecause: null }),
    ]);
  });

  test('is lost for every kind of failure by the first harm, and not for another version or environment', async () => {
    await ran('verified', { version: 2 });
    await ran('verified', { environment: 'production' });
    await ran('harmful', { signature: 'OOMKilled' });
    const suggestionOf = (rows: object[]) =>
      (rows as { version: number; environment: string; signature: string; suggestion: string }[]).map((row) =>
        [row.version, row.environment, row.signature, row.suggestion].join(' '),
      );
    expect(suggestionOf(await items())).toEqual([
      '1 staging OOMKilled demoted',
      '1 production CrashLoopBackOff watch',
      '2 staging CrashLoopBackOff watch',
      '1 staging CrashLoopBackOff demoted',
    ]);
  });

  test('in drills is told apart, and never among live runs', async () => {
    await ran('ineffective', { drill: true, runbook: 'practised' });
    expect(await items('?drills=true')).toEqual([expect.objectContaining({ runbook: 'practised', ineffective: 1 })]);
    expect(JSON.stringify(await items())).not.toContain('practised');
  });

  test('is asked for in words that are understood', async () => {
    expect((await api.ask('GET', '/api/v1/trust?drills=perhaps', undefined, personToken('clara'))).status).toBe(400);
  });
});
