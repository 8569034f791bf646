/** `npm start` from the first look at the flags to the last child gone. */
import { renameSync, statSync } from 'node:fs';
import type { Config } from '../config.ts';
import { InvalidInput, MusterError } from '../domain/errors.ts';
import { writeFault } from '../packs/fault.ts';
import { checkFiles, type FilesToRead } from '../packs/load.ts';
import { type ControlServer, openControl } from './control.ts';
import { type DataFolder, lockDataFolder, openDataFolder, openSecrets } from './data-folder.ts';
import { playDrill } from './drill.ts';
import { openFleet } from './fleet.ts';
import { helpText, readOptions, type StartOptions } from './options.ts';
import { checkPorts, type PortWish } from './ports.ts';
import { openProcessList } from './process-list.ts';
import { killGroup } from './program.ts';
import { firstWave, secondWave } from './services.ts';
import { stopStrays } from './strays.ts';
import { prepareTemporal } from './temporal.ts';
import type { Service } from './tended.ts';
import type { World } from './world.ts';

/** How the environment is read: src/config.ts, handed in by the process itself. */
export type Configuration = Pick<typeof import('../config.ts'), 'variables' | 'readConfig' | 'policyFiles'>;

export interface Supervision {
  configuration: Configuration;
  argv: string[];
  environment: Record<string, string | undefined>;
  say: (line: string) => void;
  complain: (line: string) => void;
  /** Aborted by Ctrl-C or SIGTERM: everything stops in order. */
  stop: AbortSignal;
  /** Aborted by the second Ctrl-C: whatever still runs is ended at once. */
  force: AbortSignal;
  /** Other processes than the product's own; `npm start` leaves it out. */
  waves?: ((world: World) => Service[])[];
  /** What to do once everything is up; `npm start` plays the drill. */
  play?: typeof playDrill;
}

/** Returns the exit code. Whatever happens, nothing that it started is left running. */
export const supervise = async (supervision: Supervision): Promise<number> => {
  const { configuration, argv, environment, say, complain } = supervision;
  try {
    const options = readOptions(argv);
    if (options.help) {
      say(helpText(configuration.variables));
      return 0;
    }
    return await superviseWith(options, { ...environment, ...options.overrides }, supervision);
  } catch (error) {
    if (supervision.stop.aborted) return 0;
    if (!(error instanceof MusterError)) throw error;
    complain(error.message);
    return 1;
  }
};

const superviseWith = async (
  options: StartOptions,
  environment: Record<string, string | undefined>,
  { configuration, say, stop, force, waves, play = playDrill }: Supervision,
): Promise<number> => {
  const config = configuration.readConfig(environment);
  const policyFiles = configuration.policyFiles(config);
  checkPolicies(policyFiles);
  const folder = openDataFolder(config.MUSTER_DATA_DIR);
  const unlock = lockDataFolder(folder);
  let control: ControlServer | null = null;
  let end = async (): Promise<void> => {};
  try {
    await stopStrays(folder, say);
    await checkPorts(portsOf(config));
    freshLogs(folder);
    const secrets = openSecrets(folder, config);
    const apiUrl = `http://127.0.0.1:${config.MUSTER_PORT}`;
    control = await openControl({
      token: secrets.MUSTER_TOKEN,
      origins: [apiUrl, `http://localhost:${config.MUSTER_PORT}`],
      controls: () => ({ processes: list.entries, kill: fleet.kill }),
    });
    const list = openProcessList(folder, { port: control.port, url: control.url });
    const fleet = openFleet({ list, log: say });
    force.addEventListener('abort', () => {
      for (const { pid } of list.entries()) killGroup(pid);
    });
    end = async () => {
      await fleet.stop();
      list.close();
    };
    const world: World = {
      config,
      policyFiles,
      folder,
      secrets,
      databaseUrl: config.DATABASE_URL ?? null,
      sandboxDatabase: config.MUSTER_SANDBOX_DATABASE ?? null,
      temporalAddress: config.TEMPORAL_ADDRESS ?? `127.0.0.1:${config.MUSTER_TEMPORAL_PORT}`,
      sandboxUrl: config.MUSTER_SANDBOX_URL ?? `http://127.0.0.1:${config.MUSTER_SANDBOX_PORT}`,
      apiUrl,
      supervisorUrl: control.url,
      environment,
      log: say,
    };
    if (config.TEMPORAL_ADDRESS !== undefined) await prepareTemporal(world);
    const readiness: Promise<void>[] = [];
    for (const wave of waves ?? [firstWave, secondWave]) {
      const services = wave(world);
      say(`starting ${services.map(({ name }) => name).join(', ')}`);
      const { next, ready } = fleet.start(services);
      readiness.push(ready);
      await unlessStopped(Promise.race([next, Promise.all(readiness)]), stop);
    }
    await unlessStopped(Promise.all(readiness), stop);
    say(welcome(world, environment.MUSTER_TOKEN !== undefined));
    const code = await unlessStopped(play({ options, world, say, stop }), stop);
    if (options.exit) return code;
    await new Promise<void>((done) => (stop.aborted ? done() : stop.addEventListener('abort', () => done())));
    return 0;
  } finally {
    if (stop.aborted) say('stopping; press Ctrl-C again to end everything at once');
    await end();
    await control?.close();
    unlock();
    say('everything is stopped; what is in the data folder stays for the next start');
  }
};

