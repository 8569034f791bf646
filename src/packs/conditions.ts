/** Conditions of runbooks: CEL over facts, typed, bounded, and unable to reach anything but what it is given. */
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { type FactMeaning, type FactType, factTable } from '../domain/fact-table.ts';
import type { Answer, Evaluate } from '../domain/runbook-known.ts';
import { unknownName } from './fault.ts';

/** Names of a runbook's own that its conditions may speak of beside the facts. */
export interface OwnNames {
  reads: readonly string[];
  inputs: Readonly<Record<string, 'number' | 'text'>>;
}

export type Outcome = 'truth' | 'number';

export interface Mention {
  /** Such as `pods.notReady`. */
  path: string;
  /** It stands under a `!`. */
  denied: boolean;
  /** It stands in `has()`: whether it is known is the question. */
  asked: boolean;
}

/** One vocabulary: what may be said in it, and what that comes to. */
interface Language {
  /** What is wrong with a condition and what to do; null when it is sound and gives what is wanted. */
  faultOf(condition: string, wanted: Outcome): string | null;
  /** What it speaks of. Empty for one that is no condition at all. */
  mentions(condition: string): Mention[];
}

export interface CaseConditions extends Language {
  evaluate: Evaluate;
}

/** Over the facts, the runbook's reads and its inputs. */
export const caseConditions = ({ reads, inputs }: OwnNames): CaseConditions => {
  const own: Groups = {
    ...(reads.length > 0 && { reads: Object.fromEntries(reads.map((id) => [id, 'number' as const])) }),
    ...(Object.keys(inputs).length > 0 && { inputs }),
  };
  const groups = { ...factGroups, ...own };
  factEnvironment ??= withGroups(arithmetic(), factGroups);
  const { language, answer } = languageOf(withGroups(factEnvironment.clone(), own), groups, []);
  return {
    ...language,
    evaluate: (condition, { facts, reads: figures, inputs: values }) => {
      const given: Record<string, object | undefined> = { ...facts, reads: figures, inputs: values };
      return answer(condition, Object.fromEntries(Object.keys(groups).map((group) => [group, given[group] ?? {}])));
    },
  };
};

/** What a check of a verification looks at; null is not known. */
export interface CheckedFigure {
  value: number | null;
  /** The figure before anything was changed. */
  baseline: number | null;
  /** Of the service's symptom. */
  healthyBelow: number | null;
}

export interface CheckConditions extends Language {
  /** Null: it rests on something that is not known. */
  holds(condition: string, figure: CheckedFigure): boolean | null;
}

/** Over `value`, `baseline` and, for the symptom of a service, `healthyBelow`. */
export const checkConditions = (): CheckConditions => {
  const environment = arithmetic();
  for (const name of figureNames) environment.registerVariable(name, celTypes.number);
  const { language, answer } = languageOf(environment, {}, figureNames);
  return {
    ...language,
    holds: (condition, figure) => {
      const known = Object.fromEntries(Object.entries(figure).filter(([, value]) => value !== null));
      const found = answer(condition, known);
      return found.known ? found.value === true : null;
    },
  };
};

const figureNames = ['value', 'baseline', 'healthyBelow'] as const satisfies (keyof CheckedFigure)[];

type Kind = FactType;
type Groups = Readonly<Record<string, Readonly<Record<string, Kind>>>>;

const factGroups: Groups = Object.fromEntries(
  Object.entries<Record<string, FactMeaning>>(factTable).map(([group, fields]) => [
    group,
    Object.fromEntries(Object.entries(fields).map(([field, { type }]) => [field, type])),
  ]),
);

/** Made once, on first use: the facts are the same for every runbook. */
let factEnvironment: Environment | undefined;

const celTypes = { number: 'double', text: 'string', truth: 'bool', texts: 'list<string>' } as const;
const outcomes = {
  truth: { type: 'bool', words: 'true or false' },
  number: { type: 'double', words: 'a number' },
} as const;

/** Of nodes; one that is looked at for every entry of a list counts for each of them. */
const costMax = 1_000;
const listEntriesMax = 50;
const limits = { maxAstNodes: 120, maxDepth: 24, maxListElements: 50, maxMapEntries: 1, maxCallArguments: 3 };

const withGroups = (environment: Environment, groups: Groups): Environment => {
  for (const [group, fields] of Object.entries(groups)) {
    const schema = Object.fromEntries(Object.entries(fields).map(([field, kind]) => [field, celTypes[kind]]));
    environment.registerVariable({ name: group, schema });
  }
  return environment;
};

