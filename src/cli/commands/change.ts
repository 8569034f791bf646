/** Commands of people to an incident. Each shows the incident as it is afterwards. */
import type { Command } from 'commander';
import { IncidentView, roleNames } from '../../schema/incident.ts';
import { contextOf, incidentPath, meantIncident, type World } from '../context.ts';
import { misused } from '../failure.ts';
import { addDeclareCommand } from './declare.ts';
import { describeIncident } from './read.ts';

type UpdateOptions = { public?: boolean } & Partial<
  Record<'status' | 'impact' | 'nextSteps' | 'eta' | 'workaround' | 'briefCause', string>
>;

const whichOne = 'incident id; "-" is the only open one';
const orOnlyOpen = 'incident id; without it the only open one';

export const addChangeCommands = (program: Command, world: World): void => {
  const send = async (command: Command, given: string | undefined, verb: string, body: Record<string, unknown>) => {
    const { client, output, nowMs } = contextOf(world, command);
    const id = await meantIncident(client, given);
    const { value, raw } = await client.post(incidentPath(id, `/${verb}`), withoutGaps(body), IncidentView);
    output.data(raw);
    describeIncident(output, value, nowMs);
  };

  addDeclareCommand(program, world);

  program
    .command('ack')
    .alias('acknowledge')
    .description('say that you are on it: stops the paging')
    .argument('[incident]', orOnlyOpen)
    .option('--note <text>')
    .addHelpText('after', '\nExamples:\n  muster ack\n  muster ack INC-2026-014 --note "looking at the release"')
    .action((id: string | undefined, options: { note?: string }, command: Command) =>
      send(command, id, 'acknowledge', { note: options.note }),
    );

  program
    .command('escalate')
    .description('page the next step of the ladder now')
    .argument('<incident>', whichOne)
    .argument('<reason...>', 'why, for whoever is woken')
    .option('--to <duty>', 'this duty instead of the next one')
    .addHelpText('after', '\nExample:\n  muster escalate - unable to resolve --to engineering-manager')
    .action((id: string, reason: string[], options: { to?: string }, command: Command) =>
      send(command, id, 'escalate', { reason: reason.join(' '), to: options.to }),
    );

  program
    .command('severity')
    .description('change how bad it is; the ladder and the promises follow')
    .argument('<incident>', whichOne)
    .argument('<severity>', "the pack's own name, such as SEV2")
    .option('--reason <text>')
    .addHelpText('after', '\nExample:\n  muster severity INC-2026-014 SEV1 --reason "all regions"')
    .action((id: string, severity: string, options: { reason?: string }, command: Command) =>
      send(command, id, 'severity', { severity, reason: options.reason }),
    );

  const role = program
    .command('role')
    .description('give a role to a person; "offer" asks them first')
    .argument('<incident>', whichOne)
    .argument('<role>', roleNames.map(dashed).join(', '))
    .argument('<person>', 'person id of the organisation')
    .addHelpText(
      'after',
      '\nExamples:\n  muster role - technical-lead tomas\n  muster role offer - commander tomas\n  muster role accept - commander',
    )
    .action((id: string, role: string, person: string, _: unknown, command: Command) =>
      send(command, id, 'roles', { role: roleNamed(role), person }),
    );

  role
    .command('offer')
    .description('ask somebody to take a role over; its holder keeps it until they accept')
    .argument('<incident>', whichOne)
    .argument('<role>', roleNames.map(dashed).join(', '))
    .argument('<person>', 'person id of the organisation')
    .action((id: string, role: string, person: string, _: unknown, command: Command) =>
      send(command, id, 'roles/offer', { role: roleNamed(role), person }),
    );

  role
    .command('accept')
    .description('accept a role that you were offered')
    .argument('<incident>', whichOne)
    .argument('<role>', roleNames.map(dashed).join(', '))
    .action((id: string, role: string, _: unknown, command: Command) =>
      send(command, id, 'roles/accept', { role: roleNamed(role) }),
    );

  program
    .command('update')
    .description('post an update: to the room, or with --public to customers')
    .argument('<incident>', whichOne)
    .argument('<text...>')
    .option('--public', 'to the status page, through the leak guard')
    .option('--status <status>', 'investigating, identified or mitigating')
    .option('--impact <text>', 'what is broken and who is affected')
    .option('--next-steps <text>', 'what comes next')
    .option('--eta <text>', 'when it will be over, as estimated; to customers only where the pack allows it')
    .option('--workaround <text>', 'what helps meanwhile')
    .option('--brief-cause <text>', 'the cause in words for customers; to them only where the pack allows it')
    .addHelpText(
      'after',
      '\nExamples:\n  muster update - "The last release is the suspect" --status identified\n  muster update - --public "Some payments fail. We are working on it."',
    )
    .action((id: string, text: string[], options: UpdateOptions, command: Command) => {
      const { public: toCustomers, status, impact, nextSteps, eta, workaround, briefCause } = options;
      const said = { status, impact, nextSteps, eta, workaround, briefCause };
      const audience = toCustomers ? 'public' : 'internal';
      return send(command, id, 'updates', { text: text.join(' '), audience, ...said });
    });

  program
    .command('note')
    .description('write down what you saw or did')
    .argument('<incident>', whichOne)
    .argument('<text...>')
    .addHelpText('after', '\nExample:\n  muster note - switched the feature off')
    .action((id: string, text: string[], _: unknown, command: Command) =>
      send(command, id, 'notes', { text: text.join(' ') }),
    );

  for (const [verb, description, example] of [
    ['mitigate', 'say that customers are no longer hurt: starts the hold', 'muster mitigate --cause "bad release"'],
    [
      'resolve',
      'say that it is over: starts the hold if it has not begun',
      'muster resolve --note "error rate normal"',
    ],
  ] as const) {
    program
      .command(verb)
      .description(description)
      .argument('[incident]', orOnlyOpen)
      .option('--note <text>')
      .option('--cause <text>', 'what you believe the cause is')
      .addHelpText('after', `\nExample:\n  ${example}`)
      .action((id: string | undefined, options: { note?: string; cause?: string }, command: Command) =>
        send(command, id, verb, { note: options.note, cause: options.cause }),
      );
  }

  for (const [verb, description, example] of [
    ['reopen', 'the symptoms are back: goes on with the same timeline', 'muster reopen INC-2026-014 errors are back'],
    ['cancel', 'it was no incident: stops everything', 'muster cancel INC-2026-014 false alarm of the probe'],
  ] as const) {
    program
      .command(verb)
      .description(description)
      .argument('<incident>', whichOne)
      .argument('<reason...>')
      .addHelpText('after', `\nExample:\n  ${example}`)
      .action((id: string, reason: string[], _: unknown, command: Command) =>
        send(command, id, verb, { reason: reason.join(' ') }),
      );
  }
};

const dashed = (role: string): string => role.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const roleNamed = (typed: string): string => {
  const wanted = typed.toLowerCase().replace(/[^a-z]/g, '');
  const found = roleNames.find((role) => role.toLowerCase() === wanted);
  if (!found) throw misused(`"${typed}" is no role; give one of ${roleNames.map(dashed).join(', ')}`);
  return found;
};

const withoutGaps = (body: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
