/** Follows a drill to its end: its story line by line, then its score. */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { spanInWords } from '../domain/duration.ts';
import { storyLine } from '../domain/incident/story-line.ts';
import { DrillScore, type ScoreLine, TimelineList } from '../schema/api.ts';
import { IncidentView } from '../schema/incident.ts';
import type { ApiClient } from './client.ts';
import { type Context, incidentPath } from './context.ts';
import { CommandFailed } from './failure.ts';
import { type Output, plain } from './output.ts';

const lookEveryMs = 500;
/** In the time of the scenario: its figures climb, and its alert waits until they have been bad for a while. */
const alertWithinMs = 15 * 60_000;
/** On top, in real time. */
const machineAllowanceMs = 90_000;
/** How long an API that does not answer is waited for; the drill goes on without it. */
const awayMsMax = 60_000;

const Drill = z.object({ incidentId: z.string().nullish() });

export const scorePath = (id: string): string => `/api/v1/drills/${encodeURIComponent(id)}/score`;

/** Ends once every target is decided. Throws CommandFailed when one was missed, or when no alert ever came. */
export const followDrill = async ({ client, output }: Context, drill: { id: string; speed: number }): Promise<void> => {
  const incidentId = await incidentOf(client, drill);
  output.line(`its incident is ${incidentId}; minutes and seconds are the scenario's`);
  const told = new Set<string>();
  const { value: score, raw } = await until(async () => {
    const { value: incident } = await client.get(incidentPath(incidentId), IncidentView);
    const { value: timeline } = await client.get(incidentPath(incidentId, '/timeline'), TimelineList);
    for (const entry of timeline.items.filter(({ key }) => !told.has(key))) {
      told.add(entry.key);
      output.line(`  ${plain(storyLine(entry, incident))}`);
    }
    const answer = await client.get(scorePath(incidentId), DrillScore);
    return answer.value.verdict === 'pending' ? null : answer;
  });
  output.data(raw);
  tellScore(score, output);
  const missed = score.lines.filter(({ outcome }) => outcome === 'missed').length;
  if (missed > 0)
    throw new CommandFailed(`${missed} of ${score.lines.length} targets missed; talk about them in the review`);
};

/** One line per target, what was missed standing out. */
export const tellScore = ({ incidentId, pack, severity, verdict, lines }: DrillScore, output: Output): void => {
  const words = { held: 'every target met', missed: 'targets missed', pending: 'not over yet' };
  output.line(`${output.paint(incidentId, 'bold')}  ${severity} of ${pack}: ${words[verdict]}`);
  for (const line of lines) output.line(`  ${mark(line, output)} ${plain(line.title).padEnd(26)} ${found(line)}`);
};

const mark = ({ outcome }: ScoreLine, output: Output): string => {
  if (outcome === 'holds') return output.paint('ok     ', 'green');
  if (outcome === 'missed') return output.paint('MISSED ', 'red', 'bold');
  return output.paint(outcome === 'pending' ? 'waits  ' : '-      ', 'dim');
};

const found = ({ figure, target, because }: ScoreLine): string =>
  plain(`${figure}${target === null ? '' : `; target ${target}`}${because === null ? '' : ` (${because})`}`);

const incidentOf = async (client: ApiClient, { id, speed }: { id: string; speed: number }): Promise<string> => {
  const limitMs = alertWithinMs / speed + machineAllowanceMs;
  const giveUpAt = Date.now() + limitMs;
  return until(async () => {
    const { value } = await client.get(`/api/v1/drills/${encodeURIComponent(id)}`, Drill);
    if (value.incidentId) return value.incidentId;
    if (Date.now() < giveUpAt) return null;
    throw new CommandFailed(
      `the drill raised no incident within ${spanInWords(limitMs)}; look into the log of the sandbox`,
      1,
      { drill: id },
    );
  });
};

/** Looks until there is something. An API that is away for a moment is looked at again, a refusal ends it. */
const until = async <Found>(look: () => Promise<Found | null>): Promise<Found> => {
  let away: number | null = null;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== null) return seen;
      away = null;
    } catch (error) {
      // A refusal carries the API's problem; without one nobody answered.
      if (!(error instanceof CommandFailed) || error.problem !== null) throw error;
      away ??= Date.now();
      if (Date.now() - away > awayMsMax) throw error;
    }
    await pause(lookEveryMs);
  }
};
