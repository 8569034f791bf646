/** The documents say what the code says: tables, links, paths, commands and names that they cite. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { variables } from '../src/config.ts';
import { searchAttributes } from '../src/embedded/temporal.ts';
import { internalFacts, publicFacts } from '../src/packs/message-facts.ts';
import { messageNames } from '../src/schema/policy.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const filesBelow = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...filesBelow('docs', '.md'),
  ...filesBelow('src', 'README.md'),
];
const scripts = Object.keys(JSON.parse(read('package.json')).scripts);

/** First cells of the tables in a text, without their marks. */
const firstCells = (text: string): string[] => [...text.matchAll(/^\| *`([^`|]+)` *\|/gm)].map(([, cell = '']) => cell);
const section = (text: string, title: string): string =>
  text.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';

interface Preset {
  description?: string | undefined;
  safeParse(value: unknown): { success: boolean; data?: unknown };
}
const rowOf = (name: string, variable: Preset): string => {
  const { success, data } = variable.safeParse(undefined);
  const preset = success && data !== undefined ? `\`${String(data)}\`` : '';
  return `| \`${name}\` | ${preset} | ${variable.description ?? ''} |`.replace(/ +/g, ' ');
};

describe('README', () => {
  const readme = read('README.md');

  test('lists every variable that the processes read, with its default and meaning, and no other', () => {
    const rows = [...section(readme, 'Configuration').matchAll(/^\| `[^\n]*$/gm)].map(([row]) =>
      row.replace(/ +/g, ' '),
    );
    expect(rows).toEqual(Object.entries(variables).map(([name, variable]) => rowOf(name, variable)));
  });
  test('names npm scripts that there are', () => {
    for (const document of documents) {
      const named = [...read(document).matchAll(/npm (?:run ([\w:-]+)|(start|test)\b)/g)].map(
        ([, script, short]) => script ?? short,
      );
      expect(
        named.filter((script) => script !== undefined && !scripts.includes(script)),
        document,
      ).toEqual([]);
    }
  });
  test('names drills that the sandbox can play', () => {
    const scenarios = [...read('src/sandbox/scenarios.ts').matchAll(/^ {4}name: '([a-z-]+)'/gm)].map(
      ([, name]) => name,
    );
    expect(scenarios.length).toBeGreaterThan(1);
    expect(scenarios.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('dependencies', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'));
  const page = read('docs/dependencies.md');

  test('each direct dependency has its line, and nothing else has one', () => {
    expect(firstCells(section(page, 'At run time'))).toEqual(Object.keys(dependencies));
    expect(firstCells(section(page, 'For development'))).toEqual(Object.keys(devDependencies));
  });
});

describe('packs', () => {
  const page = read('docs/packs.md');

  test('every message and every fact is told, and no other', () => {
    expect(firstCells(section(page, 'Messages')).toSorted()).toEqual([...messageNames].toSorted());
    const listed = (name: string): string[] => {
      const [, line = ''] = new RegExp(`^- ${name}: (.*)$`, 'm').exec(page) ?? [];
      return [...line.matchAll(/`(\w+)`/g)].map(([, fact = '']) => fact);
    };
    expect(listed('Everywhere')).toEqual([...publicFacts]);
    expect(listed('Inside only')).toEqual([...internalFacts]);
  });
  test('every signal that a built-in pack speaks of is told', () => {
    const policies = filesBelow('src/packs/policies', '.yaml').map(read).join('\n');
    const used = new Set([...policies.matchAll(/signal: (\w+)/g)].map(([, signal = '']) => signal));
    const told = firstCells(section(page, 'Signals'));
    expect(used.size).toBeGreaterThan(30);
    expect([...used].filter((signal) => !told.includes(signal))).toEqual([]);
  });
  test('every built-in pack has its section', () => {
    const ids = filesBelow('src/packs/policies', '.yaml').map((file) => /([\w-]+)\.yaml$/.exec(file)?.[1] ?? file);
    expect(ids.length).toBeGreaterThan(1);
    expect(ids.filter((id) => !page.includes(`\n### \`${id}\``))).toEqual([]);
  });
});

describe('operations', () => {
  const page = read('docs/operations.md');

  test('lists every metric that the api serves, and no other', () => {
    const served = [...read('src/api/metrics.ts').matchAll(/name: '(muster_\w+)'/g)].map(([, name = '']) => name);
    expect(firstCells(section(page, 'Metrics'))).toEqual(served);
  });
  test('names the search attributes that a Temporal of your own must have', () => {
    for (const name of searchAttributes) expect(page).toContain(name);
  });
});

describe('every document', () => {
  /** `[text](target)` outside of code, and the part before a `#`. */
  const linksOf = (text: string): string[] =>
    [...text.replace(/```[\s\S]*?```/g, '').matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target.split('#')[0] ?? '')
      .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
  /** Paths of the project in `code`: they begin with one of its folders or are a file of its top. */
  const citedBy = (text: string): string[] =>
    [...text.matchAll(/(?:^|[\s`(])((?:src|workflows|activities|worker|test|docs)\/[\w./*<>{},-]*[\w/])/gm)]
      .map(([, path = '']) => path)
      .filter((path) => !/[*<>{},]/.test(path) && !path.startsWith('test/.output'));

  test.each(documents)('%s links to what exists', (document) => {
    const missing = linksOf(read(document)).filter(
      (target) => !existsSync(join(root, normalize(join(dirname(document), target)))),
    );
    expect(missing).toEqual([]);
  });
  test.each(documents)('%s cites paths that exist', (document) => {
    expect(citedBy(read(document)).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
  test.each(documents)('%s links to headings that exist', (document) => {
    const headings = [...read(document).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    );
    const wanted = [...read(document).matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
    expect(wanted.filter((anchor) => !headings.includes(anchor))).toEqual([]);
  });
});

test('the changelog has Unreleased on top, and every entry says what it is', () => {
  const changelog = read('CHANGELOG.md');
  const [first] = [...changelog.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  expect(first).toBe('Unreleased');
  const entries = [...changelog.matchAll(/^- (.*)$/gm)].map(([, entry = '']) => entry);
  expect(entries.filter((entry) => !/^\[(CHANGE|FEATURE|ENHANCEMENT|BUGFIX)\] /.test(entry))).toEqual([]);
});
