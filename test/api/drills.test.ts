/** Drills on the real policy: a real sandbox breaks, its alert comes in over HTTP, and the pack's own numbers apply. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rulebookOf } from '../../src/api/rulebook.ts';
import { sandboxToken } from '../../src/domain/sandbox-token.ts';
import { sandboxControl } from '../../src/intake/sandbox-control.ts';
import type { SandboxControl } from '../../src/intake/start-drill.ts';
import { loadPacks } from '../../src/packs/load.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { ownPacksFolder } from '../support/own-pack.ts';
import { anApi, eventually, type Harness, organisation, sandboxSecret } from './harness.ts';

let api: Harness;
let sandbox: Sandbox;
let control: SandboxControl;
let nowMs = Date.now();
const pass = (ms: number): void => {
  nowMs += ms;
  sandbox.world.nowMs();
};
beforeAll(async () => {
  api = await anApi({
    rulebook: rulebookOf(loadPacks([ownPacksFolder()], organisation), organisation, 'guide-sev1-sev3'),
    sandbox: {
      url: 'http://127.0.0.1:8090',
      scenarios: () => control.scenarios(),
      startScenario: (scenario, drill) => control.startScenario(scenario, drill),
    },
  });
  sandbox = await startSandbox({
    port: 0,
    smtpPort: 0,
    secret: sandboxSecret,
    apiUrl: await api.app.listen({ port: 0, host: '127.0.0.1' }),
    organisation,
    clock: { now: () => nowMs },
  });
  control = sandboxControl(sandbox.url, sandboxToken(sandboxSecret, 'control'));
});
afterAll(async () => {
  await sandbox.close();
  await api.close();
});

/** Starts a drill, lets the sandbox's story go on until its alert is an incident, and answers what Temporal was given. */
const played = async (order: object) => {
  const { status, body } = await api.ask('POST', '/api/v1/drills', { speed: 60, ...order });
  expect(status).toBe(201);
  const drillId = String(body.id);
  let incidentId: unknown = null;
  await eventually(async () => {
    pass(1_000);
    incidentId = (await api.ask('GET', `/api/v1/drills/${drillId}`)).body.incidentId;
    return incidentId !== null && api.temporal.started.some((start) => start.incidentId === incidentId);
  }, 20_000);
  const start = api.temporal.started.find((one) => one.incidentId === incidentId);
  return { drillId, incidentId: String(incidentId), start };
};

describe('a drill of a chosen pack and severity', () => {
  test('is declared with them, and its workflow carries the numbers of that pack', async () => {
    const { start, drillId } = await played({ scenario: 'bad-release', pack: 'our-own', severity: 'sev2' });
    expect(start).toMatchObject({ drill: true, speed: 60, severity: 'SEV2', policy: { pack: 'our-own' } });
    expect(start?.policy?.severities.SEV2?.respondWithin).toBe(7 * 60_000);
    expect(sandbox.world.state.runs.at(-1)).toMatchObject({ drill: drillId, name: 'bad-release' });
  });
  test('while one that chooses neither gets the default pack, and the severity of the figures', async () => {
    const { start } = await played({ scenario: 'memory-leak' });
    expect(start).toMatchObject({ drill: true, severity: 'SEV1', policy: { pack: 'guide-sev1-sev3' } });
    expect(start?.policy?.severities.SEV2?.respondWithin).toBe(5 * 60_000);
  });
});

describe('every pack that comes with Muster', () => {
  const known = [...loadPacks([], organisation).values()].flatMap(({ pack, severities }) =>
    Object.entries(severities).map(([severity, policy]) => ({ pack, severity, policy })),
  );
  test.each(known)('can be practised: $pack $severity', async ({ pack, severity, policy }) => {
    const { start, incidentId } = await played({ scenario: 'bad-release', pack, severity });
    expect(start).toMatchObject({ drill: true, severity, policy: { pack } });
    expect(start?.policy?.severities[severity]).toEqual(policy);
    const { body } = await api.ask('GET', `/api/v1/drills/${incidentId}/score`);
    const lines = body.lines as unknown as { outcome: string; because: string | null }[];
    expect(lines.map(({ outcome }) => outcome)).not.toContain('missed');
    expect(lines.filter(({ outcome, because }) => outcome === 'notApplicable' && because === null)).toEqual([]);
  });
});

