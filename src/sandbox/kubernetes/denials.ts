/**
 * Rights that are taken from the token on request, for tests; without any, it may do everything. Beside it there may be
 * accounts that have only what rules give them: theirs is the token with "@" and their name behind it.
 */
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

/** As in a Role of this namespace. */
interface Grant {
  namespace: string;
  groups: string[];
  resources: string[];
  verbs: string[];
}

export class Denials {
  private list: Denial[] = [];
  private readonly accounts = new Map<string, Grant[]>();

  add(denial: Denial): void {
    this.list.push(denial);
  }
  /** From now on there is this account, with these rights and no others. */
  confine({ account, grants }: Confinement): void {
    this.accounts.set(account, grants);
  }
  knows(account: string): boolean {
    return this.accounts.has(account);
  }
  clear(): void {
    this.list = [];
    this.accounts.clear();
  }

  /** `account` null: the token itself. */
  allows(attempt: Attempt, account: string | null = null): boolean {
    if (account !== null && !(this.accounts.get(account) ?? []).some((grant) => permits(grant, attempt))) return false;
    return !this.list.some((denial) =>
      (Object.keys(attempt) as (keyof Attempt)[]).every((key) => denial[key] === null || denial[key] === attempt[key]),
    );
  }

  /** Throws 403 in the API server's words. */
  check(attempt: Attempt, name: string, account: string | null = null): void {
    if (this.allows(attempt, account)) return;
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

const permits = (grant: Grant, { verb, group, resource, namespace }: Attempt): boolean =>
  grant.namespace === namespace &&
  grant.groups.includes(group) &&
  grant.resources.includes(resource) &&
  grant.verbs.includes(verb);

interface Confinement {
  account: string;
  grants: Grant[];
}

/** `{account, namespace, rules}` with the rules of a Role; null when it is something else. */
export const readConfinement = (value: unknown): Confinement | null => {
  const given = asFields(value);
  const [account, namespace] = [asText(given?.account), asText(given?.namespace)];
  if (!account || !namespace || !Array.isArray(given?.rules)) return null;
  const texts = (list: unknown): string[] => (Array.isArray(list) ? list.map(String) : []);
  const grants = given.rules.map(asFields).map((rule) => ({
    namespace,
    groups: texts(rule?.apiGroups),
    resources: texts(rule?.resources),
    verbs: texts(rule?.verbs),
  }));
  return { account, grants };
};

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
