/**
 * A place in which the real remediation worker dies, again and again: a namespace of Temporal, a store, the sandbox and a
 * database of production, each behind a wire that kills. As under the supervisor, the worker is started again whenever it
 * has died, and the process that takes over one effect is the one that dies at the next.
 */
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, type Connection } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type NativeConnection, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { pino } from 'pino';
import { parse } from 'yaml';
import type { ApplyRequest, ApplyResult, IncidentContext, PlanResult } from '../../activities/index.ts';
import { createRemediationActivities } from '../../activities/run-action.ts';
import { readConfig } from '../../src/config.ts';
import { sealOf } from '../../src/domain/remediation/approval-seal.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import type { Decision, Plan } from '../../src/schema/remediation.ts';
import { remediationDependencies } from '../../worker/dependencies.ts';
import { aNewIncident, aRemediation } from '../store/records.ts';
import { aMortalWorker } from './crash-mortal-worker.ts';
import { type CrashScene, failpoints, type Prepared } from './crash-scenes.ts';
import { aKillingSessionWire } from './crash-sessions-wire.ts';
import { approvalKey, incident as live } from './kube/a-remediation.ts';
import { testDatabase } from './postgres.ts';
import { productionDatabase } from './replica.ts';
import { byMuster } from './run-parts.ts';
import { sandboxOrganisation } from './sandbox-organisation.ts';
import { vendorSecret } from './vendors.ts';
import { aKillingWire, type Strike } from './wire-that-kills.ts';

export type Point = { failpoint: string } | Omit<Strike, 'act'>;

/** What all lanes share. */
export interface Ground {
  address: string;
  connection: Connection;
  native: NativeConnection;
  bundle: WorkflowBundleWithSourceMap;
  folder: string;
}

/** What became of one effect whose worker died at one point. */
export interface Seen {
  died: (string | null)[];
  outcome: string;
  planned: string[];
  carriedOut: string[];
  ledger: string | undefined;
}

export interface Lane {
  /** One at a time. */
  play(scene: CrashScene, point: Point): Promise<Seen>;
  close(): Promise<void>;
}

const taskQueue = 'crash-process';
const quiet = { logger: new DefaultLogger('ERROR') };
const commander = Object.entries(sandboxOrganisation.people).find(([, { roles }]) => roles.includes('commander'))?.[0];