const languageOf = (environment: Environment, groups: Groups, plain: readonly string[]) => {
  const language: Language = {
    faultOf: (condition, wanted) => {
      const parsed = parse(environment, condition);
      if ('fault' in parsed) return parsed.fault;
      const spoken = spokenIn(parsed.ast);
      const stranger = spoken.mentions.map(({ path }) => unknownFact(path, groups, plain)).find((one) => one !== null);
      if (spoken.refused !== null) return spoken.refused;
      if (stranger) return stranger;
      if (spoken.cost > costMax)
        return `costs ${spoken.cost} of at most ${costMax}: it looks through a list inside of another; say it with less`;
      const { type, error } = environment.check(condition);
      if (error) return `compares what cannot be compared (${summaryOf(error)}); see the types in docs/runbooks.md`;
      const { type: wantedType, words } = outcomes[wanted];
      return type === wantedType || (wantedType === 'double' && type === 'int')
        ? null
        : `gives ${type}, where ${words} is wanted; compare it with something`;
    },
    mentions: (condition) => {
      const parsed = parse(environment, condition);
      return 'fault' in parsed ? [] : spokenIn(parsed.ast).mentions;
    },
  };

  const answer = (condition: string, given: Record<string, unknown>): Answer => {
    try {
      const value: unknown = environment.evaluate(condition, given);
      return { known: true, value: typeof value === 'bigint' ? Number(value) : (value as boolean | number) };
    } catch {
      const missing = language
        .mentions(condition)
        .filter(({ path, asked }) => !asked && reach(given, path) === undefined)
        .map(({ path }) => path);
      return { known: false, missing: [...new Set(missing)] };
    }
  };
  return { language, answer };
};

/** Whole numbers may stand beside figures: `pods.total == 3` needs no `3.0`. */
const arithmetic = (): Environment =>
  new Environment({ limits })
    .registerOperator('double == int', (left: number, right: bigint) => left === Number(right))
    .registerOperator('double + int', (left: number, right: bigint) => left + Number(right))
    .registerOperator('double - int', (left: number, right: bigint) => left - Number(right))
    .registerOperator('double * int', (left: number, right: bigint) => left * Number(right))
    .registerOperator('double / int', (left: number, right: bigint) => left / Number(right));

const parse = (environment: Environment, condition: string): { ast: ASTNode } | { fault: string } => {
  try {
    return { ast: environment.parse(condition).ast };
  } catch (error) {
    return { fault: `is no condition: ${summaryOf(error)}; see docs/runbooks.md` };
  }
};

const summaryOf = (error: unknown): string =>
  error instanceof Error && 'summary' in error ? String(error.summary) : String(error);

const reach = (given: Record<string, unknown>, path: string): unknown =>
  path.split('.').reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], given);

const unknownFact = (path: string, groups: Groups, plain: readonly string[]): string | null => {
  const [group = '', field, ...rest] = path.split('.');
  const fields = Object.hasOwn(groups, group) ? groups[group] : undefined;
  if (!fields) return plain.includes(path) ? null : unknownName('fact', group, [...plain, ...Object.keys(groups)]);
  if (field === undefined)
    return `"${group}" is a group of facts; name one of them, such as ${group}.${Object.keys(fields)[0]}`;
  return Object.hasOwn(fields, field) && rest.length === 0
    ? null
    : unknownName(
        'fact',
        path,
        Object.keys(fields).map((name) => `${group}.${name}`),
      );
};

interface Spoken {
  mentions: Mention[];
  cost: number;
  /** Of the first thing that is CEL and not allowed here. */
  refused: string | null;
}

const overLists = ['exists', 'all', 'exists_one'];
const overText = ['contains', 'startsWith', 'endsWith', 'size'];

/** Everything a condition speaks of and what it costs at the most. */
const spokenIn = (root: ASTNode): Spoken => {
  const spoken: Spoken = { mentions: [], cost: 0, refused: null };
  const refuse = (what: string): void => {
    spoken.refused ??= `${what} is not allowed in a condition; there are has, size, ${[...overLists, ...overText.slice(0, -1)].join(', ')}`;
  };
  const walk = (node: ASTNode, at: { times: number; denied: boolean; asked: boolean; own: string[] }): void => {
    spoken.cost += at.times;
    switch (node.op) {
      case 'value':
        return;
      case 'id':
      case '.': {
        const path = pathOf(node);
        if (path === null) return refuse('this way to a field');
        const [root = ''] = path.split('.');
        if (!at.own.includes(root)) spoken.mentions.push({ path, denied: at.denied, asked: at.asked });
        return;
      }
      case 'call': {
        const [name, given] = node.args;
        if (name !== 'has' && name !== 'size') return refuse(`${name}()`);
        for (const one of given) walk(one, { ...at, asked: at.asked || name === 'has' });
        return;
      }
      case 'rcall': {
        const [name, receiver, given] = node.args;
        walk(receiver, at);
        if (overText.includes(name)) {
          for (const one of given) walk(one, at);
          return;
        }
        if (!overLists.includes(name)) return refuse(`${name}()`);
        const [variable, body] = given;
        if (variable?.op !== 'id' || !body) return refuse(`${name}() without a name`);
        return walk(body, { ...at, times: at.times * listEntriesMax, own: [...at.own, variable.args] });
      }
      case '!_':
        return walk(node.args, { ...at, denied: !at.denied });
      case '-_':
        return walk(node.args, at);
      case 'list':
      case '?:':
      case '&&':
      case '||':
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
      case 'in':
      case '+':
      case '-':
      case '*':
      case '/':
        for (const one of node.args) walk(one, at);
        return;
      default:
        return refuse(`"${node.op}"`);
    }
  };
  walk(root, { times: 1, denied: false, asked: false, own: [] });
  return spoken;
};

const pathOf = (node: ASTNode): string | null => {
  if (node.op === 'id') return node.args;
  if (node.op !== '.') return null;
  const [inner, field] = node.args;
  const path = pathOf(inner);
  return path === null ? null : `${path}.${field}`;
};
