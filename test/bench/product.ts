/** Starts and stops the product of the measurement: private ports, a private folder, the same ones at each start. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { productPorts } from '../support/free-ports.ts';

const entry = fileURLToPath(new URL('./run-product.ts', import.meta.url));
const stopsWithinMs = 40_000;

export interface Place {
  dataDir: string;
  token: string;
  apiUrl: string;
  sandboxUrl: string;
  temporalAddress: string;
  environment: Record<string, string>;
}

export const choosePlace = async (given: {
  dataDir: string;
  organisationFile: string;
  doormanUrl: string;
}): Promise<Place> => {
  const ports = await productPorts();
  const token = 'bench-0123456789abcdef0123456789';
  return {
    dataDir: given.dataDir,
    token,
    apiUrl: `http://127.0.0.1:${ports.MUSTER_PORT}`,
    sandboxUrl: `http://127.0.0.1:${ports.MUSTER_SANDBOX_PORT}`,
    temporalAddress: `127.0.0.1:${ports.MUSTER_TEMPORAL_PORT}`,
    environment: {
      MUSTER_DATA_DIR: given.dataDir,
      ...ports,
      MUSTER_ORGANISATION: given.organisationFile,
      MUSTER_TOKEN: token,
      DOORMAN_URL: given.doormanUrl,
    },
  };
};

export interface RunningProduct {
  /** Everything says it is ready. */
  up: Promise<void>;
  stop(): Promise<void>;
}

export const startProduct = (place: Place): RunningProduct => {
  const child = spawn(process.execPath, [entry], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...ownEnvironment(), ...place.environment },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += String(chunk)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const up = new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('close', () => reject(new Error(`the product ended while starting:\n${said}`)));
  });
  up.catch(() => {});
  return { up, stop: () => stopChild(child, ended, place.dataDir) };
};

/** Nothing of the caller's own Muster: the measurement speaks with the sandbox alone. */
const ownEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(MUSTER_|SLACK_|PAGERDUTY_|STATUSPAGE_|SMTP_|DATABASE_URL|TEMPORAL_ADDRESS|TEMPORAL_NAMESPACE)/.test(name),
    ),
  );

const stopChild = async (child: ChildProcess, ended: Promise<void>, dataDir: string): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const late = setTimeout(() => {
    for (const pid of listedPids(dataDir)) killQuietly(pid);
    child.kill('SIGKILL');
  }, stopsWithinMs);
  await ended;
  clearTimeout(late);
};

const listedPids = (dataDir: string): number[] => {
  try {
    const list = JSON.parse(readFileSync(join(dataDir, 'processes.json'), 'utf8')) as { pid: number }[];
    return list.map(({ pid }) => pid);
  } catch {
    return [];
  }
};

const killQuietly = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
};
