/** Each file of ./broken-runbooks is a runbook with one thing wrong; its name is the rule, its first line what is said. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InvalidInput } from '../../src/domain/errors.ts';
import type { Fault } from '../../src/packs/fault.ts';
import { builtInRunbooksDir, parseRunbook, readRunbooks } from '../../src/packs/runbook-load.ts';

const broken = fileURLToPath(new URL('./broken-runbooks', import.meta.url));
const good = join(broken, 'good/slow-shop.yaml');

const faultsOf = (text: string): Fault[] => {
  try {
    parseRunbook(text);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return error.faults as Fault[];
  }
};

const rules = readdirSync(broken)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => {
    const text = readFileSync(join(broken, name), 'utf8');
    const groups = /^# expect: (?<line>\d+):(?<column>\d+) (?<path>\S+) \| (?<words>.+)\n/.exec(text)?.groups;
    if (!groups) throw new Error(`${name} does not begin with "# expect:"`);
    const { line, column, path = '', words = '' } = groups;
    const place = { line: Number(line), column: Number(column), path };
    return { rule: name.replace('.yaml', '').replaceAll('-', ' '), text, place, words };
  });

describe('one thing wrong in a runbook is one fault, with line, field and remedy', () => {
  test.each(rules)('$rule', ({ text, place, words }) => {
    expect(faultsOf(text)).toEqual([{ file: 'runbook.yaml', ...place, message: expect.stringContaining(words) }]);
  });

  test('there are rules enough, and each breaks no more than a few lines of what is right', () => {
    expect(rules.length).toBeGreaterThanOrEqual(30);
    const right = readFileSync(good, 'utf8').split('\n').slice(1);
    for (const { rule, text } of rules) {
      const lines = text.split('\n').slice(1);
      const changed = [
        ...lines.filter((line) => !right.includes(line)),
        ...right.filter((line) => !lines.includes(line)),
      ];
      expect(changed.length, rule).toBeLessThan(8);
      expect(lines, rule).not.toEqual(right);
    }
  });
});

describe('the same runbook with the one thing mended', () => {
  test('has nothing to be said about', () => expect(faultsOf(readFileSync(good, 'utf8'))).toEqual([]));
});

describe('the runbooks that come with Muster', () => {
  test('have no fault, and there is one for each scenario', () => {
    const { runbooks, faults } = readRunbooks();
    expect(faults).toEqual([]);
    expect(runbooks.map(({ value }) => value.metadata.name).sort()).toEqual([
      'api-gateway',
      'api-latency',
      'authentication-failures',
      'background-workers',
      'bad-release',
      'crash-loop',
      'data-loss',
      'database-connection-exhaustion',
      'database-issues',
      'dependency-failure',
      'out-of-memory',
      'performance-degradation',
      'service-down',
      'unhealthy-node',
    ]);
  });
});

describe('a folder of runbooks of your own', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-runbooks-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const builtIn = (name: string) => readFileSync(join(builtInRunbooksDir, name), 'utf8');
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text);

  test('adds to those that come with Muster', () => {
    cpSync(good, join(folder, 'slow-shop.yaml'));
    const { runbooks, faults } = readRunbooks([folder]);
    expect(faults).toEqual([]);
    expect(runbooks.map(({ value }) => value.metadata.name)).toContain('slow-shop');
  });

  test('takes the place of a built-in runbook by its name and a higher version', () => {
    put('ours.yaml', builtIn('crash-loop.yaml').replace('version: 1', 'version: 2'));
    const { runbooks, faults } = readRunbooks([folder]);
    expect(faults).toEqual([]);
    const found = runbooks.filter(({ value }) => value.metadata.name === 'crash-loop');
    expect(found.map(({ value, file }) => [value.metadata.version, file])).toEqual([[2, join(folder, 'ours.yaml')]]);
  });

  test('is told when the version is not higher, because then nobody could say which of the two ran', () => {
    put('ours.yaml', builtIn('crash-loop.yaml'));
    expect(readRunbooks([folder]).faults).toEqual([
      expect.objectContaining({ path: 'metadata.version', line: 3, message: expect.stringContaining('higher one') }),
    ]);
  });

  test('may not use a name twice', () => {
    cpSync(good, join(folder, 'a.yaml'));
    cpSync(good, join(folder, 'b.yaml'));
    expect(readRunbooks([folder]).faults).toEqual([
      expect.objectContaining({ file: join(folder, 'b.yaml'), path: 'metadata.name' }),
    ]);
  });

  test('may hold policies of remediation too, and nothing else', () => {
    put('policy.yaml', 'apiVersion: muster.dev/v1\nkind: RemediationPolicy\n');
    expect(readRunbooks([folder]).faults).toEqual([]);
    put('runbok.yaml', 'apiVersion: muster.dev/v1\nkind: Runbok\n');
    expect(readRunbooks([folder]).faults).toEqual([
      expect.objectContaining({ path: 'kind', message: expect.stringContaining('did you mean "Runbook"?') }),
    ]);
  });

  test('has the faults of all its files told at once', () => {
    put('a.yaml', 'kind: Runbook\nspec: [\n');
    cpSync(join(broken, 'step-leads-back.yaml'), join(folder, 'b.yaml'));
    const files = new Set(readRunbooks([folder]).faults.map(({ file }) => file));
    expect(files).toEqual(new Set([join(folder, 'a.yaml'), join(folder, 'b.yaml')]));
  });
});
