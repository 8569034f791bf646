/** One Temporal server and a few lanes in which the remediation worker dies; whoever wants to see a death waits for one. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { createGate } from '../../src/domain/gate.ts';
import { type Lane, type Point, type Seen, startLane } from './crash-lane.ts';
import type { CrashScene } from './crash-scenes.ts';
import { freePort } from './free-ports.ts';
import { until } from './kube/a-remediation.ts';

export interface CrashGround {
  /** Waits for a free lane. */
  play(scene: CrashScene, point: Point): Promise<Seen>;
  close(): Promise<void>;
}

/** A death is ten seconds of waiting for a heartbeat and about two of work, so there are more lanes than cores. */
const lanesMax = 10;
const workflows = fileURLToPath(new URL('../activities/apply-workflow.ts', import.meta.url));

/** `cli`: the program of Temporal. A process has one ground. */
export const startCrashGround = async (cli: string): Promise<CrashGround> => {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger });
  const folder = mkdtempSync(join(tmpdir(), 'muster-crash-'));
  const namespaces = Array.from({ length: lanesMax }, (_, at) => `lane-${at}`);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const temporal = spawn(
    cli,
    [
      ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)],
      ...namespaces.flatMap((namespace) => ['--namespace', namespace]),
    ],
    { stdio: 'ignore' },
  );
  const bundle = await bundleWorkflowCode({ workflowsPath: workflows, logger });
  let native: NativeConnection | undefined;
  await until('Temporal is there', async () => {
    native = await NativeConnection.connect({ address }).catch(() => undefined);
    return native !== undefined;
  });
  const connection = await Connection.connect({ address });
  const ground = { address, connection, native: native as unknown as NativeConnection, bundle, folder };

  const lanes: Lane[] = [];
  const free: Lane[] = [];
  // One after another: all at once they would keep each other from starting.
  const starting = createGate(1);
  const oneMayPlay = createGate(lanesMax);
  const aLane = async (): Promise<Lane> => {
    const lane = free.pop();
    if (lane) return lane;
    const namespace = namespaces.shift() ?? '';
    const started = await starting(() => startLane(ground, namespace));
    lanes.push(started);
    return started;
  };
  return {
    play: (scene, point) =>
      oneMayPlay(async () => {
        const lane = await aLane();
        try {
          return await lane.play(scene, point);
        } finally {
          free.push(lane);
        }
      }),
    async close() {
      await Promise.allSettled(lanes.map((lane) => lane.close()));
      await connection.close();
      // A lane that failed to stop holds it.
      await ground.native.close().catch(() => {});
      temporal.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