describe('the severity a drill asks for', () => {
  const aDrill = async (severity: string | null): Promise<string> => {
    const id = `drill-of-${severity}-${api.temporal.started.length}`;
    const createdAt = new Date().toISOString();
    await api.store.intake.addDrill({
      id,
      scenario: 'bad-release',
      pack: null,
      severity,
      speed: 1,
      createdAt,
      incidentId: null,
    });
    return id;
  };
  const alertOf = async (drill: string, more: object = {}) => {
    const alert = { title: 'Errors', service: 'checkout', severity: 'warning', labels: { muster_drill: drill } };
    const { body } = await api.alert({ ...alert, ...more });
    return (body.incidents as unknown as string[])[0];
  };
  const raisesOf = async (incident: string | undefined) => {
    await eventually(() => api.temporal.attached.some(({ workflowId }) => workflowId === incident));
    return api.temporal.attached.filter(({ workflowId }) => workflowId === incident).map(({ batch }) => batch.severity);
  };
  const worse = { severity: 'critical', fingerprint: 'another', title: 'Everything is down' };

  test('stands when a worse alert follows', async () => {
    const drill = await aDrill('SEV3');
    const incident = await alertOf(drill);
    expect(await alertOf(drill, worse)).toBe(incident);
    expect(await raisesOf(incident)).toEqual([null]);
  });
  test('is raised by a worse alert where the drill asked for none', async () => {
    const drill = await aDrill(null);
    const incident = await alertOf(drill);
    await alertOf(drill, worse);
    expect(await raisesOf(incident)).toEqual(['SEV1']);
  });
  test('is declared although the pack would ignore such an alert', async () => {
    const quiet = { signals: { maintenanceUntil: '2099-01-01T00:00:00Z' } };
    expect(await alertOf(await aDrill('SEV2'), quiet)).toBeDefined();
    expect(await alertOf(await aDrill(null), quiet)).toBeUndefined();
  });
});

describe('a drill is refused before anything breaks', () => {
  const rows: [string, object, string][] = [
    ['for a pack that is not loaded', { pack: 'nobodys' }, 'use one of guide-sev1-sev3'],
    ['for a severity that its pack does not know', { pack: 'our-own', severity: 'P7' }, 'give one of SEV1, SEV2, SEV3'],
    ['for a scenario that the sandbox cannot play', { scenario: 'earthquake' }, 'give one of bad-release, memory-leak'],
  ];
  test.each(rows)('%s, and says which there are', async (_, order, words) => {
    const runs = sandbox.world.state.runs.length;
    const { status, body } = await api.ask('POST', '/api/v1/drills', { scenario: 'bad-release', ...order });
    expect(status).toBe(400);
    expect(String(body.detail)).toContain(words);
    expect(sandbox.world.state.runs).toHaveLength(runs);
  });
});

describe('the score of a drill', () => {
  test('is asked for by its incident or by its own id, against the numbers of its own pack', async () => {
    const { incidentId, drillId } = await played({ scenario: 'bad-release', pack: 'our-own', severity: 'SEV2' });
    const byIncident = await api.ask('GET', `/api/v1/drills/${incidentId}/score`);
    expect(byIncident.body).toMatchObject({ incidentId, pack: 'our-own', severity: 'SEV2' });
    const lines = byIncident.body.lines as unknown as { check: string; target: string; outcome: string }[];
    expect(lines[0]).toMatchObject({ check: 'acknowledged', target: 'within 7 min' });
    expect((await api.ask('GET', `/api/v1/drills/${drillId}/score`)).body.incidentId).toBe(incidentId);
  });
  test('is refused for a live incident, for one nobody knows, and while its alert has not come', async () => {
    const live = String((await api.ask('POST', '/api/v1/incidents', { title: 'For real' })).body.id);
    expect((await api.ask('GET', `/api/v1/drills/${live}/score`)).body.detail).toContain('is no drill');
    expect((await api.ask('GET', '/api/v1/drills/INC-0/score')).status).toBe(404);
    const { id } = (await api.ask('POST', '/api/v1/drills', { scenario: 'slow-dependency' })).body;
    expect((await api.ask('GET', `/api/v1/drills/${id}/score`)).body.detail).toContain('has not come yet');
  });
});
