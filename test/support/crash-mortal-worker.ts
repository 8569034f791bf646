/** The remediation worker as a process that is started again whenever it has been killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface MortalWorker {
  /** Counts deaths anew from here, and lets it die at that point of the protocol, once. */
  expect(failpoint: string | null): void;
  kill(): void;
  /** The signals it has died by since then, in order. */
  died(): (string | null)[];
  /** Rejects, with its last words, when it ends without having been killed. */
  endedByItself: Promise<never>;
  end(): void;
}

const workerFile = fileURLToPath(new URL('../../worker/remediation.ts', import.meta.url));
const lastWordsMax = 2_000;

/** `marker`: a path of its own; a failpoint is passed as long as its file is there. */
export const aMortalWorker = (
  environment: Record<string, string | undefined>,
  failpoints: readonly string[],
  marker: string,
): MortalWorker => {
  const fileOf = (failpoint: string): string => `${marker}-${failpoint.replace(':', '-')}`;
  for (const failpoint of failpoints) writeFileSync(fileOf(failpoint), '');
  const MUSTER_FAILPOINT = failpoints.map((failpoint) => `${failpoint}@${fileOf(failpoint)}`).join(',');
  let signals: (string | null)[] = [];
  let ended = false;
  let child: ChildProcess;
  const { promise: endedByItself, reject } = Promise.withResolvers<never>();
  endedByItself.catch(() => {});
  const start = (): void => {
    let lastWords = '';
    child = spawn(process.execPath, [workerFile], {
      env: { ...environment, MUSTER_FAILPOINT },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        lastWords = `${lastWords}${chunk.toString()}`.slice(-lastWordsMax);
      });
    child.once('exit', (code, signal) => {
      signals.push(signal);
      if (ended) return;
      if (signal === 'SIGKILL') start();
      else reject(new Error(`the worker ended with ${signal ?? code}: ${lastWords}`));
    });
  };
  start();
  return {
    expect(failpoint) {
      signals = [];
      if (failpoint) rmSync(fileOf(failpoint));
    },
    kill: () => child.kill('SIGKILL'),
    died: () => signals,
    endedByItself,
    end() {
      ended = true;
      child.kill('SIGKILL');
    },
  };
};
