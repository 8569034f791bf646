/** Endpoints of the catalogue: this host, this token, nothing else - whatever a path, a header or an answer tries. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { InvalidInput, VendorError } from '../../src/domain/errors.ts';
import { createEndpoint } from '../../src/integrations/endpoint/index.ts';
import { connectEndpoints } from '../../src/integrations/registry.ts';
import { EndpointEntry } from '../../src/schema/endpoint.ts';
import { answering } from '../support/vendors.ts';

const token = 'tok-0123456789abcdef';
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const anApi = async (status: number, body: unknown, headers: Record<string, string> = {}) => {
  const api = await answering(status, body, headers);
  open.push(api);
  return { ...api, endpoint: createEndpoint({ name: 'flags', url: `${api.url}/api`, token, header: 'authorization' }) };
};
const failure = async (call: Promise<unknown>): Promise<VendorError> => {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(VendorError);
  return error as VendorError;
};
const get = { method: 'GET', path: '/flags/checkout' } as const;
const put = { method: 'PUT', path: '/flags/checkout', body: { state: 'off' } } as const;

describe('calling an endpoint', () => {
  test('reads JSON and the version in its ETag', async () => {
    const { endpoint, requests } = await anApi(200, { state: 'on' }, { etag: '"7"' });
    expect(await endpoint.request(get)).toEqual({
      status: 200,
      etag: '"7"',
      retryAfterMs: null,
      body: { state: 'on' },
    });
    expect(requests[0]).toMatchObject({ path: '/api/flags/checkout', headers: { authorization: `Bearer ${token}` } });
  });

  test('carries the token in the header that the catalogue names', async () => {
    const api = await answering(200, {});
    open.push(api);
    await createEndpoint({ name: 'flags', url: api.url, token, header: 'x-api-key' }).request(get);
    expect(api.requests[0]?.headers).toMatchObject({ 'x-api-key': token });
    expect(api.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test('a refusal is an answer, with the pause it asks for', async () => {
    const { endpoint } = await anApi(429, { message: 'slow down' }, { 'retry-after': '7' });
    expect(await endpoint.request(put)).toMatchObject({ status: 429, retryAfterMs: 7_000 });
  });

  test('a write that is answered in plain text was answered all the same', async () => {
    const { endpoint } = await anApi(200, 'OK');
    expect(await endpoint.request(put)).toMatchObject({ status: 200, body: null });
  });

  test('a read that is answered with anything but JSON is refused', async () => {
    const { endpoint } = await anApi(200, '<html>');
    const error = await failure(endpoint.request(get));
    expect(error).toMatchObject({ status: 200, terminal: true });
    expect(error.message).toContain('not JSON');
  });

  test('a redirect is refused and not followed, so that the token stays here', async () => {
    const other = await anApi(200, { state: 'on' });
    const { endpoint } = await anApi(302, {}, { location: `${other.url}/api/flags/checkout` });
    const error = await failure(endpoint.request(get));
    expect(error).toMatchObject({ status: 302, terminal: true });
    expect(error.message).toContain('write the final address into the catalogue');
    expect(await endpoint.request(put)).toMatchObject({ status: 302 });
    expect(other.requests).toEqual([]);
  });

  test('an answer of more than 256 KiB is refused, one below is taken', async () => {
    const large = await anApi(200, { state: 'x'.repeat(256 * 1024) });
    expect(await failure(large.endpoint.request(get))).toMatchObject({ terminal: true });
    expect(await large.endpoint.request(put)).toMatchObject({ status: 200, body: null });
    const small = await anApi(200, { state: 'x'.repeat(250 * 1024) });
    expect(await small.endpoint.request(get)).toMatchObject({ status: 200 });
  });

  test('no answer leaves the outcome open', async () => {
    const { endpoint, close } = await anApi(200, {});
    await close();
    open.length = 0;
    expect(await failure(endpoint.request(put))).toMatchObject({ status: null, terminal: false });
  });

  test('a certificate that nobody vouches for ends it before anything is sent', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-endpoint-'));
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'].concat([
        '-subj',
        '/CN=localhost',
        '-keyout',
        key,
        '-out',
        cert,
      ]),
      { stdio: 'ignore' },
    );
    let asked = 0;
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => {
      asked += 1;
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    rmSync(folder, { recursive: true });
    open.push({ close: () => new Promise((resolve) => server.close(() => resolve())) });
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    const error = await failure(createEndpoint({ name: 'flags', url, token, header: 'authorization' }).request(put));
    expect(error).toMatchObject({ status: null });
    expect(error.message).toMatch(/self.signed certificate/);
    expect(asked).toBe(0);
  });

  test('a token that the API repeats is cut out of answers and errors', async () => {
    const { endpoint } = await anApi(403, { message: `token ${token} may not` });
    const answer = await endpoint.request(get);
    expect(JSON.stringify(answer)).toContain('[redacted]');
    expect(JSON.stringify(answer)).not.toContain(token);
    const text = await anApi(200, `you are ${token}`);
    expect((await failure(text.endpoint.request(get))).message).not.toContain(token);
  });

  for (const path of [
    'flags',
    '//evil.example/flags',
    '/../admin',
    '/flags/../../admin',
    '/flags/%2e%2e/admin',
    '/flags/..%2fadmin',
    '/flags\\..\\admin',
    '/flags/a b',
    '@evil.example/',
    '/flags#x',
  ])
    test(`never calls ${JSON.stringify(path)}`, async () => {
      const { endpoint, requests } = await anApi(200, {});
      await expect(endpoint.request({ ...get, path })).rejects.toThrow(InvalidInput);
      expect(requests).toEqual([]);
    });

  test('takes preconditions from a plan, and no credential', async () => {
    const { endpoint, requests } = await anApi(200, {});
    await endpoint.request({ ...put, headers: { 'If-Match': '"7"', 'Idempotency-Key': 'op-1' } });
    expect(requests[0]?.headers).toMatchObject({ 'if-match': '"7"', 'idempotency-key': 'op-1' });
    for (const headers of [{ Authorization: 'Bearer mine' }, { host: 'evil.example' }, { 'if-match': 'a\r\nx: y' }])
      await expect(endpoint.request({ ...put, headers } as never)).rejects.toThrow(InvalidInput);
    expect(requests).toHaveLength(1);
  });
});

describe('addresses', () => {
  const made = (url: string) => () => createEndpoint({ name: 'flags', url, token: null, header: 'authorization' });

  for (const url of ['https://flags.example/api', 'http://127.0.0.1:8080', 'http://localhost:1', 'http://[::1]:1/x'])
    test(`may be ${url}`, () => expect(made(url)).not.toThrow());

  for (const url of [
    'http://flags.example/api',
    'http://10.0.0.1/',
    'ftp://flags.example',
    'file:///etc/passwd',
    'https://user:secret@flags.example',
    'https://169.254.169.254/latest',
    'https://[fe80::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://0.0.0.0/',
    'https://flags.example/?x=1',
    'not an address',
  ])
    test(`may not be ${url}, and no secret in it is repeated`, () => {
      expect(made(url)).toThrow(InvalidInput);
      expect(made(url)).not.toThrow(/secret/);
    });
});

describe('the catalogue', () => {
  const catalogue = (more: object = {}) => ({
    flags: EndpointEntry.parse({ title: 'Flags', url: 'https://flags.example', ...more }),
  });
  const sandbox = { MUSTER_SANDBOX_URL: 'http://127.0.0.1:9', MUSTER_SANDBOX_SECRET: 'a secret of the tests only' };

  test('has no way to a name that is not in it', () => {
    const endpoint = connectEndpoints(readConfig({}), catalogue());
    expect(() => endpoint('other', false)).toThrow('the organisation has no endpoint other; it has flags');
    expect(() => endpoint('constructor', false)).toThrow(/no endpoint/);
    expect(endpoint('flags', false)).toBeDefined();
  });

  test('gives a drill the stand-in of the sandbox, never the real one', async () => {
    const api = await anApi(200, {});
    const entries = catalogue({ url: api.url });
    const connected = connectEndpoints(readConfig(sandbox), entries);
    expect(await failure(connected('flags', true).request(get))).toMatchObject({ status: null });
    expect(api.requests).toEqual([]);
    expect(await connected('flags', false).request(get)).toMatchObject({ status: 200 });
    expect(() => connectEndpoints(readConfig({}), entries)('flags', true)).toThrow(/a drill needs the sandbox/);
  });

  test('finds the token by its name, and says which line is missing without repeating any', async () => {
    const api = await anApi(200, {});
    const entries = catalogue({ url: api.url, token: 'flags' });
    const lines = `# ours\n\nflags: ${token}\n`;
    await connectEndpoints(readConfig({ MUSTER_ENDPOINT_TOKENS: lines }), entries)('flags', false).request(get);
    expect(api.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${token}` });
    expect(() => connectEndpoints(readConfig({}), entries)).toThrow(
      'endpoint flags: MUSTER_ENDPOINT_TOKENS has no line "flags: ..."',
    );
    const bad = readConfig({ MUSTER_ENDPOINT_TOKENS: token });
    expect(() => connectEndpoints(bad, entries)).toThrow('line 1: write `name: token`');
    expect(() => connectEndpoints(bad, entries)).not.toThrow(token);
  });
});
