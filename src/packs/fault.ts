import { type FieldFault, InvalidInput } from '../domain/errors.ts';

/** One thing wrong in a YAML file: where it stands, and what to do about it. Line and column count from 1. */
export interface Fault extends FieldFault {
  file: string;
  line: number;
  column: number;
}

/** A field inside a document: `severities.SEV1.ladder[0].page` as its parts. */
export type FieldPath = readonly (string | number)[];

export const writePath = (path: FieldPath): string =>
  path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('') ||
  '(document)';

export const writeFault = (fault: Fault): string =>
  `${fault.file}:${fault.line}:${fault.column} ${fault.path}: ${fault.message}`;

/** All faults in one error, worst readable: one per line, each with file, line, column, field and remedy. */
export const refuse = (faults: Fault[]): InvalidInput => new InvalidInput(faults.map(writeFault).join('\n'), faults);

/** Nearest known name for a typing error, or null when nothing is close. */
export const nearest = (name: string, known: readonly string[]): string | null => {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(name.length >= 4 ? 2 : 1, Math.floor(name.length / 3))
    ? best.candidate
    : null;
};

/** `"x" is not a ...; did you mean "y"?` or the list of what there is. */
export const unknownName = (kind: string, name: string, known: readonly string[]): string => {
  const guess = nearest(name, known);
  const remedy = guess
    ? `did you mean "${guess}"?`
    : `known: ${known.length > 0 ? [...known].sort().join(', ') : 'none'}`;
  return `"${name}" is not a known ${kind}; ${remedy}`;
};

const editDistance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
};
