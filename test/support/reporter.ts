import { writeSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Says loudly what was skipped and why, and ends the output with one line for people and machines:
 * `N passed, N failed, N skipped`. A file that could not be loaded and an error outside any test count as failed.
 */
export class TotalsReporter implements Reporter {
  #totals: string | undefined;

  constructor() {
    // At the very end of the process, so that nothing can come after it.
    process.once('exit', () => this.#write());
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    const brokenFiles = modules.filter((module) => module.errors().length > 0).length;
    const brokenSuites = modules
      .flatMap((module) => [...module.children.allSuites()])
      .filter((suite) => suite.errors().length > 0).length;
    const failed = tests.filter((test) => test.result().state === 'failed').length;
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    for (const test of skipped) writeSync(1, `SKIPPED ${nameOf(test)}: ${reasonOf(test)}\n`);
    const failures = failed + brokenFiles + brokenSuites + unhandledErrors.length;
    this.#totals = `${passed} passed, ${failures} failed, ${skipped.length} skipped`;
  }

  #write(): void {
    if (this.#totals !== undefined) writeSync(1, `${this.#totals}\n`);
  }
}

const nameOf = (test: TestCase): string => `${relative(process.cwd(), test.module.moduleId)} > ${test.fullName}`;

const reasonOf = (test: TestCase): string => {
  const result = test.result();
  return (result.state === 'skipped' && result.note) || 'no reason given; skip with a note that says what is missing';
};
