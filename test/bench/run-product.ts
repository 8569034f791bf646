/** The product as `npm start` runs it, with DOORMAN_URL before its sandbox. Tells its parent once it is up, and ends with it. */
import * as configuration from '../../src/config.ts';
import { firstWave, secondWave } from '../../src/embedded/services.ts';
import { supervise } from '../../src/embedded/supervise.ts';

const doormanUrl = process.env.DOORMAN_URL ?? '';
const stopping = new AbortController();
process.on('disconnect', () => stopping.abort());
process.on('SIGTERM', () => stopping.abort());

process.exitCode = await supervise({
  configuration,
  argv: ['--no-drill'],
  environment: process.env,
  say: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
  stop: stopping.signal,
  force: new AbortController().signal,
  waves: [firstWave, (world) => secondWave({ ...world, sandboxUrl: doormanUrl })],
  play: async () => {
    process.send?.('up');
    return 0;
  },
});
process.exit();
