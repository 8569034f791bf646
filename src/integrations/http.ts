/** The only outbound HTTP client of the vendors: bounded, without redirects, without retries, with redacted errors. */
import { VendorError } from '../domain/errors.ts';

export interface HttpCall {
  vendor: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  body?: string;
  timeoutMs?: number;
  /** Larger answers are refused. */
  answerBytesMax?: number;
  /** Larger answers are cut off there instead. */
  cutsAnswers?: boolean;
  /** A redirect is an answer like any other instead of none; it is never followed. */
  tellRedirects?: boolean;
  /** Finds the vendor's own short code in the body of a refusal; the only part of it that people are shown. */
  reasonOf?: (text: string) => string | undefined;
}
export interface HttpAnswer {
  status: number;
  headers: Headers;
  text: string;
}

const timeoutMsDefault = 10_000;
const answerBytesMaxDefault = 8 * 1024 * 1024;

/** Returns any HTTP answer; throws VendorError with status null when none came (a write may have happened). */
export const call = async (request: HttpCall): Promise<HttpAnswer> => {
  try {
    const response = await fetch(request.url, {
      method: request.method,
      redirect: request.tellRedirects ? 'manual' : 'error',
      signal: AbortSignal.timeout(request.timeoutMs ?? timeoutMsDefault),
      ...(request.headers ? { headers: request.headers } : {}),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    const text = await textWithin(
      response,
      request.answerBytesMax ?? answerBytesMaxDefault,
      request.cutsAnswers ?? false,
    );
    if (text === null) {
      throw new VendorError(`${request.vendor} answered more than can be taken`, {
        vendor: request.vendor,
        status: response.status,
        terminal: true,
      });
    }
    return { status: response.status, headers: response.headers, text };
  } catch (error) {
    if (error instanceof VendorError) throw error;
    const reason =
      error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : 'no answer';
    throw new VendorError(
      `no answer from ${request.vendor} at ${redact(request.url)}: ${reason}`,
      {
        vendor: request.vendor,
        status: null,
        terminal: false,
      },
      error,
    );
  }
};

/** Of a longer body no more is taken in: its beginning where it may be cut, else null. */
const textWithin = async (response: Response, bytesMax: number, cuts: boolean): Promise<string | null> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax && !cuts) return null;
    chunks.push(chunk);
    if (bytes > bytesMax) break;
  }
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, bytesMax));
};

/** As call(), but anything other than 2xx throws: 4xx terminal (not 408, 409, 425, 429), the rest may be asked again. */
export const callOk = async (request: HttpCall): Promise<HttpAnswer> => {
  const answer = await call(request);
  if (answer.status >= 200 && answer.status < 300) return answer;
  const terminal = answer.status >= 400 && answer.status < 500 && ![408, 409, 420, 425, 429].includes(answer.status);
  const retryAfterMs = retryAfter(answer.headers.get('retry-after'));
  const reason = request.reasonOf?.(answer.text);
  throw new VendorError(`${request.vendor} answered ${answer.status}: ${answer.text.slice(0, 200)}`, {
    vendor: request.vendor,
    status: answer.status,
    terminal,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(reason === undefined ? {} : { reason }),
  });
};

const retryAfter = (header: string | null): number | undefined => {
  if (!header) return undefined;
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
};

/** Host and first path segment only: the rest of a URL may be a secret. */
export const redact = (url: string): string => {
  const parsed = URL.parse(url);
  return parsed ? `${parsed.protocol}//${parsed.host}/...` : 'an unreadable address';
};
