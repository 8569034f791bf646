/** Reading an endpoint of the catalogue: every refusal in words that name what to grant or to correct. */
import { VendorError } from '../../src/domain/errors.ts';
import { redactSecrets } from '../../src/domain/redaction.ts';
import { type Reading, valueAt } from '../../src/domain/remediation/switch.ts';
import { type ActionContext, Refused } from './action.ts';

type Way = Pick<ActionContext, 'endpoint' | 'organisation' | 'target'>;

/** Null when there is nothing at that path. Throws Refused when it may not be read, VendorError to ask again. */
export const readEndpoint = async (context: Way, path: string): Promise<Reading | null> => {
  const name = context.target.cluster;
  const answer = await context.endpoint.request({ method: 'GET', path }).catch((error: unknown) => {
    if (error instanceof VendorError && error.terminal) throw new Refused(error.message);
    throw error;
  });
  if (answer.status === 404) return null;
  if (answer.status >= 200 && answer.status < 300) return { etag: answer.etag, body: answer.body };
  const no = notAllowed(context, `GET ${path}`, answer);
  if (no !== null) throw new Refused(no);
  throw new VendorError(`${name} answered ${answer.status} for ${path}: ${saidBy(answer.body)}`, {
    vendor: name,
    status: answer.status,
    terminal: answer.status < 500 && answer.status !== 408 && answer.status !== 429,
    ...(answer.retryAfterMs === null ? {} : { retryAfterMs: answer.retryAfterMs }),
  });
};

/** Which right is missing and where to give it; null when that is not what the answer says. */
export const notAllowed = (
  { organisation, target }: Pick<Way, 'organisation' | 'target'>,
  what: string,
  { status, body }: { status: number; body: unknown },
): string | null => {
  const token = organisation.endpoints[target.cluster]?.token;
  const where = token === undefined ? 'no token is named for it' : `its token is "${token}" of MUSTER_ENDPOINT_TOKENS`;
  if (status === 401) return `${target.cluster} does not accept who we are, and ${where}: renew it`;
  if (status !== 403) return null;
  return `Muster may not ${what} at ${target.cluster}: grant that right, ${where} (${target.cluster} says: ${saidBy(body)})`;
};

/** In the API's own words, as far as it has any; what looks like a secret in them is taken out. */
export const saidBy = (body: unknown): string => {
  const texts = ['/message', '/error', '/error/message', '/title', '/detail'].map((at) => valueAt(body, at));
  const text = texts.find((one): one is string => typeof one === 'string' && one !== '');
  return text === undefined ? 'no reason given' : redactSecrets(text).slice(0, 200);
};
