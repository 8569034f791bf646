/** What a server of production and its driver say when something is wrong, in words that name the next step. */
import { VendorError } from '../../domain/errors.ts';

export const vendor = 'postgresql';

/** Always a VendorError. `name` is the connection's in MUSTER_DATABASES; its URL holds a password and is never shown. */
export const asVendorError = (error: unknown, name: string): VendorError => {
  if (error instanceof VendorError) return error;
  const { message, code } = fields(error);
  const { status, words } = troubleOf(code, message, name);
  return new VendorError(
    words,
    { vendor, status, terminal: status !== null && status < 500 && status !== 429, ...(code ? { reason: code } : {}) },
    error,
  );
};

/** Codes: https://www.postgresql.org/docs/18/errcodes-appendix.html */
const troubleOf = (code: string, message: string, name: string): { status: number | null; words: string } => {
  if (code === '28P01' || code === '28000')
    return { status: 401, words: `database ${name} does not accept the login of MUSTER_DATABASES; correct it there` };
  if (code === '3D000')
    return { status: 404, words: `database ${name}: the server has no database of the name in MUSTER_DATABASES` };
  if (code === '42501') return { status: 403, words: `database ${name} does not allow it: ${message}` };
  if (code === '53300')
    return {
      status: 429,
      words: `database ${name} has no connection left, not even for Muster; reserve one for its role (docs/databases.md)`,
    };
  if (code === '57014' || code === '55P03') return { status: 504, words: `database ${name} did not answer in time` };
  if (code === '57P03') return { status: 503, words: `database ${name} is starting or stopping; try again` };
  if (isWithoutAnswer(code, message))
    return {
      status: null,
      words: `no answer from database ${name} (${code || message}); check that it runs and that MUSTER_DATABASES is right`,
    };
  return { status: 500, words: `database ${name} refused: ${message}` };
};

/** The connection broke, or was never there. */
const isWithoutAnswer = (code: string, message: string): boolean =>
  /^(08|57P0)/.test(code) ||
  /^E[A-Z_]+$/.test(code) ||
  (code === '' && /connection|timeout|not queryable|client was closed/i.test(message));

/** An AggregateError (several addresses of one host failed) speaks through its first member. */
const fields = (error: unknown): { message: string; code: string } => {
  if (error instanceof AggregateError && error.errors.length > 0) return fields(error.errors[0]);
  if (!(error instanceof Error)) return { message: String(error), code: '' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { message: error.message, code };
};
