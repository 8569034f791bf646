/**
 * The way to one HTTP API of the catalogue: this host and no other, without redirects, ten seconds, 256 KiB, and the
 * token in one header. A name that somebody else's DNS points elsewhere does not help: TLS is verified by that name, and
 * plain HTTP stays on this machine.
 */
import { InvalidInput, VendorError } from '../../domain/errors.ts';
import { redactSecrets } from '../../domain/redaction.ts';
import { call } from '../http.ts';
import type { Endpoint, EndpointAnswer, EndpointRequest } from '../integration.ts';

export interface EndpointOptions {
  /** As the catalogue calls it. */
  name: string;
  url: string;
  token: string | null;
  /** Header that carries the token. */
  header: string;
}

const timeoutMs = 10_000;
const answerBytesMax = 256 * 1024;
/** What a plan may say beside its body: the credential is not among it. */
const headersOfPlans = ['if-match', 'idempotency-key', 'content-type'];

/** Nothing is contacted yet. Throws InvalidInput for an address that must not be called. */
export const createEndpoint = ({ name, url, token, header }: EndpointOptions): Endpoint => {
  const base = checkedAddress(name, url);
  const credential: Record<string, string> =
    token === null ? {} : { [header]: header.toLowerCase() === 'authorization' ? `Bearer ${token}` : token };
  const withoutToken = (text: string): string => (token ? text.replaceAll(token, '[redacted]') : text);

  return {
    async request(request) {
      const address = addressUnder(name, base, request.path);
      try {
        const answer = await call({
          vendor: name,
          method: request.method,
          url: address,
          headers: { accept: 'application/json', ...checkedHeaders(name, request), ...credential },
          ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
          timeoutMs,
          answerBytesMax,
          tellRedirects: true,
        });
        return read(name, request, answer.status, answer.headers, withoutToken(answer.text));
      } catch (error) {
        // Whatever a write answered, it was answered: the body does not matter then.
        if (error instanceof VendorError && error.status !== null && request.method !== 'GET')
          return { status: error.status, etag: null, retryAfterMs: null, body: null };
        if (error instanceof VendorError && token && error.message.includes(token))
          throw new VendorError(withoutToken(error.message), {
            vendor: name,
            status: error.status,
            terminal: error.terminal,
          });
        throw error;
      }
    },
  };
};

const read = (
  name: string,
  { method, path }: EndpointRequest,
  status: number,
  headers: Headers,
  text: string,
): EndpointAnswer => {
  if (status >= 300 && status < 400)
    throw new VendorError(
      `${name} answered ${path} with a redirect, and none is followed: write the final address into the catalogue`,
      { vendor: name, status, terminal: true },
    );
  const body = parsed(text);
  if (body === undefined && method === 'GET' && status < 300)
    throw new VendorError(
      `${name} answered ${path} with something that is not JSON: ${redactSecrets(text.slice(0, 80))}`,
      { vendor: name, status, terminal: true },
    );
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return {
    status,
    etag: headers.get('etag'),
    retryAfterMs: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null,
    body: body ?? null,
  };
};

/** Undefined when it is no JSON. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const loopback = ['localhost', '127.0.0.1', '[::1]'];
/** Where clouds keep the credentials of machines. */
const linkLocal = /^(169\.254\.|\[fe[89ab][0-9a-f]:|\[::ffff:a9fe:|0\.0\.0\.0$|\[::\]$)/;

const checkedAddress = (name: string, given: string): string => {
  const url = URL.parse(given);
  const fault = (what: string): InvalidInput => new InvalidInput(`endpoint ${name}: ${what}`);
  if (!url) throw fault('its url cannot be read; give one such as https://flags.example/api');
  if (url.username || url.password) throw fault('its url carries credentials; name them with token instead');
  if (url.search || url.hash) throw fault('its url ends with its path; leave out what follows ? and #');
  if (linkLocal.test(url.hostname)) throw fault(`${url.hostname} is never called`);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback.includes(url.hostname)))
    throw fault('its url must begin with https://; plain http is for this machine only');
  return url.href.replace(/\/+$/, '');
};

/** Exactly the text that was asked for: anything a URL would fold or take for something else is refused. */
const addressUnder = (name: string, base: string, path: string): string => {
  const address = `${base}${path}`;
  const [plain = ''] = path.split('?');
  const folds = !plain.startsWith('/') || /\/\/|#|%2f|%5c|%2e/i.test(plain) || URL.parse(address)?.href !== address;
  if (folds) throw new InvalidInput(`endpoint ${name}: "${path}" is not a path under its address`);
  return address;
};

const checkedHeaders = (name: string, { headers = {}, body }: EndpointRequest): Record<string, string> => {
  const given = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]));
  const foreign = Object.keys(given).find((key) => !headersOfPlans.includes(key));
  if (foreign !== undefined) throw new InvalidInput(`endpoint ${name}: a request cannot set the header ${foreign}`);
  if (Object.values(given).some((value) => /[^\x20-\x7e]/.test(value)))
    throw new InvalidInput(`endpoint ${name}: a header with characters that no header has`);
  return { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...given };
};
