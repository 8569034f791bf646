import { existsSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import type { CheckReport } from '../../packs/check-configuration.ts';
import type { Finding } from '../../packs/finding.ts';
import { contextOf, type World } from '../context.ts';
import { CommandFailed, misused } from '../failure.ts';
import type { Output } from '../output.ts';
import { foldersOf, organisationFileOf } from '../own-files.ts';

interface CheckOptions {
  organisation?: string;
  packs?: string[];
  pack?: string[];
  remediation?: string[];
  from?: string;
  days: string;
  strict?: boolean;
}

const daysMax = 400;

export const addCheckCommand = (program: Command, world: World): void => {
  program
    .command('check [folder]')
    .description(
      'validate organisation, packs and remediation policies without the API, and find what nobody answers; exit 1 on a fault',
    )
    .option('--organisation <file>', 'organisation.yaml; that of the folder, else MUSTER_ORGANISATION, when absent')
    .option(
      '--packs <dir...>',
      'folders with packs of your own; that of the folder, else MUSTER_PACKS_DIR, when absent',
    )
    .option(
      '--remediation <dir...>',
      'folders with remediation policies; that of the folder, else MUSTER_REMEDIATION_DIR, when absent',
    )
    .option('--pack <id...>', 'built-in packs that must be usable; MUSTER_PACK when absent')
    .option('--from <instant>', 'look ahead from here instead of now, such as 2026-12-01T00:00:00Z')
    .option('--days <number>', 'how far to look ahead', '90')
    .option('--strict', 'warnings count as faults')
    .addHelpText(
      'after',
      '\nExamples:\n  muster check config/\n  muster check --organisation organisation.yaml --packs packs/',
    )
    // The readers of YAML are loaded only here: nobody who acknowledges at night waits for them.
    .action(async (folder: string | undefined, options: CheckOptions, command: Command) => {
      const { checkConfiguration } = await import('../../packs/check-configuration.ts');
      const { lookAhead } = await import('../../packs/gaps-clock.ts');
      const { output, nowMs } = contextOf(world, command);
      const files = filesOf(world, folder, options);
      const ahead = lookAhead(options.from ?? new Date(nowMs).toISOString(), daysOf(options.days));
      const report = checkConfiguration(files, ahead);
      const count = { faults: levelCount(report, 'fault'), warnings: levelCount(report, 'warning') };
      output.data({ ...report, ...ahead, ...count });
      for (const finding of report.findings) printFinding(output, world.workingDir, finding);
      if (report.leftOut.length > 0) {
        const packs = report.leftOut.map(({ pack, missing }) => `${pack} (lacks ${missing})`).join(', ');
        output.line(`built-in packs that this organisation cannot use: ${packs}; "muster check --pack <id>" says why`);
      }
      const words = `${counted(count.faults, 'fault')}, ${counted(count.warnings, 'warning')}`;
      if (count.faults > 0 || (options.strict && count.warnings > 0)) {
        throw new CommandFailed(`${words}; correct them and check again`);
      }
      output.line(
        `${counted(report.packs.length, 'pack')} (${report.packs.join(', ')}), ${policiesInWords(report)}${report.people} people, ${counted(report.services, 'service')}: ${words}`,
      );
    });
};

const filesOf = (world: World, folder: string | undefined, options: CheckOptions) => {
  const inFolder = folder === undefined ? null : resolve(world.workingDir, folder);
  if (inFolder !== null && !isFolder(inFolder)) {
    throw misused(
      `${folder} is no folder; give one that holds organisation.yaml, and packs of your own in packs/ and remediation policies in remediation/`,
    );
  }
  const beside = inFolder === null ? null : join(inFolder, 'organisation.yaml');
  const organisationFile =
    options.organisation === undefined && beside !== null ? beside : organisationFileOf(world, options.organisation);
  const inside = (name: string) =>
    inFolder === null ? undefined : [join(inFolder, name)].filter((path) => isFolder(path));
  const packDirs = foldersOf(world, options.packs ?? inside('packs'), 'MUSTER_PACKS_DIR');
  const remediationDirs = foldersOf(world, options.remediation ?? inside('remediation'), 'MUSTER_REMEDIATION_DIR');
  return { organisationFile, packDirs, remediationDirs, needed: neededPacks(world, options, packDirs.length > 0) };
};

/** Without a word the built-in default counts, unless there are packs of one's own. */
const neededPacks = ({ environment }: World, { pack }: CheckOptions, hasOwn: boolean): string[] => {
  if (pack !== undefined) return pack;
  if (environment.MUSTER_PACK) return [environment.MUSTER_PACK];
  return hasOwn ? [] : ['guide-sev1-sev3'];
};

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

const daysOf = (text: string): number => {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > daysMax) {
    throw misused(`--days takes a whole number from 1 to ${daysMax}, not "${text}"`);
  }
  return days;
};

const levelCount = ({ findings }: CheckReport, level: Finding['level']): number =>
  findings.filter((finding) => finding.level === level).length;

const printFinding = (
  output: Output,
  workingDir: string,
  { level, file, line, column, path, message }: Finding,
): void => {
  const near = relative(workingDir, file);
  const mark = level === 'fault' ? output.paint('fault', 'red') : output.paint('warning', 'yellow');
  output.line(`${near.startsWith('..') ? file : near}:${line}:${column}`);
  output.line(`  ${mark} ${output.paint(path, 'bold')}: ${message}`);
};

/** Only your own are worth a word. */
const policiesInWords = ({ remediationPolicies: names, runbooks }: CheckReport): string =>
  [
    ...(names.length === 0 ? [] : [`remediation by ${names.join(', ')}, `]),
    ...(runbooks.length === 0 ? [] : [`${counted(runbooks.length, 'runbook')} (${runbooks.join(', ')}), `]),
  ].join('');

const counted = (count: number, word: string): string =>
  `${count === 0 ? 'no' : count} ${count === 1 ? word : `${word}s`}`;
