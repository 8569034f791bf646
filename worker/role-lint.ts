/**
 * Rules that no Role under deploy/kubernetes may break, whatever an action says it needs. `npm run roles` writes nothing that
 * has a fault.
 */
import { basename } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Permission, readPermission } from '../src/domain/kubernetes/permission.ts';
import type { Needs } from './roles.ts';

/** What is read of a manifest; the rest is Kubernetes'. */
export interface RoleManifest {
  rules?: { apiGroups?: string[]; resources?: string[]; verbs?: string[]; nonResourceURLs?: string[] }[];
}

/** One sentence per fault, each with its file; texts by path as roleFiles makes them. */
export const faultsOfRoles = (files: ReadonlyMap<string, string>, needs: readonly Needs[]): string[] =>
  [...files].flatMap(([path, text]) => {
    const permissions = needs.find(({ name }) => name === basename(path, '.yaml'))?.permissions ?? [];
    return parseAllDocuments(text)
      .flatMap((document) => roleFaults(document.toJS() as RoleManifest, permissions))
      .map((fault) => `${path}: ${fault}`);
  });

/** `permissions` is what the action, or whoever the file is for, says it needs. */
export const roleFaults = ({ rules = [] }: RoleManifest, permissions: readonly string[]): string[] => {
  const declared = new Set(permissions.flatMap(readPermission).flatMap(rightsOf));
  return rules.flatMap(({ apiGroups = [], resources = [], verbs = [], nonResourceURLs = [] }) => {
    const words = [...apiGroups, ...resources, ...verbs, ...nonResourceURLs];
    const given = apiGroups.flatMap((group) => resources.flatMap((resource) => rightsOf({ group, resource, verbs })));
    return [
      ...words.filter((word) => word.includes('*')).map((word) => `${word} is a wildcard`),
      ...verbs.filter((verb) => escalations.includes(verb)).map((verb) => `${verb} is a way to more rights`),
      ...resources.flatMap((resource) => resourceFaults(resource)),
      ...(apiGroups.includes('rbac.authorization.k8s.io') ? ['roles are a way to more rights'] : []),
      ...nonResourceURLs.map((url) => `${url} is no resource`),
      ...given.filter((right) => !declared.has(right)).map((right) => `${right} is not declared by the action`),
    ];
  });
};

/** https://kubernetes.io/docs/concepts/security/rbac-good-practices/ */
const escalations = ['escalate', 'bind', 'impersonate', 'approve', 'sign'];

const resourceFaults = (resource: string): string[] => {
  if (resource === 'secrets') return ['secrets hold credentials'];
  if (/^(pods|services|nodes)\/(exec|attach|portforward|proxy|ephemeralcontainers)$/.test(resource)) {
    return [`${resource} is a way into a pod`];
  }
  return /^serviceaccounts/.test(resource) ? [`${resource} is a way to more rights`] : [];
};

const rightsOf = ({ group, resource, verbs }: Pick<Permission, 'group' | 'resource' | 'verbs'>): string[] =>
  verbs.map((verb) => `${verb} ${group === '' ? '' : `${group}/`}${resource}`);
