/** Runbooks from their YAML files, checked whole before an incident is judged by one of them. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidInput } from '../domain/errors.ts';
import type { Evaluate } from '../domain/runbook/known.ts';
import { RunbookDocument } from '../schema/runbook.ts';
import { onceEach } from './extend.ts';
import { type Fault, refuse } from './fault.ts';
import { collect } from './read-files.ts';
import { parseTree, readTree, type Sourced, type YamlTree } from './read-yaml.ts';
import { treesOfKind } from './remediation-files.ts';
import { conditionsOf, type ParamsOf, paramsOfAction, runbookFaults } from './runbook-check.ts';

export const builtInRunbooksDir = fileURLToPath(new URL('./runbooks', import.meta.url));

/** From text; `file` is the name that faults carry. Throws InvalidInput like loadRunbooks. */
export const parseRunbook = (
  text: string,
  file = 'runbook.yaml',
  paramsOf: ParamsOf = paramsOfAction,
): RunbookDocument => readRunbook(parseTree(text, file), paramsOf).value;

/** What was read, and every fault of the others. Never throws for a faulty file. */
export const readRunbooks = (
  ownDirs: readonly string[] = [],
  paramsOf: ParamsOf = paramsOfAction,
): { runbooks: Sourced<RunbookDocument>[]; faults: Fault[] } => {
  const { trees, faults } = treesOfKind('Runbook', [builtInRunbooksDir, ...ownDirs]);
  const all = trees.flatMap((tree) => collect(faults, () => readRunbook(tree, paramsOf)) ?? []);
  const twins = twinFaults(all);
  return {
    runbooks: all.filter((one) => !isReplaced(one, all) && !twins.some(({ file }) => file === one.file)),
    faults: onceEach([...faults, ...twins]),
  };
};

export const isBuiltInRunbook = ({ file }: Pick<Sourced<unknown>, 'file'>): boolean =>
  dirname(file) === builtInRunbooksDir;

/** Answers the conditions of runbooks; each has its own words for its reads and inputs. */
export const evaluatorOf = (): ((runbook: RunbookDocument) => Evaluate) => {
  const known = new Map<RunbookDocument, Evaluate>();
  return (runbook) => {
    const evaluate = known.get(runbook) ?? conditionsOf(runbook).evaluate;
    known.set(runbook, evaluate);
    return evaluate;
  };
};

const readRunbook = (tree: YamlTree, paramsOf: ParamsOf): Sourced<RunbookDocument> => {
  const document = withReasons(() => readTree(tree, RunbookDocument));
  const faults = runbookFaults(document, paramsOf);
  if (faults.length > 0) throw refuse(faults);
  return document;
};

/** Fields that people look for in a runbook, and whose they are. */
const notOurs: Readonly<Record<string, string>> = Object.fromEntries([
  ...['mode', 'modes', 'auto', 'approve', 'approver', 'approvers', 'approval', 'approvals', 'quorum', 'limits'].map(
    (field) => [
      field,
      'no runbook may say this: it belongs to the remediation policy, so that no author lowers safety',
    ],
  ),
  ...['class', 'blastClass', 'permissions', 'rbac', 'inverse', 'revert', 'rollback'].map((field) => [
    field,
    'no runbook may say this: it comes from the action; remove it',
  ]),
]);

const withReasons = <Value>(read: () => Value): Value => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw refuse(
      (error.faults as Fault[]).map((fault) => {
        const reason = fault.message.startsWith('unknown field') ? notOurs[lastOf(fault.path)] : undefined;
        return reason === undefined ? fault : { ...fault, message: reason };
      }),
    );
  }
};

const lastOf = (path: string): string => path.split('.').at(-1) ?? '';

const isReplaced = (one: Sourced<RunbookDocument>, all: readonly Sourced<RunbookDocument>[]): boolean =>
  isBuiltInRunbook(one) &&
  all.some((other) => !isBuiltInRunbook(other) && other.value.metadata.name === one.value.metadata.name);

const twinFaults = (all: readonly Sourced<RunbookDocument>[]): Fault[] =>
  all.flatMap((one, index) => {
    const { name, version } = one.value.metadata;
    const twin = all.slice(0, index).find((other) => other.value.metadata.name === name);
    if (!twin) return [];
    if (!isBuiltInRunbook(twin))
      return [one.fault(['metadata', 'name'], `"${name}" is the name of ${twin.file} too; choose another`)];
    return version > twin.value.metadata.version
      ? []
      : [
          one.fault(
            ['metadata', 'version'],
            `takes the place of a built-in runbook of version ${twin.value.metadata.version}; give a higher one, or choose another name`,
          ),
        ];
  });
