/**
 * The real remediation worker, under a real Temporal server and over a real store, dies by kill -9: at each point of the
 * protocol, and before and after each request of the plan arrives. Another one takes over, and what the target was asked
 * proves that each request was carried out once. All other actions: crash-points.test.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApplyRequest, ApplyResult, PlanResult } from '../../activities/index.ts';
import { createRemediationActivities } from '../../activities/run-action.ts';
import { readConfig } from '../../src/config.ts';
import { sealOf } from '../../src/domain/approval-seal.ts';
import { findTemporalCli } from '../../src/embedded/tools.mjs';
import type { Cluster } from '../../src/integrations/integration.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import type { Decision, Plan, Target } from '../../src/schema/remediation.ts';
import type { Store } from '../../src/store/store.ts';
import { remediationDependencies } from '../../worker/dependencies.ts';
import { aNewIncident, aRemediation } from '../store/records.ts';
import { freePort } from '../support/free-ports.ts';
import { aBench, approvalKey, incident as live, until } from '../support/kube/a-remediation.ts';
import { aPool, onNode } from '../support/kube/nodes.ts';
import { testDatabase } from '../support/postgres.ts';
import { byMuster } from '../support/run-parts.ts';
import { sandboxOrganisation, vendorSecret } from '../support/vendors.ts';
import { aKillingWire, type Strike } from '../support/wire-that-kills.ts';

const cli = findTemporalCli();
if (!cli) console.warn('SKIPPED: kill -9 of the remediation worker needs the Temporal CLI');

const incident = { ...live, drill: true };
const taskQueue = 'crash-process';
const workerFile = fileURLToPath(new URL('../../worker/remediation.ts', import.meta.url));
const togetherMax = 6;
const caseLimitMs = 420_000;
const log = pino({ level: 'silent' });

type Point = { failpoint: string } | Omit<Strike, 'act'>;
const failpoints = ['apply:before-intent', 'apply:after-intent', 'apply:after-effect', 'apply:after-record'];
const pointsOf = (requests: number): Point[] => [
  ...failpoints.map((failpoint) => ({ failpoint })),
  ...Array.from({ length: requests }, (_, at) =>
    (['before it arrives', 'before its answer comes'] as const).map((when) => ({ nth: at + 1, when })),
  ).flat(),
];
const inWords = (point: Point): string =>
  'failpoint' in point ? point.failpoint : `request ${point.nth}, ${point.when}`;

interface Scene {
  action: string;
  requests: number;
  prepare(cluster: Cluster): Promise<{ target: Target; params?: object }>;
}
const scenes: Scene[] = [
  {
    action: 'roll-back-deployment',
    requests: 1,
    async prepare(cluster) {
      const given = await aBench(cluster, 'crash');
      await given.release('shop/checkout:2.4.0-stuck');
      return { target: given.target };
    },
  },
  {
    action: 'drain-node',
    requests: 3,
    async prepare(cluster) {
      const { full } = await aPool(cluster, (more) => aBench(cluster, 'crash', more), []);
      return { target: onNode(full) };
    },
  },
  {
    action: 'http-switch',
    requests: 1,
    prepare: async () => ({
      target: { cluster: 'flags', kind: 'Switch', namespace: '', name: 'recommendations' },
      params: { to: 'off' },
    }),
  },
];
const cases = scenes.flatMap(({ requests }) => pointsOf(requests));
const namespaceOf = (at: number): string => `case-${at}`;

let folder: string;
let temporal: ChildProcess;
let address: string;
let bundle: Awaited<ReturnType<typeof bundleWorkflowCode>>;
let native: NativeConnection;
beforeAll(async () => {
  if (!cli) return;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  folder = mkdtempSync(join(tmpdir(), 'muster-crash-'));
  const port = await freePort();
  address = `127.0.0.1:${port}`;
  const namespaces = cases.flatMap((_, at) => ['--namespace', namespaceOf(at)]);
  temporal = spawn(
    cli.path,
    ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port), ...namespaces],
    { stdio: 'ignore' },
  );
  bundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./apply-workflow.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  await until('Temporal is there', async () => {
    native = await NativeConnection.connect({ address }).catch(() => native);
    return native !== undefined;
  });
});
afterAll(async () => {
  // A worker that failed to stop holds it.
  await native?.close().catch(() => {});
  temporal?.kill('SIGKILL');
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** Until it ends; another one takes over once the first has died, without a point to die at. */
const aWorker = (environment: Record<string, string | undefined>, dying: Record<string, string>) => {
  const signals: (string | null)[] = [];
  let ended = false;
  let child: ChildProcess;
  const start = (more: Record<string, string>): void => {
    child = spawn(process.execPath, [workerFile], { env: { ...environment, ...more }, stdio: 'ignore' });
    child.once('exit', (_, signal) => {
      signals.push(signal);
      if (!ended) start({});
    });
  };
  start(dying);
  return {
    signals,
    kill: () => child.kill('SIGKILL'),
    end(): void {
      ended = true;
      child.kill('SIGKILL');
    },
  };
};

const commander = Object.entries(sandboxOrganisation.people).find(([, { roles }]) => roles.includes('commander'))?.[0];

