/** Runbooks without the API: which there are, whether they are sound, what one says, and what it would make of a case. */
import { relative } from 'node:path';
import type { Command } from 'commander';
import type { Plan } from '../../schema/remediation.ts';
import type { RunbookDocument } from '../../schema/runbook.ts';
import { askPlan } from '../ask-plan.ts';
import { type Context, contextOf, type World } from '../context.ts';
import { type DryRunOptions, dryRun } from '../dry-run.ts';
import { CommandFailed, misused } from '../failure.ts';
import { type Output, plain } from '../output.ts';
import { foldersOf } from '../own-files.ts';
import { type DryRun, showDryRun, showRunbook } from '../show-runbook.ts';

interface Folders {
  remediation?: string[];
}
interface CaseOptions extends Folders, DryRunOptions {
  ask?: boolean;
  drill?: boolean;
}

export const addRunbookCommands = (program: Command, world: World): void => {
  const runbook = program
    .command('runbook')
    .description('runbooks: which there are, whether they are sound, what they say and what they would do')
    .addHelpText(
      'after',
      `
Examples:
  muster runbook list
  muster runbook check remediation/
  muster runbook explain bad-release
  muster runbook dry-run bad-release --target Deployment/shop/checkout --facts facts.json`,
    );

  withFolders(runbook.command('list').description('every runbook with its version and owner')).action(
    async (options: Folders, command: Command) => listRunbooks(contextOf(world, command), options),
  );

  runbook
    .command('check [folder]')
    .description('validate runbooks; exit 1 on a fault')
    .action(async (folder: string | undefined, _: unknown, command: Command) =>
      checkRunbooks(contextOf(world, command), folder === undefined ? {} : { remediation: [folder] }),
    );

  withCase(
    runbook
      .command('explain <name>')
      .description('in sentences: when it is looked at, what it would do in which order, and what never'),
  ).action(async (name: string, options: CaseOptions, command: Command) => {
    const context = contextOf(world, command);
    const found = await theRunbook(context, name, options);
    const { runbookInWords } = await import('../../domain/runbook/in-words.ts');
    const words = runbookInWords(found.value);
    const run = options.facts === undefined && !options.ask ? null : await dryRun(context, found.value, options);
    const planned = run && options.ask ? await plansOf(context, run, options) : noPlans;
    context.output.data({ ...found.value.metadata, ...words, ...(run && { case: run, ...planned }) });
    showRunbook(context.output, found.value, words);
    if (run) showDryRun(context.output, run, planned.plans);
    showRefusals(context.output, planned.refused);
  });

  withCase(
    runbook.command('dry-run <name>').description('which steps it would take in a case, and why not the others'),
  ).action(async (name: string, options: CaseOptions, command: Command) => {
    const context = contextOf(world, command);
    if (options.target === undefined && options.service === undefined)
      throw misused('a dry run is about something: give --target KIND/NAMESPACE/NAME or --service ID');
    const found = await theRunbook(context, name, options);
    const run = await dryRun(context, found.value, options);
    const planned = options.ask ? await plansOf(context, run, options) : noPlans;
    context.output.data({ ...run, ...planned });
    showDryRun(context.output, run, planned.plans);
    showRefusals(context.output, planned.refused);
  });

  for (const command of runbook.commands) command.option('--json', 'answer as JSON');
};

const withFolders = (command: Command): Command =>
  command.option('--remediation <dir...>', 'folders with runbooks of your own; MUSTER_REMEDIATION_DIR when absent');

const withCase = (command: Command): Command =>
  withFolders(command)
    .option('--target <target>', 'the workload: Kind/namespace/name, or cluster/Kind/namespace/name')
    .option('--service <service>', 'id from the catalogue; found by the target when absent')
    .option('--facts <file>', 'JSON with facts, or with evidence; see docs/runbooks.md')
    .option('--input <name=value...>', 'inputs of the runbook, such as lookBack=4h')
    .option('--ask', 'ask the running Muster what each step would send, with its difference; nothing is changed')
    .option('--drill', 'with --ask: in the sandbox')
    .option('--organisation <file>', 'organisation.yaml; MUSTER_ORGANISATION when absent');

