import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { remediationWorkflowId, taskQueue } from '../../src/domain/names.ts';
import { policyFor } from '../../src/packs/load.ts';
import type { Mode } from '../../src/schema/remediation-policy.ts';
import type { remediation } from '../../workflows/index.ts';
import type { RemediationInput } from '../../workflows/remediation.ts';
import { guide } from '../support/builders.ts';
import {
  aRunbook,
  ownPolicy,
  type RunWorld,
  runWorld,
  switchAt,
  switchOfCheckout,
  switchOfNobody,
} from '../support/run-world.ts';

let bench: RunWorld;
beforeEach(async () => {
  bench = await runWorld();
});
afterEach(() => bench.close());

const slow = () => bench.runbooks.push(aRunbook('slow', 'Slow', [{ id: 'break', switch: 'breaker-a', on: {} }]));
const stop = () => bench.world.store.stops.stop({ scope: 'global', reason: 'we look first', by: 'mo' });
const lift = () => bench.world.store.stops.lift({ scope: 'global', reason: 'looked', by: 'mo' });

describe('a step of a runbook', () => {
  test('is carried out in staging without a question, and the timeline says by which policy', async () => {
    slow();
    bench.figures.set('errors', 0.001);
    const incident = await bench.incident({ title: 'Slow', service: 'preview' });
    await bench.comes(incident, 'recovered');
    expect(bench.switches.sent).toEqual(['breaker-a=on']);
    const [notAsked] = (await incident.timeline()).filter(({ kind }) => kind === 'remediationNotAsked');
    expect(notAsked?.why).toContain('policy elsewhere says auto for B1 in staging');
    expect((await bench.run(incident)).decisions).toEqual([]);
  });

  test('waits in production for a person', async () => {
    slow();
    const incident = await bench.incident({ title: 'Slow' });
    const run = await bench.has(incident, 'awaitingApproval');
    await bench.pass(incident, 1);
    expect(run.modeBecause.join()).toContain('policy production says approve for B1 in production');
    expect(bench.switches.sent).toEqual([]);
  });

  test.each([
    ['of production', switchOfCheckout],
    ["nobody's", switchOfNobody],
  ])('waits for a person where its target is %s, whichever incident wants it', async (_, target) => {
    bench.runbooks.push(aRunbook('slow', 'Slow', [{ id: 'break', switch: target, on: {} }]));
    const incident = await bench.incident({ title: 'Slow', service: 'preview' });
    const run = await bench.has(incident, 'awaitingApproval');
    expect(run.modeBecause.join()).toContain('policy production says approve for B1 in production');
    expect(bench.switches.sent).toEqual([]);
  });

  test.each<[Mode, string]>([
    ['off', 'Not allowed'],
    ['observe', 'Only observed'],
    ['recommend', 'Recommended, not started'],
  ])('is not begun where the policy says %s, and the timeline says why', async (mode, words) => {
    slow();
    bench.policies.push(ownPolicy('careful', { select: {}, modes: { B1: mode } }));
    const incident = await bench.incident({ title: 'Slow', service: 'preview' });
    const run = await bench.has(incident, 'refused');
    expect(run.outcome).toContain(words);
    expect(run.outcome).toContain(`policy careful says ${mode}`);
    await bench.pass(incident, 2);
    expect(bench.switches.sent).toEqual([]);
  });

  test('waits for a person in staging while a window is closed', async () => {
    slow();
    bench.policies.push(
      ownPolicy('closed', {
        select: {},
        freeze: [{ name: 'year end', reason: 'the shop is full', capMode: 'approve' }],
      }),
    );
    const incident = await bench.incident({ title: 'Slow', service: 'preview' });
    const run = await bench.has(incident, 'awaitingApproval');
    expect(run.modeBecause.join()).toContain('frozen by year end: the shop is full');
    expect(bench.switches.sent).toEqual([]);
  });
});

