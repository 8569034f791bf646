/** Plays a drill once everything is up: starts it, or goes on with an open incident; tells it; with --exit checks it. */
import { setTimeout as pause } from 'node:timers/promises';
import { MusterError } from '../domain/errors.ts';
import { scenarioClock } from '../domain/incident/story-line.ts';
import { calendarOf } from '../domain/on-call/business-time.ts';
import { loadOrganisation, loadPacks } from '../packs/load.ts';
import type { IncidentView } from '../schema/incident.ts';
import { type Changes, checkDrill, type Verdict, words } from './drill-checks.ts';
import { type DrillClient, drillClient, receivedFor } from './drill-client.ts';
import { tellStory } from './drill-story.ts';
import type { StartOptions } from './options.ts';
import type { World } from './world.ts';

export interface Play {
  options: StartOptions;
  world: World;
  say: (line: string) => void;
  stop: AbortSignal;
}

/** With the start and the stopping around it the whole stays below eight minutes. */
const limitMs = 7 * 60_000;
/** A while of the story passes before an alert fires, and a while of the machine until it is an incident. */
const appearsWithinMs = ({ speed }: StartOptions): number => 90_000 + (10 * 60_000) / speed;

/** Exit code of the run: 0 unless --exit was given and something failed. */
export const playDrill = async ({ options, world, say, stop }: Play): Promise<number> => {
  const client = drillClient(world);
  const deadline = Date.now() + limitMs;
  const open = (await client.incidents()).filter(isOpen);
  if (open.length > 0) {
    say(
      `${open.length === 1 ? 'an open incident goes' : `${open.length} open incidents go`} on, so no drill is started:`,
    );
    for (const incident of open) say(`  ${incident.id}  ${incident.severity}  ${incident.status}  ${incident.title}`);
  }
  if (open.length === 0 && options.drill === null) return 0;

  const obstacle = open.length === 0 ? await client.obstacle(options.drill ?? '') : null;
  if (obstacle !== null) {
    say(`no drill is started: ${obstacle}`);
    return options.exit ? 1 : 0;
  }
  const changesBefore = await client.changes();
  const incident =
    open.find(({ drill }) => drill) ??
    open[0] ??
    (await startDrill(client, options, options.exit ? deadline : Number.POSITIVE_INFINITY, say, stop));
  if (incident === null) {
    if (!stop.aborted)
      say(`the drill raised no incident within ${words(appearsWithinMs(options))}; see ${world.folder.at('logs')}`);
    return options.exit ? 1 : 0;
  }
  say(`${incident.id} at ${world.apiUrl}/incidents/${incident.id}; minutes and seconds are the scenario's`);

  const limited = AbortSignal.any([
    stop,
    ...(options.exit ? [AbortSignal.timeout(Math.max(0, deadline - Date.now()))] : []),
  ]);
  await tellStory({
    client,
    incidentId: incident.id,
    say,
    stop: limited,
    isOver: (view) => (options.exit ? hasEnded(client, view) : Promise.resolve(!isOpen(view))),
  });
  if (!options.exit) return 0;
  const healsItself = await client.healsItself(options.drill ?? '').catch(() => false);
  return report(await verdicts(client, world, { id: incident.id, changesBefore, healsItself }, say), say);
};

const isOpen = ({ status }: IncidentView): boolean => !['resolved', 'closed', 'cancelled'].includes(status);

const startDrill = async (
  client: DrillClient,
  options: StartOptions,
  latest: number,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<IncidentView | null> => {
  const before = new Set((await client.incidents()).map(({ id }) => id));
  const scenario = options.drill ?? '';
  say(
    `playing the drill ${scenario} at ${options.speed} times the speed${options.exit ? ', its people act by themselves' : ''}`,
  );
  const until = Math.min(latest, Date.now() + appearsWithinMs(options));
  await client.startDrill({ scenario, speed: options.speed, people: options.exit });
  while (!stop.aborted && Date.now() < until) {
    const fresh = (await client.incidents()).find(({ id, drill }) => drill && !before.has(id));
    if (fresh) return fresh;
    await pause(200, undefined, { signal: stop }).catch(() => {});
  }
  return null;
};

const hasEnded = async (client: DrillClient, incident: IncidentView): Promise<boolean> => {
  if (isOpen(incident)) return false;
  if (incident.status === 'cancelled') return true;
  const followUp = await client.followUp(incident.id);
  return followUp?.reviewAt != null && (await client.postmortem(incident.id)) !== null;
};

const verdicts = async (
  client: DrillClient,
  world: World,
  { id, changesBefore, healsItself }: { id: string; changesBefore: Changes | null; healsItself: boolean },
  say: (line: string) => void,
): Promise<Verdict[]> => {
  try {
    const incident = (await client.incidents()).find((candidate) => candidate.id === id);
    if (!incident) return [{ check: 'the incident is known', holds: false, figure: `${id} is not on the list` }];
    const organisation = loadOrganisation(world.policyFiles.organisationFile);
    const pack = loadPacks(world.policyFiles.packDirs).get(incident.pack);
    if (!pack) return [{ check: 'the pack is known', holds: false, figure: incident.pack }];
    const followUp = await client.followUp(id);
    const later = [...(await client.next(id)), ...(followUp?.deadlines ?? [])];
    const told = new Set<string>();
    for (const { dueAt, action, who } of later) {
      const line = `  due ${dueAt}  ${action} (${who})`;
      if (!told.has(line)) say(told.size === 0 ? `what falls due later:\n${line}` : line);
      told.add(line);
    }
    return [
      {
        check: 'the incident is resolved',
        holds: incident.status === 'resolved' || incident.status === 'closed',
        figure: incident.resolvedAt === null ? incident.status : `at ${scenarioClock(incident.resolvedAt, incident)}`,
      },
      ...checkDrill({
        incident,
        timeline: await client.timeline(id),
        remediations: await client.remediations(id),
        followUp,
        postmortem: await client.postmortem(id),
        pack,
        calendar: calendarOf(organisation),
        customerFacing: organisation.services[incident.service ?? '']?.customerFacing ?? null,
        healsItself,
        received: await receivedFor(client, incident, changesBefore),
      }),
    ];
  } catch (error) {
    if (!(error instanceof MusterError)) throw error;
    return [{ check: 'the drill can be judged', holds: false, figure: error.message }];
  }
};

const report = (results: Verdict[], say: (line: string) => void): number => {
  for (const { check, holds, figure } of results) say(`  ${holds ? 'ok    ' : 'FAILED'} ${check}: ${figure}`);
  const failed = results.filter(({ holds }) => !holds).length;
  say(failed === 0 ? `all ${results.length} checks of the drill hold` : `${failed} of ${results.length} checks FAILED`);
  return failed === 0 ? 0 : 1;
};
