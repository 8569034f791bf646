/** The change of shifts: what waits for whom, the note of whoever leaves, the acceptance of whoever arrives. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { z } from 'zod';
import { ShiftList, ShiftView } from '../../schema/shift.ts';
import { type Context, contextOf, type World } from '../context.ts';
import { misused } from '../failure.ts';
import { plain } from '../output.ts';
import { stamp } from '../times.ts';

type Shift = z.infer<typeof ShiftList>['items'][number];

const path = '/api/v1/shifts';
const whichOne = 'id of the schedule; without it the one that waits for you';

export const addShiftCommands = (program: Command, world: World): void => {
  const shift = program
    .command('shift')
    .description('who is on each shift, who owns it, and what its change waits for')
    .addHelpText(
      'after',
      '\nExamples:\n  muster shift\n  muster shift note "the queue of payouts is slow, see INC-2026-014"\n  muster shift accept\n  muster shift accept --schedule shop',
    )
    .action(async (_: unknown, command: Command) => {
      const { client, output } = contextOf(world, command);
      const { value, raw } = await client.get(path, ShiftList);
      output.data(raw);
      output.table(['SCHEDULE', 'ON SHIFT', 'OWNER', 'NEXT', 'WAITS FOR'], value.items.map(rowOf));
    });

  shift
    .command('note')
    .description('leave a note for whoever is on the shift next, or just took over')
    .argument('<text...>')
    .option('--schedule <schedule>', whichOne)
    .action(async (text: string[], { schedule }: { schedule?: string }, command: Command) => {
      const context = contextOf(world, command);
      const id = schedule ?? (await meantShift(context, leavesNote));
      await send(context, id, 'note', { text: text.join(' ') });
    });

  shift
    .command('accept')
    .description('accept the shift you are on: its incidents become yours')
    .option('--schedule <schedule>', whichOne)
    .action(async ({ schedule }: { schedule?: string }, command: Command) => {
      const context = contextOf(world, command);
      const id = schedule ?? (await meantShift(context, mustAccept));
      await send(context, id, 'accept', {});
    });
};

const send = async ({ client, output }: Context, schedule: string, verb: string, body: object): Promise<void> => {
  const where = `${path}/${encodeURIComponent(schedule)}/${verb}`;
  const { value, raw } = await client.post(where, body, ShiftView, randomUUID());
  output.data(raw);
  const owner = value.owner ? plain(value.owner.name) : 'nobody';
  output.line(
    verb === 'accept'
      ? `${owner} owns the shift ${plain(schedule)}`
      : `the note is kept for the shift ${plain(schedule)}`,
  );
};

const mustAccept = ({ shift }: Shift, me: string): boolean =>
  shift?.last?.acceptedAt === null && shift.last.to?.id === me;

const leavesNote = ({ person, shift }: Shift, me: string): boolean =>
  person?.id === me || shift?.owner?.id === me || shift?.last?.from?.id === me;

/** The only schedule, or the only one that concerns whoever asks. */
const meantShift = async ({ client }: Context, concerns: (shift: Shift, me: string) => boolean): Promise<string> => {
  const [{ value: list }, { value: me }] = await Promise.all([
    client.get(path, ShiftList),
    client.get('/api/v1/me', z.object({ id: z.string() })),
  ]);
  const mine = list.items.filter((shift) => concerns(shift, me.id));
  const [only, ...others] = list.items.length === 1 ? list.items : mine;
  if (only && others.length === 0) return only.schedule;
  const names = (mine.length > 0 ? mine : list.items).map(({ schedule }) => plain(schedule)).join(', ');
  throw misused(`say which shift with --schedule: ${names || 'the organisation has none'}`);
};

const rowOf = ({ schedule, person, shift }: Shift): string[] => [
  schedule,
  person?.name ?? 'NOBODY',
  shift ? (shift.owner?.name ?? 'NOBODY') : 'not known now',
  shift?.next ? `${shift.next.to?.name ?? 'NOBODY'} ${stamp(shift.next.at)}` : '-',
  waitsFor(shift),
];

const waitsFor = (shift: Shift['shift']): string => {
  if (shift?.last?.to && shift.last.acceptedAt === null) return `${shift.last.to.name} to accept`;
  if (shift?.next?.from && shift.next.noteAsked && shift.next.notes.length === 0) {
    return `a note of ${shift.next.from.name}`;
  }
  return '-';
};
