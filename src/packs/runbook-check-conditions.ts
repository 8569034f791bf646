/** Conditions and sentences of a runbook: that they can be answered, and rest on something. */
import { factAt, factPaths } from '../domain/diagnosis/fact-table.ts';
import { placeholdersOf } from '../domain/runbook/known.ts';
import type { RunbookDocument } from '../schema/runbook.ts';
import { type CaseConditions, checkConditions, type Outcome } from './conditions.ts';
import { type Fault, type FieldPath, unknownName } from './fault.ts';
import type { PlaceFault } from './runbook-check.ts';

export const conditionFaults = (runbook: RunbookDocument, conditions: CaseConditions, fault: PlaceFault): Fault[] => [
  ...casesOf(runbook).flatMap(({ path, condition, wanted }) => {
    const wrong = conditions.faultOf(condition, wanted) ?? groundless(condition, wanted, conditions);
    return wrong === null ? [] : [fault(path, wrong)];
  }),
  ...checksOf(runbook, fault),
  ...sentencesOf(runbook).flatMap(({ path, sentence }) =>
    placeholdersOf(sentence).flatMap((placeholder) => {
      const stranger = unknownPlace(runbook, placeholder);
      return stranger === null ? [] : [fault(path, stranger)];
    }),
  ),
];

/** `true` as a condition would turn a runbook loose on every incident. */
const groundless = (condition: string, wanted: Outcome, conditions: CaseConditions): string | null =>
  wanted === 'truth' && conditions.mentions(condition).every(({ asked }) => asked)
    ? 'rests on no fact; name one, or leave the condition out where that is allowed'
    : null;

const casesOf = ({ spec }: RunbookDocument): { path: FieldPath; condition: string; wanted: Outcome }[] => [
  ...spec.match.any.flatMap(({ condition }, index) =>
    condition === undefined
      ? []
      : [{ path: ['spec', 'match', 'any', index, 'condition'], condition, wanted: 'truth' as const }],
  ),
  { path: ['spec', 'conclude', 'when'], condition: spec.conclude.when, wanted: 'truth' },
  ...(typeof spec.conclude.confidence === 'string'
    ? [{ path: ['spec', 'conclude', 'confidence'], condition: spec.conclude.confidence, wanted: 'number' as const }]
    : []),
  ...spec.steps.flatMap(({ when }, index) =>
    when === undefined ? [] : [{ path: ['spec', 'steps', index, 'when'], condition: when, wanted: 'truth' as const }],
  ),
];

const checksOf = ({ spec }: RunbookDocument, fault: PlaceFault): Fault[] => {
  const conditions = checkConditions();
  return spec.steps.flatMap(({ verify }, step) =>
    (verify?.checks ?? []).flatMap((check, index) =>
      (['success', 'failure'] as const).flatMap((field) => {
        const condition = check[field];
        if (condition === undefined) return [];
        const path = ['spec', 'steps', step, 'verify', 'checks', index, field];
        const wrong = conditions.faultOf(condition, 'truth');
        if (wrong !== null) return [fault(path, wrong)];
        const spoken = conditions.mentions(condition).map((mention) => mention.path);
        if (!spoken.includes('value')) return [fault(path, 'says nothing about "value", so it proves nothing')];
        return spoken.includes('healthyBelow') && check.of !== 'symptom'
          ? [fault(path, '"healthyBelow" is known of the symptom alone; compare with a figure')]
          : [];
      }),
    ),
  );
};

const sentencesOf = ({ spec }: RunbookDocument): { path: FieldPath; sentence: string }[] => [
  { path: ['spec', 'conclude', 'because'], sentence: spec.conclude.because },
  { path: ['spec', 'conclude', 'else'], sentence: spec.conclude.else },
  ...(spec.stop
    ? [
        { path: ['spec', 'stop', 'because'], sentence: spec.stop.because },
        { path: ['spec', 'stop', 'ask'], sentence: spec.stop.ask },
      ]
    : []),
  ...spec.look.map((sentence, index) => ({ path: ['spec', 'look', index], sentence })),
  ...spec.finish.tasks.map((sentence, index) => ({ path: ['spec', 'finish', 'tasks', index], sentence })),
];

/** Null when there is such a fact, read or input. */
export const unknownPlace = ({ spec }: RunbookDocument, path: string): string | null => {
  const reads = spec.diagnose.map(({ id }) => `reads.${id}`);
  const inputs = Object.keys(spec.inputs).map((name) => `inputs.${name}`);
  if (reads.includes(path) || inputs.includes(path) || factAt(path)) return null;
  return unknownName('fact', path, [...reads, ...inputs, ...nearby(path)]);
};

/** Facts of the same group, or else what groups there are: what somebody may have meant. */
const nearby = (path: string): string[] => {
  const [group = ''] = path.split('.');
  const same = factPaths.filter((known) => known.startsWith(`${group}.`));
  return same.length > 0 ? same : [...new Set(factPaths.map((known) => known.split('.')[0] ?? ''))];
};
