/** What runbooks have earned so far. */
import type { Command } from 'commander';
import { suggestionInWords } from '../../domain/remediation/trust.ts';
import { TrustList } from '../../schema/trust.ts';
import { contextOf, type World } from '../context.ts';
import type { Output } from '../output.ts';
import { stamp } from '../times.ts';

export const addTrustCommand = (program: Command, world: World): void => {
  program
    .command('trust')
    .description('how each version of a runbook did, and whether to let it act without a question')
    .option('--drills', 'results of drills instead, which count for nothing else')
    .addHelpText('after', '\nExample:\n  muster trust')
    .action(async ({ drills = false }: { drills?: boolean }, command: Command) => {
      const { client, output } = contextOf(world, command);
      const { value, raw } = await client.get(`/api/v1/trust${drills ? '?drills=true' : ''}`, TrustList);
      output.data(raw);
      showTrust(output, value);
    });
};

const showTrust = (output: Output, { items, drills }: TrustList): void => {
  if (items.length === 0) return output.line(`no runbook was carried out ${drills ? 'in a drill ' : ''}yet`);
  output.table(
    ['RUNBOOK', 'ACTION', 'ENVIRONMENT', 'WRONG', 'N', 'HELPED', 'NOT', 'WORSE', 'BOUND', 'LAST', 'SUGGESTION'],
    items.map((row) => [
      `${row.runbook}@${row.version}`,
      row.action,
      row.environment,
      row.signature || '-',
      String(row.runs),
      String(row.verified),
      String(row.ineffective),
      String(row.harmful),
      row.bound.toFixed(2),
      stamp(row.lastAt),
      suggestionInWords(row),
    ]),
  );
};
