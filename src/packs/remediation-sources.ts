/** Runbooks and policies with the files that they were read from, for whoever shows what is loaded. */
import { basename } from 'node:path';
import type { RemediationFiles } from '../domain/runbook/board.ts';
import type { Organisation } from '../schema/organisation.ts';
import { refuse, writeFault } from './fault.ts';
import { readRemediationPolicies } from './remediation-load.ts';
import { isBuiltInRunbook, readRunbooks } from './runbook-load.ts';

/**
 * The built-in files and those of the given folders. Throws InvalidInput for a faulty policy, like loadRemediationPolicies;
 * a faulty runbook is left out and told, so that whoever only shows them stays up.
 */
export const readRemediationFiles = (
  ownDirs: readonly string[] = [],
  organisation?: Organisation,
  readAt: string = new Date().toISOString(),
): RemediationFiles => {
  const { files, findings } = readRemediationPolicies(ownDirs, organisation);
  const faults = findings.filter(({ level }) => level === 'fault');
  if (faults.length > 0) throw refuse(faults);
  const { runbooks, faults: leftOut } = readRunbooks(ownDirs);
  return {
    readAt,
    runbooks: runbooks.map((one) => ({
      document: one.value,
      builtIn: isBuiltInRunbook(one),
      file: basename(one.file),
    })),
    policies: files.map((one) => ({ ...one, file: basename(one.file) })),
    faults: leftOut.map((fault) => writeFault({ ...fault, file: basename(fault.file) })),
  };
};
