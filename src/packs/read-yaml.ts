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
): Sourced<z.infer<Schema>> => {
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
  const fault = (path: FieldPath, message: string): Fault => ({
    file,
    ...place(offsetOf(document.contents, path)),
    path: writePath(path),
    message,
  });

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

  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 0 }), { reportInput: true });
  if (!parsed.success) throw refuse(parsed.error.issues.flatMap((issue) => explain(issue, fault)));
  return { file, value: parsed.data, fault };
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
    const given = Array.isArray(issue.input) ? 'list' : typeof issue.input === 'object' ? 'map' : typeof issue.input;
    return [fault(path, `must be ${kindInWords[issue.expected] ?? `a ${issue.expected}`}, not a ${given}`)];
  }
  if (issue.code === 'too_small' && issue.origin === 'array') {
    return [fault(path, `needs at least ${issue.minimum} ${Number(issue.minimum) === 1 ? 'entry' : 'entries'}`)];
  }
  return [fault(path, issue.message)];
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

/** Where the field stands: its key when there is one, else the nearest ancestor that exists. */
const offsetOf = (root: Node | null, path: FieldPath): number => {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (!pair || !isScalar(pair.key)) return offset;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      const item = node.items[part] as Node | undefined;
      if (!item) return offset;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else return offset;
  }
  return offset;
};
