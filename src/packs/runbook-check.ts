/** What a runbook must satisfy beyond its shape: names that exist, conditions that can be answered, a way that only goes down. */
import type { z } from 'zod';
import { holdsSecret } from '../domain/redaction.ts';
import { queryWords, wordsOf } from '../domain/runbook/words.ts';
import type { RunbookDocument, RunbookInput } from '../schema/runbook.ts';
import { runbookActions } from '../schema/runbook-actions.ts';
import { type CaseConditions, caseConditions } from './conditions.ts';
import { type Fault, type FieldPath, unknownName } from './fault.ts';
import type { Sourced } from './read-yaml.ts';
import { conditionFaults } from './runbook-check-conditions.ts';
import { stepFaults } from './runbook-check-steps.ts';

/** What the action of this name takes; null where nobody knows. */
export type ParamsOf = (action: string) => z.ZodType | null;

export const paramsOfAction: ParamsOf = (action) => runbookActions.get(action)?.params ?? null;

export const conditionsOf = ({ spec }: RunbookDocument): CaseConditions =>
  caseConditions({
    reads: spec.diagnose.map(({ id }) => id),
    inputs: Object.fromEntries(
      Object.entries(spec.inputs).map(([name, { type }]) => [name, type === 'choice' ? 'text' : 'number']),
    ),
  });

export type PlaceFault = (path: FieldPath, message: string) => Fault;

/** Every fault of one runbook. */
export const runbookFaults = ({ value, fault }: Sourced<RunbookDocument>, paramsOf: ParamsOf): Fault[] => {
  const place: PlaceFault = fault;
  const conditions = conditionsOf(value);
  return [
    ...triggerFaults(value, place),
    ...targetFaults(value, place),
    ...inputFaults(value, place),
    ...readFaults(value, place),
    ...neverFaults(value, place),
    ...conditionFaults(value, conditions, place),
    ...stopFaults(value, conditions, place),
    ...stepFaults(value, paramsOf, place),
  ];
};

const triggerFaults = ({ spec }: RunbookDocument, fault: PlaceFault): Fault[] =>
  spec.match.any.flatMap(({ alert, labels, condition }, index) => {
    const given = [alert, labels, condition].filter((one) => one !== undefined).length;
    return given === 1
      ? []
      : [fault(['spec', 'match', 'any', index], 'give exactly one of alert, labels and condition')];
  });

const targetFaults = ({ spec }: RunbookDocument, fault: PlaceFault): Fault[] =>
  [
    { path: ['spec', 'target'], target: spec.target },
    ...spec.steps.map(({ target }, index) => ({ path: ['spec', 'steps', index, 'target'], target })),
  ].flatMap(({ path, target }) =>
    target?.from === 'switch' && (target.name === undefined) === (target.kind === undefined)
      ? [fault(path, 'give either the name of a switch or its kind')]
      : [],
  );

const inputFaults = ({ spec }: RunbookDocument, fault: PlaceFault): Fault[] =>
  Object.entries(spec.inputs).flatMap(([name, input]) => {
    const path = ['spec', 'inputs', name];
    const wrong = boundsFault(input);
    return wrong ? [fault([...path, wrong.field], wrong.message)] : [];
  });

const boundsFault = (input: RunbookInput): { field: string; message: string } | null => {
  if (input.type === 'choice')
    return input.of.includes(input.default)
      ? null
      : { field: 'default', message: unknownName('choice of this input', input.default, input.of) };
  if (input.min > input.max) return { field: 'min', message: 'must not be above "max"' };
  return input.default < input.min || input.default > input.max
    ? { field: 'default', message: 'lies outside of "min" and "max"; correct one of them' }
    : null;
};

const readFaults = ({ spec }: RunbookDocument, fault: PlaceFault): Fault[] =>
  spec.diagnose.flatMap((read, index) => {
    const path = ['spec', 'diagnose', index];
    const words = wordsOf(read).filter((word) => !queryWords.some((known) => known === word));
    return [
      ...(spec.diagnose.findIndex(({ id }) => id === read.id) < index
        ? [fault([...path, 'id'], `another read is called "${read.id}" too; rename one`)]
        : []),
      ...words.map((word) => fault(path, unknownName('word of a read after "$"', word, queryWords))),
      ...(holdsSecret(read)
        ? [fault(path, 'holds a secret; credentials belong to the catalogue, never to a runbook')]
        : []),
      ...(read.within > readWithinMaxMs ? [fault([...path, 'within'], 'a read may take 30s at the most')] : []),
    ];
  });

/** A diagnosis as a whole has to be over soon after that. */
const readWithinMaxMs = 30_000;

const neverFaults = ({ spec }: RunbookDocument, fault: PlaceFault): Fault[] =>
  spec.never.flatMap(({ actions }, index) =>
    actions.flatMap((action, position) =>
      runbookActions.has(action)
        ? []
        : [
            fault(
              ['spec', 'never', index, 'actions', position],
              unknownName('action', action, [...runbookActions.keys()]),
            ),
          ],
    ),
  );

/** Where data may be lost, and where automation stops, nothing is changed by us. */
const stopFaults = ({ spec }: RunbookDocument, conditions: CaseConditions, fault: PlaceFault): Fault[] => {
  if (spec.steps.length === 0) return [];
  if (spec.stop)
    return [fault(['spec', 'steps'], 'this runbook stops automation, so it has no steps; remove them or "stop"')];
  const claims = (condition: string | undefined) =>
    condition !== undefined &&
    conditions.mentions(condition).some(({ path, denied, asked }) => path === 'data.suspected' && !denied && !asked);
  const steps = spec.steps.flatMap(({ when }, index) =>
    claims(when) ? [fault(['spec', 'steps', index, 'when'], dataFault)] : [],
  );
  const triggers = spec.match.any.flatMap(({ condition }, index) =>
    claims(condition) ? [fault(['spec', 'match', 'any', index, 'condition'], dataFault)] : [],
  );
  return [
    ...triggers,
    ...(claims(spec.conclude.when) ? [fault(['spec', 'conclude', 'when'], dataFault)] : []),
    ...steps,
  ];
};

const dataFault = 'where data is suspected nothing is changed automatically; replace the steps by "stop"';
