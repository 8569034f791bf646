/**
 * The one family of errors. `code` is stable for machines, `message` names the next action for people.
 * Vendors throw VendorError; activities/failure.ts alone turns it into Temporal's failure; api/problem.ts alone into HTTP.
 */
export type ErrorCode =
  | 'invalidInput'
  | 'notFound'
  | 'conflict'
  | 'notPermitted'
  | 'notAuthenticated'
  | 'unavailable'
  | 'vendor'
  | 'bug';

export class MusterError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown>;
  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
}

export interface FieldFault {
  path: string;
  message: string;
}

export class InvalidInput extends MusterError {
  readonly faults: FieldFault[];
  constructor(message: string, faults: FieldFault[] = []) {
    super('invalidInput', message, { faults });
    this.faults = faults;
  }
}
export class NotFound extends MusterError {
  constructor(message: string) {
    super('notFound', message);
  }
}
export class Conflict extends MusterError {
  constructor(message: string, details: Record<string, unknown> = {}) {
    super('conflict', message, details);
  }
}
export class NotPermitted extends MusterError {
  constructor(message: string) {
    super('notPermitted', message);
  }
}
export class NotAuthenticated extends MusterError {
  constructor(message: string) {
    super('notAuthenticated', message);
  }
}
/** Something of ours is away for now: answer 503 with Retry-After, never 4xx. */
export class Unavailable extends MusterError {
  constructor(message: string, cause?: unknown) {
    super('unavailable', message, {}, cause);
  }
}
/** An invariant is broken; never caught to go on. */
export class Bug extends MusterError {
  constructor(message: string) {
    super('bug', message);
  }
}

export interface VendorTrouble {
  vendor: string;
  /** HTTP status, or null when no answer came (then the outcome of a write is unknown). */
  status: number | null;
  retryAfterMs?: number;
  /** True: asking again cannot help. */
  terminal: boolean;
  /** The vendor's own short code, such as `name_taken`. */
  reason?: string;
}

export class VendorError extends MusterError {
  readonly vendor: string;
  readonly status: number | null;
  readonly retryAfterMs: number | undefined;
  readonly terminal: boolean;
  readonly reason: string | undefined;
  constructor(message: string, trouble: VendorTrouble, cause?: unknown) {
    super('vendor', message, { ...trouble }, cause);
    this.vendor = trouble.vendor;
    this.status = trouble.status;
    this.retryAfterMs = trouble.retryAfterMs;
    this.terminal = trouble.terminal;
    this.reason = trouble.reason;
  }
  /** A write whose answer never came may have happened: observe before anything else. */
  get outcomeUnknown(): boolean {
    return this.status === null || this.status >= 500;
  }
}
