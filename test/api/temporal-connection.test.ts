import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import { connectRemoteControl } from '../../src/temporal/client.ts';
import { temporalConnectionOptions } from '../../src/temporal/connection-options.ts';

const own = '127.0.0.1:7233';
const there = { TEMPORAL_ADDRESS: 'temporal.example:7233' };
const certificate = Buffer.from('-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n');
const key = Buffer.from('-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n');
const files: Record<string, Buffer> = { cert: certificate, key, ca: certificate, noise: Buffer.from('private noise') };
const readFile = (path: string): Buffer => {
  const content = files[path];
  if (!content) throw new Error('ENOENT');
  return content;
};
const options = (settings: Parameters<typeof temporalConnectionOptions>[0]) =>
  temporalConnectionOptions(settings, own, readFile);

describe('the way to Temporal', () => {
  test('is in the clear while nothing asks for TLS', () => {
    expect(options({})).toEqual({ address: own });
    expect(options(there)).toEqual({ address: 'temporal.example:7233' });
  });
  test('is mutual TLS with certificate, key, authority and name', () => {
    expect(
      options({
        ...there,
        TEMPORAL_TLS_CERT_FILE: 'cert',
        TEMPORAL_TLS_KEY_FILE: 'key',
        TEMPORAL_TLS_CA_FILE: 'ca',
        TEMPORAL_TLS_SERVER_NAME: 'temporal.internal',
      }),
    ).toEqual({
      address: 'temporal.example:7233',
      tls: {
        clientCertPair: { crt: certificate, key },
        serverRootCACertificate: certificate,
        serverNameOverride: 'temporal.internal',
      },
    });
  });
  test.each([
    [{ TEMPORAL_TLS_CA_FILE: 'ca' }, { tls: { serverRootCACertificate: certificate } }],
    [{ TEMPORAL_TLS_SERVER_NAME: 'x' }, { tls: { serverNameOverride: 'x' } }],
    [{ TEMPORAL_API_KEY: 'secret' }, { tls: {}, apiKey: 'secret' }],
  ])('is TLS with %j alone, and never an API key without TLS', (settings, expected) => {
    expect(options({ ...there, ...settings })).toEqual({ address: 'temporal.example:7233', ...expected });
  });
});

describe('half a configuration is refused at the start', () => {
  const faultsOf = (run: () => unknown): [string, string][] => {
    try {
      run();
    } catch (error) {
      if (error instanceof InvalidInput) return error.faults.map(({ path, message }) => [path, message]);
      throw error;
    }
    return [];
  };
  test.each<[string, Parameters<typeof options>[0], string, RegExp]>([
    [
      'a certificate without its key',
      { ...there, TEMPORAL_TLS_CERT_FILE: 'cert' },
      'TEMPORAL_TLS_KEY_FILE',
      /is missing/,
    ],
    [
      'a key without its certificate',
      { ...there, TEMPORAL_TLS_KEY_FILE: 'key' },
      'TEMPORAL_TLS_CERT_FILE',
      /is missing/,
    ],
    [
      'a file that is not there',
      { ...there, TEMPORAL_TLS_CA_FILE: 'gone' },
      'TEMPORAL_TLS_CA_FILE',
      /cannot read gone/,
    ],
    ['a file of something else', { ...there, TEMPORAL_TLS_CA_FILE: 'noise' }, 'TEMPORAL_TLS_CA_FILE', /no certificate/],
    [
      'key and certificate exchanged',
      { ...there, TEMPORAL_TLS_CERT_FILE: 'cert', TEMPORAL_TLS_KEY_FILE: 'ca' },
      'TEMPORAL_TLS_KEY_FILE',
      /no private key/,
    ],
    ['TLS to the embedded server', { TEMPORAL_API_KEY: 'secret' }, 'TEMPORAL_ADDRESS', /embedded Temporal/],
  ])('%s', (_, settings, variable, expected) => {
    expect(faultsOf(() => options(settings))).toEqual([[variable, expect.stringMatching(expected)]]);
    expect(JSON.stringify(faultsOf(() => options(settings)))).not.toMatch(/private noise|secret/);
  });
  test('together with the faults of all other variables', () => {
    const given = { ...there, MUSTER_PORT: 'x', TEMPORAL_TLS_CERT_FILE: '/no/such/file' };
    expect(faultsOf(() => readConfig(given)).map(([path]) => path)).toEqual([
      'TEMPORAL_TLS_CERT_FILE',
      'TEMPORAL_TLS_KEY_FILE',
      'MUSTER_PORT',
    ]);
  });
});

describe('on the wire', () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-tls-'));
  const file = (name: string): string => join(folder, name);
  /** What each call of the client showed: its certificate's name and its key. */
  const seen: { client: string | undefined; authorization: string | undefined }[] = [];
  const server = (() => {
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'].concat(
        ['-subj', '/CN=temporal.internal', '-addext', 'subjectAltName=DNS:temporal.internal'],
        ['-keyout', file('key.pem'), '-out', file('cert.pem')],
      ),
      { stdio: 'ignore' },
    );
    const config = readConfig({
      ...there,
      TEMPORAL_TLS_CERT_FILE: file('cert.pem'),
      TEMPORAL_TLS_KEY_FILE: file('key.pem'),
    });
    const { tls } = temporalConnectionOptions(config, own);
    const pair = tls?.clientCertPair;
    if (!pair) throw new Error('no certificate was read');
    return createSecureServer({ cert: pair.crt, key: pair.key, ca: pair.crt, requestCert: true });
  })();
  beforeAll(async () => {
    server.on('stream', (stream, headers) => {
      const socket = stream.session?.socket as import('node:tls').TLSSocket | undefined;
      seen.push({
        client: socket?.getPeerCertificate().subject?.CN as string | undefined,
        authorization: headers.authorization,
      });
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      // An empty message, uncompressed.
      stream.end(Buffer.alloc(5));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const ready = async (more: Record<string, string>): Promise<void> => {
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = readConfig({ TEMPORAL_ADDRESS: address, TEMPORAL_TLS_SERVER_NAME: 'temporal.internal', ...more });
    const remote = connectRemoteControl({ ...temporalConnectionOptions(config, own), namespace: 'default' });
    try {
      await remote.ready();
    } finally {
      await remote.close();
    }
  };

  test('the server sees our certificate and the key', async () => {
    writeFileSync(file('api-key'), 'key-of-temporal\n');
    await ready({
      TEMPORAL_TLS_CA_FILE: file('cert.pem'),
      TEMPORAL_TLS_CERT_FILE: file('cert.pem'),
      TEMPORAL_TLS_KEY_FILE: file('key.pem'),
      TEMPORAL_API_KEY_FILE: file('api-key'),
    });
    expect(seen.at(-1)).toEqual({ client: 'temporal.internal', authorization: 'Bearer key-of-temporal' });
  });
  test('a server of an authority that nobody named is not spoken to', async () => {
    const before = seen.length;
    await expect(ready({})).rejects.toThrow('Temporal does not answer');
    expect(seen).toHaveLength(before);
  });
});
