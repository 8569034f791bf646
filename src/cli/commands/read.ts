/** Commands that only look: list, show, timeline, next, why, postmortem. */
import type { Command } from 'commander';
import { z } from 'zod';
import { IncidentList, NextList, TimelineList, WhyList } from '../../schema/api.ts';
import { IncidentView } from '../../schema/incident.ts';
import { type Context, contextOf, incidentPath, meantIncident, openStatuses, type World } from '../context.ts';
import { block, type Output, plain } from '../output.ts';
import { age, clock, stamp, until } from '../times.ts';

const whichOne = 'incident id; without it, or as "-", the only open one';

export const addReadCommands = (program: Command, world: World): void => {
  program
    .command('list')
    .alias('ls')
    .description('open incidents, worst first')
    .option('--all', 'closed, cancelled and resolved ones too')
    .option('--status <status>', 'only these, separated by commas')
    .addHelpText('after', '\nExamples:\n  muster list\n  muster list --status monitoring,resolved --json')
    .action(async (options: { all?: boolean; status?: string }, command: Command) => {
      await list(contextOf(world, command), options.status ?? (options.all ? null : openStatuses));
    });

  program
    .command('show')
    .description('one incident: state, people, promises and what comes next')
    .argument('[incident]', whichOne)
    .addHelpText('after', '\nExamples:\n  muster show\n  muster show INC-2026-014 --json')
    .action(async (given: string | undefined, _: unknown, command: Command) => {
      const context = contextOf(world, command);
      const id = await meantIncident(context.client, given);
      const { value, raw } = await context.client.get(incidentPath(id), IncidentView);
      context.output.data(raw);
      describeIncident(context.output, value, context.nowMs);
    });

  program
    .command('timeline')
    .description('what happened, in order')
    .argument('[incident]', whichOne)
    .option('--last <count>', 'only the newest entries')
    .addHelpText('after', '\nExample:\n  muster timeline INC-2026-014 --last 20')
    .action(async (given: string | undefined, options: { last?: string }, command: Command) => {
      const { client, output } = contextOf(world, command);
      const id = await meantIncident(client, given);
      const { value, raw } = await client.get(incidentPath(id, '/timeline'), TimelineList);
      output.data(raw);
      const items = options.last ? value.items.slice(-Math.max(1, Number(options.last) || 1)) : value.items;
      if (items.length === 0) output.line('nothing is recorded yet');
      for (const entry of items) {
        output.line(`${output.paint(clock(entry.at), 'dim')}  ${plain(entry.text)}`);
        if (entry.why) output.line(output.paint(`           because ${plain(entry.why)}`, 'dim'));
      }
    });

  program
    .command('next')
    .description('what will happen by itself, when, and to whom')
    .argument('[incident]', whichOne)
    .addHelpText('after', '\nExample:\n  muster next')
    .action(async (given: string | undefined, _: unknown, command: Command) => {
      const { client, output, nowMs } = contextOf(world, command);
      const id = await meantIncident(client, given);
      const { value, raw } = await client.get(incidentPath(id, '/next'), NextList);
      output.data(raw);
      if (value.items.length === 0) output.line('nothing is waiting: no timer runs for this incident');
      else {
        output.table(
          ['DUE', 'AT', 'WHO', 'WHAT', 'WHY'],
          value.items.map((item) => [until(item.dueAt, nowMs), clock(item.dueAt), item.who, item.action, item.why]),
        );
      }
    });

  program
    .command('why')
    .description('which rule caused each automatic act')
    .argument('[incident]', whichOne)
    .addHelpText('after', '\nExample:\n  muster why INC-2026-014')
    .action(async (given: string | undefined, _: unknown, command: Command) => {
      const { client, output } = contextOf(world, command);
      const id = await meantIncident(client, given);
      const { value, raw } = await client.get(incidentPath(id, '/why'), WhyList);
      output.data(raw);
      if (value.items.length === 0) output.line('nothing happened by itself yet');
      for (const item of value.items) {
        output.line(`${output.paint(clock(item.at), 'dim')}  ${plain(item.text)}`);
        output.line(`           because ${plain(item.why)}`);
      }
    });

  program
    .command('postmortem')
    .description('the postmortem as Markdown')
    .argument('[incident]', whichOne)
    .addHelpText('after', '\nExample:\n  muster postmortem INC-2026-014 > postmortem.md')
    .action(async (given: string | undefined, _: unknown, command: Command) => {
      const { client, output } = contextOf(world, command);
      const id = await meantIncident(client, given);
      const markdown = await client.text(incidentPath(id, '/postmortem'));
      output.data({ incident: id, markdown });
      if (!output.json) output.raw(block(markdown));
    });
};

