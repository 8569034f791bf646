import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { Connection } from '@temporalio/client';
import { testServerPath } from '../../src/embedded/tools.mjs';
import { freePort } from './free-ports.ts';

export interface TestServer {
  address: string;
  stop(): Promise<void>;
}

/** A busy machine takes many times the second that the server needs by itself. */
const startMsMax = 100_000;

/**
 * The server whose clock jumps, as a process that is gone when ours is, however that ended. The SDK would give it five
 * seconds to start, which a busy machine does not keep: each attempt that is broken off makes it busier.
 */
export const startTestServer = async (): Promise<TestServer> => {
  const port = await freePort();
  const child = spawn('sh', ['-c', guardScript, testServerPath(), String(port)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  (child.stdin as unknown as Socket).unref();
  const ended = new Promise<null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', () => resolve(null));
  });
  const stop = async () => {
    child.ref();
    child.stdin.end();
    await ended;
  };
  const address = `127.0.0.1:${port}`;
  const answers = await Promise.race([isThere(address, port), ended]);
  if (answers) return { address, stop };
  await stop();
  throw new Error(`the time-skipping server at ${address} ended, or did not answer within ${startMsMax} ms`);
};

/** Ends the server when the pipe does that only we hold, and ends when the server does. */
const guardScript = `
  exec 3<&0
  "$0" "$1" &
  server=$!
  (read -r _ <&3; kill "$server" 2>/dev/null) &
  wait "$server"`;

const isThere = async (address: string, port: number): Promise<boolean> => {
  for (const giveUpAt = Date.now() + startMsMax; Date.now() < giveUpAt; ) {
    if (await listens(port)) {
      const connection = await Connection.connect({ address, connectTimeout: startMsMax });
      await connection.close();
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
};

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1');
    probe.once('error', () => resolve(false));
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
  });
