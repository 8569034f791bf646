/** Conditions of runbooks: CEL over facts, typed, bounded, and unable to reach anything but what it is given. */
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { type FactMeaning, type FactType, factTable } from '../domain/diagnosis/fact-table.ts';
import type { Answer, Evaluate } from '../domain/runbook/known.ts';
import { type Mention, spokenIn } from './condition-reading.ts';
import { unknownName } from './fault.ts';

/** Names of a runbook's own that its conditions may speak of beside the facts. */
export interface OwnNames {
  reads: readonly string[];
  inputs: Readonly<Record<string, 'number' | 'text'>>;
}

export type Outcome = 'truth' | 'number';

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

/** Of nodes, each as often as it may be looked at. */
const costMax = 1_000;
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
