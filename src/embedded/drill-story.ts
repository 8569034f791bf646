/** Tells an incident line by line while it happens, in the words of its timeline and the time of its scenario. */
import { setTimeout as pause } from 'node:timers/promises';
import { MusterError } from '../domain/errors.ts';
import type { IncidentView, TimelineItem } from '../schema/incident.ts';
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
        say(lineFor(entry, incident));
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

const lineFor = (entry: TimelineItem, incident: IncidentView | null): string =>
  `  ${scenarioClock(entry.at, incident)}  ${label(entry.kind).padEnd(22)} ${entry.text}`;

/** Minutes and seconds since the declaration, as the people of the scenario feel them. */
export const scenarioClock = (at: string, incident: Pick<IncidentView, 'declaredAt' | 'speed'> | null): string => {
  if (incident === null) return '--:--';
  const seconds = Math.max(0, ((Date.parse(at) - Date.parse(incident.declaredAt)) * incident.speed) / 1_000);
  const pad = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const clock = `${pad((seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return seconds >= 3_600 ? `${pad(seconds / 3_600)}:${clock}` : clock;
};

/** `remediationApplied` as `remediation applied`. */
const label = (kind: string): string => kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
