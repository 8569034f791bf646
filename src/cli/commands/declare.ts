/** Opening an incident by hand: with a severity, or with answers that the pack judges. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { AssessmentView } from '../../schema/api.ts';
import { IncidentView } from '../../schema/incident.ts';
import { type Context, contextOf, type World } from '../context.ts';
import { misused, orHowToRepeat } from '../failure.ts';
import { plain } from '../output.ts';
import { describeIncident } from './read.ts';

interface Options {
  severity?: string;
  service?: string;
  category?: string;
  summary?: string;
  pack?: string;
  key?: string;
  answer: string[];
  questions?: boolean;
}

export const addDeclareCommand = (program: Command, world: World): void => {
  program
    .command('declare')
    .description('open an incident: pages, opens the room, starts the promises')
    .argument('[title...]', 'what is wrong, in a few words')
    .option('-s, --severity <severity>', "the pack's own name, such as SEV1; judged from the answers when absent")
    .option('--service <service>', 'id from the catalogue')
    .option('--category <category>', 'kind of trouble, such as database; decides the team where no service is known')
    .option('--answer <signal=value>', "answer to one of the pack's questions; repeat it", collect, [])
    .option('--questions', 'only list what the pack asks')
    .option('--summary <text>', 'what is broken and who is affected')
    .option('--pack <pack>', "policy pack; the installation's own when absent")
    .option('--key <key>', 'makes a repeat of this command the same incident')
    .addHelpText(
      'after',
      '\nExamples:\n  muster declare "Checkout answers errors" --severity SEV1 --service checkout\n  muster declare Login is slow\n  muster declare --questions --pack workflow-p1-p4\n  muster declare Search is down --pack workflow-p1-p4 --answer users=most --answer workaround=yes',
    )
    .action(async (words: string[], options: Options, command: Command) => {
      const context = contextOf(world, command);
      if (options.questions) await listQuestions(context, options.pack);
      else if (words.length === 0) throw misused('say what is wrong: muster declare "Checkout answers errors"');
      else await declare(context, words.join(' '), options);
    });
};

const declare = async ({ client, output, nowMs }: Context, title: string, options: Options): Promise<void> => {
  const { severity, service, category, summary, pack, key = randomUUID() } = options;
  const assessment = options.answer.length > 0 ? Object.fromEntries(options.answer.map(answerOf)) : undefined;
  const given = { title, severity, service, category, summary, pack, assessment };
  const body = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const sent = client.post('/api/v1/incidents', body, IncidentView, key);
  const { value, raw } = await orHowToRepeat(key, 'declaring', sent);
  output.data(raw);
  describeIncident(output, value, nowMs);
};

const listQuestions = async ({ client, output }: Context, pack: string | undefined): Promise<void> => {
  const query = pack === undefined ? '' : `?${new URLSearchParams({ pack })}`;
  const { value, raw } = await client.get(`/api/v1/assessment${query}`, AssessmentView);
  output.data(raw);
  if (value.questions.length === 0) {
    output.line(`${plain(value.pack)} asks nothing; give the severity with --severity`);
  } else {
    output.table(
      ['SIGNAL', 'ANSWERS', 'QUESTION'],
      value.questions.map(({ signal, question, answers }) => [signal, (answers ?? ['yes', 'no']).join(', '), question]),
    );
  }
  output.line();
  output.table(
    ['SEVERITY', 'TITLE', 'MEANING'],
    value.severities.map(({ name, title, meaning }) => [name, title, meaning]),
  );
  if (value.categories.length === 0) return;
  output.line();
  output.table(
    ['CATEGORY', 'TEAM'],
    value.categories.map(({ category, team }) => [category, team]),
  );
};

const collect = (value: string, earlier: string[]): string[] => [...earlier, value];

/** `users=most`, `dataLoss=yes`, `errorRate=0.12`. */
const answerOf = (text: string): [string, boolean | number | string] => {
  const at = text.indexOf('=');
  const [signal, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at < 1 || signal === '' || value === '') {
    throw misused(`"${text}" is no answer; write --answer signal=value, and see --questions for the signals`);
  }
  return [signal, factIn(value)];
};

const factIn = (value: string): boolean | number | string => {
  const word = value.toLowerCase();
  if (['yes', 'true'].includes(word)) return true;
  if (['no', 'false'].includes(word)) return false;
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
};
