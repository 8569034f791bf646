/** How much Muster may do by itself, by the files alone. */
import type { Command } from 'commander';
import type { ModeDecision, ModeQuestion } from '../../domain/remediation/mode.ts';
import type { Organisation } from '../../schema/organisation.ts';
import { BlastClass } from '../../schema/remediation.ts';
import { contextOf, type World } from '../context.ts';
import { misused } from '../failure.ts';
import { type Output, plain } from '../output.ts';
import { foldersOf, organisationFileOf } from '../own-files.ts';
import { momentOf } from '../times.ts';

export const addModeCommand = (program: Command, world: World): void => {
  program
    .command('mode')
    .description('whether a change is made without a question, after a yes, or not at all, and why; without the API')
    .requiredOption(
      '--class <class>',
      'blast class of the change: B1 one pod, B2 one workload, B3 a node, B4 no way back',
    )
    .option('--service <service>', 'of the catalogue; gives environment, cluster and namespace')
    .option('--environment <environment>', "another one than the service's; production without a service")
    .option('--cluster <cluster>', "another one than the service's")
    .option('--namespace <namespace>', "another one than the service's")
    .option(
      '--runbook <name[@version]>',
      'the runbook that proposes it, or the name of one that came with Muster; a person when absent',
    )
    .option('--drill', 'in a drill')
    .option('--at <instant>', 'at another time, for freeze windows, such as 2026-12-24T20:00:00Z')
    .option('--organisation <file>', 'organisation.yaml; MUSTER_ORGANISATION when absent')
    .option('--remediation <dir...>', 'folders with policies of your own; MUSTER_REMEDIATION_DIR when absent')
    .addHelpText(
      'after',
      '\nExamples:\n  muster mode --class B2 --service checkout --runbook drop-cache@2\n  muster mode --class B3 --at 2026-12-24T20:00:00Z',
    )
    .action((options: ModeOptions, command: Command) => explainMode(world, options, command));
};

interface ModeOptions {
  class: string;
  service?: string;
  environment?: string;
  cluster?: string;
  namespace?: string;
  runbook?: string;
  drill?: boolean;
  at?: string;
  organisation?: string;
  remediation?: string[];
}

/** The readers of YAML and of time zones are loaded only here. */
const explainMode = async (world: World, options: ModeOptions, command: Command): Promise<void> => {
  const { loadOrganisation } = await import('../../packs/load.ts');
  const { loadRemediationPolicies } = await import('../../packs/remediation-load.ts');
  const { downgrade, modeFor } = await import('../../domain/remediation/mode.ts');
  const { approvalDuring, freezeCaps, frozen } = await import('../../domain/remediation/freeze.ts');
  const { output, nowMs } = contextOf(world, command);
  const organisation = loadOrganisation(organisationFileOf(world, options.organisation));
  const own = foldersOf(world, options.remediation, 'MUSTER_REMEDIATION_DIR');
  const policies = loadRemediationPolicies(own, organisation);
  const question = questionOf(options, organisation);
  const at = momentOf(options.at, nowMs);
  const decided = modeFor(policies, question);
  const windows = question.blastClass === 'B0' ? [] : frozen(policies, at, question);
  const caps = freezeCaps(windows, { rank: Number.POSITIVE_INFINITY, override: null, takesBackChangeOf: null });
  const { mode, because } = downgrade(decided.mode, caps);
  const decision = {
    ...decided,
    mode,
    because: [...decided.because, ...because],
    approval: decided.approval && approvalDuring(windows, decided.approval),
  };
  output.data({ ...decision, at });
  await show(output, decision);
};

const questionOf = (options: ModeOptions, organisation: Organisation): ModeQuestion => {
  const blastClass = BlastClass.safeParse(options.class.toUpperCase());
  if (!blastClass.success) throw misused(`--class ${options.class}: give B0, B1, B2, B3 or B4`);
  const service = options.service === undefined ? undefined : organisation.services[options.service];
  if (options.service !== undefined && !service) {
    const known = Object.keys(organisation.services).join(', ');
    throw misused(`the catalogue has no service ${options.service}; it has ${known}`);
  }
  return {
    blastClass: blastClass.data,
    environment: options.environment ?? service?.environment ?? 'production',
    cluster: options.cluster ?? service?.workload?.cluster ?? '',
    namespace: options.namespace ?? service?.workload?.namespace ?? '',
    service: options.service ?? null,
    runbook: runbookOf(options.runbook),
    standing: null,
    dataSuspicion: false,
    drill: options.drill ?? false,
  };
};

/** A name alone is a runbook that came with Muster. */
const runbookOf = (text: string | undefined): ModeQuestion['runbook'] => {
  if (text === undefined) return null;
  const [, name, version] = /^([a-z0-9-]+)(?:@(\d+))?$/.exec(text) ?? [];
  if (name === undefined)
    throw misused(`--runbook ${text}: give name@version, or the name of one that came with Muster`);
  return { name, version: Number(version ?? 1), builtIn: version === undefined };
};

const show = async (output: Output, decision: ModeDecision): Promise<void> => {
  const { approvalInWords, limitsInWords, modeInWords } = await import('../../domain/remediation/mode-words.ts');
  const { mode, because, approval, rules } = decision;
  output.line(`${output.paint(mode, 'bold')}: ${modeInWords(mode)}`);
  for (const reason of because) output.line(`  ${plain(reason)}`);
  if (approval) output.line(`yes: ${approvalInWords(approval)}`);
  output.line(`limits: ${limitsInWords(rules.limits).join('; ')}`);
  output.line(`policies: ${rules.policies.join(', ')}`);
  output.line('what happened so far (results, limits used up, flapping, storms) may lower it further');
};
