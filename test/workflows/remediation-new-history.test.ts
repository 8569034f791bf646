/** The workflow of an incident begins a new history now and then; its run must not get lost on the way. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { remediationWorkflowId, taskQueue } from '../../src/domain/names.ts';
import type { RemediationView } from '../../src/schema/remediation.ts';
import type { incident } from '../../workflows/index.ts';
import { attachAlerts } from '../../workflows/messages.ts';
import { anAdmission, anIncident } from '../support/builders.ts';
import type { LiveIncident } from '../support/incident-world.ts';
import { type RunWorld, runWorld, switchAt } from '../support/run-world.ts';

let bench: RunWorld;
beforeEach(async () => {
  bench = await runWorld();
});
afterEach(() => bench.close());

/** More events than one history takes. */
const batches = 520;
/** Half a minute of the policy is a second and a half. */
const speed = 20;

const fillHistory = async ({ handle }: LiveIncident): Promise<void> => {
  const { runId } = await handle.describe();
  const startsAt = new Date().toISOString();
  const alerts = [{ fingerprint: 'f', title: 'Errors', status: 'firing' as const, startsAt, source: 'alertmanager' }];
  for (let batch = 0; batch < batches; batch += 20)
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        handle.signal(attachAlerts, { batchId: `batch-${batch + index}`, alerts, severity: null }),
      ),
    );
  await expect.poll(async () => (await handle.describe()).runId, { timeout: 30_000 }).not.toBe(runId);
};

describe('a run in whose middle the incident begins a new history', () => {
  test('is heard at its end all the same, and the hold begins', async () => {
    bench.figures.set('errors', 0.3);
    const live = await bench.incident({ speed });
    await bench.propose(live, 'breaker-a');
    await bench.has(live, 'awaitingApproval');
    await bench.decide(live, 'lee');
    await fillHistory(live);
    await bench.has(live, 'verifying', 'recovered');
    bench.figures.set('errors', 0.001);
    await bench.has(live, 'recovered');
    await expect.poll(async () => (await live.view()).status, { timeout: 20_000 }).toBe('monitoring');
    expect(await bench.told(live, 'mitigated')).toHaveLength(1);
    expect(bench.switches.sent).toEqual(['breaker-a=on']);
    // So long a history takes an idle machine 24 s; one that does other things as well needs more than a minute.
  }, 120_000);
});

describe('a run that the incident waits for when its new history begins', () => {
  const target = switchAt('breaker-a');
  /** The incident goes on from what it carried over, waiting for a run. */
  const carriedOn = async (remediationId: string, ended: Partial<RemediationView> | null): Promise<LiveIncident> => {
    const live = await bench.incident();
    await expect.poll(() => live.story('evidenceGathered'), { timeout: 30_000 }).not.toEqual([]);
    if (ended) {
      await bench.propose(live, 'breaker-a');
      const run = await bench.has(live, 'awaitingApproval');
      await bench.decide(live, 'lee', { verdict: 'denied' });
      await bench.has(live, 'rejected');
      const view = { ...run, id: remediationId, endedAt: new Date().toISOString(), version: 99, ...ended };
      await bench.world.store.remediations.recordRemediation(view, []);
    }
    await live.handle.terminate('goes on in the next history');
    const declaredAt = await bench.world.environment.currentTimeMs();
    const carried = anIncident({
      id: live.id,
      workflowId: live.id,
      declaredAt,
      acknowledged: { by: 'robin', at: declaredAt } as never,
      // Beyond what is on the timeline already.
      entryCount: 1_000,
      remediation: { id: remediationId, target, step: null },
    });
    await bench.world.environment.client.workflow.start<typeof incident>('incident', {
      taskQueue,
      workflowId: live.id,
      args: [{ ...anAdmission({ incidentId: live.id, service: 'checkout', catalogue: live.facts }), carried }],
    });
    return { ...live, handle: bench.world.environment.client.workflow.getHandle<typeof incident>(live.id) };
  };

  test('and that has ended meanwhile is found on record', async () => {
    const live = await carriedOn('ended-between', {
      status: 'recovered',
      outcome: 'healthy again',
      plan: { tasks: ['Take it back in git.'] } as RemediationView['plan'],
    });
    await expect.poll(async () => (await live.view()).status, { timeout: 20_000 }).toBe('monitoring');
    expect((await bench.told(live, 'note')).join()).toContain('Take it back in git');
    expect((await bench.told(live, 'mitigated')).join()).toContain('healthy again');
  });

  test('and that was refused meanwhile leaves nobody anything to do', async () => {
    const plan = { tasks: ['Take it back in git.'] } as RemediationView['plan'];
    const live = await carriedOn('refused-between', { status: 'rejected', outcome: 'Lee said no', plan });
    // Once it has heard of the end it takes another one.
    const takesAnother = () =>
      bench.proposeOnly(live, 'breaker-b').then(
        () => true,
        () => false,
      );
    await expect.poll(takesAnother, { timeout: 30_000 }).toBe(true);
    expect(await bench.told(live, 'note')).toEqual([]);
  });

  test('and that is nowhere to be found is not taken for a success: a person is woken to look', async () => {
    const live = await carriedOn('lost', null);
    await expect.poll(() => bench.paged(live, 'remediation-lost-unknown'), { timeout: 20_000 }).toEqual(['robin']);
    expect(await bench.told(live, 'mitigated')).toEqual([]);
  });

  test('is not mistaken for another one that has the target by now', async () => {
    const other = await bench.incident();
    const live = await carriedOn('ended-before', { status: 'recovered', outcome: 'healthy again' });
    await expect.poll(async () => (await live.view()).status, { timeout: 20_000 }).toBe('monitoring');
    await bench.propose(other, 'breaker-a');
    const run = await bench.has(other, 'awaitingApproval');
    expect(run.incidentId).toBe(other.id);
    expect(run.workflowId).toBe(remediationWorkflowId(target));
    expect(run.joined).toEqual([]);
  });
});