// The readers of YAML are loaded only here: nobody who acknowledges at night waits for them.
const read = async ({ world }: Context, { remediation }: Folders) => {
  const { isBuiltInRunbook, readRunbooks } = await import('../../packs/runbook-load.ts');
  const { runbooks, faults } = readRunbooks(foldersOf(world, remediation, 'MUSTER_REMEDIATION_DIR'));
  return { faults, runbooks: runbooks.map((one) => ({ value: one.value, builtIn: isBuiltInRunbook(one) })) };
};

const listRunbooks = async (context: Context, folders: Folders): Promise<void> => {
  const { runbooks, faults } = await read(context, folders);
  context.output.data(
    runbooks.map(({ value, builtIn }) => ({ ...value.metadata, builtIn, steps: value.spec.steps.map(({ id }) => id) })),
  );
  context.output.table(
    ['NAME', 'VERSION', 'OWNER', 'STEPS', 'TITLE'],
    runbooks.map(({ value: { metadata, spec }, builtIn }) => [
      metadata.name,
      `${metadata.version}${builtIn ? '' : ' (own)'}`,
      metadata.owner,
      spec.stop ? 'none: stops' : String(spec.steps.length),
      metadata.title,
    ]),
  );
  if (faults.length > 0)
    throw new CommandFailed(`${faults.length} faults hide others; see them with "muster runbook check"`);
};

const checkRunbooks = async (context: Context, folders: Folders): Promise<void> => {
  const { output, world } = context;
  const { runbooks, faults } = await read(context, folders);
  output.data({ runbooks: runbooks.map(({ value }) => value.metadata), faults });
  for (const { file, line, column, path, message } of faults) {
    const near = relative(world.workingDir, file);
    output.line(`${near.startsWith('..') ? file : near}:${line}:${column}`);
    output.line(`  ${output.paint('fault', 'red')} ${output.paint(path, 'bold')}: ${plain(message)}`);
  }
  if (faults.length > 0)
    throw new CommandFailed(
      `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}; correct them and check again`,
    );
  output.line(
    `${runbooks.length} runbooks (${runbooks.map(({ value }) => value.metadata.name).join(', ')}): no faults`,
  );
};

const theRunbook = async (context: Context, name: string, folders: Folders): Promise<{ value: RunbookDocument }> => {
  const { runbooks, faults } = await read(context, folders);
  const found = runbooks.find(({ value }) => value.metadata.name === name);
  if (found) return found;
  const hidden = faults.length > 0 ? `; ${faults.length} faults may hide it: "muster runbook check"` : '';
  throw misused(
    `there is no runbook ${name}; give one of ${runbooks.map(({ value }) => value.metadata.name).join(', ')}${hidden}`,
  );
};

interface Planned {
  plans: Record<string, Plan>;
  /** Why a step would not be done now, by its id. */
  refused: Record<string, string>;
}
const noPlans: Planned = { plans: {}, refused: {} };

/** Every step that has a target, also those that are no candidates in this case. */
const plansOf = async ({ client }: Context, run: DryRun, { service, drill = false }: CaseOptions): Promise<Planned> => {
  const planned: Planned = { plans: {}, refused: {} };
  const { name, version, steps } = run.compiled;
  for (const { id, action, target, params } of steps) {
    if (!target) continue;
    const answer = await askPlan(client, {
      action,
      target,
      params,
      drill,
      runbook: { name, version, step: id },
      ...(service === undefined ? {} : { service }),
    });
    if (answer.kind === 'plan') planned.plans[id] = answer.plan;
    else planned.refused[id] = answer.because;
  }
  return planned;
};

const showRefusals = (output: Output, refused: Planned['refused']): void => {
  for (const [step, because] of Object.entries(refused))
    output.line(`  ${step} would not be done now: ${plain(because)}`);
};
