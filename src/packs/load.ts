/** Packs and the organisation from their YAML files, checked whole before anything uses them. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { holdersOf } from '../domain/on-call/on-call.ts';
import { Organisation, type ServiceFacts } from '../schema/organisation.ts';
import type { Override } from '../schema/override.ts';
import type { PackDocument, Policy } from '../schema/policy.ts';
import type { RemediationPolicy } from '../schema/remediation-policy.ts';
import { organisationFaults } from './check-organisation.ts';
import { togetherFaults } from './check-together.ts';
import { idOf, onceEach, resolvePack, resolvePacks } from './extend.ts';
import { type Fault, refuse, unknownName } from './fault.ts';
import type { Finding } from './finding.ts';
import { collect, readText, unreadable, yamlFiles } from './read-files.ts';
import { parseTree, readYaml, type Sourced, type YamlTree } from './read-yaml.ts';
import type { NamedRunbook } from './remediation-check.ts';
import { readRemediationPolicies } from './remediation-load.ts';

export const builtInPoliciesDir = fileURLToPath(new URL('./policies', import.meta.url));

/**
 * One pack; with an organisation the duties and groups it names must exist there.
 * Throws InvalidInput that lists every fault with `file:line:column`, field and remedy.
 */
export const loadPack = (file: string, organisation?: Organisation): PackDocument => {
  const pack = readPack(readText(file), file);
  const faults = organisation ? togetherFaults(pack, organisation) : [];
  if (faults.length > 0) throw refuse(faults);
  return pack.value;
};

/** The same from text; `file` is the name that faults carry. */
export const parsePack = (text: string, file = 'pack.yaml'): PackDocument => readPack(text, file).value;

/**
 * The built-in packs and those of the given folders (every .yaml and .yml in each, not deeper), by pack id.
 * With an organisation the duties, groups and teams that the packs name must exist in it; a built-in pack that asks for more
 * than there is stays out, unless it is `needed`.
 * Throws InvalidInput with the faults of all files at once; an id given twice is a fault.
 */
export const loadPacks = (
  ownDirs: readonly string[] = [],
  organisation?: Organisation,
  needed: readonly string[] = [],
): Map<string, PackDocument> => {
  const { packs, faults } = readPacks(ownDirs);
  const { fitting, faults: together } = matchPacks(packs, organisation, needed);
  if (faults.length + together.length > 0) throw refuse(onceEach([...faults, ...together]));
  return new Map(fitting.map(({ value }) => [value.pack, value]));
};

/** People, duties and services. Throws InvalidInput like loadPack. */
export const loadOrganisation = (file: string): Organisation => readOrganisation(readText(file), file).value;

export const parseOrganisation = (text: string, file = 'organisation.yaml'): Organisation =>
  readOrganisation(text, file).value;

export interface FilesToRead {
  organisationFile: string;
  packDirs: readonly string[];
  /** Built-in packs that must be usable with this organisation; those of `packDirs` must in any case. */
  needed?: readonly string[];
  /** Folders with remediation policies. */
  remediationDirs?: readonly string[];
  /** Runbooks that those may name; any when absent. */
  runbooks?: readonly NamedRunbook[];
}

/** What was read: sound files with the place of each field, and every fault of the others. Never throws for a faulty file. */
export interface ReadFiles {
  organisation: Sourced<Organisation> | null;
  /** Sound, and fitting the organisation. */
  packs: Sourced<PackDocument>[];
  /** Built-in packs that nobody needs and that ask for more than the organisation has, with what they miss. */
  leftOut: { pack: string; missing: Fault[] }[];
  /** Built-in ones first. */
  remediationPolicies: RemediationPolicy[];
  remediationFindings: Finding[];
  faults: Fault[];
}

export const readFiles = (files: FilesToRead): ReadFiles => {
  const { organisationFile, packDirs, needed = [] } = files;
  const { packs, ids, faults } = readPacks(packDirs);
  const unknown = needed
    .filter((id) => !ids.includes(id))
    .map((id) => unreadable([...packDirs].at(-1) ?? builtInPoliciesDir, unknownName('pack', id, ids)));
  const organisation = collect(faults, () => readOrganisation(readText(organisationFile), organisationFile));
  const { fitting, leftOut, faults: together } = matchPacks(packs, organisation?.value, needed);
  const remediation = readRemediationPolicies(files.remediationDirs, organisation?.value, files.runbooks);
  return {
    organisation,
    packs: fitting,
    leftOut,
    remediationPolicies: remediation.policies,
    remediationFindings: remediation.findings,
    faults: onceEach([...unknown, ...faults, ...together]),
  };
};

/** Faults that keep Muster from starting: never throws for a faulty file, so that all are seen in one go. */
export const checkFiles = (
  files: FilesToRead,
): { packs: string[]; people: number; services: number; faults: Fault[] } => {
  const { packs, organisation, faults, remediationFindings } = readFiles(files);
  return {
    packs: packs.map(({ value }) => value.pack),
    people: Object.keys(organisation?.value.people ?? {}).length,
    services: Object.keys(organisation?.value.services ?? {}).length,
    faults: [...faults, ...remediationFindings.filter(({ level }) => level === 'fault')],
  };
};

