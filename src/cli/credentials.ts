/** Where the API is and who asks: the environment first, then files. Nothing of it is ever printed. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { misused } from './failure.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const defaultApiUrl = 'http://127.0.0.1:8080';

export interface Connection {
  baseUrl: string;
  token: string | null;
  /** Files that were looked at in vain; told when the API asks for a token. */
  searched: string[];
}

/**
 * MUSTER_API (else the local one) and a token from MUSTER_TOKEN, MUSTER_TOKEN_FILE, ~/.config/muster/token or, for an
 * API on this machine only, secrets.json of the data folder: a local token never travels to another host.
 */
export const findConnection = (environment: Environment, workingDir: string): Connection => {
  const baseUrl = (environment.MUSTER_API || defaultApiUrl).replace(/\/+$/, '');
  const address = parseUrl(baseUrl);
  if (environment.MUSTER_TOKEN) return { baseUrl, token: environment.MUSTER_TOKEN, searched: [] };

  const configDir = environment.XDG_CONFIG_HOME || join(environment.HOME || homedir(), '.config');
  const named = environment.MUSTER_TOKEN_FILE;
  const files = named ? [named] : [join(configDir, 'muster', 'token')];
  if (!named && isLoopback(address))
    files.push(join(workingDir, environment.MUSTER_DATA_DIR || '.muster', 'secrets.json'));
  for (const file of files) {
    const token = tokenIn(file);
    if (token) return { baseUrl, token, searched: [] };
  }
  return { baseUrl, token: null, searched: files };
};

const parseUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw misused(`MUSTER_API is "${text}", which is no address; give one such as ${defaultApiUrl}`);
  }
  return url;
};

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);

const tokenIn = (file: string): string | null => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
  if (!file.endsWith('.json')) return text || null;
  try {
    const secrets: unknown = JSON.parse(text);
    const { MUSTER_TOKEN: found } = Object(secrets);
    return typeof found === 'string' && found !== '' ? found : null;
  } catch {
    return null;
  }
};
