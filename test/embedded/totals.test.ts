import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Inside the project, where vitest can be imported from. */
const runTests = (source: string) => {
  mkdirSync(join(root, 'test', '.output'), { recursive: true });
  const folder = mkdtempSync(join(root, 'test', '.output', 'totals-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'some.test.ts'), source);
  writeFileSync(
    join(folder, 'vitest.config.ts'),
    `import { TotalsReporter } from '${root}test/support/reporter.ts';
     export default { test: { include: ['*.test.ts'], reporters: ['default', new TotalsReporter()] } };`,
  );
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const run = spawnSync(process.execPath, [vitest, 'run', '--root', folder], { encoding: 'utf8' });
  return { code: run.status, lines: run.stdout.trimEnd().split('\n') };
};

test('the run ends with one line of totals, and tells why a test was skipped', () => {
  const { code, lines } = runTests(`
    import { expect, test } from 'vitest';
    test('right', () => {});
    test('wrong', () => { expect(1).toBe(2); });
    test('elsewhere', (context) => context.skip('there is no browser here'));
  `);
  expect(code).toBe(1);
  expect(lines.at(-1)).toBe('1 passed, 1 failed, 1 skipped');
  expect(lines.find((line) => line.startsWith('SKIPPED'))).toContain('elsewhere: there is no browser here');
});

test('a file that cannot be loaded counts as failed', () => {
  const { code, lines } = runTests(`throw new Error('broken');`);
  expect(code).toBe(1);
  expect(lines.at(-1)).toBe('0 passed, 1 failed, 0 skipped');
});
