/** What PostgreSQL and its driver say when something is wrong, as errors of ours. */
import { MusterError, Unavailable } from '../domain/errors.ts';

/** Answers a MusterError for everything the driver throws: Unavailable where asking again later can help. */
export const asMusterError = (error: unknown, server: string): MusterError => {
  if (error instanceof MusterError) return error;
  const { message, code } = fields(error);
  const reason = unavailableBecause(code, message, server);
  if (reason !== null) return new Unavailable(reason, error);
  return new MusterError('bug', `PostgreSQL refused a statement of the store: ${message}`, { sqlState: code }, error);
};

/** True when the connection must not be used again. */
export const breaksConnection = (error: unknown): boolean => {
  const { message, code } = fields(error);
  return isConnectionTrouble(code, message) || /query read timeout/i.test(message);
};

/** Codes: https://www.postgresql.org/docs/18/errcodes-appendix.html */
const unavailableBecause = (code: string, message: string, server: string): string | null => {
  if (code === '57P03') return `PostgreSQL at ${server} is starting or stopping; try again in some seconds`;
  if (code === '28P01' || code === '28000') {
    return `PostgreSQL at ${server} does not accept the user or password of DATABASE_URL; correct it`;
  }
  if (code === '3D000') return `PostgreSQL at ${server} has no such database; create it or correct DATABASE_URL`;
  if (code === '25006')
    return `PostgreSQL at ${server} accepts no writes now (read-only or standby); point to the primary`;
  if (code === '53100') return `the disk of PostgreSQL at ${server} is full; free space on it`;
  if (code.startsWith('53')) return `PostgreSQL at ${server} is out of resources: ${message}; try again later`;
  if (code === '57014' || code === '55P03' || /timeout/i.test(message)) {
    return `PostgreSQL at ${server} did not answer in time; try again`;
  }
  if (code === '40P01' || code === '40001') return 'two writers of the store were in each other\u2019s way; try again';
  if (isConnectionTrouble(code, message)) {
    return `PostgreSQL at ${server} cannot be reached (${code || message}); check that it runs and that DATABASE_URL is right`;
  }
  return null;
};

const isConnectionTrouble = (code: string, message: string): boolean =>
  /^(08|57P0)/.test(code) ||
  /^(ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ENOENT)/.test(code) ||
  /connection (terminated|ended|error)|client has encountered|client was closed|not queryable/i.test(message);

/** An AggregateError (several addresses of one host failed) speaks through its first member. */
const fields = (error: unknown): { message: string; code: string } => {
  if (error instanceof AggregateError && error.errors.length > 0) return fields(error.errors[0]);
  if (!(error instanceof Error)) return { message: String(error), code: '' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { message: error.message, code };
};
