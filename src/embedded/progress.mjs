/** Steps that say what they do, and programs that never run silently for more than five seconds. Plain Node >= 18. */
import { spawn } from 'node:child_process';

const quietMs = 5_000;

export const say = (text) => process.stdout.write(`muster: ${text}\n`);

/** Something that a person must mend; the message is all they see. */
export class Obstacle extends Error {}

/**
 * Runs a program and prints a line with the elapsed time every five seconds, later every fifteen. Answers with exit code and the end of its
 * output; never throws for a failing program. `stalled()` may return a reason to give up early; it is asked each second.
 */
export const runWithProgress = (what, command, args, options = {}) =>
  new Promise((resolve) => {
    const startedAt = Date.now();
    const { progress = () => '', stalled = () => null, limitMs = 20 * 60_000, ...spawnOptions } = options;
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...spawnOptions });
    let tail = '';
    let because = null;
    const elapsedMs = () => Date.now() - startedAt;
    const keep = (chunk) => {
      tail = (tail + chunk).slice(-16_000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    let saidAtMs = 0;
    const ticker = setInterval(() => {
      if (elapsedMs() - saidAtMs < (elapsedMs() < 30_000 ? quietMs : 3 * quietMs) - 100) return;
      saidAtMs = elapsedMs();
      const more = progress();
      say(`  ... still ${what}: ${Math.round(elapsedMs() / 1_000)} s${more ? `, ${more}` : ''}`);
    }, quietMs);
    const watch = setInterval(() => {
      because ??= elapsedMs() > limitMs ? `gave up after ${Math.round(limitMs / 1_000)} s` : stalled(elapsedMs());
      if (because) child.kill('SIGKILL');
    }, 1_000);
    const end = (code) => {
      clearInterval(ticker);
      clearInterval(watch);
      resolve({ ok: code === 0 && !because, code, because, tail: tail.trim(), elapsedMs: elapsedMs() });
    };
    child.on('error', (error) => {
      keep(String(error.message));
      end(-1);
    });
    child.on('close', end);
  });

/** The lines of a program's output that a person can act on. */
export const lastLines = (text, count = 6) =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .map((line) => `    ${line}`)
    .join('\n');

/** Whole seconds for a line such as "done in 12 s". */
export const seconds = (ms) => `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
