/** Runbooks on the terminal: in sentences, and as the way one would take in a case. */
import { exactSpan } from '../domain/incident/policy-in-words.ts';
import { placeOf } from '../domain/remediation/target.ts';
import { nextInWords, type RunbookInWords } from '../domain/runbook/in-words.ts';
import type { Plan } from '../schema/remediation.ts';
import type { CompiledRunbook, CompiledStep, RunbookDocument } from '../schema/runbook.ts';
import { type Output, plain } from './output.ts';
import { showPlan } from './show-plan.ts';

export interface DryRun {
  outcome: 'concludes' | 'open' | 'noMatch';
  why: string;
  /** Id of the step it would begin with; null: none, and `otherwise` says why. */
  first: string | null;
  otherwise: string | null;
  compiled: CompiledRunbook;
}

export const showRunbook = (output: Output, { metadata }: RunbookDocument, words: RunbookInWords): void => {
  const { name, version, owner, title } = metadata;
  output.line(output.paint(`${name} version ${version}, of ${owner}: ${plain(title)}`, 'bold'));
  const say = (sentence: string) => output.line(`  ${plain(sentence)}`);
  for (const sentence of [words.matches, ...words.reads, ...words.concludes, ...words.inputs]) say(sentence);
  if (words.stops !== null) say(words.stops);
  for (const [index, { id, title: step, does, proof, verdicts }] of words.steps.entries()) {
    output.line(`  ${output.paint(`${index + 1}. ${id}: ${plain(step)}`, 'bold')}`);
    for (const sentence of [does, proof, ...verdicts]) output.line(`     ${plain(sentence)}`);
  }
  section(output, 'Never', words.never);
  section(output, 'People look at', words.look);
  section(output, 'Afterwards', words.tasks);
};

const section = (output: Output, title: string, lines: string[]): void => {
  if (lines.length > 0) output.line(`  ${output.paint(title, 'bold')}`);
  for (const line of lines) output.line(`   - ${plain(line)}`);
};

const outcomes = {
  concludes: 'matches and concludes',
  open: 'matches, and does not conclude',
  noMatch: 'does not match',
};

/** `plans`: what the steps would send, of whoever can plan them against the real thing, by the id of the step. */
export const showDryRun = (output: Output, run: DryRun, plans: Readonly<Record<string, Plan>> = {}): void => {
  const { compiled, outcome, first } = run;
  output.line(output.paint(`${compiled.name} version ${compiled.version} ${outcomes[outcome]}`, 'bold'));
  output.line(`  ${plain(run.why)}`);
  if (compiled.stop && outcome === 'concludes')
    output.line(`  ${plain(`${compiled.stop.because} Pages ${compiled.stop.page}: ${compiled.stop.ask}`)}`);
  const wouldBegin = outcome === 'concludes' ? first : null;
  for (const [index, step] of compiled.steps.entries()) {
    showStep(output, step, { index, isFirst: step.id === wouldBegin });
    const plan = plans[step.id];
    if (plan) showPlan(output, plan);
  }
  if (wouldBegin === null)
    output.line(`  Nothing would be done: ${plain(outcome === 'concludes' ? (run.otherwise ?? '') : run.why)}`);
};

const showStep = (
  output: Output,
  step: CompiledStep,
  { index, isFirst }: { index: number; isFirst: boolean },
): void => {
  const mark = step.chosen ? output.paint(isFirst ? 'first' : 'candidate', 'green') : output.paint('not', 'dim');
  output.line(`  ${index + 1}. ${output.paint(step.id, 'bold')} ${mark}: ${plain(step.why)}`);
  if (!step.chosen) return;
  const { target } = step;
  const place = target ? ` on ${target.kind} ${placeOf(target)} in ${target.cluster}` : '';
  const params = Object.entries(step.params).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  output.line(`     ${plain([`${step.action}${place}`, ...params].join(' '))}, within ${exactSpan(step.deadlineMs)}`);
  for (const [verdict, next] of Object.entries(step.on))
    output.line(`     ${verdict}: ${nextInWords(next.to === 'step' ? next.step : next.to)}`);
};
