/**
 * The real supervisor with stand-ins for the children. `FLEET` names them: `api,worker:deaf|sandbox` is two waves.
 * It plays no drill.
 */
import { fileURLToPath } from 'node:url';
import * as configuration from '../../src/config.ts';
import { logSince, runProgram } from '../../src/embedded/program.ts';
import { supervise } from '../../src/embedded/supervise.ts';
import type { Service } from '../../src/embedded/tended.ts';
import type { World } from '../../src/embedded/world.ts';

const standIn = fileURLToPath(new URL('./stand-in.ts', import.meta.url));

const service =
  (member: string) =>
  ({ folder }: World): Service => {
    const [name = '', behaviour = 'well'] = member.split(':');
    const logFile = folder.logFile(name);
    return {
      name,
      logFile,
      readyWithinMs: 20_000,
      isReady: async ({ logStart }) => logSince(logFile, logStart).includes('"msg":"ready"'),
      launch: () =>
        runProgram({
          command: process.execPath,
          args: [standIn, name, folder.at('events'), behaviour],
          env: process.env,
          cwd: folder.path,
          logFile,
          stopWithinMs: 500,
        }),
    };
  };

const stopping = new AbortController();
const forcing = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => (stopping.signal.aborted ? forcing : stopping).abort());
}
process.exitCode = await supervise({
  configuration,
  argv: process.argv.slice(2),
  environment: process.env,
  say: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
  stop: stopping.signal,
  force: forcing.signal,
  waves: (process.env.FLEET ?? '')
    .split('|')
    .map((wave) => (world: World) => wave.split(',').map((member) => service(member)(world))),
  play: async ({ say }) => {
    say('everything is up');
    return 0;
  },
});
