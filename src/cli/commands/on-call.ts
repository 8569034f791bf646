import type { Command } from 'commander';
import { z } from 'zod';
import type { Organisation } from '../../schema/organisation.ts';
import { type Context, contextOf, type World } from '../context.ts';
import { CommandFailed, misused } from '../failure.ts';
import { organisationFileOf } from '../organisation-file.ts';
import { stamp } from '../times.ts';

const OnCall = z.object({
  duties: z.array(
    z.object({
      duty: z.string(),
      people: z.array(z.object({ id: z.string(), name: z.string(), until: z.string().nullish() })),
    }),
  ),
});
type OnCall = z.infer<typeof OnCall>;

/** Far enough to see the end of any shift worth the name. */
const lookAheadMs = 60 * 86_400_000;

export const addOnCallCommand = (program: Command, world: World): void => {
  program
    .command('on-call')
    .alias('oncall')
    .description('who would be paged now; without the API, from organisation.yaml')
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
      const at = options.at ?? new Date(context.nowMs).toISOString();
      if (Number.isNaN(Date.parse(at))) throw misused(`--at ${at}: give an instant such as 2026-12-24T20:00:00Z`);
      const file = organisationFileOf(world, options.organisation);
      context.output.line(`from ${file}`);
      // Loaded only here: the readers of YAML would slow every other command.
      const { loadOrganisation } = await import('../../packs/load.ts');
      const found = await fromFile(loadOrganisation(file), new Date(at).toISOString());
      show(context, found, found);
    });
};

const askApi = ({ client }: Context) => client.get('/api/v1/on-call', OnCall);

/** An API that is away or does not know leaves it to the file, and says so; anything else is a bug and goes on up. */
const leaveToFile = ({ output }: Context, error: unknown): null => {
  if (!(error instanceof CommandFailed) || error.exitCode !== 1) throw error;
  output.complain(`muster: ${error.message}\nReading the file instead.`);
  return null;
};

const fromFile = async (organisation: Organisation, at: string): Promise<OnCall> => {
  const { holdersOf, schedulesOf } = await import('../../domain/on-call.ts');
  const { handOvers } = await import('../../domain/schedules.ts');
  const until = new Date(Date.parse(at) + lookAheadMs).toISOString();
  return {
    duties: Object.entries(organisation.duties).map(([duty, held]) => {
      const [first] = schedulesOf(held);
      const schedule = first === undefined ? undefined : organisation.schedules[first];
      const next = schedule ? handOvers(schedule, { from: at, until, limit: 1 })[0]?.at : undefined;
      return {
        duty,
        people: holdersOf(organisation, duty, { at }).map((id) => ({
          id,
          name: organisation.people[id]?.name ?? id,
          until: next ?? null,
        })),
      };
    }),
  };
};

const show = ({ output }: Context, onCall: OnCall, raw: unknown): void => {
  output.data(raw);
  output.table(
    ['DUTY', 'WHO', 'UNTIL'],
    onCall.duties.map(({ duty, people }) => [
      duty,
      people.map(({ name }) => name).join(', ') || 'NOBODY',
      people[0]?.until ? stamp(people[0].until) : '-',
    ]),
  );
};
