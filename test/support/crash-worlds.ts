/** The scenes of crash-scenes.ts in one process: the activities over a real target and a store in memory. */
import type { ApplyResult } from '../../activities/index.ts';
import { readConfig } from '../../src/config.ts';
import { connectEndpoints } from '../../src/integrations/registry.ts';
import type { Plan } from '../../src/schema/remediation.ts';
import type { ClusterStage, CrashScene, DatabaseStage, EndpointStage } from './crash-scenes.ts';
import { anEndpointBench } from './endpoint-bench.ts';
import type { Plane } from './kube/planes.ts';
import type { FakeStore } from './kube/remediation-store.ts';
import { productionDatabase } from './replica.ts';
import { sandboxOrganisation } from './sandbox-organisation.ts';
import { aSessionBench } from './session-bench.ts';
import { vendorSecret } from './vendors.ts';

/** Stands around every request that could change something: `send` carries it out at the target. */
export type Around = <Answer>(send: () => Promise<Answer>) => Promise<Answer>;

export interface CrashWorld {
  plan: Plan;
  apply(attempt: number): Promise<ApplyResult>;
  intercept(around: Around): void;
  /** What the ledger says of it; null while it says nothing. */
  ledger(): string | null;
  close(): Promise<unknown>;
}

let worlds = 0;

export const aCrashWorld = (scene: CrashScene, sandbox: Plane): Promise<CrashWorld> => {
  worlds += 1;
  if (scene.system === 'kubernetes') return inCluster(scene, sandbox, `crash-${worlds}`);
  return scene.system === 'http' ? behindEndpoint(scene) : inDatabase(scene, `crash_${worlds}`);
};

const inCluster = async (
  { action, prepare }: CrashScene & ClusterStage,
  { cluster }: Plane,
  namespace: string,
): Promise<CrashWorld> => {
  const { given, target, params, close } = await prepare(cluster, namespace);
  const plan = await given.plan(action, params, target);
  return {
    plan,
    apply: (attempt) => given.apply(plan, { attempt }),
    intercept(around) {
      const honest = given.wire.request.bind(given.wire);
      given.wire.request = (request) =>
        request.method === 'GET' || request.query?.dryRun ? honest(request) : around(() => honest(request));
    },
    ledger: () => onlyRow(given.store),
    close: async () => close?.(),
  };
};

const behindEndpoint = async ({ action, prepare }: CrashScene & EndpointStage): Promise<CrashWorld> => {
  let around: Around = (send) => send();
  let url = '';
  const bench = await anEndpointBench({
    instead: (name) => {
      const config = readConfig({ MUSTER_SANDBOX_URL: url, MUSTER_SANDBOX_SECRET: vendorSecret });
      const honest = connectEndpoints(config, sandboxOrganisation.endpoints)(name, true);
      return {
        request: (request) =>
          request.method === 'GET' ? honest.request(request) : around(() => honest.request(request)),
      };
    },
  });
  url = bench.sandbox.url;
  const { target, params } = prepare(bench.sandbox, bench.pass);
  const plan = await bench.plan(action, target, params);
  return {
    plan,
    apply: (attempt) => bench.apply(plan, { attempt }),
    intercept: (given) => {
      around = given;
    },
    ledger: () => onlyRow(bench.store),
    close: bench.close,
  };
};

const inDatabase = async ({ action, prepare }: CrashScene & DatabaseStage, database: string): Promise<CrashWorld> => {
  const server = await productionDatabase();
  await server.ask(`create database ${database} owner shop`);
  const { params, close } = await prepare(server, database);
  const bench = aSessionBench(server.url, { database });
  const plan = await bench.plan(action, params);
  return {
    plan,
    apply: (attempt) => bench.apply(plan, { attempt }),
    intercept(around) {
      const honest = bench.wire.signal.bind(bench.wire);
      bench.wire.signal = (how, key) => around(() => honest(how, key));
    },
    ledger: () => onlyRow(bench.store),
    close: async () => close?.(),
  };
};

const onlyRow = ({ rows }: FakeStore): string | null => [...rows.values()][0]?.status ?? null;
