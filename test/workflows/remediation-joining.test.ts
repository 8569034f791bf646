import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { remediationWorkflowId } from '../../src/domain/names.ts';
import { approve, cancel, type Decide } from '../../workflows/messages.ts';
import { anApi } from '../api/harness.ts';
import { atRestDo } from '../support/at-rest.ts';
import type { LiveIncident } from '../support/incident-world.ts';
import { type RunWorld, runWorld, switchAt } from '../support/run-world.ts';

let bench: RunWorld;
beforeEach(async () => {
  bench = await runWorld();
});
afterEach(() => bench.close());

describe('a second incident whose remediation has the same target', () => {
  test('joins the running run: one plan, one effect, and both hear that it helped', async () => {
    bench.figures.set('errors', 0.3);
    const first = await bench.incident();
    const second = await bench.incident();
    const own = await bench.propose(first, 'breaker-a');
    await bench.has(first, 'awaitingApproval');
    await bench.propose(second, 'breaker-a');
    await expect
      .poll(async () => (await bench.runs(second)).map(({ id }) => id), { timeout: 20_000 })
      .toEqual([own.id]);
    await expect
      .poll(() => bench.told(second, 'remediationJoined'), { timeout: 20_000 })
      .toEqual([expect.stringContaining(`Joined ${own.id}`)]);
    await bench.decide(second, 'lee');
    await bench.has(second, 'verifying');
    bench.figures.set('errors', 0.001);
    await bench.comes(first, 'recovered');
    for (const incident of [first, second]) {
      await expect.poll(async () => (await incident.view()).status, { timeout: 20_000 }).toBe('monitoring');
      expect(await bench.told(incident, 'mitigated')).toHaveLength(1);
    }
    expect(bench.switches.sent).toEqual(['breaker-a=on']);
    expect(await bench.runs(second)).toHaveLength(1);
  });

  test('hears on its own timeline that it did not help, and a person is paged there as well', async () => {
    const first = await bench.incident();
    const second = await bench.incident();
    await bench.propose(first, 'breaker-b');
    await bench.has(first, 'awaitingApproval');
    await bench.propose(second, 'breaker-b');
    await expect.poll(() => bench.runs(second), { timeout: 20_000 }).toHaveLength(1);
    await bench.decide(first, 'lee', { verdict: 'denied' });
    await bench.has(first, 'rejected');
    await expect
      .poll(() => bench.told(second, 'remediationJoined'), { timeout: 20_000 })
      .toEqual([expect.stringContaining('Joined'), expect.stringContaining('Lee denied the plan')]);
  });

  test('keeps the run alive when the first one is cancelled, and the run ends when both are', async () => {
    const first = await bench.incident();
    const second = await bench.incident();
    const { workflowId } = await bench.propose(first, 'breaker-c');
    await bench.has(first, 'awaitingApproval');
    await bench.propose(second, 'breaker-c');
    await expect.poll(() => bench.runs(second), { timeout: 20_000 }).toHaveLength(1);
    await first.order(cancel, { reason: 'a test of the monitor' });
    await expect.poll(async () => (await first.handle.describe()).status.name, { timeout: 20_000 }).toBe('COMPLETED');
    expect((await bench.run(second)).status).toBe('awaitingApproval');
    await second.order(cancel, { reason: 'the same' });
    await bench.has(second, 'rejected');
    const run = bench.world.environment.client.workflow.getHandle(workflowId);
    await expect.poll(async () => (await run.describe()).status.name, { timeout: 20_000 }).toBe('COMPLETED');
    expect(bench.switches.sent).toEqual([]);
  });

  test('pages those who are asked second when the first one is over by then', async () => {
    const speed = 40;
    const [first, second] = [await bench.incident({ speed }), await bench.incident({ speed })];
    await bench.propose(first, 'breaker-b');
    await bench.has(first, 'awaitingApproval');
    await bench.propose(second, 'breaker-b');
    await first.order(cancel, { reason: 'a test of the monitor' });
    await expect.poll(() => bench.paged(second, '-overdue'), { timeout: 40_000 }).toEqual(['lee']);
    expect(bench.paged(first, '-overdue')).toEqual([]);
  });

  test('is told when nothing answers for the target any more, and may propose again', async () => {
    const target = switchAt('breaker-d');
    const holder = await bench.world.environment.client.workflow.start('targetLock', {
      taskQueue: 'muster',
      workflowId: remediationWorkflowId(target),
      args: [{ owner: 'remediation/of/nobody' }],
    });
    const incident = await bench.incident();
    await bench.proposeOnly(incident, 'breaker-d');
    await bench.pass(incident, 2);
    await expect
      .poll(() => bench.told(incident, 'remediationRefused'), { timeout: 20_000 })
      .toEqual([expect.stringContaining('has just ended; propose it again')]);
    expect((await holder.describe()).status.name).toBe('COMPLETED');
    await bench.propose(incident, 'breaker-d');
    await bench.has(incident, 'awaitingApproval');
  });
});

describe('the plan of a run that was joined', () => {
  test('is approved by way of the second incident, and by way of no third one', async () => {
    const [first, second, third] = [await bench.incident(), await bench.incident(), await bench.incident()];
    const { id } = await bench.propose(first, 'breaker-a');
    const { planHash, workflowId } = await bench.has(first, 'awaitingApproval');
    await bench.propose(second, 'breaker-a');
    await expect.poll(() => third.story('evidenceGathered'), { timeout: 20_000 }).not.toEqual([]);
    const api = await anApi({ store: () => bench.world.store });
    try {
      const approveFor = (incident: LiveIncident) =>
        api.ask('POST', `/api/v1/incidents/${incident.id}/remediations/${id}/approve`, { planHash });
      const listed = await api.ask('GET', `/api/v1/incidents/${second.id}/remediations`);
      expect(listed.body.items).toMatchObject([{ id, incidentId: first.id, joined: [second.id] }]);
      expect((await approveFor(third)).status).toBe(404);
      expect(api.temporal.decisions).toEqual([]);
      expect((await approveFor(second)).status).toBe(200);
      // What the api hands to Temporal, there in person.
      const [sealed] = api.temporal.decisions;
      const { environment } = bench.world;
      const run = environment.client.workflow.getHandle(workflowId);
      await atRestDo(environment, run, () => run.executeUpdate(approve, { args: [sealed?.decision as Decide] }));
      await bench.has(first, 'verifying');
      expect(bench.switches.sent).toEqual(['breaker-a=on']);
    } finally {
      await api.close();
    }
  });
});

describe('an incident whose remediation has another target', () => {
  test('has a run of its own and joins none', async () => {
    const first = await bench.incident();
    const second = await bench.incident();
    await bench.propose(first, 'breaker-e');
    await bench.propose(second, 'breaker-f');
    await bench.has(first, 'awaitingApproval');
    await bench.has(second, 'awaitingApproval');
    expect((await bench.run(first)).id).not.toBe((await bench.run(second)).id);
    expect((await bench.run(first)).joined).toEqual([]);
    expect(await bench.told(second, 'remediationJoined')).toEqual([]);
  });
});