/** The part that an incident carries for life. */
export const policyFor = (pack: PackDocument): Policy => ({
  pack: pack.pack,
  room: pack.room,
  statusWords: pack.statusWords,
  severities: pack.severities,
  resolution: pack.resolution,
  remediation: pack.remediation,
});

/** Null for a service the catalogue does not know. */
export const serviceFacts = (organisation: Organisation, serviceId: string | null): ServiceFacts | null => {
  if (serviceId === null || !Object.hasOwn(organisation.services, serviceId)) return null;
  const service = organisation.services[serviceId];
  if (!service) return null;
  const { title, publicName, team, customerFacing, workload, symptom } = service;
  return { id: serviceId, title, publicName, team, customerFacing, target: workload ?? null, symptom: symptom ?? null };
};

/**
 * Names of who holds each duty at `at`, for the words on timers: `{'on-call': 'Nadia Okafor'}`; several are joined with
 * a comma. A duty that nobody holds then is left out.
 */
export const rosterFor = (
  organisation: Organisation,
  duties: readonly string[],
  at: string,
  team?: string,
  overrides: readonly Override[] = [],
): Record<string, string> =>
  Object.fromEntries(
    duties.flatMap((duty) => {
      const held = holdersOf(organisation, duty, { at, team, overrides });
      const names = held.map((id) => organisation.people[id]?.name ?? id);
      return names.length > 0 ? [[duty, names.join(', ')]] : [];
    }),
  );

/** A base is looked for among the built-in packs and beside the file. */
const readPack = (text: string, file: string): Sourced<PackDocument> => {
  const dirs = [builtInPoliciesDir, ...(existsSync(file) ? [dirname(file)] : [])];
  return resolvePack(parseTree(text, file), () => readTrees(dirs).trees);
};

const readOrganisation = (text: string, file: string): Sourced<Organisation> => {
  const organisation = readYaml(text, file, Organisation);
  const faults = organisationFaults(organisation);
  if (faults.length > 0) throw refuse(faults);
  return organisation;
};

export const isBuiltIn = ({ file }: Sourced<PackDocument>): boolean => dirname(file) === builtInPoliciesDir;

const matchPacks = (
  packs: Sourced<PackDocument>[],
  organisation: Organisation | undefined,
  needed: readonly string[],
): Pick<ReadFiles, 'leftOut' | 'faults'> & { fitting: Sourced<PackDocument>[] } => {
  if (!organisation) return { fitting: packs, leftOut: [], faults: [] };
  const matched = packs.map((pack) => ({ pack, missing: togetherFaults(pack, organisation) }));
  const unfit = matched.filter(({ missing }) => missing.length > 0);
  const isNeeded = (pack: Sourced<PackDocument>) => !isBuiltIn(pack) || needed.includes(pack.value.pack);
  return {
    fitting: matched.filter(({ missing }) => missing.length === 0).map(({ pack }) => pack),
    leftOut: unfit
      .filter(({ pack }) => !isNeeded(pack))
      .map(({ pack, missing }) => ({ pack: pack.value.pack, missing })),
    faults: unfit.filter(({ pack }) => isNeeded(pack)).flatMap(({ missing }) => missing),
  };
};

/** `ids` names the faulty ones as well. */
const readPacks = (ownDirs: readonly string[]): { packs: Sourced<PackDocument>[]; ids: string[]; faults: Fault[] } => {
  const { trees, unreadable: broken, faults: syntax } = readTrees([builtInPoliciesDir, ...ownDirs]);
  const { packs, faults } = resolvePacks(trees, broken);
  const inOrder = trees.flatMap(({ file }) => packs.find((pack) => pack.file === file) ?? []);
  const twins = inOrder.flatMap((pack, index) => {
    const twin = inOrder.slice(0, index).find((other) => other.value.pack === pack.value.pack);
    return twin ? [pack.fault(['pack'], `"${pack.value.pack}" is the id of ${twin.file} too; choose another`)] : [];
  });
  return {
    ids: [...trees.flatMap((tree) => idOf(tree) ?? []), ...broken],
    packs: inOrder.filter(({ file }) => !twins.some((twin) => twin.file === file)),
    faults: [...syntax, ...faults, ...twins],
  };
};

/** Every sound YAML file of the folders; of the others what they would have been called, as far as a line says so. */
const readTrees = (dirs: readonly string[]): { trees: YamlTree[]; unreadable: string[]; faults: Fault[] } => {
  const faults: Fault[] = [];
  const trees: YamlTree[] = [];
  const broken: string[] = [];
  for (const file of dirs.flatMap((dir) => collect(faults, () => yamlFiles(dir, 'MUSTER_PACKS_DIR')) ?? [])) {
    const text = collect(faults, () => readText(file));
    if (text === null) continue;
    const tree = collect(faults, () => parseTree(text, file));
    if (tree) trees.push(tree);
    else broken.push(/^pack:\s*["']?([a-z0-9-]+)/m.exec(text)?.[1] ?? '');
  }
  return { trees, unreadable: broken, faults };
};
