/**
 * The processes of `npm start`, in the waves in which they start. One that was brought along is not started. The second
 * wave needs to be told where PostgreSQL is; Temporal and the sandbox have addresses that are known before they answer,
 * and everybody connects to them with patience. The sandbox has a database of its own where PostgreSQL is the embedded one.
 */
import { fileURLToPath } from 'node:url';
import { startPostgres } from './postgres.ts';
import { logSince, type Running, runProgram } from './program.ts';
import { createSandboxDatabase } from './sandbox-database.ts';
import { devServer, temporalAnswers } from './temporal.ts';
import type { Service } from './tended.ts';
import { type ChildName, environmentOf, type World } from './world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const firstWave = (world: World): Service[] => [
  ...(world.config.DATABASE_URL === undefined ? [postgres(world)] : []),
  ...(world.config.TEMPORAL_ADDRESS === undefined ? [temporal(world)] : []),
];

export const secondWave = (world: World): Service[] => [
  ...(world.config.MUSTER_SANDBOX_URL === undefined ? [sandbox(world)] : []),
  api(world),
  worker('worker', 'worker/main.ts', world),
  worker('remediation-worker', 'worker/remediation.ts', world),
];

const postgres = (world: World): Service => {
  let port: number | undefined;
  const dataDir = world.folder.at('postgres');
  return {
    name: 'postgres',
    logFile: world.folder.at('postgres', 'server.log'),
    readyWithinMs: 10_000,
    isReady: () => Promise.resolve(true),
    launch: async () => {
      // The same port for ever, so that the pools of the others find it again.
      const server = await startPostgres({ dataDir, log: world.log, ...(port === undefined ? {} : { port }) });
      port = server.port;
      world.databaseUrl = server.url;
      if (wantsSandboxDatabase(world)) world.sandboxDatabase = await sandboxDatabaseOn(server.url, world);
      return { pid: server.pid, port, exited: server.exited, stop: server.stop, logStart: 0 };
    },
  };
};

const wantsSandboxDatabase = ({ config }: World): boolean =>
  config.MUSTER_SANDBOX_URL === undefined && config.MUSTER_SANDBOX_DATABASE === undefined;

/** Only one drill needs it: whatever is wrong with it keeps nothing else from starting. */
const sandboxDatabaseOn = async (adminUrl: string, { secrets, log }: World): Promise<string | null> => {
  try {
    return await createSandboxDatabase({ adminUrl, secret: secrets.MUSTER_SANDBOX_SECRET });
  } catch (error) {
    log(`the sandbox has no database this time: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
};

const temporal = (world: World): Service => ({
  name: 'temporal',
  logFile: world.folder.logFile('temporal'),
  isAwaitedByPatience: true,
  readyWithinMs: 60_000,
  isReady: () => temporalAnswers(world),
  launch: () =>
    runProgram({
      ...devServer(world),
      env: environmentOf('temporal', world),
      cwd: root,
      logFile: world.folder.logFile('temporal'),
      port: world.config.MUSTER_TEMPORAL_PORT,
      stopWithinMs: 10_000,
    }),
});

const sandbox = (world: World): Service => ({
  name: 'sandbox',
  logFile: world.folder.logFile('sandbox'),
  isAwaitedByPatience: true,
  readyWithinMs: 60_000,
  isReady: async () => (await statusOf(`${world.sandboxUrl}/state`)) < 500,
  launch: () =>
    launchSource('sandbox', 'src/sandbox/main.ts', world, {
      port: world.config.MUSTER_SANDBOX_PORT,
      stopWithinMs: 5_000,
    }),
});

const api = (world: World): Service => ({
  name: 'api',
  logFile: world.folder.logFile('api'),
  readyWithinMs: 60_000,
  isReady: async () => (await statusOf(`${world.apiUrl}/readyz`)) === 200,
  launch: () => launchSource('api', 'src/api/main.ts', world, { port: world.config.MUSTER_PORT, stopWithinMs: 30_000 }),
});

/** A worker has no port to knock at; it says so on a line of its log: {"msg":"ready"}. */
const worker = (name: 'worker' | 'remediation-worker', source: string, world: World): Service => ({
  name,
  logFile: world.folder.logFile(name),
  readyWithinMs: 120_000,
  isReady: async ({ logStart }: Running) => /"msg":"ready\b/.test(logSince(world.folder.logFile(name), logStart)),
  launch: () => launchSource(name, source, world, { stopWithinMs: 30_000 }),
});

const launchSource = (
  name: ChildName,
  source: string,
  world: World,
  options: { port?: number; stopWithinMs: number },
): Promise<Running> =>
  runProgram({
    command: process.execPath,
    args: [source],
    env: environmentOf(name, world),
    cwd: root,
    logFile: world.folder.logFile(name),
    ...options,
  });

/** HTTP status, or 599 while nobody answers. */
const statusOf = async (url: string): Promise<number> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 599;
  }
};
