/** Tells an incident line by line while it happens, in the words of its timeline and the time of its scenario. */
import { setTimeout as pause } from 'node:timers/promises';
import { MusterError } from '../domain/errors.ts';
import { storyLine } from '../domain/incident/story-line.ts';
import type { IncidentView } from '../schema/incident.ts';
import type { DrillClient } from './drill-client.ts';

export interface Story {
  client: DrillClient;
  incidentId: string;
  say: (line: string) => void;
  stop: AbortSignal;
  /** Asked after each look; the story ends when it says true. */
  isOver: (incident: IncidentView) => Promise<boolean>;
}

const lookEveryMs = 300;

/** Resolves when the story is over or stopped. A process that is away for a moment does not end it. */
export const tellStory = async ({ client, incidentId, say, stop, isOver }: Story): Promise<void> => {
  const told = new Set<string>();
  let away = false;
  while (!stop.aborted) {
    try {
      const incident = await find(client, incidentId);
      const timeline = await client.timeline(incidentId);
      for (const entry of timeline.filter(({ key }) => !told.has(key))) {
        told.add(entry.key);
        say(`  ${storyLine(entry, incident)}`);
      }
      away = false;
      if (incident !== null && (await isOver(incident))) return;
    } catch (error) {
      if (!(error instanceof MusterError)) throw error;
      if (!away && !stop.aborted) say('  (the API is away for a moment; the incident goes on without it)');
      away = true;
    }
    await pause(lookEveryMs, undefined, { signal: stop }).catch(() => {});
  }
};

const find = async (client: DrillClient, id: string): Promise<IncidentView | null> =>
  (await client.incidents()).find((incident) => incident.id === id) ?? null;