const approve = async (store: Store, plan: Plan): Promise<string> => {
  const id = `rem-${plan.operationId}`;
  const decisions = ['operator', commander ?? ''].map((person): Decision => {
    const at = new Date().toISOString();
    const said = { verdict: 'approved' as const, planHash: plan.planHash, sealedAt: at };
    const seal = sealOf(approvalKey, { remediationId: id, personId: person, ...said });
    return { by: { kind: 'person', id: person, name: person }, at, reason: null, ...said, seal };
  });
  const { action, target, planHash } = plan;
  const told = { action, target, planHash, plan, status: 'applying' as const, approverRoles: ['commander' as const] };
  const view = aRemediation(id, incident.incidentId, {
    ...told,
    proposedBy: byMuster.proposedBy,
    decisions,
    drill: true,
  });
  await store.incidents.declare(aNewIncident(incident.incidentId), null);
  await store.remediations.recordRemediation(view, []);
  return id;
};

const played = async (scene: Scene, point: Point, namespace: string) => {
  const sandbox = await startSandbox({
    port: 0,
    smtpPort: 0,
    secret: vendorSecret,
    apiUrl: 'http://127.0.0.1:9',
    organisation: sandboxOrganisation,
  });
  let worker: ReturnType<typeof aWorker> | null = null;
  const strike = 'nth' in point ? { ...point, act: () => worker?.kill() } : null;
  const wire = await aKillingWire(sandbox.url, strike);
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATABASE_URL: (await testDatabase()).url,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    MUSTER_SANDBOX_URL: wire.url,
    MUSTER_SANDBOX_SECRET: vendorSecret,
    MUSTER_APPROVAL_KEY: approvalKey,
  };
  const direct = await remediationDependencies(readConfig({ ...environment, MUSTER_SANDBOX_URL: sandbox.url }), log);
  const connection = await Connection.connect({ address });
  const starter = await Worker.create({ connection: native, namespace, taskQueue, workflowBundle: bundle });
  const running = starter.run();
  try {
    const { target, params = {} } = await scene.prepare(direct.cluster('sandbox', true));
    const plan = await planned(direct, scene.action, target, params);
    const request: ApplyRequest = {
      incident,
      remediationId: await approve(direct.store, plan),
      key: `${incident.incidentId}/remediation/${plan.operationId}/apply`,
      plan,
      revert: false,
      approvedHash: plan.planHash,
      ...byMuster,
    };
    const dying = 'failpoint' in point ? { MUSTER_FAILPOINT: `${point.failpoint}@${join(folder, namespace)}` } : {};
    worker = aWorker(environment, dying);
    const client = new Client({ connection, namespace });
    const result = (await client.workflow.execute('applyOnce', {
      taskQueue,
      workflowId: plan.operationId,
      args: [request],
    })) as ApplyResult;
    return {
      point: inWords(point),
      died: [...worker.signals],
      outcome: result.outcome,
      planned: plan.requests.map((one) => ('path' in one ? `${one.method} ${one.path}` : one.system)),
      carriedOut: wire.carriedOut.map((one) => one.replace(/ \/(kube|endpoints\/[^/]+)\//, ' /')),
      ledger: (await direct.store.effects.effect(request.key))?.status,
    };
  } finally {
    worker?.end();
    starter.shutdown();
    await running;
    await Promise.all([connection.close(), direct.store.close(), wire.close(), sandbox.close()]);
  }
};

const planned = async (
  dependencies: Awaited<ReturnType<typeof remediationDependencies>>,
  action: string,
  target: Target,
  params: object,
): Promise<Plan> => {
  const { planRemediation } = createRemediationActivities(dependencies);
  const operationId = `op-${action}`;
  const given = { incident, remediationId: `rem-${operationId}`, action, target, params: { ...params }, operationId };
  const found: PlanResult[] = [];
  await until('it can be planned', async () => {
    const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    const run = environment.run(planRemediation, { ...given, ...byMuster }) as Promise<PlanResult>;
    found.push(
      ...(await run.then(
        (one) => [one],
        () => [],
      )),
    );
    return found.length > 0;
  });
  const result = found[0] as PlanResult;
  if (result.kind === 'refused') throw new Error(result.because);
  return result.plan;
};

describe.skipIf(!cli)('the remediation worker', () => {
  test.each(scenes)(
    'dies by kill -9 at any point of $action, and the next one carries each request out once',
    async (scene) => {
      const points = pointsOf(scene.requests);
      const first = scenes.slice(0, scenes.indexOf(scene)).flatMap(({ requests }) => pointsOf(requests)).length;
      const seen: Awaited<ReturnType<typeof played>>[] = [];
      for (let at = 0; at < points.length; at += togetherMax) {
        const some = points.slice(at, at + togetherMax);
        seen.push(
          ...(await Promise.all(some.map((point, index) => played(scene, point, namespaceOf(first + at + index))))),
        );
      }
      for (const one of seen) {
        expect(one).toMatchObject({ point: one.point, died: ['SIGKILL'], outcome: 'applied', ledger: 'applied' });
        expect(one.carriedOut, one.point).toEqual(one.planned);
        expect(one.planned).toHaveLength(scene.requests);
      }
      expect(seen.map(({ point }) => point)).toEqual(points.map(inWords));
    },
    caseLimitMs,
  );
});
