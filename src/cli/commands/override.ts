/** Shifts of other people, for a while: swaps, illness, holidays. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { Override, OverrideList } from '../../schema/override.ts';
import { contextOf, type World } from '../context.ts';
import { misused, orHowToRepeat } from '../failure.ts';
import type { Output } from '../output.ts';
import { stamp } from '../times.ts';

const path = '/api/v1/overrides';
const example = '2026-12-24T08:00:00Z';

export const addOverrideCommands = (program: Command, world: World): void => {
  const override = program
    .command('override')
    .description('put somebody on a schedule for a while, instead of whoever it names')
    .addHelpText(
      'after',
      `
Examples:
  muster override add shop mei --until 2026-12-27T08:00:00Z --note "Nadia is ill"
  muster override list
  muster override remove 14`,
    );

  override
    .command('add')
    .description('yourself, or others as commander or admin')
    .argument('<schedule>', 'id from organisation.yaml, as "muster on-call" lists it')
    .argument('<person>', 'id of whoever takes over')
    .option('--from <instant>', `when it begins, such as ${example}; now when absent`)
    .requiredOption('--until <instant>', 'when it ends')
    .option('--note <text>', 'why')
    .option('--key <key>', 'makes a repeat of this command the same override')
    .option('--json', 'answer as JSON')
    .action(async (schedule: string, person: string, options: AddOptions, command: Command) => {
      const { client, output, nowMs } = contextOf(world, command);
      const { note, key = randomUUID() } = options;
      const body = {
        schedule,
        person,
        from: options.from === undefined ? new Date(nowMs).toISOString() : instantOf('--from', options.from),
        until: instantOf('--until', options.until),
        ...(note === undefined ? {} : { note }),
      };
      const { value, raw } = await orHowToRepeat(key, 'overriding', client.post(path, body, Override, key));
      output.data(raw);
      output.line(`override ${value.id}: ${value.person} holds ${value.schedule} ${spanOf(value)}`);
    });

  override
    .command('list')
    .description('those that count now or later')
    .option('--json', 'answer as JSON')
    .action(async (_: unknown, command: Command) => {
      const { client, output } = contextOf(world, command);
      const { value, raw } = await client.get(path, OverrideList);
      output.data(raw);
      if (value.items.length === 0) return output.line('no overrides: every schedule runs as organisation.yaml says');
      showOverrides(output, value.items);
    });

  override
    .command('remove')
    .description('end an override now; the schedule counts again')
    .argument('<override>', 'its number, as "muster override list" shows it')
    .option('--json', 'answer as JSON')
    .action(async (id: string, _: unknown, command: Command) => {
      const { client, output } = contextOf(world, command);
      await client.delete(`${path}/${encodeURIComponent(id)}`);
      output.data({ removed: id });
      output.line(`override ${id} is removed`);
    });
};

export const showOverrides = (output: Output, overrides: readonly Override[]): void =>
  output.table(
    ['OVERRIDE', 'SCHEDULE', 'WHO', 'FROM', 'UNTIL', 'MADE BY', 'NOTE'],
    overrides.map(({ id, schedule, person, from, until, by, note }) => [
      id,
      schedule,
      person,
      stamp(from),
      stamp(until),
      by,
      note ?? '',
    ]),
  );

interface AddOptions {
  from?: string;
  until: string;
  note?: string;
  key?: string;
}

/** A time without a zone would mean something else on every machine. */
const instantOf = (option: string, text: string): string => {
  if (!/(Z|[+-]\d{2}:?\d{2})$/i.test(text) || Number.isNaN(Date.parse(text))) {
    throw misused(`${option} ${text}: give an instant with its zone, such as ${example} or 2026-12-24T09:00:00+01:00`);
  }
  return new Date(text).toISOString();
};

const spanOf = ({ from, until }: Override): string => `from ${stamp(from)} until ${stamp(until)}`;
