/** A runbook for one incident as plain data: conditions answered, targets found, figures filled in. Pure. */
import type { Target } from '../../schema/remediation.ts';
import type {
  CompiledCheck,
  CompiledNext,
  CompiledRunbook,
  CompiledStep,
  CompiledVerification,
  ParamValue,
  RunbookDocument,
  RunbookEnd,
  RunbookStep,
  RunbookVerification,
} from '../../schema/runbook.ts';
import type { Facts } from '../diagnosis/fact-table.ts';
import { Bug } from '../errors.ts';
import { type InputValues, inputsKnown, inputsOf } from './inputs.ts';
import { type Evaluate, fillSentence, type Known, valueAt } from './known.ts';
import { whyNot } from './match.ts';
import { type RunbookTargets, targetOf } from './targets.ts';
import { fillRead } from './words.ts';

export interface CompileRequest {
  facts: Facts;
  /** Figures of the runbook's own reads, by id. */
  reads: Record<string, number>;
  /** Inputs that differ from their default. */
  inputs?: InputValues;
  targets: RunbookTargets;
  service: string | null;
  confidence: number;
  evaluate: Evaluate;
}

/**
 * Throws InvalidInput for inputs out of bounds. For a runbook that passed its checks; what is not known makes a step no
 * candidate, never a fault. Compile again with fresh facts, of the same version, before a further step is taken.
 */
export const compileRunbook = (runbook: RunbookDocument, request: CompileRequest): CompiledRunbook => {
  const { metadata, spec } = runbook;
  const values = inputsOf(runbook, request.inputs);
  const known: Known = { facts: request.facts, reads: request.reads, inputs: inputsKnown(runbook, values) };
  const compiler = { runbook, request, values, known };
  return {
    ...metadata,
    confidence: request.confidence,
    because: fillSentence(spec.conclude.because, known),
    steps: spec.stop ? [] : spec.steps.map((step) => compileStep(compiler, step)),
    never: spec.never,
    look: spec.look.map((sentence) => fillSentence(sentence, known)),
    stop: spec.stop
      ? {
          because: fillSentence(spec.stop.because, known),
          page: spec.stop.page,
          ask: fillSentence(spec.stop.ask, known),
        }
      : null,
    tasks: spec.finish.tasks.map((task) => fillSentence(task, known)),
  };
};

interface Compiler {
  runbook: RunbookDocument;
  request: CompileRequest;
  values: InputValues;
  known: Known;
}

const compileStep = (compiler: Compiler, step: RunbookStep): CompiledStep => {
  const { runbook, request } = compiler;
  const found = targetOf(step.target ?? runbook.spec.target, request.targets, request.facts);
  const target = typeof found === 'string' ? null : found;
  const { params, missing } = paramsOf(compiler, step.params);
  const obstacle = whyNotChosen(compiler, step, typeof found === 'string' ? found : null, missing);
  return {
    id: step.id,
    title: step.title,
    action: actionFor(step.action, target),
    target,
    params,
    chosen: obstacle === null,
    why: obstacle ?? (step.when === undefined ? 'it is always a candidate' : `${step.when} holds`),
    deadlineMs: millisecondsOf(compiler, step.deadline),
    factors: step.factors,
    verify: verificationOf(compiler, step, target),
    on: {
      recovered: nextOf(step.on.recovered),
      ineffective: nextOf(step.on.ineffective),
      worse: nextOf(step.on.worse),
      inconclusive: nextOf(step.on.inconclusive),
      refused: nextOf(step.on.refused),
    },
  };
};

const whyNotChosen = (
  { known, request }: Compiler,
  { when }: RunbookStep,
  noTarget: string | null,
  missing: string[],
): string | null => {
  if (when !== undefined) {
    const answer = request.evaluate(when, known);
    if (!answer.known || answer.value !== true) return whyNot(when, answer);
  }
  if (noTarget !== null) return noTarget;
  return missing.length > 0 ? `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not known` : null;
};

