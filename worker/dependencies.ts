/** The composition root of both workers: configuration becomes the parts the activities are made of. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Dependencies } from '../activities/create-activities.ts';
import type { DrillStarter } from '../activities/drills.ts';
import type { RemediationDependencies } from '../activities/run/context.ts';
import type { RoleDesk } from '../activities/shift.ts';
import { type Config, policyFiles } from '../src/config.ts';
import { InvalidInput, Unavailable } from '../src/domain/errors.ts';
import { sandboxToken } from '../src/domain/sandbox-token.ts';
import { packFinder } from '../src/intake/rulebook.ts';
import { sandboxControl } from '../src/intake/sandbox-control.ts';
import { startDrill } from '../src/intake/start-drill.ts';
import {
  connect,
  connectClusters,
  connectDatabases,
  connectEndpoints,
  connectSources,
} from '../src/integrations/registry.ts';
import { loadOrganisation, loadPacks } from '../src/packs/load.ts';
import { loadRemediationPolicies } from '../src/packs/remediation-load.ts';
import { loadRunbookLibrary } from '../src/packs/runbook-library.ts';
import { openStore } from '../src/store/connect.ts';
import type { Store } from '../src/store/store.ts';
import { connectRemoteControl } from '../src/temporal/client.ts';
import { temporalConnectionOptions } from '../src/temporal/connection-options.ts';

export { readConfig } from '../src/config.ts';
export { cloudNeeds } from '../src/integrations/registry.ts';

/** How long a starting worker waits for PostgreSQL before it works without it. */
const storePatienceMs = 15_000;
const storePauseMs = 500;

/** Throws InvalidInput when configuration, packs or organisation do not hold. */
export const workerDependencies = async (config: Config, log: Logger): Promise<Dependencies> => {
  const { organisationFile, packDirs, needed } = policyFiles(config);
  const organisation = loadOrganisation(organisationFile);
  const packs = loadPacks(packDirs, organisation, needed);
  if (!packs.has(config.MUSTER_PACK)) {
    throw new InvalidInput(`MUSTER_PACK names "${config.MUSTER_PACK}"; use one of ${[...packs.keys()].join(', ')}`);
  }
  const connections = connect(config);
  return {
    store: await storeOf(config, 'muster-worker', log),
    packs,
    packDefault: config.MUSTER_PACK,
    organisation,
    connect: connections.choose,
    webUrl: webUrlOf(config),
    mailFrom: config.MAIL_FROM,
    log,
  };
};

/** Scheduled drills go the way of those that people start, only not over HTTP. */
export const drillStarter = (config: Config, { store, packs }: Dependencies): DrillStarter => {
  const { MUSTER_SANDBOX_URL: url, MUSTER_SANDBOX_SECRET: secret } = config;
  if (!url || !secret) return null;
  const rulebook = { pack: packFinder(packs, config.MUSTER_PACK) };
  const sandbox = sandboxControl(url, sandboxToken(secret, 'control'));
  return (order, drill) => startDrill({ store, rulebook, sandbox }, order, drill);
};

/** Roles pass from shift to shift the way people hand them over: as commands of the incident. Connects when it is needed. */
export const roleDesk = (config: Config): RoleDesk => {
  const remote = connectRemoteControl({
    ...temporalConnectionOptions(config, `127.0.0.1:${config.MUSTER_TEMPORAL_PORT}`),
    namespace: config.TEMPORAL_NAMESPACE,
  });
  return {
    offer: (workflowId, offer, updateId) => remote.command(workflowId, 'offerRole', offer, updateId),
    accept: (workflowId, acceptance, updateId) => remote.command(workflowId, 'acceptRole', acceptance, updateId),
  };
};

/** The remediation worker holds the cluster's credentials, and of the vendors only asks the metrics. */
export const remediationDependencies = async (
  config: Config,
  log: Logger,
): Promise<RemediationDependencies & { store: Store }> => {
  const connections = connect(config);
  const cluster = connectClusters(config);
  const { organisationFile, remediationDirs } = policyFiles(config);
  const organisation = loadOrganisation(organisationFile);
  return {
    store: await storeOf(config, 'muster-remediation-worker', log),
    organisation,
    policies: loadRemediationPolicies(remediationDirs, organisation),
    library: loadRunbookLibrary(remediationDirs),
    now: () => Date.now(),
    approvalKey: config.MUSTER_APPROVAL_KEY ?? null,
    connect: connections.choose,
    sources: connectSources(config),
    cluster,
    database: connectDatabases(config, organisation.databases),
    endpoint: connectEndpoints(config, organisation.endpoints),
    ownNode: config.NODE_NAME ?? null,
    log,
  };
};

/**
 * Waits a while for PostgreSQL, then goes on without it: people are told even when nothing can be recorded, and
 * remediations refuse. The pool finds the database by itself once it is back.
 */
const storeOf = async (config: Config, name: string, log: Logger): Promise<Store> => {
  const url = config.DATABASE_URL;
  if (!url) throw new InvalidInput('DATABASE_URL is missing: give it, or start everything with npm start');
  const options = { name, log: (line: string) => log.info(line) };
  const until = performance.now() + storePatienceMs;
  for (;;) {
    try {
      return await openStore(url, options);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      log.warn({ err: error }, 'PostgreSQL is not there yet');
      if (performance.now() > until) return openStore(url, { ...options, migrate: false });
    }
    await pause(storePauseMs);
  }
};

const webUrlOf = (config: Config): string =>
  (config.MUSTER_PUBLIC_URL ?? `http://127.0.0.1:${config.MUSTER_PORT}`).replace(/\/$/, '');
