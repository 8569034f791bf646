/** Remediation policies from their YAML files, checked whole before anything is changed on their word. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Organisation } from '../schema/organisation.ts';
import { type RemediationPolicy, RemediationPolicyDocument } from '../schema/remediation-policy.ts';
import { onceEach } from './extend.ts';
import { type Fault, refuse } from './fault.ts';
import type { Finding } from './finding.ts';
import { collect } from './read-files.ts';
import { parseTree, readTree, type Sourced, type YamlTree } from './read-yaml.ts';
import {
  type NamedRunbook,
  policyFaults,
  policyOrganisationFindings,
  policyRunbookFindings,
} from './remediation-check.ts';
import { treesOfKind } from './remediation-files.ts';

export const builtInRemediationDir = fileURLToPath(new URL('./remediation', import.meta.url));

/**
 * The built-in policies and those of the given folders, in the order of files. With an organisation the duties and services
 * that policies of your own name must exist in it. Throws InvalidInput with the faults of all files at once.
 */
export const loadRemediationPolicies = (
  ownDirs: readonly string[] = [],
  organisation?: Organisation,
): RemediationPolicy[] => {
  const { policies, findings } = readRemediationPolicies(ownDirs, organisation);
  const faults = findings.filter(({ level }) => level === 'fault');
  if (faults.length > 0) throw refuse(faults);
  return policies;
};

/** From text; `file` is the name that faults carry. Throws InvalidInput like loadRemediationPolicies. */
export const parseRemediationPolicy = (text: string, file = 'policy.yaml'): RemediationPolicy =>
  policyOf(readPolicy(parseTree(text, file)));

/** A policy with where it was read and what its author says of it. */
export interface PolicyFile {
  policy: RemediationPolicy;
  file: string;
  owner: string | null;
  description: string | null;
}

/**
 * What was read, and everything to be said about it. `runbooks` are those that policies may name; any when absent.
 * Never throws for a faulty file.
 */
export const readRemediationPolicies = (
  ownDirs: readonly string[] = [],
  organisation?: Organisation,
  runbooks?: readonly NamedRunbook[],
): { policies: RemediationPolicy[]; files: PolicyFile[]; findings: Finding[] } => {
  const { trees, faults } = treesOfKind('RemediationPolicy', [builtInRemediationDir, ...ownDirs]);
  const documents = trees.flatMap((tree) => collect(faults, () => readPolicy(tree)) ?? []);
  faults.push(...twinFaults(documents));
  const own = documents.filter((document) => !isBuiltIn(document));
  const together = own.flatMap((document) => [
    ...(organisation ? policyOrganisationFindings(document, organisation) : []),
    ...(runbooks ? policyRunbookFindings(document, runbooks) : []),
  ]);
  return {
    policies: documents.map(policyOf),
    files: documents.map((document) => ({
      policy: policyOf(document),
      file: document.file,
      owner: document.value.metadata.owner ?? null,
      description: document.value.metadata.description ?? null,
    })),
    findings: onceEach([...faults.map((fault) => ({ ...fault, level: 'fault' as const })), ...together]),
  };
};

const readPolicy = (tree: YamlTree): Sourced<RemediationPolicyDocument> => {
  const document = readTree(tree, RemediationPolicyDocument);
  const faults = policyFaults(document);
  if (faults.length > 0) throw refuse(faults);
  return document;
};

const policyOf = (document: Sourced<RemediationPolicyDocument>): RemediationPolicy => ({
  name: document.value.metadata.name,
  builtIn: isBuiltIn(document),
  ...document.value.spec,
});

const isBuiltIn = ({ file }: Sourced<unknown>): boolean => dirname(file) === builtInRemediationDir;

const twinFaults = (documents: readonly Sourced<RemediationPolicyDocument>[]): Fault[] =>
  documents.flatMap((document, index) => {
    const { name } = document.value.metadata;
    const twin = documents.slice(0, index).find((other) => other.value.metadata.name === name);
    return twin
      ? [document.fault(['metadata', 'name'], `"${name}" is the name of ${twin.file} too; choose another`)]
      : [];
  });
