import * as configuration from '../../src/config.ts';
import { type Supervision, supervise } from '../../src/embedded/supervise.ts';

/** The product as `npm start` runs it, without its drill, in a process that was forked: it ends with its parent. */
export const superviseForParent = (more: Pick<Supervision, 'waves' | 'play'>): Promise<number> => {
  const stopping = new AbortController();
  process.on('disconnect', () => stopping.abort());
  process.on('SIGTERM', () => stopping.abort());
  // A parent that died no longer listens; everything must be stopped all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  return supervise({
    configuration,
    argv: ['--no-drill'],
    environment: process.env,
    say: (line) => process.stdout.write(`${line}\n`),
    complain: (line) => process.stderr.write(`${line}\n`),
    stop: stopping.signal,
    force: new AbortController().signal,
    ...more,
  });
};
