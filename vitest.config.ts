import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';
import { TotalsReporter } from './test/support/reporter.ts';

/** Threads crash with more than one Temporal worker in the process, so forks. */
const shared = { pool: 'forks' as const, testTimeout: 60_000, hookTimeout: 120_000 };

/** Pure decisions and files: no server, no process; `npm run check` runs these alone. */
const fast = [
  'test/domain/**/*.test.ts',
  'test/packs/**/*.test.ts',
  'test/architecture.test.ts',
  'test/packaging.test.ts',
];

export default defineConfig({
  test: {
    ...shared,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', new TotalsReporter()],
    projects: [
      { test: { ...shared, name: 'fast', include: fast } },
      { test: { ...shared, name: 'full', include: ['test/**/*.test.ts'], exclude: fast } },
    ],
  },
});