describe('a change that needed no question when it was planned', () => {
  /** Planned in staging as `auto`, and held by the kill switch before anything is sent. */
  const heldAuto = async () => {
    slow();
    await stop();
    const incident = await bench.incident({ title: 'Slow', service: 'preview' });
    const run = await bench.has(incident, 'held');
    expect(run.mode).toBe('auto');
    return incident;
  };

  test('is made when nothing has spoken against it meanwhile', async () => {
    const incident = await heldAuto();
    await lift();
    await bench.comes(incident, 'verifying');
    expect(bench.switches.sent).toEqual(['breaker-a=on']);
  });

  test.each([
    [
      'a window has closed',
      () => ownPolicy('closed', { select: {}, freeze: [{ name: 'year end', reason: 'full', capMode: 'approve' }] }),
      'frozen by year end',
    ],
    ['a limit is reached', () => ownPolicy('few', { select: {}, limits: { total: { max: 0 } } }), '0 are allowed'],
    ['the policy asks people now', () => ownPolicy('ask', { select: {}, modes: { B1: 'approve' } }), 'policy ask says'],
    ['the policy forbids it now', () => ownPolicy('no', { select: {}, modes: { B1: 'off' } }), 'policy no says off'],
  ])('is refused by the effect when %s, and nothing is sent', async (_, policy, words) => {
    const incident = await heldAuto();
    bench.policies.push(policy());
    await lift();
    const run = await bench.comes(incident, 'refused');
    expect(run.outcome).toContain(words);
    expect(bench.switches.sent).toEqual([]);
  });
});

describe('a workflow that somebody starts past Muster', () => {
  const begin = async (more: Partial<RemediationInput>) => {
    const target = switchAt('breaker-a');
    const { id } = await bench.incident({ service: 'preview' });
    await expect.poll(() => bench.world.store.incidents.incident(id), { timeout: 20_000 }).not.toBeNull();
    const input: RemediationInput = {
      remediationId: `${id}-r1`,
      incident: {
        incidentId: id,
        title: 'Nothing',
        pack: guide.pack,
        severity: 'SEV1',
        rank: 1,
        service: 'preview',
        team: null,
        drill: false,
        speed: 1,
        declaredAt: new Date().toISOString(),
      },
      parent: id,
      action: 'http-switch',
      target,
      params: { to: 'on' },
      proposedBy: { kind: 'muster', id: 'muster', name: 'Muster' },
      because: 'because',
      changeAuthor: null,
      step: null,
      policy: policyFor(guide).remediation,
      symptom: null,
      circumstances: { takesBackChangeOf: null, dataSuspicion: false, emergency: null },
      ...more,
    };
    const handle = await bench.world.environment.client.workflow.start<typeof remediation>('remediation', {
      taskQueue,
      workflowId: remediationWorkflowId(target),
      args: [input],
    });
    return handle.result();
  };
  const step = {
    runbook: { name: 'made-up', version: 1, title: 'Made up', builtIn: true, step: 'break' },
    verify: { settleMs: 0, giveUpAfterMs: 60_000, checks: [] },
    deadlineMs: 60_000,
    revertAfter: [],
  };

  test('and claims a runbook that there is not changes nothing', async () => {
    const { status, outcome } = await begin({ step });
    expect(status).toBe('refused');
    expect(outcome).toContain('made-up');
    expect(bench.switches.sent).toEqual([]);
  });

  test('and claims an existing runbook for what that does not do changes nothing', async () => {
    slow();
    const { status, outcome } = await begin({
      step: { ...step, runbook: { ...step.runbook, name: 'slow', step: 'unknown' } },
    });
    expect(status).toBe('refused');
    expect(outcome).toContain('no step unknown');
    expect(bench.switches.sent).toEqual([]);
  });

  test('is held to what the policy allows for a step that there is', async () => {
    slow();
    const { status } = await begin({ step: { ...step, runbook: { ...step.runbook, name: 'slow' } } });
    expect(status).toBe('inconclusive');
    expect(bench.switches.sent).toEqual(['breaker-a=on']);
  });
});
