/** Errors as the API server words them: every failure is a `Status` object, thrown as ApiFault. */

export interface StatusCause {
  reason: string;
  message: string;
  field?: string;
}

export class ApiFault extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Record<string, unknown>;
  constructor(code: number, reason: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
  get status(): Record<string, unknown> {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      details: this.details,
      code: this.code,
    };
  }
}

const qualified = (resource: string, group: string) => (group === '' ? resource : `${resource}.${group}`);

export const notFound = (resource: string, group: string, name: string): ApiFault =>
  new ApiFault(404, 'NotFound', `${qualified(resource, group)} "${name}" not found`, {
    name,
    ...(group ? { group } : {}),
    kind: resource,
  });

export const noSuchPath = (): ApiFault =>
  new ApiFault(404, 'NotFound', 'the server could not find the requested resource');

export const alreadyExists = (resource: string, group: string, name: string): ApiFault =>
  new ApiFault(409, 'AlreadyExists', `${qualified(resource, group)} "${name}" already exists`, {
    name,
    ...(group ? { group } : {}),
    kind: resource,
  });

export const staleVersion = (resource: string, group: string, name: string): ApiFault =>
  conflict(
    resource,
    group,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

export const conflict = (resource: string, group: string, name: string, why: string): ApiFault =>
  new ApiFault(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(resource, group)} "${name}": ${why}`, {
    name,
    ...(group ? { group } : {}),
    kind: resource,
  });

/** What any failed JSON patch gets, a failed `test` included: no cause, so the caller has to look for itself. */
export const patchFailed = (): ApiFault =>
  new ApiFault(422, 'Invalid', 'the server rejected our request due to an error in our request');

export const invalid = (kind: string, group: string, name: string, causes: StatusCause[]): ApiFault => {
  const list = causes.map((cause) => `${cause.field ?? ''}: ${cause.message}`);
  const text = list.length === 1 ? list[0] : `[${list.join(', ')}]`;
  return new ApiFault(422, 'Invalid', `${qualified(kind, group)} "${name}" is invalid: ${text}`, {
    name,
    ...(group ? { group } : {}),
    kind,
    causes,
  });
};

export const badRequest = (message: string): ApiFault => new ApiFault(400, 'BadRequest', message);

export const unauthorized = (): ApiFault => new ApiFault(401, 'Unauthorized', 'Unauthorized');

export const methodNotAllowed = (): ApiFault =>
  new ApiFault(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');

export const unsupportedMediaType = (accepted: string[]): ApiFault =>
  new ApiFault(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
