import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { VendorError } from '../../domain/errors.ts';

/** Codes after which asking again may help; "some aspect of the operation may have succeeded". */
const unclear: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
]);
const tooMany: ReadonlySet<string> = new Set(['ratelimited', 'rate_limited', 'accesslimited']);

/** The client's errors as ours: `reason` is Slack's own code. Every other code is a refusal that repeating cannot mend. */
export const toVendorError = (error: unknown): VendorError => {
  if (error instanceof VendorError) return error;
  if (error instanceof WebAPIRateLimitedError) {
    return trouble(
      { status: 429, terminal: false, reason: 'ratelimited', retryAfterMs: error.retryAfter * 1_000 },
      error,
    );
  }
  if (error instanceof WebAPIPlatformError) {
    const reason = error.data.error;
    // A proxy's HTML page with status 200 arrives as the "code".
    if (!/^[a-z0-9_:.-]{1,80}$/i.test(reason)) {
      return trouble({ status: null, terminal: false, reason: 'unreadable_answer' }, error);
    }
    if (unclear.has(reason)) return trouble({ status: 500, terminal: false, reason }, error);
    if (tooMany.has(reason)) return trouble({ status: 429, terminal: false, reason }, error);
    return trouble({ status: 400, terminal: true, reason }, error);
  }
  if (error instanceof WebAPIHTTPError) {
    const terminal = error.statusCode >= 400 && error.statusCode < 500 && ![408, 425, 429].includes(error.statusCode);
    return trouble({ status: error.statusCode, terminal, reason: `http_${error.statusCode}` }, error);
  }
  if (error instanceof WebAPIRequestError)
    return trouble({ status: null, terminal: false, reason: 'no_answer' }, error);
  // A 429 that names no time reaches us as a bare Error.
  if (error instanceof Error && error.message.startsWith('Retry header')) {
    return trouble({ status: 429, terminal: false, reason: 'ratelimited' }, error);
  }
  return trouble({ status: null, terminal: false, reason: 'no_answer' }, error);
};

const trouble = (
  facts: { status: number | null; terminal: boolean; reason: string; retryAfterMs?: number },
  cause: unknown,
): VendorError => new VendorError(`Slack: ${facts.reason}`, { vendor: 'slack', ...facts }, cause);