const Page = IncidentList.extend({ nextCursor: z.string().nullable() });

const list = async ({ client, output, nowMs }: Context, status: string | null): Promise<void> => {
  const items: IncidentView[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ ...(status ? { status } : {}), ...(cursor ? { cursor } : {}) });
    const { value } = await client.get(`/api/v1/incidents?${query}`, Page);
    items.push(...value.items);
    cursor = value.nextCursor;
  } while (cursor !== null);
  output.data({ items });
  if (items.length === 0) {
    output.line(status ? 'no such incident; "muster drill bad-release" starts a practice one' : 'no incident yet');
    return;
  }
  items.sort((left, right) => left.rank - right.rank || Date.parse(left.declaredAt) - Date.parse(right.declaredAt));
  output.table(
    ['ID', 'SEV', 'STATUS', 'AGE', 'COMMANDER', 'NEXT', 'TITLE'],
    items.map((incident) => [
      incident.id,
      incident.severity,
      incident.acknowledgedAt || incident.status !== 'declared' ? incident.status : 'unacknowledged',
      age(incident.declaredAt, nowMs),
      incident.roles.commander?.name ?? '-',
      nextOf(incident, nowMs),
      `${incident.drill ? '(drill) ' : ''}${incident.title}`,
    ]),
  );
};

const nextOf = (incident: IncidentView, nowMs: number): string => {
  const [soonest] = [...incident.deadlines].sort((left, right) => Date.parse(left.dueAt) - Date.parse(right.dueAt));
  return soonest ? `${until(soonest.dueAt, nowMs)}: ${soonest.action}` : '-';
};

/** The incident as every command that changes it shows it afterwards. */
export const describeIncident = (output: Output, incident: IncidentView, nowMs: number): void => {
  const colour = incident.rank === 1 ? 'red' : incident.rank === 2 ? 'yellow' : 'green';
  const drill = incident.drill ? `  drill${incident.speed === 1 ? '' : `, ${incident.speed} times faster`}` : '';
  output.line(`${output.paint(incident.severity, colour, 'bold')} ${output.paint(plain(incident.title), 'bold')}`);
  output.line(`${incident.id}  ${incident.status}  ${incident.service ?? 'no service'}${drill}`);
  if (incident.summary) output.line(plain(incident.summary));
  output.line();
  output.line(
    `declared      ${stamp(incident.declaredAt)} by ${plain(incident.declaredBy.name)} (${age(incident.declaredAt, nowMs)} ago)`,
  );
  output.line(
    incident.acknowledgedAt
      ? `acknowledged  ${stamp(incident.acknowledgedAt)} by ${plain(incident.acknowledgedBy ?? 'somebody')}`
      : `acknowledged  ${output.paint('by nobody yet', 'red')}; "muster ack ${incident.id}" stops the paging`,
  );
  if (incident.mitigatedAt) output.line(`mitigated     ${stamp(incident.mitigatedAt)}`);
  if (incident.resolvedAt) output.line(`resolved      ${stamp(incident.resolvedAt)}`);
  if (incident.cause) output.line(`cause         ${plain(incident.cause)}`);
  for (const role of new Set([
    ...incident.minimumRoles,
    ...Object.keys(incident.roles),
  ] as IncidentView['minimumRoles'])) {
    output.line(`${spaced(role).padEnd(20)}  ${incident.roles[role]?.name ?? output.paint('nobody', 'yellow')}`);
  }
  if (incident.room) {
    output.line(`room          ${plain(incident.room.name)} ${plain(incident.room.url)}`);
    if (incident.room.missing.length > 0)
      output.line(`              missing: ${plain(incident.room.missing.join(', '))}`);
  }
  if (incident.publicUrl) output.line(`status page   ${plain(incident.publicUrl)}`);
  const deadlines = [...incident.deadlines].sort((left, right) => Date.parse(left.dueAt) - Date.parse(right.dueAt));
  if (deadlines.length > 0) output.line();
  for (const deadline of deadlines) {
    output.line(`${until(deadline.dueAt, nowMs).padEnd(18)}  ${plain(deadline.action)}`);
  }
};

/** `technicalLead` as people say it. */
const spaced = (role: string): string => role.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
