/** What the conditions and sentences of a runbook are filled with. Pure: whoever evaluates conditions is handed in. */

import type { Facts } from '../diagnosis/fact-table.ts';
import { spanInWords } from '../duration.ts';

export interface Known {
  facts: Facts;
  /** Figures of the runbook's own reads, by id; one that gave none is absent. */
  reads: Record<string, number>;
  /** Of the runbook; a duration is its minutes. */
  inputs: Record<string, number | string>;
}

/** `missing`: what would have to be known, such as `pods.notReady`. Nothing follows from an answer that is not known. */
export type Answer = { known: true; value: boolean | number } | { known: false; missing: string[] };

/** Evaluates one condition of one runbook. Never throws for a condition that passed the checks. */
export type Evaluate = (condition: string, known: Known) => Answer;

/** The value of `pods.notReady`, `reads.errors` or `inputs.soak`; undefined when it is not known. */
export const valueAt = (
  { facts, reads, inputs }: Known,
  path: string,
): number | string | boolean | string[] | undefined => {
  const [group = '', field = ''] = path.split('.');
  const groups: Record<string, Record<string, unknown> | undefined> = { ...facts, reads, inputs };
  const value = groups[group]?.[field];
  return value as number | string | boolean | string[] | undefined;
};

const placeholder = /\{([A-Za-z]+\.[A-Za-z0-9]+)\}/g;

/** Paths that a sentence names in braces. */
export const placeholdersOf = (sentence: string): string[] =>
  [...sentence.matchAll(placeholder)].map(([, path = '']) => path);

/** `{change.what}` becomes the fact in words, with its unit where it is a time; one that is not known says so. */
export const fillSentence = (sentence: string, known: Known): string =>
  sentence.replace(placeholder, (_, path: string) => inWords(valueAt(known, path), path));

const inWords = (value: ReturnType<typeof valueAt>, path: string): string => {
  if (value === undefined) return '(unknown)';
  if (typeof value === 'number' && path.endsWith('Minutes')) return spanInWords(value * 60_000);
  if (typeof value === 'number') return String(Number.isInteger(value) ? value : Number(value.toPrecision(3)));
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return Array.isArray(value) ? value.join(', ') : value;
};
