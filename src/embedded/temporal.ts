/** The embedded Temporal: the CLI's dev server with its file under the data folder; and what one of your own must know. */
import { Connection } from '@temporalio/client';
import { Unavailable } from '../domain/errors.ts';
import { temporalConnectionOptions } from '../temporal/connection-options.ts';
import { temporalCliPath } from './tools.mjs';
import type { World } from './world.ts';

/** Six of the ten Keyword attributes that a server on SQL allows per namespace. */
export const searchAttributes = [
  'IncidentService',
  'IncidentSeverity',
  'IncidentStatus',
  'IncidentPack',
  'IncidentKind',
  'IncidentTeam',
];

export const devServer = ({ config, folder }: World): { command: string; args: string[] } => ({
  command: temporalCli(),
  args: [
    'server',
    'start-dev',
    ...['--db-filename', folder.at('temporal.db')],
    ...['--ip', '127.0.0.1', '--port', String(config.MUSTER_TEMPORAL_PORT)],
    ...['--ui-port', String(config.MUSTER_TEMPORAL_UI_PORT)],
    ...['--namespace', config.TEMPORAL_NAMESPACE],
    ...['--log-level', 'warn'],
    ...searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    // Else a timer of less than a second fires up to a second late.
    ...['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="50ms"'],
  ],
});

const temporalCli = (): string => {
  try {
    return temporalCliPath();
  } catch (error) {
    throw new Unavailable(error instanceof Error ? error.message : String(error), error);
  }
};

/** True when the namespace can be used. Never throws. */
export const temporalAnswers = async (world: World): Promise<boolean> => {
  try {
    return await withConnection(world, async (connection) => {
      await connection.workflowService.describeNamespace({ namespace: world.config.TEMPORAL_NAMESPACE });
      return true;
    });
  } catch {
    return false;
  }
};

const keyword = 2;
const alreadyExists = 6;

/**
 * Makes a Temporal of one's own ready: the search attributes of incidents. Repeating is harmless. Throws Unavailable
 * when it cannot be reached. A server that lets nobody add attributes here (Temporal Cloud) is taken as prepared.
 */
export const prepareTemporal = async (world: World): Promise<void> => {
  const namespace = world.config.TEMPORAL_NAMESPACE;
  if (!(await temporalAnswers(world))) {
    throw new Unavailable(
      `Temporal at ${world.temporalAddress} (TEMPORAL_ADDRESS) does not answer for namespace ${namespace}; start it, correct the address, or unset the variable to use the embedded one`,
    );
  }
  await withConnection(world, async (connection) => {
    for (const name of searchAttributes) {
      try {
        await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: { [name]: keyword } });
      } catch (error) {
        if ((error as { code?: number }).code === alreadyExists) continue;
        world.log(
          `could not add the search attribute ${name} to Temporal (${String((error as Error).message)}); add it yourself if it is missing`,
        );
      }
    }
  });
};

const withConnection = async <T>(world: World, use: (connection: Connection) => Promise<T>): Promise<T> => {
  const options = temporalConnectionOptions(world.config, world.temporalAddress);
  const connection = await Connection.connect({ ...options, connectTimeout: '2 seconds' });
  try {
    return await connection.withDeadline(Date.now() + 5_000, () => use(connection));
  } finally {
    await connection.close();
  }
};
