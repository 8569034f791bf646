import type { Command } from 'commander';
import { z } from 'zod';
import { DrillSchedule, DrillScheduleList, DrillScore } from '../../schema/api.ts';
import { contextOf, meantIncident, type World } from '../context.ts';
import { misused } from '../failure.ts';
import { followDrill, scorePath, tellScore } from '../follow-drill.ts';
import { plain } from '../output.ts';
import { stamp } from '../times.ts';

const Started = z.object({ id: z.string().optional(), incidentId: z.string().nullish() });

interface OrderOptions {
  speed: string;
  severity?: string;
  pack?: string;
  people?: boolean;
}

export const addDrillCommand = (program: Command, world: World): void => {
  const drill = withOrder(program.command('drill'))
    .description('break something in the sandbox and practise on the real workflow')
    .argument('<scenario>', 'such as bad-release')
    .option(
      '--wait',
      'tell the story line by line until it is over, then the score; exit code 1 when a target was missed',
    )
    .addHelpText(
      'after',
      `
Examples:
  muster drill bad-release --speed 10 --people
  muster drill bad-release --pack guide-sev1-sev3 --severity SEV2 --speed 60 --people --wait
  muster drill score INC-2026-014
  muster drill schedule bad-release --day "first tuesday" --at 10:00`,
    )
    .action(async (scenario: string, options: OrderOptions & { wait?: boolean }, command: Command) => {
      const context = contextOf(world, command);
      const { client, output } = context;
      const order = orderOf(scenario, options);
      const { value, raw } = await client.post('/api/v1/drills', order, Started);
      if (!options.wait) output.data(raw);
      output.line(`drill ${value.id ?? scenario} has begun at ${order.speed} times the speed of life`);
      if (options.wait && value.id) return followDrill(context, { id: value.id, speed: order.speed });
      output.line(
        value.incidentId
          ? `its incident is ${value.incidentId}; follow it with "muster show ${value.incidentId}"`
          : 'its alert follows within seconds; see it with "muster list"',
      );
    });
  addScore(drill, world);
  addSchedules(drill, world);
  for (const command of drill.commands) command.option('--json', 'answer as JSON');
};

const addScore = (drill: Command, world: World): void => {
  drill
    .command('score')
    .description("a drill against its pack's own targets; the only open incident when none is given")
    .argument('[incident]', 'id of the incident, or of the drill')
    .action(async (given: string | undefined, _: unknown, command: Command) => {
      const { client, output } = contextOf(world, command);
      const { value, raw } = await client.get(scorePath(await meantIncident(client, given)), DrillScore);
      output.data(raw);
      tellScore(value, output);
    });
};

const addSchedules = (drill: Command, world: World): void => {
  withOrder(drill.command('schedule'))
    .description('let a drill start by itself each month, in business hours and never beside a live incident')
    .argument('<scenario>', 'such as bad-release')
    .requiredOption('--day <day>', 'weekday of the month, such as "first tuesday"')
    .requiredOption('--at <time>', 'wall clock of the organisation, such as 10:00')
    .action(async (scenario: string, { day, at }: { day: string; at: string }, command: Command) => {
      const { client, output } = contextOf(world, command);
      // The command above has the same options and takes them wherever they stand.
      const order = { ...orderOf(scenario, command.optsWithGlobals<OrderOptions>()), day, at };
      const { value, raw } = await client.post('/api/v1/drill-schedules', order, DrillSchedule);
      output.data(raw);
      const [next] = value.nextAt;
      output.line(`${value.id} is scheduled${next ? `; it starts next at ${stamp(next)}` : ''}`);
      output.line(`take it back with "muster drill unschedule ${value.id}"`);
    });

  drill
    .command('schedules')
    .description('drills that start by themselves')
    .action(async (_: unknown, command: Command) => {
      const { client, output } = contextOf(world, command);
      const { value, raw } = await client.get('/api/v1/drill-schedules', DrillScheduleList);
      output.data(raw);
      if (value.items.length === 0) {
        return output.line(
          'no drill is scheduled; try: muster drill schedule bad-release --day "first tuesday" --at 10:00',
        );
      }
      output.table(
        ['ID', 'SCENARIO', 'DAY', 'NEXT', 'PACK', 'SEVERITY'],
        value.items.map(({ id, scenario, day, at, timezone, nextAt, pack, severity }) => [
          id,
          scenario,
          `${day} ${at} ${timezone}`,
          nextAt[0] ? stamp(nextAt[0]) : 'never',
          pack ?? 'default',
          severity ?? 'by the figures',
        ]),
      );
    });

  drill
    .command('unschedule')
    .description('no longer start this drill by itself')
    .argument('<id>', 'as "muster drill schedules" lists it')
    .action(async (id: string, _: unknown, command: Command) => {
      const { client, output } = contextOf(world, command);
      await client.delete(`/api/v1/drill-schedules/${encodeURIComponent(id)}`);
      output.data({ id });
      output.line(`${plain(id)} starts no more; a drill that it began goes on`);
    });
};

const withOrder = (command: Command): Command =>
  command
    .option('--speed <times>', 'how many times faster than life', '1')
    .option('-s, --severity <severity>', 'instead of the one the figures give')
    .option('--pack <pack>', "instead of the installation's default")
    .option('--people', 'the people of the sandbox answer phones and approve by themselves');

const orderOf = (scenario: string, options: OrderOptions) => {
  const speed = Number(options.speed);
  if (!Number.isFinite(speed) || speed < 1) throw misused(`--speed ${options.speed}: give a number from 1 on`);
  return {
    scenario,
    speed,
    people: options.people ?? false,
    ...(options.severity ? { severity: options.severity } : {}),
    ...(options.pack ? { pack: options.pack } : {}),
  };
};
