/** How every process of Muster reaches Temporal: address, TLS and API key, read from the configuration once. */
import { readFileSync } from 'node:fs';
import { type FieldFault, InvalidInput } from '../domain/errors.ts';

export interface TemporalSettings {
  TEMPORAL_ADDRESS?: string | undefined;
  TEMPORAL_TLS_CERT_FILE?: string | undefined;
  TEMPORAL_TLS_KEY_FILE?: string | undefined;
  TEMPORAL_TLS_CA_FILE?: string | undefined;
  TEMPORAL_TLS_SERVER_NAME?: string | undefined;
  TEMPORAL_API_KEY?: string | undefined;
}

/** Fits both `Connection` and `NativeConnection`. */
export interface TemporalConnectionOptions {
  address: string;
  tls?: {
    serverNameOverride?: string;
    serverRootCACertificate?: Buffer;
    clientCertPair?: { crt: Buffer; key: Buffer };
  };
  apiKey?: string;
}

/**
 * TLS is on as soon as one of its variables is set, and always with an API key, which never travels in the clear. `own`
 * is the address of the embedded server, which serves without TEMPORAL_ADDRESS and knows neither TLS nor keys. Throws
 * InvalidInput with a fault per variable; no fault holds what a file contains. Files are read now: a renewed certificate
 * needs a new start.
 */
export const temporalConnectionOptions = (
  settings: TemporalSettings,
  own: string,
  readFile: (path: string) => Buffer = (path) => readFileSync(path),
): TemporalConnectionOptions => {
  const faults: FieldFault[] = [];
  const refuse = (path: string, message: string) => faults.push({ path, message });
  const pem = (name: keyof TemporalSettings, kind: RegExp, what: string): Buffer | undefined => {
    const path = settings[name];
    if (path === undefined) return undefined;
    try {
      const content = readFile(path);
      if (!kind.test(content.toString('latin1'))) refuse(name, `${path} holds no ${what} in PEM`);
      return content;
    } catch {
      refuse(name, `cannot read ${path}; give a readable file with a ${what} in PEM`);
      return undefined;
    }
  };

  const { TEMPORAL_TLS_SERVER_NAME: serverName, TEMPORAL_API_KEY: apiKey, TEMPORAL_ADDRESS: address } = settings;
  const certificate = pem('TEMPORAL_TLS_CERT_FILE', /-----BEGIN CERTIFICATE-----/, 'certificate');
  const key = pem('TEMPORAL_TLS_KEY_FILE', /-----BEGIN ([A-Z]+ )*PRIVATE KEY-----/, 'private key');
  const authority = pem('TEMPORAL_TLS_CA_FILE', /-----BEGIN CERTIFICATE-----/, 'certificate');
  const { TEMPORAL_TLS_CERT_FILE: certificateFile, TEMPORAL_TLS_KEY_FILE: keyFile } = settings;
  if (certificateFile !== undefined && keyFile === undefined) {
    refuse(
      'TEMPORAL_TLS_KEY_FILE',
      'is missing beside TEMPORAL_TLS_CERT_FILE; give the private key of that certificate',
    );
  }
  if (keyFile !== undefined && certificateFile === undefined) {
    refuse('TEMPORAL_TLS_CERT_FILE', 'is missing beside TEMPORAL_TLS_KEY_FILE; give the certificate of that key');
  }
  const asked = secured.filter((name) => settings[name] !== undefined);
  if (address === undefined && asked.length > 0) {
    refuse(
      'TEMPORAL_ADDRESS',
      `is missing beside ${asked.join(', ')}; the embedded Temporal has neither TLS nor API keys`,
    );
  }
  if (faults.length > 0) {
    throw new InvalidInput(
      `configuration: ${faults.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
      faults,
    );
  }

  if (asked.length === 0) return { address: address ?? own };
  return {
    address: address ?? own,
    tls: {
      ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
      ...(authority === undefined ? {} : { serverRootCACertificate: authority }),
      ...(certificate && key ? { clientCertPair: { crt: certificate, key } } : {}),
    },
    ...(apiKey === undefined ? {} : { apiKey }),
  };
};

const secured = [
  'TEMPORAL_TLS_CERT_FILE',
  'TEMPORAL_TLS_KEY_FILE',
  'TEMPORAL_TLS_CA_FILE',
  'TEMPORAL_TLS_SERVER_NAME',
  'TEMPORAL_API_KEY',
] as const satisfies (keyof TemporalSettings)[];
