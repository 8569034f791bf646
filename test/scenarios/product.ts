/** The whole product under test: on private ports and a private folder, its children killed at will, its drills followed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sandboxToken } from '../../src/domain/sandbox-token.ts';
import { type DrillClient, drillClient } from '../../src/embedded/drill-client.ts';
import type { ListedProcess } from '../../src/embedded/process-list.ts';
import type { IncidentView } from '../../src/schema/incident.ts';
import { openStore } from '../../src/store/connect.ts';
import type { EffectRow, Store } from '../../src/store/store.ts';
import { productPorts } from '../support/free-ports.ts';
import { markerOf } from './failpoint-markers.ts';
import type { ProductFacts } from './run-product.ts';

export type Child = 'api' | 'worker' | 'remediation-worker' | 'temporal' | 'postgres' | 'sandbox';

export interface Fault {
  path: string;
  method?: string;
  kind: 'dropAfterApply' | 'dropBeforeApply' | 'status';
  status?: number;
  times?: number;
}

export interface Product {
  /** Where its doors are, and their secrets. */
  facts: ProductFacts;
  client: DrillClient;
  /** What the ledger of effects says about an incident, read past the API. */
  ledger(incidentId: string): Promise<EffectRow[]>;
  /** Pid by name of what runs now. */
  pids(): Record<string, number>;
  /** Ends a child as a crash would and returns once its successor works. */
  crash(...names: Child[]): Promise<void>;
  /** From its next life on each child dies at these points, once at each. */
  dieAt(points: Partial<Record<Child, string[]>>): void;
  diedAt(point: string): boolean;
  /** Plays a drill with the sandbox's people acting. Returns its incident as soon as there is one. */
  play(scenario: string, speed: number): Promise<IncidentView>;
  incident(id: string): Promise<IncidentView>;
  /** Polls until it is true; what fails because a process is away counts as not yet. */
  until<Value>(what: string, look: () => Promise<Value | null | false>, limitMs?: number): Promise<Value>;
  breakSandbox(fault: Fault): Promise<void>;
  /** Heals the sandbox's world and forgets its counts; what it has received stays. */
  healSandbox(): Promise<void>;
  effects(): Promise<Record<string, number>>;
  rooms(): Promise<string[]>;
  /** What the children and the supervisor said, for the message of a failure. */
  logs(): string;
  stop(): Promise<void>;
}

const entry = fileURLToPath(new URL('./run-product.ts', import.meta.url));
const startsWithinMs = 100_000;
const stopsWithinMs = 40_000;

/** Throws with what was said when it does not come up. Call `stop` in the end; should the test process die, it stops by itself. */
export const startProduct = async (environment: Record<string, string> = {}): Promise<Product> => {
  // Not in the common folder of the tests: it must be there until the last child has ended.
  const folder = mkdtempSync(join(tmpdir(), 'muster-product-'));
  const child = spawn(process.execPath, [entry], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      ...environment,
      MUSTER_DATA_DIR: folder,
      ...(await productPorts()),
    },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += String(chunk)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = () => stopChild({ child, ended, folder });
  try {
    const facts = await upWithin(child, () => said);
    const store = await openStore(facts.databaseUrl ?? '', { name: 'scenario', migrate: false, poolSize: 2 });
    return productOf({
      folder,
      facts,
      store,
      said: () => said,
      stop: async () => {
        await store.close();
        await stop();
      },
    });
  } catch (error) {
    await stop();
    throw error;
  }
};

const upWithin = (child: ChildProcess, said: () => string): Promise<ProductFacts> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the product is not up:\n${said()}`)), startsWithinMs);
    child.once('message', (facts) => {
      clearTimeout(late);
      resolve(facts as ProductFacts);
    });
    child.once('close', () => {
      clearTimeout(late);
      reject(new Error(`the product ended while starting:\n${said()}`));
    });
  });

/** In order when it can, by force when it cannot. */
const stopChild = async ({
  child,
  ended,
  folder,
}: {
  child: ChildProcess;
  ended: Promise<void>;
  folder: string;
}): Promise<void> => {
  child.kill('SIGTERM');
  const late = setTimeout(() => {
    for (const { pid } of listed(folder)) killQuietly(pid);
    child.kill('SIGKILL');
  }, stopsWithinMs);
  await ended;
  clearTimeout(late);
  for (const { pid } of listed(folder)) killQuietly(pid);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
};

const killQuietly = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
};

const listed = (folder: string): ListedProcess[] => {
  try {
    return JSON.parse(readFileSync(join(folder, 'processes.json'), 'utf8'));
  } catch {
    return [];
  }
};

const productOf = ({
  folder,
  facts,
  store,
  said,
  stop,
}: {
  folder: string;
  facts: ProductFacts;
  store: Store;
  said: () => string;
  stop: () => Promise<void>;
}): Product => {
  const client = drillClient(facts);
  const pids = () => Object.fromEntries(listed(folder).map(({ name, pid }) => [name, pid]));
  const control = async (method: string, path: string, body: unknown = {}): Promise<Response> => {
    const response = await fetch(`${facts.sandboxUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${sandboxToken(facts.secrets.MUSTER_SANDBOX_SECRET, 'control')}`,
        'content-type': 'application/json',
      },
      ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} of the sandbox: ${response.status} ${await response.text()}`);
    return response;
  };
  const until: Product['until'] = async (what, look, limitMs = 60_000) => {
    const deadline = Date.now() + limitMs;
    let seen: unknown = 'not yet';
    while (Date.now() < deadline) {
      try {
        const found = await look();
        if (found !== null && found !== false) return found;
        seen = 'not yet';
      } catch (error) {
        seen = error;
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    throw new Error(`not within ${limitMs} ms: ${what}; last seen: ${String(seen)}`);
  };
  /** The supervisor says it of a child that died and is ready again; a first life is not told. */
  const works = (name: Child, since: number, before: number | undefined): boolean =>
    pids()[name] !== undefined && pids()[name] !== before && said().slice(since).includes(`${name} works again`);

  return {
    facts,
    client,
    ledger: (id) => store.effects.effects(id),
    pids,
    until,
    crash: async (...names) => {
      const since = said().length;
      const before = pids();
      for (const name of names) killQuietly(before[name] ?? 0);
      await until(`${names.join(', ')} work again`, async () =>
        names.every((name) => works(name, since, before[name])),
      );
    },
    dieAt: (points) => writeFileSync(join(folder, 'failpoints.json'), JSON.stringify(points)),
    diedAt: (point) => existsSync(markerOf(folder, point)),
    play: async (scenario, speed) => {
      const before = new Set((await client.incidents()).map(({ id }) => id));
      // Once only: a second drill would be a second bad release.
      await client.startDrill({ scenario, speed, people: true });
      return until('the alert became an incident', async () => {
        return (await client.incidents()).find(({ id }) => !before.has(id)) ?? null;
      });
    },
    incident: (id) =>
      until(`${id} can be read`, async () => (await client.incidents()).find((incident) => incident.id === id) ?? null),
    breakSandbox: async (fault) => {
      await control('POST', '/faults', fault);
    },
    healSandbox: async () => {
      await control('POST', '/reset');
      await control('DELETE', '/effects');
    },
    effects: async () => (await (await control('GET', '/effects')).json()) as Record<string, number>,
    rooms: async () =>
      (await client.state()).channels.map(({ name }) => name).filter((name) => name.includes('incident-')),
    logs: () => said().slice(-2_000),
    stop,
  };
};
