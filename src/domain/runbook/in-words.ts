/** A runbook read aloud: when it is looked at, what it would do in which order, and what never. Pure. */
import type {
  RunbookCheck,
  RunbookDocument,
  RunbookInput,
  RunbookRead,
  RunbookStep,
  TargetSource,
  Trigger,
} from '../../schema/runbook.ts';
import { exactSpan } from '../incident/policy-in-words.ts';
import { sourceOf, verificationFor } from './compile.ts';

/** Sentences, in the order in which a reader asks. */
export interface RunbookInWords {
  matches: string;
  reads: string[];
  /** What may be set, with its bounds. */
  inputs: string[];
  concludes: string[];
  steps: { id: string; title: string; does: string; proof: string; verdicts: string[] }[];
  /** Null where it does not stop automation. */
  stops: string | null;
  look: string[];
  never: string[];
  tasks: string[];
}

export const runbookInWords = ({ spec }: RunbookDocument): RunbookInWords => ({
  matches: matchInWords(spec.match),
  reads:
    spec.diagnose.length === 0
      ? ['Reads nothing beside the evidence that every diagnosis gathers.']
      : spec.diagnose.map(readInWords),
  inputs: Object.keys(spec.inputs).map((name) => `Input ${name}: ${valueInWords(spec.inputs, { input: name })}.`),
  concludes: [
    `Concludes when ${spec.conclude.when}, with confidence ${spec.conclude.confidence}.`,
    `Then it says: ${spec.conclude.because}`,
    `Else it says: ${spec.conclude.else}`,
  ],
  steps: spec.steps.map((step) => ({
    id: step.id,
    title: step.title,
    does: stepInWords(spec, step),
    proof: proofInWords(spec, step),
    verdicts: Object.entries(step.on).map(([verdict, word]) => `${verdict}: ${nextInWords(word)}`),
  })),
  stops: spec.stop ? `Stops automation. ${spec.stop.because} Pages ${spec.stop.page} and asks: ${spec.stop.ask}` : null,
  look: spec.look,
  never: spec.never.map(({ what, because, actions }) =>
    [`${what}: ${because}.`, ...(actions.length > 0 ? [`No step may use ${actions.join(', ')}.`] : [])].join(' '),
  ),
  tasks: spec.finish.tasks,
});

const matchInWords = ({ any, rankAtMost, services, kinds }: RunbookDocument['spec']['match']): string => {
  const also = [
    ...(rankAtMost === undefined ? [] : [`the severity has rank ${rankAtMost} or worse`]),
    ...(services ? [`the service is ${services.join(' or ')}`] : []),
    ...(kinds ? [`the workload is a ${kinds.join(' or ')}`] : []),
  ];
  const triggers = any.map(triggerInWords).join(', or ');
  return `Is looked at when ${[triggers, ...also].join(', and ')}.`;
};

const triggerInWords = ({ alert, labels, condition }: Trigger): string => {
  if (alert !== undefined) return `an alert is called ${alert}`;
  if (labels === undefined) return condition ?? '';
  return `an alert has ${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(' and ')}`;
};

const readInWords = (read: RunbookRead): string => {
  const bound = `${read.optional ? 'may fail' : 'must answer'}, within ${exactSpan(read.within)}`;
  return `Reads ${read.id}: ${sourceInWords(read)} (${bound}).`;
};

const sourceInWords = (read: RunbookRead): string => {
  switch (read.read) {
    case 'prometheus':
      return `Prometheus ${read.query}`;
    case 'http':
      return `the status of ${read.url}`;
    case 'cloudwatchMetric':
      return `${read.statistic} of ${read.namespace}/${read.metric} in CloudWatch over ${exactSpan(read.lookBack)}`;
    case 'cloudwatchLogs':
      return `lines with "${read.pattern}" in ${read.group} of CloudWatch over ${exactSpan(read.lookBack)}`;
  }
};

const stepInWords = (spec: RunbookDocument['spec'], step: RunbookStep): string => {
  const { factors } = step;
  const params = Object.entries(step.params).map(([name, value]) => `${name} ${valueInWords(spec.inputs, value)}`);
  return [
    `Does ${step.action} to ${targetInWords(step.target ?? spec.target)}${params.length > 0 ? ` with ${params.join(', ')}` : ''}`,
    step.when === undefined ? 'whenever it is reached' : `when ${step.when}`,
    `within ${durationInWords(spec.inputs, step.deadline)}`,
    `helps in ${factors.speed === 'tensOfMinutes' ? 'tens of minutes' : factors.speed}, risk ${factors.risk}, ${factors.reversible ? 'can be taken back' : 'cannot be taken back'}, data ${factors.data === 'none' ? 'untouched' : factors.data}.`,
  ].join('; ');
};

const valueInWords = (inputs: Record<string, RunbookInput>, value: RunbookStep['params'][string]): string => {
  const source = sourceOf(value);
  if (source === null) return typeof value === 'object' ? JSON.stringify(value) : String(value);
  if ('fact' in source) return `as ${source.fact} says`;
  const input = inputs[source.input];
  if (!input) return source.input;
  if (input.type === 'choice')
    return `${input.default} (or ${input.of.filter((one) => one !== input.default).join(', ')})`;
  const say = input.type === 'duration' ? exactSpan : String;
  return `${say(input.default)} (${say(input.min)} to ${say(input.max)})`;
};

const targetInWords = (source: TargetSource): string => {
  switch (source.from) {
    case 'workload':
      return `the ${source.kinds.join(', ')} of the service`;
    case 'badPod':
      return 'the one pod that is not well';
    case 'badNode':
      return 'the one node that is not well';
    case 'database':
      return 'the database of the service';
    case 'switch':
      return source.name === undefined ? `the ${source.kind} switch of the service` : `switch ${source.name}`;
    case 'application':
      return 'the Argo CD application of the service';
    case 'configMap':
      return `ConfigMap ${source.name}`;
    case 'kubernetesService':
      return `Service ${source.name}`;
  }
};

const proofInWords = (spec: RunbookDocument['spec'], step: RunbookStep): string => {
  const verify = verificationFor(spec.steps, step);
  const checks = (verify?.checks ?? []).map(checkInWords).join(' and ');
  const { settle = 0, giveUpAfter = 0 } = verify ?? {};
  return `Proved by ${checks}, after ${durationInWords(spec.inputs, settle)} of quiet and for ${durationInWords(spec.inputs, giveUpAfter)} at the most; missing data proves nothing.`;
};

const checkInWords = ({ of, success, failure, consecutiveSuccess, failureLimit, interval }: RunbookCheck): string =>
  [
    `the ${of === 'symptom' ? 'symptom of the service' : `read ${of}`}: ${success} ${consecutiveSuccess} times in a row, every ${exactSpan(interval)}`,
    ...(failure === undefined ? [] : [`worse where ${failure} ${failureLimit} times`]),
  ].join(', ');

const durationInWords = (inputs: Record<string, RunbookInput>, given: number | { input: string }): string =>
  typeof given === 'number' ? exactSpan(given) : valueInWords(inputs, given);

/** What follows a verdict. */
export const nextInWords = (word: string): string => {
  switch (word) {
    case 'finish':
      return 'done; its tasks are written down';
    case 'escalate':
      return 'pages the next level';
    case 'ask':
      return 'asks a person';
    case 'revertAndEscalate':
      return 'takes it back and pages the next level';
    default:
      return `goes on with ${word}`;
  }
};
