import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/integrations/integration.ts';
import { createCluster, createSandboxCluster } from '../../src/integrations/kubernetes/index.ts';

const seen: { method: string; url: string; authorization: string; contentType: string; body: string }[] = [];
const server = createServer(async (request, answer) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  seen.push({
    method: request.method ?? '',
    url: request.url ?? '',
    authorization: request.headers.authorization ?? '',
    contentType: request.headers['content-type'] ?? '',
    body: Buffer.concat(chunks).toString(),
  });
  if (request.url?.startsWith('/drop')) return void request.socket.destroy();
  const status = Number(/status\/(\d+)/.exec(request.url ?? '')?.[1] ?? 200);
  answer.writeHead(status, { 'content-type': 'application/json' });
  answer.end(
    request.url?.includes('log')
      ? 'line one\nline two'
      : JSON.stringify({ kind: 'Status', fieldOfTomorrow: { kept: true } }),
  );
});

const token = 'a-token-that-must-not-be-seen';
const clusters: [string, () => Promise<Cluster>][] = [
  ['of a kubeconfig', async () => createCluster({ kubeconfigFile: await aKubeconfig() })],
  ['of the sandbox', async () => createSandboxCluster({ url: address(), token })],
];
const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const aKubeconfig = async (): Promise<string> => {
  const file = join(await mkdtemp(join(tmpdir(), 'muster-kubeconfig-')), 'kubeconfig');
  await writeFile(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: address(), 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  return file;
};

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

for (const [whose, connect] of clusters) {
  describe(`the client ${whose}`, () => {
    test('hands on every field, known or not, and authenticates', async () => {
      const answer = await (await connect()).request({
        method: 'GET',
        path: '/apis/apps/v1/deployments',
        query: { limit: '5' },
      });
      expect(answer).toEqual({ status: 200, body: { kind: 'Status', fieldOfTomorrow: { kept: true } } });
      expect(seen.at(-1)).toMatchObject({
        method: 'GET',
        url: '/apis/apps/v1/deployments?limit=5',
        authorization: `Bearer ${token}`,
      });
    });

    test('sends a patch under its own content type, and tells the server when to give up', async () => {
      const body = [{ op: 'test', path: '/a', value: 1 }];
      await (await connect()).request({
        method: 'PATCH',
        path: '/x',
        body,
        contentType: 'application/json-patch+json',
      });
      expect(seen.at(-1)).toMatchObject({
        method: 'PATCH',
        url: '/x?timeout=8s',
        contentType: 'application/json-patch+json',
        body: JSON.stringify(body),
      });
    });

    test('takes every status for an answer', async () => {
      for (const status of [403, 409, 422, 500]) {
        expect((await (await connect()).request({ method: 'GET', path: `/status/${status}` })).status).toBe(status);
      }
    });

    test('says that the outcome is unknown when no answer came, and never shows the token', async () => {
      const failure = await (await connect())
        .request({ method: 'PATCH', path: '/drop', body: {} })
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'vendor', status: null, outcomeUnknown: true, terminal: false });
      expect(String(failure)).not.toContain(token);
    });

    test('reads a log as text, and fails on a refusal', async () => {
      const cluster = await connect();
      expect(await cluster.text('/api/v1/namespaces/shop/pods/p/log', { tailLines: '2' })).toBe('line one\nline two');
      await expect(cluster.text('/status/404', {})).rejects.toMatchObject({ status: 404, terminal: true });
    });
  });
}

describe('a kubeconfig', () => {
  test('that is missing or broken is named with what to do', async () => {
    expect(() => createCluster({ kubeconfigFile: '/nowhere/kubeconfig' })).toThrow(/MUSTER_KUBECONFIG cannot be used/);
    const empty = join(await mkdtemp(join(tmpdir(), 'muster-kubeconfig-')), 'kubeconfig');
    await writeFile(empty, 'apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n');
    expect(() => createCluster({ kubeconfigFile: empty })).toThrow(/no current context/);
  });
});
