/** What customers say: one report more, and what has come in so far. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { countsInWords } from '../../domain/incident/report.ts';
import { type Report, ReportList, TakenReport } from '../../schema/report.ts';
import { type Context, contextOf, type World } from '../context.ts';
import { misused, orHowToRepeat } from '../failure.ts';
import { plain } from '../output.ts';
import { age, stamp } from '../times.ts';

const path = '/api/v1/reports';

interface Options {
  service?: string;
  customer?: string;
  enterprise?: boolean;
  ticket?: string;
  text?: string;
  at?: string;
  key?: string;
}

export const addReportCommands = (program: Command, world: World): void => {
  program
    .command('report')
    .description('report what a customer says; enough of one pattern are an incident, as the pack counts')
    .argument('<pattern...>', 'what is wrong, in the words that all reports of it share')
    .option('--service <service>', 'id from the catalogue')
    .option('--customer <customer>', 'who says so')
    .option('--enterprise', 'an enterprise customer; needs --customer')
    .option('--ticket <ticket>', 'its number; the same ticket again is the same report')
    .option('--text <text>', 'the words of the customer')
    .option('--at <instant>', 'when it was reported, such as 2026-12-24T08:00:00Z; now when absent')
    .option('--key <key>', 'makes a repeat of this command the same report')
    .addHelpText(
      'after',
      '\nExample:\n  muster report "checkout shows a blank page" --service checkout --customer acme --enterprise --ticket T-123',
    )
    .action(async (words: string[], options: Options, command: Command) => {
      if (options.enterprise && options.customer === undefined) {
        throw misused('say which enterprise customer: add --customer; each counts once');
      }
      await report(contextOf(world, command), words.join(' '), options);
    });

  program
    .command('reports')
    .description('what customers reported, its counts, and what waits for an incident')
    .argument('[pattern...]', 'only this pattern')
    .action(async (words: string[], _: unknown, command: Command) => list(contextOf(world, command), words.join(' ')));
};

const report = async ({ client, output }: Context, pattern: string, options: Options): Promise<void> => {
  const { at: reportedAt, key = randomUUID(), ...facts } = options;
  const { service, customer, enterprise, ticket, text } = facts;
  const body = { pattern, service, customer, enterprise, ticket, text, reportedAt };
  const { value, raw } = await orHowToRepeat(key, 'reporting', client.post(path, body, TakenReport, key));
  output.data(raw);
  const { repeat, counts } = value;
  output.line(`report ${value.report.id}${repeat ? ', reported before,' : ''} ${outcomeOf(value.report)}`);
  if (counts) output.line(`in the window now: ${countsInWords(counts)}`);
};

const list = async ({ client, output, nowMs }: Context, pattern: string): Promise<void> => {
  const query = pattern === '' ? '' : `?${new URLSearchParams({ pattern })}`;
  const { value, raw } = await client.get(`${path}${query}`, ReportList);
  output.data(raw);
  if (value.items.length === 0) return output.line('nobody reported anything; tell of a customer with "muster report"');
  output.table(
    ['PATTERN', 'SERVICE', 'COUNTS NOW', 'UNMATCHED'],
    value.patterns.map(({ pattern, service, counts, unmatched }) => [
      pattern,
      service ?? '-',
      counts ? countsInWords(counts) : 'not counted by this pack',
      unmatched
        ? `${unmatched.reports} for ${age(unmatched.oldestAt, nowMs)}${unmatched.overdue ? ', overdue' : ''}`
        : '-',
    ]),
  );
  output.line();
  output.table(
    ['REPORTED', 'TICKET', 'CUSTOMER', 'PATTERN', 'INCIDENT'],
    value.items.map(({ reportedAt, ticket, customer, enterprise, pattern, incidentId }) => [
      stamp(reportedAt),
      ticket ?? '-',
      customer === null ? '-' : `${customer}${enterprise ? ' (enterprise)' : ''}`,
      pattern,
      incidentId ?? '-',
    ]),
  );
};

const outcomeOf = ({ incidentId, because }: Report): string => {
  if (incidentId !== null) return `belongs to ${incidentId}`;
  return `is recorded, and nobody is paged${because === null ? '' : `: ${plain(because)}`}`;
};
