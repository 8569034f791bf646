import { ApplicationFailure, CancelledFailure, TemporalFailure } from '@temporalio/common';
import { MusterError, VendorError } from '../src/domain/errors.ts';

/** Codes that no repetition mends; the rest (`vendor`, `unavailable`) is decided one by one. */
const hopeless: ReadonlySet<string> = new Set([
  'invalidInput',
  'notFound',
  'conflict',
  'notPermitted',
  'notAuthenticated',
  'bug',
]);

/**
 * The only translation of our errors into Temporal's: terminal ones are not retried, and a vendor's Retry-After
 * becomes the next delay. The type is the error's class, so that a workflow can tell VendorError from Bug.
 * Errors that Temporal already understands, and errors nobody foresaw, pass as they are (the latter are retried).
 */
const toFailure = (error: unknown): unknown => {
  if (error instanceof TemporalFailure || error instanceof CancelledFailure) return error;
  if (error instanceof VendorError) {
    return ApplicationFailure.create({
      message: error.message,
      type: error.name,
      nonRetryable: error.terminal,
      details: [{ vendor: error.vendor, status: error.status, reason: error.reason ?? null }],
      ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
    });
  }
  if (error instanceof MusterError) {
    return ApplicationFailure.create({
      message: error.message,
      type: error.name,
      nonRetryable: hopeless.has(error.code),
      details: [{ code: error.code }],
    });
  }
  return error;
};

type Verb = (...given: never[]) => Promise<unknown>;

/** Every activity of the record, throwing failures that Temporal understands. */
export const translated = <Verbs extends object>(verbs: Verbs): Verbs =>
  Object.fromEntries(
    Object.entries(verbs).map(([name, verb]: [string, Verb]) => [
      name,
      async (...given: never[]): Promise<unknown> => {
        try {
          return await verb(...given);
        } catch (error) {
          throw toFailure(error);
        }
      },
    ]),
  ) as Verbs;

/** Asking again cannot help. */
export const isFinal = (error: unknown): boolean =>
  error instanceof VendorError ? error.terminal : error instanceof MusterError && hopeless.has(error.code);

/** What the timeline says of a failure: the vendor and its own short code, never the vendor's free text. */
export const inWords = (error: unknown): string => {
  if (error instanceof VendorError) {
    const how = error.reason ?? (error.status === null ? 'no answer' : `answer ${error.status}`);
    return `${error.vendor}: ${how}`;
  }
  if (error instanceof MusterError) return error.message;
  return 'an unforeseen error; the log has it';
};
