/** The runbooks a worker goes by, with the language of their conditions. */
import type { Evaluate } from '../domain/runbook/known.ts';
import type { RunbookDocument } from '../schema/runbook.ts';
import { type CheckConditions, checkConditions } from './conditions.ts';
import { refuse } from './fault.ts';
import { evaluatorOf, isBuiltInRunbook, readRunbooks } from './runbook-load.ts';

export interface RunbookLibrary {
  runbooks: { document: RunbookDocument; builtIn: boolean }[];
  evaluate(document: RunbookDocument): Evaluate;
  holds: CheckConditions['holds'];
}

/** The very version, or nothing. */
export const runbookIn = (
  { runbooks }: Pick<RunbookLibrary, 'runbooks'>,
  wanted: { name: string; version: number },
): RunbookLibrary['runbooks'][number] | undefined =>
  runbooks.find(({ document: { metadata } }) => metadata.name === wanted.name && metadata.version === wanted.version);

/** Throws InvalidInput with the faults of all files at once. */
export const loadRunbookLibrary = (ownDirs: readonly string[] = []): RunbookLibrary => {
  const { runbooks, faults } = readRunbooks(ownDirs);
  if (faults.length > 0) throw refuse(faults);
  return {
    runbooks: runbooks.map((one) => ({ document: one.value, builtIn: isBuiltInRunbook(one) })),
    evaluate: evaluatorOf(),
    holds: checkConditions().holds,
  };
};
