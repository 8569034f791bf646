import type { Command } from 'commander';
import { z } from 'zod';
import { OnCall } from '../../schema/override.ts';
import { type Context, contextOf, type World } from '../context.ts';
import { CommandFailed } from '../failure.ts';
import type { Output } from '../output.ts';
import { organisationFileOf } from '../own-files.ts';
import { momentOf, stamp } from '../times.ts';
import { showOverrides } from './override.ts';

const { schedules, overrides, gaps } = OnCall.shape;
/** What is shown of it; an older API knows less. */
const Board = z.object({
  duties: z.array(
    z.object({
      duty: z.string(),
      people: z.array(z.object({ id: z.string(), name: z.string(), until: z.string().nullish() })),
    }),
  ),
  schedules: schedules.default([]),
  overrides: overrides.default(null),
  gaps: gaps.default([]),
});
type Board = z.infer<typeof Board>;

export const addOnCallCommand = (program: Command, world: World): void => {
  program
    .command('on-call')
    .alias('oncall')
    .description('who would be paged now, and who is next; without the API, from organisation.yaml')
    .option('--at <instant>', 'at another time, such as 2026-12-24T20:00:00Z (reads the file)')
    .option('--organisation <file>', 'read this file and do not ask the API')
    .addHelpText(
      'after',
      '\nExamples:\n  muster on-call\n  muster on-call --at 2026-12-24T20:00:00Z --organisation organisation.yaml',
    )
    .action(async (options: { at?: string; organisation?: string }, command: Command) => {
      const context = contextOf(world, command);
      const answer =
        options.at || options.organisation
          ? null
          : await askApi(context).catch((error: unknown) => leaveToFile(context, error));
      if (answer) return show(context, answer.value, answer.raw);
      const at = momentOf(options.at, context.nowMs);
      const file = organisationFileOf(world, options.organisation);
      context.output.line(`from ${file}`);
      // Loaded only here: the readers of YAML and of time zones would slow every other command.
      const { loadOrganisation } = await import('../../packs/load.ts');
      const { onCallBoard } = await import('../../domain/on-call/board.ts');
      const found = onCallBoard(loadOrganisation(file), at, null);
      show(context, found, found);
    });
};

const askApi = ({ client }: Context) => client.get('/api/v1/on-call', Board);

/** An API that is away or does not know leaves it to the file, and says so; anything else is a bug and goes on up. */
const leaveToFile = ({ output }: Context, error: unknown): null => {
  if (!(error instanceof CommandFailed) || error.exitCode !== 1) throw error;
  output.complain(`muster: ${error.message}\nReading the file instead.`);
  return null;
};

const show = ({ output }: Context, board: Board, raw: unknown): void => {
  output.data(raw);
  output.table(
    ['DUTY', 'WHO', 'UNTIL'],
    board.duties.map(({ duty, people }) => [
      duty,
      people.map(({ name }) => name).join(', ') || 'NOBODY',
      people[0]?.until ? stamp(people[0].until) : '-',
    ]),
  );
  showSchedules(output, board);
  if (board.overrides === null) output.line('\noverrides are not known here: only the API has them');
  else if (board.overrides.length > 0) {
    output.line();
    showOverrides(output, board.overrides);
  }
  if (board.gaps.length > 0) output.line();
  for (const { duty, from, until } of board.gaps) {
    output.line(`GAP: nobody is ${duty} from ${stamp(from)} ${until === null ? 'on' : `until ${stamp(until)}`}`);
  }
};

/** One line per schedule and hand-over to come. */
const showSchedules = (output: Output, board: Board): void => {
  if (board.schedules.length === 0) return;
  const rows = board.schedules.flatMap(({ schedule, person, override, handOvers }) => [
    [schedule, person?.name ?? 'NOBODY', override === null ? 'now' : `now, by override ${override}`],
    ...handOvers.map(({ at, to }) => ['', to?.name ?? 'NOBODY', `from ${stamp(at)}`]),
  ]);
  output.line();
  output.table(['SCHEDULE', 'WHO', 'WHEN'], rows);
};
