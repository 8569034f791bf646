/** Rights that are taken from the token on request, for tests; without any, it may do everything. */
import { asFields, asText } from '../wire.ts';
import type { ResourcePath } from './resources.ts';
import { ApiFault } from './status.ts';

/** What somebody wants to do, as the API server's authorizer sees it. Namespace empty: in all of them. */
export interface Attempt {
  verb: string;
  group: string;
  /** With its part: `pods/eviction`. */
  resource: string;
  namespace: string;
}

/** Null: any. */
type Denial = { [Key in keyof Attempt]: string | null };

export class Denials {
  private list: Denial[] = [];

  add(denial: Denial): void {
    this.list.push(denial);
  }
  clear(): void {
    this.list = [];
  }

  allows(attempt: Attempt): boolean {
    return !this.list.some((denial) =>
      (Object.keys(attempt) as (keyof Attempt)[]).every((key) => denial[key] === null || denial[key] === attempt[key]),
    );
  }

  /** Throws 403 in the API server's words. */
  check(attempt: Attempt, name: string): void {
    if (this.allows(attempt)) return;
    const { verb, group, resource, namespace } = attempt;
    const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    throw new ApiFault(
      403,
      'Forbidden',
      `${group === '' ? resource : `${resource}.${group}`}${name === '' ? '' : ` "${name}"`} is forbidden: User "system:serviceaccount:muster:muster-remediation" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
      { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource },
    );
  }
}

/** Null when the order cannot be understood. */
export const readDenial = (value: unknown): Denial | null => {
  const given = asFields(value);
  const resource = asText(given?.resource);
  if (!given || !resource) return null;
  return { verb: asText(given.verb), group: asText(given.group), resource, namespace: asText(given.namespace) };
};

/** What a request to a resource wants to do. */
export const attemptOf = (method: string, path: ResourcePath): Attempt => ({
  verb:
    method === 'GET' && path.name === null
      ? 'list'
      : ({ GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[method] ?? method),
  group: path.type.group,
  resource: path.subresource === null ? path.type.resource : `${path.type.resource}/${path.subresource}`,
  namespace: path.namespace,
});

/** What a SelfSubjectAccessReview asks about. */
export const reviewedAttempt = (spec: unknown): Attempt => {
  const asked = asFields(asFields(spec)?.resourceAttributes) ?? {};
  const part = asText(asked.subresource);
  return {
    verb: asText(asked.verb) ?? '',
    group: asText(asked.group) ?? '',
    resource: `${asText(asked.resource) ?? ''}${part ? `/${part}` : ''}`,
    namespace: asText(asked.namespace) ?? '',
  };
};
