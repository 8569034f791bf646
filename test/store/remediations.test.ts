import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FollowUpView } from '../../src/schema/api.ts';
import { openStore } from '../../src/store/connect.ts';
import type { EffectRow, Store } from '../../src/store/store.ts';
import { noEvidence } from '../support/builders.ts';
import { testDatabase } from '../support/postgres.ts';
import { aNewIncident, anEntry, aRemediation, noon, rowsOf } from './records.ts';

let url: string;
let store: Store;
beforeAll(async () => {
  ({ url } = await testDatabase());
  store = await openStore(url);
  await store.incidents.declare(aNewIncident('INC-1'), null);
});
afterAll(() => store.close());

describe('remediations', () => {
  test('the newest view wins and its entries stand on the incident timeline once', async () => {
    const entry = anEntry('remediation/R1/1', { kind: 'remediationPlanned' });
    await store.remediations.recordRemediation(aRemediation('R1', 'INC-1', { version: 2, status: 'applying' }), [
      entry,
    ]);
    await store.remediations.recordRemediation(aRemediation('R1', 'INC-1', { version: 1 }), [entry]);
    expect(await store.remediations.remediations('INC-1')).toMatchObject([{ id: 'R1', status: 'applying' }]);
    expect(await store.remediations.remediation('R1')).toMatchObject({ version: 2 });
    expect(await store.incidents.timeline('INC-1')).toMatchObject([{ kind: 'remediationPlanned', seq: 1 }]);
    expect(await store.remediations.remediation('R2')).toBeNull();
  });

  test('a release that was rolled back from stays bad for its target, and only there', async () => {
    await store.remediations.markBadRevision('shop/checkout', 'hash-1', 'INC-1');
    await store.remediations.markBadRevision('shop/checkout', 'hash-1', 'INC-2');
    expect(await store.remediations.badRevisions('shop/checkout')).toEqual(['hash-1']);
    expect(await store.remediations.badRevisions('shop/search')).toEqual([]);
  });

  test('what was done to a target is counted by the ledger: sent or unknown, in the last days, live and drills apart', async () => {
    const done = async (status: EffectRow['status'], more: object = {}) => {
      const key = `INC-1/remediation/${randomUUID()}`;
      const detail = {
        target: 'blue/orders',
        action: 'set-resources',
        revert: false,
        drill: false,
        operationId: key,
        ...more,
      };
      await store.effects.intend({ key, incidentId: 'INC-1', kind: 'cluster', detail });
      await store.effects.mark(key, status);
      return key;
    };
    const times = (more: { drill?: boolean; exceptOperation?: string } = {}) =>
      store.remediations.timesDone({
        targetKey: 'blue/orders',
        action: 'set-resources',
        withinDays: 7,
        drill: false,
        exceptOperation: 'this one',
        ...more,
      });
    const first = await done('applied');
    await done('unknown');
    await done('notApplied');
    await done('applied', { revert: true });
    await done('applied', { target: 'blue/search' });
    await done('applied', { action: 'restart-workload' });
    await done('applied', { drill: true });
    expect(await times()).toBe(2);
    expect(await times({ drill: true })).toBe(1);
    expect(await times({ exceptOperation: first })).toBe(1);
    await rowsOf(url, `update effect set updated_at = now() - interval '8 days' where key = '${first}' returning key`);
    expect(await times()).toBe(1);
  });

  test('newer evidence replaces the older', async () => {
    const evidence = (onset: string) => noEvidence({ onset });
    await store.remediations.saveEvidence('INC-1', evidence('2026-03-04T11:00:00.000Z'));
    await store.remediations.saveEvidence('INC-1', evidence(noon));
    expect(await store.remediations.evidence('INC-1')).toEqual(evidence(noon));
    expect(await store.remediations.evidence('INC-2')).toBeNull();
  });
});

describe('after the incident', () => {
  const aFollowUp = (more: Partial<FollowUpView>): FollowUpView => ({
    incidentId: 'INC-1',
    reviewAt: null,
    reviewRequired: true,
    facilitator: null,
    attendees: [],
    documentDueAt: null,
    documentDraftedAt: null,
    roomArchivedAt: null,
    actionItems: [],
    deadlines: [],
    closedAt: null,
    version: 1,
    ...more,
  });

  test('the newest follow-up wins', async () => {
    await store.followUps.recordFollowUp(aFollowUp({ version: 5, reviewAt: noon }), [anEntry('follow-up/5')]);
    await store.followUps.recordFollowUp(aFollowUp({ version: 4 }), [anEntry('follow-up/4')]);
    expect(await store.followUps.followUp('INC-1')).toEqual(aFollowUp({ version: 5, reviewAt: noon }));
    expect(await store.followUps.followUp('INC-2')).toBeNull();
  });

  test('a postmortem can be drafted again', async () => {
    await store.followUps.savePostmortem('INC-1', '# First', noon);
    await store.followUps.savePostmortem('INC-1', '# Second', '2026-03-05T12:00:00.000Z');
    expect(await store.followUps.postmortem('INC-1')).toEqual({
      markdown: '# Second',
      draftedAt: '2026-03-05T12:00:00.000Z',
    });
    expect(await store.followUps.postmortem('INC-2')).toBeNull();
  });
});
