/** The kill switch: nothing in production is changed until the stop is lifted. */
import type { Command } from 'commander';
import { OrderedStop, StopList, StopScope } from '../../schema/stop.ts';
import { contextOf, type World } from '../context.ts';
import { misused } from '../failure.ts';
import { type Output, plain } from '../output.ts';
import { stamp } from '../times.ts';

const path = '/api/v1/stops';

interface StopOptions {
  reason?: string;
  list?: boolean;
  lift?: string;
}

export const addStopCommand = (program: Command, world: World): void => {
  program
    .command('stop')
    .description('stop changes of production at once; paging and messages go on')
    .argument('[scope]', 'global, cluster/<name>, action/<name> or runbook/<name>; global when absent')
    .option('--reason <text>', 'why, for whoever asks later')
    .option('--list', 'what is stopped, and who stopped and lifted what')
    .option('--lift <scope>', 'allow changes again, as commander or admin')
    .addHelpText(
      'after',
      `
Examples:
  muster stop --reason "remediations make it worse"
  muster stop cluster/blue --reason "upgrade of the cluster"
  muster stop --list
  muster stop --lift cluster/blue --reason "upgrade is done"`,
    )
    .action(async (given: string | undefined, options: StopOptions, command: Command) => {
      const { list = false, lift } = options;
      if ((list ? 1 : 0) + (lift === undefined ? 0 : 1) + (given === undefined ? 0 : 1) > 1) {
        throw misused('give one of a scope, --list and --lift <scope>');
      }
      const { client, output } = contextOf(world, command);
      if (list) {
        const { value, raw } = await client.get(path, StopList);
        output.data(raw);
        return showStops(output, value);
      }
      const scope = scopeOf(lift ?? given ?? 'global');
      const reason = reasonOf(options, lift === undefined ? 'stop' : 'lift');
      if (lift !== undefined) {
        await client.delete(`${path}/${encodeURIComponent(scope)}`, { reason });
        output.data({ lifted: scope });
        return output.line(`${scope} is not stopped any more; what was held goes on, unless its time is up`);
      }
      const { value, raw } = await client.post(path, { scope, reason }, OrderedStop);
      output.data(raw);
      output.line(
        `${output.paint(`${scope} is stopped`, 'bold')} since ${stamp(value.since)} by ${plain(value.by.name)}: ${plain(value.reason ?? 'no reason given')}`,
      );
      if (value.told.length > 0) output.line(`on the timeline of ${value.told.join(', ')}`);
      if (value.doubt) output.line(output.paint(plain(value.doubt), 'yellow'));
      output.line(`commanders and admins lift it: muster stop --lift ${scope} --reason "..."`);
    });
};

const showStops = (output: Output, { items, record }: StopList): void => {
  if (items.length === 0) output.line('nothing is stopped');
  else {
    output.table(
      ['STOPPED', 'SINCE', 'BY', 'REASON'],
      items.map(({ scope, since, by, reason }) => [scope, stamp(since), by.name, reason ?? '']),
    );
  }
  if (record.length === 0) return;
  output.line();
  output.table(
    ['WHEN', 'WHAT', 'SCOPE', 'BY', 'REASON'],
    record.map(({ at, event, scope, by, reason }) => [stamp(at), event, scope, by.name, reason ?? '']),
  );
};

/** Refused here already, so that a slip of the keyboard is noticed before the API is asked. */
const scopeOf = (text: string): string => {
  if (StopScope.safeParse(text).success) return text;
  throw misused(`"${text}" cannot be stopped; give global, cluster/<name>, action/<name> or runbook/<name>`);
};

const reasonOf = ({ reason = '' }: StopOptions, verb: string): string => {
  if (reason.trim() !== '') return reason;
  throw misused(`say why you ${verb}, for whoever asks later: --reason "..."`);
};
