/** Words of the target inside of queries and addresses. Only plain names pass: a query never takes on anything else. */
import type { Target } from '../../schema/remediation.ts';
import type { RunbookRead } from '../../schema/runbook.ts';

export interface QueryPlace {
  target: Target | null;
  service: string | null;
}

export const queryWords = ['target.name', 'target.namespace', 'target.cluster', 'target.kind', 'service'] as const;

const word = /\$([a-z]+(?:\.[A-Za-z]+)*)/g;

/** Words that a read asks for with `$`, such as `target.name`. */
export const wordsOf = (read: RunbookRead): string[] =>
  textsOf(read).flatMap((text) => [...text.matchAll(word)].map(([, name = '']) => name));

const textsOf = (read: RunbookRead): string[] => {
  switch (read.read) {
    case 'prometheus':
      return [read.query];
    case 'http':
      return [read.url];
    case 'cloudwatchMetric':
      return Object.values(read.dimensions);
    case 'cloudwatchLogs':
      return [read.group, read.pattern];
  }
};

/** The read as it is to be done; null where a word of it is not known or is no plain name. */
export const fillRead = (read: RunbookRead, { target, service }: QueryPlace): RunbookRead | null => {
  const known: Record<string, string | null | undefined> = {
    'target.name': target?.name,
    'target.namespace': target?.namespace,
    'target.cluster': target?.cluster,
    'target.kind': target?.kind,
    service,
  };
  const wordFor = (name: string) => (Object.hasOwn(known, name) ? known[name] : null) ?? '';
  if (wordsOf(read).some((name) => !/^[A-Za-z0-9._-]+$/.test(wordFor(name)))) return null;
  const fill = (text: string) => text.replace(word, (_, name: string) => wordFor(name));
  switch (read.read) {
    case 'prometheus':
      return { ...read, query: fill(read.query) };
    case 'http':
      return { ...read, url: fill(read.url) };
    case 'cloudwatchMetric':
      return {
        ...read,
        dimensions: Object.fromEntries(Object.entries(read.dimensions).map(([name, text]) => [name, fill(text)])),
      };
    case 'cloudwatchLogs':
      return { ...read, group: fill(read.group), pattern: fill(read.pattern) };
  }
};
