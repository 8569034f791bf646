/** Steps of a runbook: actions that there are, params that they take, from the safest to the riskiest and never back. */
import { factAt } from '../domain/diagnosis/fact-table.ts';
import { holdsSecret } from '../domain/redaction.ts';
import { inputAsParam, sourceOf } from '../domain/runbook/compile.ts';
import { kindsOf } from '../domain/runbook/targets.ts';
import { type RunbookDocument, type RunbookStep, runbookEnds, type Verdict, verdicts } from '../schema/runbook.ts';
import { runbookActions } from '../schema/runbook-actions.ts';
import { type Fault, type FieldPath, unknownName } from './fault.ts';
import type { ParamsOf, PlaceFault } from './runbook-check.ts';
import { unknownPlace } from './runbook-check-conditions.ts';
import { verificationFaults } from './runbook-check-verification.ts';

export const stepFaults = (runbook: RunbookDocument, paramsOf: ParamsOf, fault: PlaceFault): Fault[] => {
  const { steps } = runbook.spec;
  return [
    ...steps.flatMap((step, index) => {
      const path = ['spec', 'steps', index];
      return [
        ...idFaults(steps, step, index, fault),
        ...actionFaults(runbook, step, path, fault),
        ...paramFaults(runbook, step, paramsOf, path, fault),
        ...durationFaults(runbook, step, path, fault),
        ...wayFaults(steps, step, index, fault),
        ...factorFaults(steps, index, fault),
        ...verificationFaults(runbook, step, index, fault),
      ];
    }),
    ...unreachable(steps).map((index) =>
      fault(
        ['spec', 'steps', index],
        'no way leads here: name it after a verdict, give the step above a "when", or remove it',
      ),
    ),
  ];
};

const isEnd = (word: string): boolean => runbookEnds.some((end) => end === word);

const idFaults = (steps: readonly RunbookStep[], { id }: RunbookStep, index: number, fault: PlaceFault): Fault[] => {
  const path = ['spec', 'steps', index, 'id'];
  if (isEnd(id)) return [fault(path, `"${id}" is the word for an end; call the step something else`)];
  return steps.findIndex((other) => other.id === id) < index
    ? [fault(path, `another step is called "${id}" too; rename one`)]
    : [];
};

const actionFaults = ({ spec }: RunbookDocument, step: RunbookStep, path: FieldPath, fault: PlaceFault): Fault[] => {
  const action = runbookActions.get(step.action);
  if (!action) return [fault([...path, 'action'], unknownName('action', step.action, [...runbookActions.keys()]))];
  const reason = spec.never.find(({ actions }) => forbids(actions, step.action));
  if (reason)
    return [fault([...path, 'action'], `"never" forbids this action: ${reason.because}; remove one of the two`)];
  const strangers = kindsOf(step.target ?? spec.target).filter((kind) => !action.kinds.includes(kind));
  return strangers.length > 0
    ? [
        fault(
          [...path, step.target ? 'target' : 'action'],
          `${step.action} is for a ${action.kinds.join(' or ')}, not for a ${strangers.join(' or ')}; give the step a fitting target`,
        ),
      ]
    : [];
};

/** `roll-back` is each of the three. */
const forbids = (never: readonly string[], action: string): boolean =>
  never.some(
    (one) =>
      one === action ||
      (one === 'roll-back' && action.startsWith('roll-back-')) ||
      (action === 'roll-back' && one.startsWith('roll-back-')),
  );

const paramFaults = (
  runbook: RunbookDocument,
  { action, params }: RunbookStep,
  paramsOf: ParamsOf,
  path: FieldPath,
  fault: PlaceFault,
): Fault[] => {
  const entries = Object.entries(params);
  const strangers = entries.flatMap(([name, value]) => {
    const source = sourceOf(value);
    if (source === null) return [];
    const place = 'input' in source ? `inputs.${source.input}` : source.fact;
    const stranger = unknownPlace(runbook, place);
    return stranger === null ? [] : [fault([...path, 'params', name], stranger)];
  });
  if (strangers.length > 0) return strangers;
  const secrets = entries.filter(([name, value]) => holdsSecret(value, name));
  if (secrets.length > 0)
    return secrets.map(([name]) =>
      fault(
        [...path, 'params', name],
        'holds a secret; it would stand in every plan and history: name it in the catalogue',
      ),
    );
  const schema = paramsOf(action);
  if (!schema) return [];
  for (const bound of ['default', 'min', 'max'] as const) {
    const parsed = schema.safeParse(sampled(runbook, params, bound));
    if (parsed.success) continue;
    return parsed.error.issues.flatMap((issue) => {
      const names = issue.code === 'unrecognized_keys' ? issue.keys : [];
      const at = bound === 'default' ? '' : ` (with inputs at their ${bound}imum)`;
      return names.length > 0
        ? names.map((name) =>
            fault([...path, 'params', name], `${action} has no such param; correct its spelling or remove it`),
          )
        : [
            fault(
              [...path, 'params', ...issue.path.filter((part) => typeof part !== 'symbol')],
              `${action} refuses it: ${issue.message}${at}`,
            ),
          ];
    });
  }
  return [];
};

