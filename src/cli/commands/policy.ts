/** The policy an incident runs on: read aloud, compared with a pack, exchanged for it. */
import type { Command } from 'commander';
import type { z } from 'zod';
import { IncidentPolicy, PolicyDifference } from '../../schema/api.ts';
import { IncidentView } from '../../schema/incident.ts';
import { contextOf, incidentPath, meantIncident, type World } from '../context.ts';
import { type Output, plain } from '../output.ts';
import { describeIncident } from './read.ts';

const whichOne = 'incident id; without it, or as "-", the only open one';
const whichPack = "id of another pack; the incident's own, as it is loaded now, when absent";

export const addPolicyCommands = (program: Command, world: World): void => {
  const policy = program
    .command('policy')
    .description('what an incident promises, what another policy would change, and the change itself')
    .addHelpText(
      'after',
      '\nExamples:\n  muster policy show\n  muster policy diff INC-2026-014 --pack playbook-p0-p3\n  muster policy apply INC-2026-014 --reason "the ladder was corrected"',
    );

  policy
    .command('show')
    .description('one sentence per promise of the policy it runs on')
    .argument('[incident]', whichOne)
    .option('--severity <severity>', 'only this severity, and what holds for all of them')
    .action(async (given: string | undefined, options: { severity?: string }, command: Command) => {
      const { client, output } = contextOf(world, command);
      const id = await meantIncident(client, given);
      const { value, raw } = await client.get(incidentPath(id, '/policy'), IncidentPolicy);
      output.data(raw);
      output.line(`${value.incidentId} runs on ${plain(value.pack)} as ${plain(value.severity)}`);
      const only = options.severity?.toLowerCase();
      for (const { severity, place, text } of value.promises) {
        if (only !== undefined && severity !== null && severity.toLowerCase() !== only) continue;
        output.line(`${plain(place)}: ${plain(text)}`);
      }
    });

  policy
    .command('diff')
    .description('what would change, in sentences; a line on the timeline says that you looked')
    .argument('[incident]', whichOne)
    .option('--pack <pack>', whichPack)
    .action(async (given: string | undefined, { pack }: { pack?: string }, command: Command) => {
      const { client, output } = contextOf(world, command);
      const id = await meantIncident(client, given);
      const query = pack === undefined ? '' : `?${new URLSearchParams({ pack })}`;
      const { value, raw } = await client.get(incidentPath(id, `/policy/diff${query}`), PolicyDifference);
      output.data(raw);
      describeDifference(output, value);
    });

  policy
    .command('apply')
    .description('go on under the pack as it is loaded now, or under another one')
    .argument('[incident]', whichOne)
    .requiredOption('--reason <text>', 'why, for the timeline')
    .option('--pack <pack>', whichPack)
    .option('--severity <severity>', 'severity of that pack; the same, or the one of the same rank, when absent')
    .action(
      async (
        given: string | undefined,
        { reason, pack, severity }: { reason: string; pack?: string; severity?: string },
        command: Command,
      ) => {
        const { client, output, nowMs } = contextOf(world, command);
        const id = await meantIncident(client, given);
        const body = { reason, ...(pack ? { pack } : {}), ...(severity ? { severity } : {}) };
        const { value, raw } = await client.post(incidentPath(id, '/policy/apply'), body, IncidentView);
        output.data(raw);
        describeIncident(output, value, nowMs);
      },
    );

  for (const command of policy.commands) command.option('--json', 'answer as JSON');
};

const describeDifference = (output: Output, difference: z.infer<typeof PolicyDifference>): void => {
  const { incidentId, from, to, matchedBy, severity, changes } = difference;
  if (changes.length === 0) {
    output.line(`${incidentId} runs on ${plain(to)} as it is loaded now; nothing would change`);
    return;
  }
  const against = from === to ? `${to} as it is loaded now` : to;
  output.line(`${incidentId} runs on ${plain(from)}; under ${plain(against)} this would change:`);
  for (const { text } of changes) output.line(`  ${plain(text)}`);
  if (matchedBy === 'rank') output.line('severities of the two packs are matched by rank');
  const apply = `muster policy apply ${incidentId}${from === to ? '' : ` --pack ${to}`}`;
  if (severity.after === null) {
    output.line(`no severity there has the rank of ${plain(severity.before)}: "${apply} --severity ..." says which`);
  } else {
    const becomes =
      severity.after === severity.before
        ? `stays ${severity.after}`
        : `would be ${severity.after} instead of ${severity.before}`;
    output.line(`the incident ${plain(becomes)}; "${apply} --reason ..." applies it`);
  }
};
