/** Which runbook fits an incident. Pure: conditions are evaluated by whoever is handed in. */
import type { RunbookDocument, Trigger } from '../../schema/runbook.ts';
import type { Facts } from '../diagnosis/fact-table.ts';
import type { AlertForFacts, IncidentForFacts } from '../diagnosis/facts.ts';
import { type InputValues, inputsKnown, inputsOf } from './inputs.ts';
import { type Answer, type Evaluate, fillSentence, type Known } from './known.ts';

export interface RunbookCase {
  incident: IncidentForFacts;
  facts: Facts;
  /** Figures of a runbook's own reads, by its name. */
  reads: Record<string, Record<string, number>>;
  /** Inputs that differ from their default, by the runbook's name. */
  inputs?: Record<string, InputValues>;
}

export interface Judged {
  runbook: RunbookDocument;
  /** `open`: it matches, and what would conclude it does not hold or is not known. */
  outcome: 'concludes' | 'open' | 'noMatch';
  /** 0 to 1; 0 unless it concludes. */
  confidence: number;
  /** In one sentence: what it believes, or why it does not. */
  why: string;
}

export interface Selection {
  /** The one to follow: one that stops automation before all others, else the surest. */
  chosen: Judged | null;
  /** Every runbook that was looked at, the chosen one first, then those that conclude, are open, do not match. */
  judged: Judged[];
}

export type EvaluatorOf = (runbook: RunbookDocument) => Evaluate;

/** Deterministic: the same runbooks and case give the same order. */
export const selectRunbooks = (
  runbooks: readonly RunbookDocument[],
  given: RunbookCase,
  of: EvaluatorOf,
): Selection => {
  const judged = runbooks
    .map((runbook) => judgeRunbook(runbook, given, of(runbook)))
    .sort(
      (one, other) =>
        order.indexOf(one.outcome) - order.indexOf(other.outcome) ||
        Number(stops(other)) - Number(stops(one)) ||
        other.confidence - one.confidence ||
        one.runbook.metadata.name.localeCompare(other.runbook.metadata.name),
    );
  const [first] = judged;
  return { chosen: first?.outcome === 'concludes' ? first : null, judged };
};

const order = ['concludes', 'open', 'noMatch'];
const stops = ({ runbook }: Judged): boolean => runbook.spec.stop !== undefined;

/** What is known to a runbook of the case. Throws InvalidInput for inputs out of their bounds. */
export const knownTo = (runbook: RunbookDocument, { facts, reads, inputs }: Omit<RunbookCase, 'incident'>): Known => ({
  facts,
  reads: reads[runbook.metadata.name] ?? {},
  inputs: inputsKnown(runbook, inputsOf(runbook, inputs?.[runbook.metadata.name])),
});

export const judgeRunbook = (runbook: RunbookDocument, given: RunbookCase, evaluate: Evaluate): Judged => {
  const known = knownTo(runbook, given);
  const obstacle = whyNoMatch(runbook, given.incident, known, evaluate);
  if (obstacle !== null) return { runbook, outcome: 'noMatch', confidence: 0, why: obstacle };
  const { when, confidence, because, else: otherwise } = runbook.spec.conclude;
  const answer = evaluate(when, known);
  if (!answer.known || answer.value !== true)
    return {
      runbook,
      outcome: 'open',
      confidence: 0,
      why: `${fillSentence(otherwise, known)} (${whyNot(when, answer)})`,
    };
  const sure =
    typeof confidence === 'number' ? { known: true as const, value: confidence } : evaluate(confidence, known);
  return {
    runbook,
    outcome: 'concludes',
    confidence: sure.known && typeof sure.value === 'number' ? Math.min(1, Math.max(0, sure.value)) : 0,
    why: fillSentence(because, known),
  };
};

/** Null when it matches; else the first thing that does not fit, in words. */
export const whyNoMatch = (
  { spec }: RunbookDocument,
  incident: IncidentForFacts,
  known: Known,
  evaluate: Evaluate,
): string | null => {
  const { any, rankAtMost, services, kinds } = spec.match;
  if (rankAtMost !== undefined && (incident.rank === null || incident.rank > rankAtMost))
    return `the incident has rank ${incident.rank ?? 'none'}, and it is for rank ${rankAtMost} or worse`;
  if (services && !services.includes(incident.service ?? ''))
    return `it is for ${services.join(', ')}, not ${incident.service ?? 'an unknown service'}`;
  if (kinds && !kinds.some((kind) => kind === incident.target?.kind))
    return `it is for a ${kinds.join(' or ')}, and the workload is ${incident.target ? `a ${incident.target.kind}` : 'not known'}`;
  const answers = any.map((trigger) => pulls(trigger, incident.alerts, known, evaluate));
  if (answers.includes(null)) return null;
  return answers.length === 1 ? (answers[0] ?? null) : `none of what it is for is the case: ${answers.join('; ')}`;
};

/** Null when it does; else why not. */
const pulls = (trigger: Trigger, alerts: AlertForFacts[], known: Known, evaluate: Evaluate): string | null => {
  const { alert, labels, condition } = trigger;
  if (alert !== undefined)
    return alerts.some((one) => [one.title, one.labels?.alertname].some((name) => isLike(alert, name)))
      ? null
      : `no alert is called ${alert}`;
  if (labels !== undefined) {
    const wanted = Object.entries(labels);
    return alerts.some((one) => wanted.every(([name, value]) => one.labels?.[name] === value))
      ? null
      : `no alert has ${wanted.map(([name, value]) => `${name}="${value}"`).join(' and ')}`;
  }
  if (condition === undefined) return 'nothing is asked';
  const answer = evaluate(condition, known);
  return answer.known && answer.value === true ? null : whyNot(condition, answer);
};

/** `*` stands for any text. */
const isLike = (pattern: string, name: string | undefined): boolean => {
  if (name === undefined) return false;
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return name === first;
  const last = rest.pop() ?? '';
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > name.length - last.length) return false;
    at = found + part.length;
  }
  return true;
};

/** "pods.crashing is not known", or "pods.crashing > 0 does not hold". */
export const whyNot = (condition: string, answer: Answer): string => {
  if (answer.known) return `${condition} does not hold`;
  if (answer.missing.length === 0) return `${condition} cannot be answered`;
  return `${answer.missing.join(' and ')} ${answer.missing.length === 1 ? 'is' : 'are'} not known`;
};
