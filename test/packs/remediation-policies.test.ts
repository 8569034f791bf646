/** Each file of broken-remediation/ is good/payments.yaml with one thing wrong; its name is the rule, its first line what is said. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InvalidInput } from '../../src/domain/errors.ts';
import { rulesFor } from '../../src/domain/remediation/mode-rules.ts';
import {
  builtInRemediationDir,
  loadRemediationPolicies,
  readRemediationPolicies,
} from '../../src/packs/remediation-load.ts';
import { changingClasses } from '../../src/schema/remediation-policy.ts';
import { sandboxOrganisation as organisation } from '../support/sandbox-organisation.ts';

const broken = fileURLToPath(new URL('./broken-remediation', import.meta.url));
const right = readFileSync(join(broken, 'good/payments.yaml'), 'utf8');

const expectation =
  /^# expect: (?<level>fault|warning) (?<line>\d+):(?<column>\d+) (?<path>\S+) \| (?<words>.+)\n(?<text>[\s\S]*)$/;
const rules = readdirSync(broken)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => {
    const whole = readFileSync(join(broken, name), 'utf8');
    const groups = expectation.exec(whole)?.groups;
    if (!groups) throw new Error(`${name} does not begin with "# expect:"`);
    const { level = '', line, column, path = '', words = '', text = '' } = groups;
    const place = { level, line: Number(line), column: Number(column), path };
    return { rule: name.replace('.yaml', '').replaceAll('-', ' '), whole, place, words, text };
  });

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-remediation-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const findings = () => readRemediationPolicies([folder], organisation).findings;

describe('one thing wrong is one finding, with file, line, field and remedy', () => {
  test.each(rules)('$rule', ({ whole, place, words }) => {
    write('payments.yaml', whole);
    const [finding, ...others] = findings();
    expect(others).toEqual([]);
    expect(finding && { ...finding, file: relative(folder, finding.file) }).toEqual({
      ...place,
      file: 'payments.yaml',
      message: expect.stringContaining(words),
    });
  });

  test.each(rules.filter(({ place }) => place.level === 'fault'))('$rule: nothing is loaded', ({ whole, place }) => {
    write('payments.yaml', whole);
    expect(() => loadRemediationPolicies([folder], organisation)).toThrow(InvalidInput);
    expect(() => loadRemediationPolicies([folder], organisation)).toThrow(`payments.yaml:${place.line}:`);
  });

  test('there are rules enough, and each breaks no more than a line or two of what is right', () => {
    expect(rules.length).toBeGreaterThan(30);
    const lines = right.split('\n').slice(1);
    for (const { rule, text } of rules) {
      const changed = [
        ...text.split('\n').filter((line) => !lines.includes(line)),
        ...lines.filter((line) => !text.split('\n').includes(line)),
      ];
      expect(changed.length, rule).toBeLessThan(4);
      expect(text, rule).not.toBe(lines.join('\n'));
    }
  });
});

describe('the same file with the one thing mended', () => {
  test('has nothing to be said about, and is loaded beside the built-in ones', () => {
    write('payments.yaml', right);
    expect(findings()).toEqual([]);
    const policies = loadRemediationPolicies([folder], organisation);
    expect(policies.filter(({ builtIn }) => !builtIn).map(({ name }) => name)).toEqual(['payments']);
    expect(policies.at(-1)).toMatchObject({
      modes: { B1: 'auto' },
      approvals: { B2: { timeout: 900_000, onTimeout: { escalateTo: 'engineering-manager' } } },
      require: { minAvailable: '60%', nodesReadyAtLeast: 0.6 },
    });
  });
});

describe('what comes with Muster', () => {
  test('is sound, each file named after its policy', () => {
    const names = readdirSync(builtInRemediationDir).map((file) => file.replace('.yaml', ''));
    expect(loadRemediationPolicies([], organisation).map(({ name }) => name)).toEqual(names.toSorted());
  });
  test('loads without any folder or organisation', () => {
    expect(loadRemediationPolicies().every(({ builtIn }) => builtIn)).toBe(true);
  });
});

describe('docs/remediation-policies.md', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/remediation-policies.md', import.meta.url)), 'utf8');
  test('shows a policy that is sound', () => {
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    write('example.yaml', example);
    expect(findings()).toEqual([]);
    expect(loadRemediationPolicies([folder], organisation).map(({ name }) => name)).toContain('payments');
  });
  test('says of each class what the built-in policies say', () => {
    const said = [...page.matchAll(/^\| (B[1-4]) \|[^|]+\| (\w+) \| (\w+) \|/gm)].map(([, ...cells]) => cells);
    const scope = { cluster: '', namespace: '', service: null, runbook: null, drill: false };
    const policies = loadRemediationPolicies();
    const modeOf = (environment: string, blastClass: string) =>
      rulesFor(policies, { ...scope, environment }).modes[blastClass as 'B1'].mode;
    expect(said).toEqual(changingClasses.map((each) => [each, modeOf('production', each), modeOf('elsewhere', each)]));
  });
});

describe('a folder of your own', () => {
  test('may hold runbooks as well, which are not taken for policies', () => {
    write('payments.yaml', right);
    write('runbook.yaml', 'kind: Runbook\n');
    expect(findings()).toEqual([]);
  });
  test('tells the faults of all its files at once', () => {
    write('a.yaml', right.replace('B3: approve', 'B3: auto'));
    write('b.yaml', right.replace('name: payments', 'name: other').replace('count: 2\n', 'count: 1\n'));
    write('c.yaml', 'kind: Nothing\n');
    write('d.yaml', 'kind: [unclosed\n');
    expect(new Set(findings().map(({ file }) => relative(folder, file)))).toEqual(
      new Set(['a.yaml', 'b.yaml', 'c.yaml', 'd.yaml']),
    );
  });
  test('may name only runbooks that there are, where they are known', () => {
    write('payments.yaml', right.replace('services: [checkout]\n  modes', 'runbooks: [drop-cach]\n  modes'));
    const known = [{ name: 'drop-cache', version: 3 }];
    const said = (runbooks?: typeof known) =>
      readRemediationPolicies([folder], organisation, runbooks).findings.map(
        ({ level, line, message }) => `${level} ${line}: ${message}`,
      );
    expect(said(known)).toEqual([
      'warning 11: "drop-cach" is not a known runbook; did you mean "drop-cache"?',
      'warning 52: "drop-cache@2" is not a known version of a runbook; did you mean "drop-cache@3"?',
    ]);
    expect(said([...known, { name: 'drop-cach', version: 1 }, { name: 'drop-cache', version: 2 }])).toEqual([]);
    expect(said()).toEqual([]);
  });
  test('that is not there is named with its variable', () => {
    expect(() => loadRemediationPolicies([join(folder, 'missing')])).toThrow(/correct MUSTER_REMEDIATION_DIR/);
  });
});
