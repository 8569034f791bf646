#!/usr/bin/env node
/** The process behind `npm start`; see supervise.ts for the story and --help for the flags. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from './tools.mjs';

// Before anything large is loaded; where the data folder is, nobody knows yet.
enableCompileCache(join(cacheFolder(), 'node'));
const configuration = await import('../config.ts');
const { supervise } = await import('./supervise.ts');

const stopping = new AbortController();
const forcing = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => (stopping.signal.aborted ? forcing : stopping).abort());
}

process.exitCode = await supervise({
  configuration,
  argv: process.argv.slice(2),
  environment: process.env,
  say: (line) => process.stdout.write(`${/^\s/.test(line) ? line : `muster: ${line}`}\n`),
  complain: (line) => process.stderr.write(`muster: ${line}\n`),
  stop: stopping.signal,
  force: forcing.signal,
});
