/** Everything `muster check` reports of a configuration: what is wrong with the files, and what they leave open. */
import type { RunbookDocument } from '../schema/runbook.ts';
import { onceEach } from './extend.ts';
import type { Fault } from './fault.ts';
import type { Finding } from './finding.ts';
import { clockGaps } from './gaps-clock.ts';
import { type LookAhead, onCallGaps } from './gaps-on-call.ts';
import { promiseGaps } from './gaps-promises.ts';
import { type FilesToRead, isBuiltIn, readFiles } from './load.ts';
import type { Sourced } from './read-yaml.ts';
import type { NamedRunbook } from './remediation-check.ts';
import { isBuiltInRunbook, readRunbooks } from './runbook-load.ts';
import { runbookTogetherFaults } from './runbook-together.ts';

export interface CheckReport {
  /** Ids of the packs that can be used. */
  packs: string[];
  people: number;
  services: number;
  /** Names of the remediation policies of your own. */
  remediationPolicies: string[];
  /** Names of the runbooks of your own. */
  runbooks: string[];
  /** Built-in packs that ask for more than this organisation has; no fault while nobody needs them. */
  leftOut: { pack: string; missing: number }[];
  /** In the order of files and lines, faults and warnings mixed. */
  findings: Finding[];
}

/**
 * Reads the files and looks ahead: shifts nobody holds, people nothing reaches, promises that contradict each other. Gaps are
 * looked for once the organisation has no fault. Never throws for a faulty file.
 */
export const checkConfiguration = (files: FilesToRead, ahead: LookAhead): CheckReport => {
  const runbooks = runbooksOf(files);
  const { organisation, packs, leftOut, faults, remediationPolicies, remediationFindings } = readFiles({
    ...files,
    runbooks: runbooks.known,
  });
  const counting = packs.filter((pack) => !isBuiltIn(pack) || files.needed?.includes(pack.value.pack));
  const ofRunbooks = [
    ...runbooks.faults,
    ...(organisation ? runbooks.own.flatMap((one) => runbookTogetherFaults(one, organisation.value)) : []),
  ];
  const findings: Finding[] = [
    ...[...faults, ...ofRunbooks].map((fault) => ({ ...fault, level: 'fault' as const })),
    ...(organisation ? [...onCallGaps(organisation, counting, ahead), ...clockGaps(organisation, ahead)] : []),
    ...packs.flatMap(promiseGaps),
    ...remediationFindings,
  ];
  return {
    packs: packs.map(({ value }) => value.pack),
    people: Object.keys(organisation?.value.people ?? {}).length,
    services: Object.keys(organisation?.value.services ?? {}).length,
    remediationPolicies: remediationPolicies.filter(({ builtIn }) => !builtIn).map(({ name }) => name),
    runbooks: runbooks.own.map(({ value }) => value.metadata.name),
    leftOut: leftOut.map(({ pack, missing }) => ({ pack, missing: missing.length })),
    findings: onceEach(findings).toSorted(byPlace),
  };
};

/** Those that come with Muster are proved by its own tests, so they are read only for what yours may replace. */
const runbooksOf = ({ remediationDirs = [] }: FilesToRead): RunbooksOfFolders => {
  if (remediationDirs.length === 0) return { known: [], own: [], faults: [] };
  const { runbooks, faults } = readRunbooks(remediationDirs);
  return {
    known: runbooks.map(({ value }) => value.metadata),
    own: runbooks.filter((runbook) => !isBuiltInRunbook(runbook)),
    faults,
  };
};

interface RunbooksOfFolders {
  /** What remediation policies may name. */
  known: NamedRunbook[];
  own: Sourced<RunbookDocument>[];
  faults: Fault[];
}

const byPlace = (left: Finding, right: Finding): number =>
  left.file === right.file ? left.line - right.line || left.column - right.column : left.file < right.file ? -1 : 1;
