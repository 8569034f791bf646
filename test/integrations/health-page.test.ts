/** The health page of a service, on a loopback server. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createHealthProbe } from '../../src/integrations/health-page/probe.ts';

const servers: { close(): void; closeAllConnections(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const page = async (answer: (response: ServerResponse) => void) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`, asked };
};

describe('a health page', () => {
  test.each([200, 503])('tells its status %i, how long it took and what it said', async (status) => {
    const { url, asked } = await page((response) => response.writeHead(status).end('{"database":"down"}'));
    const answer = await createHealthProbe().ask(url);
    expect(answer).toMatchObject({ status, excerpt: '{"database":"down"}' });
    expect(answer.latencyMs).toBeGreaterThanOrEqual(0);
    expect(asked).toEqual(['GET /health']);
  });

  test('that sends elsewhere is not followed', async () => {
    const elsewhere = await page((response) => response.end('inside'));
    const { url } = await page((response) => response.writeHead(302, { location: elsewhere.url }).end());
    expect(await createHealthProbe().ask(url)).toMatchObject({ status: 302 });
    expect(elsewhere.asked).toEqual([]);
  });

  test('that goes on and on is cut at 64 KiB', async () => {
    const { url } = await page((response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      };
      response.on('drain', more);
      more();
    });
    const { status, excerpt } = await createHealthProbe().ask(url);
    expect(status).toBe(200);
    expect(excerpt).toHaveLength(64 * 1024);
  });

  test('that is not there is no answer, and its path stays unsaid', async () => {
    const { url } = await page((response) => response.destroy());
    await expect(createHealthProbe().ask(url)).rejects.toMatchObject({
      status: null,
      message: expect.not.stringContaining('/health'),
    });
  });

  test('of a drill is the sandbox, whatever its host', async () => {
    const { url, asked } = await page((response) => response.end('ok'));
    const probe = createHealthProbe({ sandboxUrl: new URL(url).origin });
    await probe.ask('https://checkout.shop.example/health');
    expect(asked).toEqual(['GET /health-pages/checkout.shop.example/health']);
  });
});
