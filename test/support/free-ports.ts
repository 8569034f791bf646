import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range from which the system takes ports for connections: nothing takes one between the look and its use. */
const range = { from: 10_000, to: 32_000 };

/** That many neighbouring ports of 127.0.0.1 that nobody uses. */
export const freePorts = async (count: number): Promise<number[]> => {
  for (;;) {
    const first = randomInt(range.from, range.to - count);
    const ports = Array.from({ length: count }, (_, index) => first + index);
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
