/** YAML text to a validated value that still knows on which line each field stands. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { type Fault, type FieldPath, nearest, refuse, writePath } from './fault.ts';

/** A value and the file it came from. `fault` places a complaint about one of its fields. */
export interface Sourced<Value> {
  file: string;
  value: Value;
  fault(path: FieldPath, message: string): Fault;
}

/** One document as written: sound YAML whose shape nobody has looked at yet. */
export interface YamlTree {
  file: string;
  root: Node | null;
  value: unknown;
  /** Line and column of a node's offset, from 1. */
  place(offset: number): { line: number; column: number };
}

const documentBytesMax = 1_000_000;

/**
 * Reads YAML 1.2 (core schema) strictly: duplicate keys, aliases, unknown tags and unknown fields are faults.
 * Aliases are refused because a few lines of them can unfold to gigabytes, and a policy reads better written out.
 * Throws InvalidInput with every fault of the document, each with `file:line:column`, field and remedy.
 */
export const readYaml = <Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
): Sourced<z.infer<Schema>> => readTree(parseTree(text, file), schema);

/** The same for a document that was parsed already. */
export const readTree = <Schema extends z.ZodType>(tree: YamlTree, schema: Schema): Sourced<z.infer<Schema>> => {
  const fault: Sourced<unknown>['fault'] = (path, message) => placeIn([tree], path, message).fault;
  const parsed = schema.safeParse(tree.value, { reportInput: true });
  if (!parsed.success) throw refuse(explainIssues(parsed.error, fault));
  return { file: tree.file, value: parsed.data, fault };
};

/** The same without a shape: only what YAML itself forbids is refused. */
export const parseTree = (text: string, file: string): YamlTree => {
  if (Buffer.byteLength(text) > documentBytesMax) {
    throw refuse([
      { file, line: 1, column: 1, path: '(document)', message: 'larger than 1 MB; split it into several files' },
    ]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { version: '1.2', schema: 'core', lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const syntax: Fault[] = [...document.errors, ...document.warnings].map((error) => ({
    file,
    ...place(error.pos[0]),
    path: '(document)',
    message:
      error.code === 'DUPLICATE_KEY'
        ? 'this key stands twice; keep one of the two'
        : `not valid YAML: ${error.message}`,
  }));
  visit(document, {
    Alias: (_, node) => {
      syntax.push({
        file,
        ...place(node.range?.[0] ?? 0),
        path: '(document)',
        message: `the alias *${node.source} is not allowed; write the value out`,
      });
    },
  });
  if (syntax.length > 0) throw refuse(syntax);
  return { file, root: document.contents, value: document.toJS({ maxAliasCount: 0 }), place };
};

/** What is wrong with the shape, in words. */
export const explainIssues = (error: z.ZodError, fault: Sourced<unknown>['fault']): Fault[] =>
  error.issues.flatMap((issue) => explain(issue, fault));

/**
 * Places a complaint where the field was written: in the first of the documents that says it, the most derived first.
 * Maps are looked through one below the other; a list or a figure hides what stands below it. A field that none of them
 * says is missing in the most basic one that could.
 */
export const placeIn = (
  trees: readonly YamlTree[],
  path: FieldPath,
  message: string,
): { tree: YamlTree | null; fault: Fault } => {
  let layers = visible(trees.map((tree) => ({ tree, node: tree.root, offset: tree.root?.range?.[0] ?? 0 })));
  for (const part of path) {
    const next = visible(layers.flatMap((layer) => childOf(layer, part) ?? []));
    if (next.length === 0) {
      layers = layers.slice(-1);
      break;
    }
    layers = next;
  }
  const [{ tree, offset } = { tree: null, offset: 0 }] = layers;
  const at = tree?.place(offset) ?? { line: 1, column: 1 };
  return { tree, fault: { file: tree?.file ?? '', ...at, path: writePath(path), message } };
};

interface Layer {
  tree: YamlTree;
  node: unknown;
  /** Of the key when there is one. */
  offset: number;
}

const visible = (layers: Layer[]): Layer[] => {
  const hiding = layers.findIndex(({ node }) => !isMap(node));
  return hiding < 0 ? layers : layers.slice(0, Math.max(1, hiding));
};

const childOf = ({ tree, node }: Layer, part: string | number): Layer | null => {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
    return pair && isScalar(pair.key) ? { tree, node: pair.value, offset: pair.key.range?.[0] ?? 0 } : null;
  }
  if (!isSeq(node) || typeof part !== 'number') return null;
  const item = node.items[part] as Node | undefined;
  return item ? { tree, node: item, offset: item.range?.[0] ?? 0 } : null;
};

type Issue = z.core.$ZodIssue;

const explain = (issue: Issue, fault: Sourced<unknown>['fault']): Fault[] => {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => fault([...path, key], 'unknown field; correct its spelling or remove it'));
  }
  if (issue.code === 'invalid_key') {
    return [fault(path, `this key is not allowed here: ${issue.issues.map((each) => each.message).join(', ')}`)];
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return [fault(path, `missing; give ${kindInWords[issue.expected] ?? `a ${issue.expected}`}`)];
  }
  if (issue.code === 'invalid_value') {
    const options = issue.values.map(String);
    if (issue.input === undefined) return [fault(path, `missing; give one of ${options.join(', ')}`)];
    const guess = nearest(String(issue.input), options);
    return [fault(path, `must be one of ${options.join(', ')}${guess ? `; did you mean "${guess}"?` : ''}`)];
  }
  if (issue.code === 'invalid_type') {
    return [
      fault(path, `must be ${kindInWords[issue.expected] ?? `a ${issue.expected}`}, not ${givenKind(issue.input)}`),
    ];
  }
  if (issue.code === 'too_small' && issue.origin === 'array') {
    return [fault(path, `needs at least ${issue.minimum} ${Number(issue.minimum) === 1 ? 'entry' : 'entries'}`)];
  }
  return [fault(path, issue.message)];
};

const givenKind = (input: unknown): string => {
  if (input === null) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  return typeof input === 'object' ? 'a map' : `a ${typeof input}`;
};

/** YAML's words for zod's. */
const kindInWords: Record<string, string> = {
  string: 'text (in quotes where YAML would read a number)',
  array: 'a list',
  record: 'a map',
  object: 'a map',
  int: 'a whole number',
  boolean: 'true or false',
};
