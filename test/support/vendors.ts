/** The sandbox's vendors over their wire protocols, and the ports a worker would use to reach them. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readConfig } from '../../src/config.ts';
import type { Connections } from '../../src/integrations/integration.ts';
import { connect } from '../../src/integrations/registry.ts';
import type { Fault } from '../../src/sandbox/faults.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import { sandboxOrganisation } from './sandbox-organisation.ts';

export const vendorSecret = 'a-secret-for-tests-only';

export interface Vendors {
  sandbox: Sandbox;
  ports: Connections;
  organisation: Organisation;
  /** Breaks the next requests to a path prefix. */
  fault(fault: Partial<Fault> & Pick<Fault, 'path' | 'kind'>): Promise<void>;
  close(): Promise<void>;
}

export const startVendors = async (): Promise<Vendors> => {
  // The registry expects mail on the port after HTTP's, so a pair that is free is looked for.
  const sandbox = await onFreePair((port) =>
    startSandbox({
      port,
      smtpPort: port + 1,
      secret: vendorSecret,
      apiUrl: 'http://127.0.0.1:9',
      organisation: sandboxOrganisation,
    }),
  );
  const config = readConfig({ MUSTER_SANDBOX_URL: sandbox.url, MUSTER_SANDBOX_SECRET: vendorSecret });
  return {
    sandbox,
    ports: connect(config).choose(true),
    organisation: sandboxOrganisation,
    fault: async (fault) => {
      const answer = await fetch(`${sandbox.url}/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fault),
      });
      if (!answer.ok) throw new Error(`the sandbox does not know this fault: ${await answer.text()}`);
    },
    close: () => sandbox.close(),
  };
};

const onFreePair = async (start: (port: number) => Promise<Sandbox>): Promise<Sandbox> => {
  for (let tries = 0; ; tries += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000) * 2;
    try {
      return await start(port);
    } catch (error) {
      if (tries > 20) throw error;
    }
  }
};

export interface AskedOf {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A vendor on a bad day: answers every request the same way and keeps what it was asked. */
export const answering = async (
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ url: string; requests: AskedOf[]; close(): Promise<void> }> => {
  const requests: AskedOf[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers, body: text });
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
