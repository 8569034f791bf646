/** Diagnosis of the sandbox's own failures, with its cluster and its metrics. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DiagnoseRequest, Diagnosis } from '../../activities/index.ts';
import { createRemediationActivities } from '../../activities/run-action.ts';
import { loadRunbookLibrary, type RunbookLibrary } from '../../src/packs/runbook-library.ts';
import type { Evidence } from '../../src/schema/evidence.ts';
import { incident, until } from '../support/kube/a-remediation.ts';
import { startSandboxPlane } from '../support/kube/planes.ts';
import { aStore } from '../support/kube/remediation-store.ts';
import { noOtherWays, runParts } from '../support/run-parts.ts';

let plane: Awaited<ReturnType<typeof startSandboxPlane>>;
beforeEach(async () => {
  plane = await startSandboxPlane();
});
afterEach(() => plane?.stop());

const diagnose = async (
  service: string,
  more: { away?: boolean; library?: RunbookLibrary; answers?: DiagnoseRequest['answers'] } = {},
): Promise<{ diagnosis: Diagnosis; evidence: Evidence }> => {
  const store = aStore();
  const { diagnose: activity } = createRemediationActivities({
    store,
    organisation: plane.organisation,
    approvalKey: null,
    connect: () => ({ metrics: plane.metrics }),
    cluster: () => (more.away ? unreachable : plane.cluster),
    sources: () => plane.sources,
    ...noOtherWays,
    ...runParts,
    ...(more.library && { library: more.library }),
    log: { info: () => {}, warn: () => {} },
  });
  const facts = plane.organisation.services[service];
  if (!facts) throw new Error(`the sandbox has no service ${service}`);
  const at = new Date().toISOString();
  const request: DiagnoseRequest = {
    incident: { ...incident, drill: true, speed: 60 },
    key: 'diagnose',
    service: {
      id: service,
      title: facts.title,
      publicName: facts.publicName,
      customerFacing: facts.customerFacing,
      team: facts.team,
      target: facts.workload ?? null,
      symptom: facts.symptom ?? null,
    },
    alerts: [{ fingerprint: 'f', title: 'it hurts', status: 'firing', startsAt: at, source: 'alertmanager' }],
    runbook: null,
    answers: more.answers ?? {},
    lookBackMs: 2 * 60_000,
    at,
  };
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const run = (given: DiagnoseRequest): Promise<Diagnosis> => environment.run(activity as typeof run, given);
  const diagnosis = await run(request);
  const evidence = store.saved.get(incident.incidentId);
  if (!evidence) throw new Error('no evidence was saved');
  return { diagnosis, evidence };
};

const unreachable = {
  request: () => Promise.reject(new Error('nobody there')),
  text: () => Promise.reject(new Error('nobody there')),
};

describe('with the runbooks that come with Muster', () => {
  const library = loadRunbookLibrary();

  test('a bad release is gone about by its runbook, beginning with the rollback', async () => {
    await plane.scenario('bad-release');
    await until('the diagnosis is sure', async () => (await diagnose('checkout')).evidence.logs.length > 0);
    const { runbook } = (await diagnose('checkout', { library })).diagnosis;
    expect(runbook).toMatchObject({ name: 'bad-release', builtIn: true, stop: null });
    expect(runbook?.steps.find(({ chosen }) => chosen)).toMatchObject({ action: 'roll-back-deployment' });
  });

  test('data that somebody fears for stops everything, whatever else fits', async () => {
    await plane.scenario('bad-release');
    await until('the diagnosis is sure', async () => (await diagnose('checkout')).evidence.logs.length > 0);
    const { runbook } = (await diagnose('checkout', { library, answers: { dataLoss: true } })).diagnosis;
    expect(runbook).toMatchObject({ name: 'data-loss', steps: [], stop: { page: expect.any(String) } });
  });

  test('none fits a service that is well, and nobody fears for its data', async () => {
    expect((await diagnose('payments', { library, answers: { dataLoss: false } })).diagnosis.runbook).toBeNull();
  });
});

describe('after a bad release', () => {
  test('the release is named, with the curve around the first breach and the last words of the pods', async () => {
    await plane.scenario('bad-release');
    await until('the diagnosis is sure', async () => (await diagnose('checkout')).evidence.logs.length > 0);
    await until('the figures show it', async () => {
      const points = (await diagnose('checkout')).evidence.series[0]?.points ?? [];
      return points.filter((point) => (point.value ?? 0) > 0.05).length >= 3;
    });
    const { diagnosis, evidence } = await diagnose('checkout');
    expect(diagnosis.finding).toMatch(/^Revision 5 of checkout \(2\.3\.1 to 2\.4\.0-bad\) is the likely cause: /);
    expect(diagnosis.proposal).toMatchObject({ action: 'roll-back-deployment', target: { name: 'checkout' } });
    expect(diagnosis.missing).toEqual([]);
    expect(evidence.onset < evidence.gatheredAt).toBe(true);
    expect(evidence.series[0]?.marks.map((mark) => mark.text)).toEqual(['revision 5 of checkout (2.3.1 to 2.4.0-bad)']);
    expect(evidence.suspects[0]?.by).toMatch(/^release checkout 2\.4\.0-bad by /);
    expect(evidence.logs.some((log) => log.previous && log.lines.join().includes('TypeError'))).toBe(true);
    expect(evidence.pods.find((pod) => pod.reason !== null)).toMatchObject({ revision: '5', ready: false });
    expect(evidence.revisions[0]?.differences.map(({ after }) => after)).toEqual([
      'registry.lanternfish.example/shop/checkout:2.4.0-bad',
    ]);
    expect(evidence.figures.map(({ points }) => points.length > 0)).toEqual([true, true]);
    expect(evidence.endpoints).toMatchObject([{ service: 'checkout' }]);
    expect(evidence.budgets).toMatchObject([{ name: 'checkout', wanted: 3 }]);
    expect(evidence.health?.finding).toMatch(/^answered /);
  });

  test('a service beside it is not accused', async () => {
    await plane.scenario('bad-release');
    const { diagnosis, evidence } = await diagnose('payments');
    expect(diagnosis.proposal).toBeNull();
    expect(evidence.suspects).toEqual([]);
  });

  test('a leaking release is rolled back, not restarted', async () => {
    await plane.scenario('memory-leak');
    await until('memory ran out', async () =>
      (await diagnose('catalog')).evidence.pods.some((pod) => pod.reason === 'OOMKilled'),
    );
    expect((await diagnose('catalog')).diagnosis.proposal?.action).toBe('roll-back-deployment');
  });
});

test('a slow dependency is nothing that a change of the workload would heal', async () => {
  await plane.scenario('slow-dependency');
  const { diagnosis } = await diagnose('search');
  expect(diagnosis.proposal).toBeNull();
  expect(diagnosis.finding).toMatch(/depends on/);
});

test('a cluster that does not answer is named as missing, and the rest is told all the same', async () => {
  const { diagnosis, evidence } = await diagnose('checkout', { away: true });
  expect(diagnosis.proposal).toBeNull();
  expect(diagnosis.missing.join()).toContain('the workload');
  expect(evidence.series[0]?.points.length).toBeGreaterThan(0);
});
