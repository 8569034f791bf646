import type { Command } from 'commander';
import { IncidentList } from '../schema/api.ts';
import type { IncidentView } from '../schema/incident.ts';
import { ApiClient } from './client.ts';
import { type Environment, findConnection } from './credentials.ts';
import { CommandFailed, misused } from './failure.ts';
import { Output, plain, type Streams } from './output.ts';

export const openStatuses = 'declared,investigating,identified,mitigating,monitoring';

/** What the process lends to every command; a test lends its own. */
export interface World {
  environment: Environment;
  workingDir: string;
  streams: Streams;
  now(): number;
  /** Asks a person; null where there is nobody to ask. */
  ask(question: string): Promise<string | null>;
}

export interface Context {
  world: World;
  output: Output;
  client: ApiClient;
  nowMs: number;
}

/** Built for each command after its options are known. */
export const contextOf = (world: World, command: Command): Context => {
  const { json = false } = command.optsWithGlobals<{ json?: boolean }>();
  return {
    world,
    output: new Output(world.streams, world.environment, json),
    get client() {
      return new ApiClient(findConnection(world.environment, world.workingDir));
    },
    nowMs: world.now(),
  };
};

export const incidentPath = (id: string, rest = ''): string => `/api/v1/incidents/${encodeURIComponent(id)}${rest}`;

/** The incident a person means: the id they gave, or the only open one when they gave none or `-`. */
export const meantIncident = async (client: ApiClient, given: string | undefined): Promise<string> => {
  if (given !== undefined && given !== '-') return given;
  const { value } = await client.get(`/api/v1/incidents?status=${openStatuses}`, IncidentList);
  const [only, ...others] = value.items;
  if (!only) throw new CommandFailed('no incident is open; list earlier ones with "muster list --all"');
  if (others.length > 0) {
    const lines = value.items.map((incident: IncidentView) => `  ${incident.id}  ${plain(incident.title)}`);
    throw misused(`${value.items.length} incidents are open; say which one:\n${lines.join('\n')}`);
  }
  return only.id;
};