/** A faulty pack, organisation or remediation policy is told before anything runs, all faults at once. */
const checkPolicies = (files: FilesToRead): void => {
  const { faults } = checkFiles(files);
  if (faults.length === 0) return;
  throw new InvalidInput(`the policies cannot be used:\n${faults.map((fault) => `  ${writeFault(fault)}`).join('\n')}`);
};

const portsOf = (config: Config): PortWish[] => [
  { port: config.MUSTER_PORT, variable: 'MUSTER_PORT', purpose: 'the API and the pages' },
  ...(config.TEMPORAL_ADDRESS === undefined
    ? [
        { port: config.MUSTER_TEMPORAL_PORT, variable: 'MUSTER_TEMPORAL_PORT', purpose: 'Temporal' },
        { port: config.MUSTER_TEMPORAL_UI_PORT, variable: 'MUSTER_TEMPORAL_UI_PORT', purpose: 'the Temporal UI' },
      ]
    : []),
  ...(config.MUSTER_SANDBOX_URL === undefined
    ? [
        { port: config.MUSTER_SANDBOX_PORT, variable: 'MUSTER_SANDBOX_PORT', purpose: 'the sandbox' },
        { port: config.MUSTER_SANDBOX_PORT + 1, variable: 'MUSTER_SANDBOX_PORT', purpose: "the sandbox's mail server" },
      ]
    : []),
];

/** Each start writes logs of its own; those of the start before stay beside them. */
const freshLogs = (folder: DataFolder): void => {
  for (const name of ['api', 'worker', 'remediation-worker', 'sandbox', 'temporal']) {
    const file = folder.logFile(name);
    if (statSync(file, { throwIfNoEntry: false })) renameSync(file, `${file}.1`);
  }
};

const unlessStopped = <T>(work: Promise<T>, stop: AbortSignal): Promise<T> => {
  work.catch(() => {});
  const stopped = new Promise<never>((_, reject) => {
    const onStop = () => reject(new InvalidInput('stopped'));
    if (stop.aborted) onStop();
    else stop.addEventListener('abort', onStop, { once: true });
  });
  return Promise.race([work, stopped]);
};

const welcome = ({ config, apiUrl, temporalAddress, secrets, folder }: World, tokenGiven: boolean): string =>
  `
  web page     ${apiUrl}/
  sign in      ${tokenGiven ? `${apiUrl}/login with the token in MUSTER_TOKEN` : `${apiUrl}/login#token=${secrets.MUSTER_TOKEN}`}
  Temporal UI  ${config.TEMPORAL_ADDRESS === undefined ? `http://127.0.0.1:${config.MUSTER_TEMPORAL_UI_PORT}/` : `the one of ${temporalAddress}`}
  API          ${apiUrl}/api/v1  (its description: ${apiUrl}/openapi.json)
  token        ${tokenGiven ? 'the one in MUSTER_TOKEN' : secrets.MUSTER_TOKEN}
  logs         ${folder.at('logs')}
  stop         Ctrl-C; open incidents go on at the next start
`;