const rollBacks: Record<string, string> = {
  Deployment: 'roll-back-deployment',
  StatefulSet: 'roll-back-statefulset',
  DaemonSet: 'roll-back-daemonset',
};

/** `roll-back` is whichever rollback the kind of the workload has. */
export const actionFor = (action: string, target: Pick<Target, 'kind'> | null): string =>
  action === 'roll-back' && target ? (rollBacks[target.kind] ?? action) : action;

const paramsOf = (
  { known, values, runbook }: Compiler,
  params: Record<string, ParamValue>,
): { params: Record<string, unknown>; missing: string[] } => {
  const missing: string[] = [];
  const resolved = Object.entries(params).map(([name, value]) => {
    const source = sourceOf(value);
    if (source === null) return [name, value];
    const found = 'input' in source ? inputAsParam(runbook, source.input, values) : valueAt(known, source.fact);
    if (found === undefined) missing.push('input' in source ? `inputs.${source.input}` : source.fact);
    return [name, found];
  });
  return { params: Object.fromEntries(resolved), missing };
};

/** As somebody would write it: a duration is text such as `300s`. */
export const inputAsParam = (
  { spec }: Pick<RunbookDocument, 'spec'>,
  name: string,
  values: InputValues,
): number | string | undefined => {
  const value = values[name];
  return spec.inputs[name]?.type === 'duration' && typeof value === 'number' ? `${value / 1_000}s` : value;
};

/** Where a param takes its value from; null for one that is written out. */
export const sourceOf = (value: ParamValue): { input: string } | { fact: string } | null => {
  if (typeof value !== 'object' || Array.isArray(value)) return null;
  const { input, fact, ...others } = value as Record<string, string>;
  if (Object.keys(others).length > 0 || (input === undefined) === (fact === undefined)) return null;
  return input === undefined ? { fact: fact ?? '' } : { input };
};

const millisecondsOf = ({ values, runbook }: Compiler, given: number | { input: string }): number => {
  if (typeof given === 'number') return given;
  const value = values[given.input];
  if (typeof value !== 'number') throw new Bug(`${runbook.metadata.name} has no duration ${given.input}`);
  return value;
};

/** That of the step further up which it names, or its own. */
export const verificationFor = (
  steps: readonly RunbookStep[],
  { verify }: Pick<RunbookStep, 'verify'>,
): RunbookVerification | undefined =>
  verify?.same === undefined ? verify : steps.find(({ id }) => id === verify.same)?.verify;

const verificationOf = (compiler: Compiler, step: RunbookStep, target: Target | null): CompiledVerification => {
  const { runbook, request } = compiler;
  const verify = verificationFor(runbook.spec.steps, step);
  if (!verify?.checks || verify.settle === undefined || verify.giveUpAfter === undefined)
    throw new Bug(`step ${step.id} of ${runbook.metadata.name} cannot be verified`);
  const place = { target: request.targets.workload ?? target, service: request.service };
  return {
    settleMs: millisecondsOf(compiler, verify.settle),
    giveUpAfterMs: millisecondsOf(compiler, verify.giveUpAfter),
    checks: verify.checks.map((check): CompiledCheck => {
      const read = runbook.spec.diagnose.find(({ id }) => id === check.of);
      return {
        id: check.id,
        of: check.of,
        read: read ? fillRead(read, place) : null,
        success: check.success,
        failure: check.failure ?? null,
        intervalMs: check.interval,
        consecutiveSuccess: check.consecutiveSuccess,
        failureLimit: check.failureLimit,
      };
    }),
  };
};

const ends: readonly string[] = ['finish', 'escalate', 'ask', 'revertAndEscalate'] satisfies RunbookEnd[];

const nextOf = (word: string): CompiledNext =>
  ends.includes(word) ? { to: word as RunbookEnd } : { to: 'step', step: word };