export const startLane = async (ground: Ground, namespace: string): Promise<Lane> => {
  const { address, folder, native, bundle } = ground;
  let passedMs = 0;
  const sandbox = await startSandbox({
    port: 0,
    smtpPort: 0,
    secret: vendorSecret,
    apiUrl: 'http://127.0.0.1:9',
    organisation: sandboxOrganisation,
    clock: { now: () => Date.now() + passedMs },
  });
  const server = await productionDatabase();
  const database = namespace.replaceAll('-', '_');
  await server.ask(`create database ${database} owner shop`);
  const http = await aKillingWire(sandbox.url);
  const sessions = await aKillingSessionWire(server.url);
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATABASE_URL: (await testDatabase()).url,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    MUSTER_SANDBOX_URL: http.url,
    MUSTER_SANDBOX_SECRET: vendorSecret,
    MUSTER_DATABASES: `shop-db: ${sessions.url}`,
    MUSTER_ORGANISATION: await anOrganisationFile(join(folder, `${namespace}.json`), database),
    MUSTER_APPROVAL_KEY: approvalKey,
    MUSTER_LOG_LEVEL: 'warn',
    // A third of a start is reading TypeScript.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  };
  const dependencies = await remediationDependencies(readConfig(environment), pino({ level: 'silent' }));
  const { store } = dependencies;
  const { planRemediation } = createRemediationActivities(dependencies);
  await patiently(() => store.incidents.declare(aNewIncident(live.incidentId), null));
  const client = new Client({ connection: ground.connection, namespace });
  const starter = await Worker.create({ connection: native, namespace, taskQueue, workflowBundle: bundle });
  const running = starter.run();
  const worker = aMortalWorker(environment, failpoints, join(folder, namespace));

  let cases = 0;
  const prepared = async (scene: CrashScene): Promise<Prepared> => {
    if (scene.system === 'postgres') return scene.prepare(server, database);
    sandbox.world.healCluster();
    if (scene.system === 'kubernetes')
      return scene.prepare(dependencies.cluster('sandbox', true), `${namespace}-${cases}`);
    return scene.prepare(sandbox, (ms) => {
      passedMs += ms;
    });
  };

  const planned = async (scene: CrashScene, incident: IncidentContext, { target, params }: Prepared): Promise<Plan> => {
    const operationId = `${namespace}-${cases}`;
    const remediationId = `rem-${operationId}`;
    const given = { incident, remediationId, action: scene.action, target, params: { ...params }, operationId };
    const said = await patiently(
      () =>
        new MockActivityEnvironment({}, quiet).run(planRemediation, { ...given, ...byMuster }) as Promise<PlanResult>,
    );
    if (said.kind === 'refused') throw new Error(`${scene.action} was refused: ${said.because}`);
    return said.plan;
  };

  return {
    async play(scene, point) {
      cases += 1;
      // Drills reach no database of production.
      const incident = { ...live, drill: scene.system !== 'postgres' };
      const given = await prepared(scene);
      const plan = await planned(scene, incident, given);
      const view = approved(plan, incident);
      await patiently(() => store.remediations.recordRemediation(view, []));
      const key = `${incident.incidentId}/remediation/${plan.operationId}/apply`;
      const { planHash: approvedHash } = plan;
      const request: ApplyRequest = {
        ...{ incident, remediationId: view.id, key, plan, revert: false, approvedHash },
        ...byMuster,
      };
      const wire = scene.system === 'postgres' ? sessions : http;
      wire.expect('nth' in point ? { ...point, act: () => worker.kill() } : null);
      worker.expect('failpoint' in point ? point.failpoint : null);
      const result = (await Promise.race([
        client.workflow.execute('applyOnce', { taskQueue, workflowId: plan.operationId, args: [request] }),
        worker.endedByItself,
      ])) as ApplyResult;
      const seen = {
        died: worker.died(),
        outcome: result.outcome,
        planned: plan.requests.map((one) =>
          one.system === 'postgres' ? `${one.statement} ${one.session.pid}` : `${one.method} ${one.path.split('?')[0]}`,
        ),
        carriedOut: wire.carriedOut().map((one) => one.replace(/ \/(kube|endpoints\/[^/]+)\//, ' /')),
        ledger: (await patiently(() => store.effects.effect(key)))?.status,
      };
      await given.close?.();
      return seen;
    },
    async close() {
      worker.end();
      starter.shutdown();
      await running;
      await Promise.all([store.close(), http.close(), sessions.close(), sandbox.close()]);
    },
  };
};

/** Asks again while controllers lag or the machine is busy, as Temporal would; what cannot be, fails with its last reason. */
const patiently = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
  for (let left = 20; ; left -= 1) {
    try {
      return await ask();
    } catch (error) {
      if (left === 0) throw error;
      await pause(200);
    }
  }
};

/** The sandbox's, with a database, and without workloads: a starting worker has nothing to ask and to watch. */
const anOrganisationFile = async (file: string, database: string): Promise<string> => {
  const source = fileURLToPath(new URL('../../src/sandbox/organisation.yaml', import.meta.url));
  const organisation = parse(await readFile(source, 'utf8')) as { services: Record<string, { workload?: unknown }> };
  for (const service of Object.values(organisation.services)) delete service.workload;
  const entry = { title: 'Orders', connection: 'shop-db', database, maxShare: 1 };
  writeFileSync(file, JSON.stringify({ ...organisation, databases: { 'shop-db': entry } }));
  return file;
};

/** By two people, whatever it affects. */
const approved = (plan: Plan, { incidentId, drill }: IncidentContext) => {
  const id = `rem-${plan.operationId}`;
  const { action, target, planHash } = plan;
  const decisions = ['operator', commander ?? ''].map((person): Decision => {
    const at = new Date().toISOString();
    const said = { verdict: 'approved' as const, planHash, sealedAt: at };
    const seal = sealOf(approvalKey, { remediationId: id, personId: person, ...said });
    return { by: { kind: 'person', id: person, name: person }, at, reason: null, ...said, seal };
  });
  const { proposedBy } = byMuster;
  const approverRoles = ['commander' as const];
  const told = { action, target, plan, planHash, status: 'applying' as const, proposedBy, approverRoles, decisions };
  return aRemediation(id, incidentId, { ...told, drill });
};
