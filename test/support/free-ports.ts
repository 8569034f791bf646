import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the range from which the system takes ports for connections, and for each test process that runs beside others
 * a part of its own: nothing takes a port between the look and its use, which a busy machine puts far apart.
 */
const range = { from: 10_000, to: 32_000 };
const parts = 8;
const size = (range.to - range.from) / parts;
const from = range.from + (Number(process.env.VITEST_POOL_ID ?? randomInt(parts)) % parts) * size;

const given = new Set<number>();

/** That many neighbouring ports of 127.0.0.1 that nobody uses and that were not asked for before. */
export const freePorts = async (count: number): Promise<number[]> => {
  for (;;) {
    const first = randomInt(from, from + size - count);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if (ports.some((port) => given.has(port))) continue;
    for (const port of ports) given.add(port);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return ports;
  }
};

export const freePort = async (): Promise<number> => (await freePorts(1))[0] ?? 0;

/** Ports for a whole product; the sandbox takes the one after its own too. */
export const productPorts = async () => {
  const [api, temporal, ui, sandbox] = await freePorts(5);
  return {
    MUSTER_PORT: String(api),
    MUSTER_TEMPORAL_PORT: String(temporal),
    MUSTER_TEMPORAL_UI_PORT: String(ui),
    MUSTER_SANDBOX_PORT: String(sandbox),
  };
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
