#!/usr/bin/env node
import { createInterface } from 'node:readline/promises';
import { run } from './program.ts';

/** Null without a terminal: a script must say --yes. */
const ask = async (question: string): Promise<string | null> => {
  if (!process.stdin.isTTY) return null;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `muster timeline | head` closes the pipe early; that is no failure.
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  workingDir: process.cwd(),
  streams: { out: process.stdout, err: process.stderr },
  now: () => Date.now(),
  ask,
});
