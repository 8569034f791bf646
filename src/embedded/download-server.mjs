/**
 * Has the Temporal SDK download a server into a folder, by starting it once from there: so it is known to work, too.
 * Run by obtain.mjs as a program of its own, because the SDK offers no limit of time. Arguments: cli|test-server, folder.
 */
import { mkdirSync } from 'node:fs';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { temporalCliVersion } from './tools.mjs';

const [kind, downloadDir] = process.argv.slice(2);
mkdirSync(downloadDir, { recursive: true });
const keepFor = '3650 days';
const environment =
  kind === 'cli'
    ? await TestWorkflowEnvironment.createLocal({
        server: {
          executable: { type: 'cached-download', version: `v${temporalCliVersion}`, downloadDir, ttl: keepFor },
        },
      })
    : await TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'cached-download', downloadDir, ttl: keepFor } },
      });
await environment.teardown();
