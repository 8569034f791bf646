/** Each file of broken/ is one file of broken/good/ with one thing wrong; its name is the rule, its first line what is said. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkConfiguration } from '../../src/packs/check-configuration.ts';
import type { Finding } from '../../src/packs/finding.ts';
import { lookAhead } from '../../src/packs/gaps-clock.ts';

const broken = fileURLToPath(new URL('./broken', import.meta.url));
const good = join(broken, 'good');
/** The clocks of Berlin are put forward inside of these ninety days. */
const ahead = lookAhead('2027-02-01T00:00:00Z', 90);

const check = (folder: string): Finding[] =>
  checkConfiguration({ organisationFile: join(folder, 'organisation.yaml'), packDirs: [join(folder, 'packs')] }, ahead)
    .findings;

const expectation =
  /^# expect: (?<level>fault|warning) (?<file>\S+):(?<line>\d+):(?<column>\d+) (?<path>\S+) \| (?<words>.+)\n# breaks: (?<breaks>\S+)\n(?<text>[\s\S]*)$/;

const rules = readdirSync(broken)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => {
    const groups = expectation.exec(readFileSync(join(broken, name), 'utf8'))?.groups;
    if (!groups) throw new Error(`${name} does not begin with "# expect:" and "# breaks:"`);
    const { level = '', file = '', line, column, path = '', words = '', breaks = '', text = '' } = groups;
    const place = { level, file, line: Number(line), column: Number(column), path };
    return { rule: name.replace('.yaml', '').replaceAll('-', ' '), name, place, words, breaks, text };
  });

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-broken-'));
  cpSync(good, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('one thing wrong is one finding, with file, line, field and remedy', () => {
  test.each(rules)('$rule', ({ name, place, words, breaks }) => {
    writeFileSync(join(folder, breaks), readFileSync(join(broken, name), 'utf8'));
    const [finding, ...others] = check(folder);
    expect(others).toEqual([]);
    expect(finding && { ...finding, file: relative(folder, finding.file) }).toEqual({
      ...place,
      message: expect.stringContaining(words),
    });
  });

  test('there are rules enough, and each breaks no more than a few lines of what is right', () => {
    expect(rules.length).toBeGreaterThan(30);
    for (const { rule, breaks, text } of rules) {
      const lines = text.split('\n');
      const right = readFileSync(join(good, breaks), 'utf8').split('\n').slice(1);
      const changed = [
        ...lines.filter((line) => !right.includes(line)),
        ...right.filter((line) => !lines.includes(line)),
      ];
      expect(changed.length, rule).toBeLessThan(6);
      expect(text, rule).not.toBe(right.join('\n'));
    }
  });
});

describe('the same files with the one thing mended', () => {
  test('have nothing to be said about', () => {
    expect(check(good)).toEqual([]);
  });
});
