/**
 * What the cluster must allow, as actions write it, and what becomes of that: the rules of a Role, one question to the
 * API server per right, and words that say which right is missing. One text, so that the three never differ.
 */
import { Bug } from '../errors.ts';

/** Rights on one resource. */
export interface Permission {
  /** Empty: the core group. */
  group: string;
  /** With its part, where it has one: `pods/eviction`. */
  resource: string;
  verbs: string[];
  /** Needs a ClusterRole: the resource has no namespace, or all namespaces are meant. */
  wholeCluster: boolean;
}

/** A rule of a Role. */
export interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
/** Groups without a dot: https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/. Others have one. */
const plainGroups = ['apps', 'autoscaling', 'batch', 'extensions', 'policy'];
const form =
  'write "pods/log: get", "apps/deployments, apps/statefulsets: get, patch" or, for the whole cluster, "nodes: get (ClusterRole)"';

/** One permission per resource, in the order of the text. Throws Bug for anything else, wildcards included. */
export const readPermission = (text: string): Permission[] => {
  const [, resources, wanted, cluster] = /^([^:]+): ([a-z, ]+?)( \(ClusterRole\))?$/.exec(text) ?? [];
  const asked = wanted?.split(', ') ?? [];
  if (resources === undefined || asked.some((verb) => !verbs.includes(verb))) {
    throw new Bug(`the permission "${text}" cannot be read: ${form}`);
  }
  return resources.split(', ').map((name) => {
    if (!/^[a-z0-9.-]+(\/[a-z0-9]+){0,2}$/.test(name)) {
      throw new Bug(`the permission "${text}" cannot be read at "${name}": ${form}`);
    }
    const [first = '', ...rest] = name.split('/');
    const hasGroup = rest.length > 0 && (first.includes('.') || plainGroups.includes(first));
    return {
      group: hasGroup ? first : '',
      resource: hasGroup ? rest.join('/') : name,
      verbs: asked,
      wholeCluster: cluster !== undefined,
    };
  });
};

/** The least rules that allow all of it; resources of one group with the same verbs share a rule. */
export const rulesFor = (permissions: readonly Permission[]): Rule[] => {
  const verbsOf = new Map<string, Permission>();
  for (const permission of permissions) {
    const key = `${permission.group}/${permission.resource}`;
    const known = verbsOf.get(key)?.verbs ?? [];
    const all = new Set([...known, ...permission.verbs]);
    verbsOf.set(key, { ...permission, verbs: verbs.filter((verb) => all.has(verb)) });
  }
  const rules = new Map<string, Rule>();
  for (const { group, resource, verbs: allowed } of verbsOf.values()) {
    const key = `${group}: ${allowed.join()}`;
    const rule = rules.get(key) ?? { apiGroups: [group], resources: [], verbs: allowed };
    rule.resources.push(resource);
    rules.set(key, rule);
  }
  return [...rules.values()];
};

/** What is missing, spelled so that it can be granted. `namespace` null: in the whole cluster. */
export const missingInWords = (
  { group, resource, verbs: missing }: Pick<Permission, 'group' | 'resource' | 'verbs'>,
  namespace: string | null,
): string => {
  const quoted = missing.map((verb) => `"${verb}"`).join(', ');
  return `Muster may not ${missing.join(', ')} ${resource} in ${namespace ?? 'the cluster'}: grant its ${namespace === null ? 'ClusterRole' : 'Role'} apiGroups ["${group}"], resources ["${resource}"], verbs [${quoted}]`;
};