const samples = { number: 1, text: 'name', truth: true, texts: ['name'] };

/** The params with inputs at one of their bounds, and facts as any value of their type. */
const sampled = (
  { spec }: RunbookDocument,
  params: RunbookStep['params'],
  bound: 'default' | 'min' | 'max',
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const source = sourceOf(value);
      if (source === null) return [name, value];
      if ('fact' in source) return [name, samples[factAt(source.fact)?.type ?? 'number']];
      const input = spec.inputs[source.input];
      const figure = input?.type === 'choice' ? input.default : (input?.[bound] ?? 0);
      return [name, inputAsParam({ spec }, source.input, { [source.input]: figure })];
    }),
  );

const durationFaults = (
  { spec }: RunbookDocument,
  { deadline, verify }: RunbookStep,
  path: FieldPath,
  fault: PlaceFault,
): Fault[] =>
  (
    [
      [['deadline'], deadline],
      [['verify', 'settle'], verify?.settle],
      [['verify', 'giveUpAfter'], verify?.giveUpAfter],
    ] as const
  ).flatMap(([field, given]) => {
    if (typeof given !== 'object') return [];
    const durations = Object.entries(spec.inputs).flatMap(([name, { type }]) => (type === 'duration' ? [name] : []));
    return durations.includes(given.input)
      ? []
      : [fault([...path, ...field], unknownName('input of type duration', given.input, durations))];
  });

/** Only what proves something may finish, and a way leads down or out. */
const wayFaults = (
  steps: readonly RunbookStep[],
  { id, on, factors }: RunbookStep,
  index: number,
  fault: PlaceFault,
): Fault[] =>
  verdicts.flatMap((verdict) => {
    const path = ['spec', 'steps', index, 'on', verdict];
    const word = on[verdict];
    if (isEnd(word)) {
      const wrong = endFault(verdict, word, factors);
      return wrong === null ? [] : [fault(path, wrong)];
    }
    const wanted = steps.findIndex((step) => step.id === word);
    if (wanted < 0)
      return [
        fault(
          path,
          unknownName('step or end', word, [...steps.slice(index + 1).map((step) => step.id), ...runbookEnds]),
        ),
      ];
    if (word === id) return [fault(path, 'leads to itself; a step is taken once: name one further down, or an end')];
    if (wanted < index)
      return [fault(path, `leads back up to "${word}"; a runbook only goes down: name a later step, or an end`)];
    return verdict === 'worse'
      ? [
          fault(
            path,
            'what made it worse is taken back before anything else is tried; give revertAndEscalate, escalate or ask',
          ),
        ]
      : [];
  });

const endFault = (verdict: Verdict, end: string, { reversible }: RunbookStep['factors']): string | null => {
  if (verdict === 'worse' && reversible && end !== 'revertAndEscalate')
    return 'what made it worse and can be taken back is taken back; give revertAndEscalate';
  if (end === 'finish' && verdict === 'inconclusive')
    return 'missing data is no success; give a later step, ask or escalate';
  if (end === 'finish' && verdict !== 'recovered')
    return 'only what recovered is finished; give a later step, ask or escalate';
  return end === 'revertAndEscalate' && verdict !== 'worse'
    ? 'only what made it worse is taken back; give a later step, ask or escalate'
    : null;
};

const risks = ['low', 'medium', 'high'];
const harms = ['none', 'interrupted', 'changed'];

/** When in doubt the safest reversible option: by risk, then by what happens to data, then what can be taken back first. */
const factorFaults = (steps: readonly RunbookStep[], index: number, fault: PlaceFault): Fault[] => {
  const step = steps[index];
  if (!step) return [];
  const { action, factors } = step;
  if (factors.reversible && runbookActions.get(action)?.reversible === false)
    return [
      fault(['spec', 'steps', index, 'factors', 'reversible'], `what ${action} does cannot be taken back; write false`),
    ];
  const above = steps[index - 1];
  if (!above) return [];
  const [upper, lower] = [dangerOf(above), dangerOf(step)];
  const at = lower.findIndex((figure, place) => figure !== upper[place]);
  if (at < 0 || (lower[at] ?? 0) > (upper[at] ?? 0)) return [];
  return [
    fault(
      ['spec', 'steps', index],
      `is safer than "${above.id}" above it (${['risk', 'data', 'reversible'][at]}); steps stand from the safest to the riskiest: swap them`,
    ),
  ];
};

const dangerOf = ({ factors }: RunbookStep): number[] => [
  risks.indexOf(factors.risk),
  harms.indexOf(factors.data),
  factors.reversible ? 0 : 1,
];

/** A step is reached from the top, from a verdict further up, or past a step whose condition may not hold. */
const unreachable = (steps: readonly RunbookStep[]): number[] => {
  const reached = new Set<number>();
  const arrive = (index: number): void => {
    const step = steps[index];
    if (!step || reached.has(index)) return;
    reached.add(index);
    if (step.when !== undefined || step.target?.from !== undefined) arrive(index + 1);
    for (const verdict of verdicts) arrive(steps.findIndex((other, at) => at > index && other.id === step.on[verdict]));
  };
  arrive(0);
  return steps.flatMap((_, index) => (reached.has(index) ? [] : [index]));
};
