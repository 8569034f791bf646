/**
 * The api process: takes alerts and commands, serves the pages, hands incidents to Temporal. Holds no credential of
 * production. Starts and stays up without Temporal and without PostgreSQL: what it accepts then waits on its own disk.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Logger, pino } from 'pino';
import { policyFiles, readConfig } from '../config.ts';
import { InvalidInput, Unavailable } from '../domain/errors.ts';
import { sandboxToken } from '../domain/sandbox-token.ts';
import { startDispatcher } from '../intake/dispatch.ts';
import { createReceiver } from '../intake/receive.ts';
import { sandboxControl } from '../intake/sandbox-control.ts';
import { openSpool } from '../intake/spool.ts';
import { sourceTokens, webhooksOf } from '../integrations/registry.ts';
import { loadOrganisation, loadPacks } from '../packs/load.ts';
import { readRemediationFiles } from '../packs/remediation-sources.ts';
import { openStore } from '../store/connect.ts';
import type { Store } from '../store/store.ts';
import { connectRemoteControl } from '../temporal/client.ts';
import { temporalConnectionOptions } from '../temporal/connection-options.ts';
import { connectDrillSchedules } from '../temporal/drill-schedules.ts';
import { connectShifts } from '../temporal/shifts.ts';
import { buildApp } from './app.ts';
import { identities } from './auth.ts';
import { startChangeFeed } from './change-feed.ts';
import { createMetrics } from './metrics.ts';
import { readPeopleTokens } from './people-tokens.ts';
import { rulebookOf } from './rulebook.ts';
import { keepShifts } from './shift-keeper.ts';

const spoolDrainMs = 2_000;
const storeWaitMs = 1_000;
/** Open requests get this long to end; supervisors and Kubernetes kill after 30 s. */
const drainMsMax = 25_000;

const main = async (): Promise<void> => {
  const config = readConfig(process.env);
  const log = pino({ name: 'api', level: config.MUSTER_LOG_LEVEL });
  const { organisationFile, packDirs, needed, remediationDirs } = policyFiles(config);
  const organisation = loadOrganisation(organisationFile);
  const packs = loadPacks(packDirs, organisation, needed);
  const remediation = readRemediationFiles(remediationDirs, organisation);
  const rulebook = rulebookOf(packs, organisation, config.MUSTER_PACK);
  for (const fault of remediation.faults)
    log.warn({ fault }, 'a runbook cannot be read; the worker does not start with it');
  const peopleTokens = readPeopleTokens(config.MUSTER_PEOPLE_TOKENS ?? '', organisation);
  if (!config.DATABASE_URL) {
    throw new InvalidInput('DATABASE_URL is not set; give a PostgreSQL, or use npm start, which brings its own');
  }
  const store = await openStoreAnyhow(config.DATABASE_URL, log);
  const spool = await openSpool(join(config.MUSTER_DATA_DIR, 'spool'), {
    onDamage: (lines) => log.error({ lines }, 'the spool had lines that cannot be read; they were left out'),
  });
  const temporal = {
    ...temporalConnectionOptions(config, `127.0.0.1:${config.MUSTER_TEMPORAL_PORT}`),
    namespace: config.TEMPORAL_NAMESPACE,
  };
  const remote = connectRemoteControl(temporal);
  const drillSchedules = connectDrillSchedules(temporal);
  const shifts = connectShifts(temporal);
  const metrics = createMetrics(store, () => spool.waiting());
  const dispatcher = startDispatcher({ store, remote, rulebook, log });
  const receiver = createReceiver({
    store,
    rulebook,
    webhooks: webhooksOf(config),
    tokensOf: sourceTokens(config),
    spool,
    wake: dispatcher.wake,
    log,
    onDelivery: metrics.onDelivery,
    onAlerts: metrics.onAlerts,
  });
  const feed = await startChangeFeed(store);
  const { MUSTER_SANDBOX_URL: sandboxUrl, MUSTER_SANDBOX_SECRET: sandboxSecret } = config;
  let serving = true;
  const app = await buildApp({
    store,
    rulebook,
    remediation,
    receiver,
    remote,
    identities: identities({ token: config.MUSTER_TOKEN, sandboxSecret, peopleTokens, organisation }),
    approvalKey: config.MUSTER_APPROVAL_KEY ?? null,
    feed,
    metrics,
    wake: dispatcher.wake,
    sandbox:
      sandboxUrl && sandboxSecret
        ? { url: sandboxUrl, ...sandboxControl(sandboxUrl, sandboxToken(sandboxSecret, 'control')) }
        : null,
    drillSchedules,
    shifts,
    supervisorUrl: config.MUSTER_SUPERVISOR_URL ?? null,
    showDrills: config.STATUSPAGE_API_KEY === undefined && sandboxUrl !== undefined,
    webRoot: fileURLToPath(new URL('../../dist/web', import.meta.url)),
    secureCookies: config.MUSTER_PUBLIC_URL?.startsWith('https:') ?? false,
    isServing: () => serving,
    logLevel: config.MUSTER_LOG_LEVEL,
  });

  const drainSpool = async (): Promise<void> => {
    const drained = await receiver.drainSpool().catch((error: unknown) => {
      log.warn({ err: error }, 'the spool cannot be drained now');
      return 0;
    });
    if (drained > 0) log.info({ drained }, 'deliveries from the spool were committed');
  };
  let draining = drainSpool();
  const drainTimer = setInterval(() => {
    draining = draining.then(drainSpool);
  }, spoolDrainMs);

  const shiftKeeper = keepShifts({ shifts, schedules: Object.keys(organisation.schedules), log });

  const stop = async (signal: string): Promise<void> => {
    if (!serving) return;
    serving = false;
    log.info({ signal }, 'stopping: open requests are finished, nothing new is taken');
    setTimeout(() => process.exit(1), drainMsMax).unref();
    clearInterval(drainTimer);
    await feed.close();
    await app.close();
    await dispatcher.stop();
    await Promise.all([draining, shiftKeeper.stop()]);
    await Promise.allSettled([remote.close(), drillSchedules.close(), shifts.close(), spool.close()]);
    await store.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));

  if (!config.MUSTER_APPROVAL_KEY)
    log.warn('no plan can be approved: set MUSTER_APPROVAL_KEY, the same here and for the remediation worker');
  if (!config.MUSTER_TOKEN && !sandboxSecret) {
    if (peopleTokens.length === 0) log.warn('nobody can log in: set MUSTER_TOKEN or MUSTER_PEOPLE_TOKENS');
    else log.warn('sessions of the pages end with this process: set MUSTER_TOKEN, which signs them');
  }
  const address = await app.listen({ port: config.MUSTER_PORT, host: config.MUSTER_HOST });
  log.info({ address }, 'ready');
};

/** While PostgreSQL is away the spool takes what comes; the schema is brought up to date as soon as it is back. */
const openStoreAnyhow = async (url: string, log: Logger): Promise<Store> => {
  const open = (migrate: boolean) => openStore(url, { name: 'api', migrate, log: (line) => log.info(line) });
  try {
    return await open(true);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    log.warn({ because: error.message }, 'starting without the database');
  }
  void (async () => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, storeWaitMs));
      try {
        return await (await open(true)).close();
      } catch (error) {
        if (!(error instanceof Unavailable)) log.error({ err: error }, 'the schema cannot be brought up to date');
      }
    }
  })();
  return open(false);
};

main().catch((error: unknown) => {
  process.stderr.write(`api: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
