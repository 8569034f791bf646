/**
 * What the remediation worker may do, asked once when it starts: a missing right is then in the log as the rule to
 * grant, instead of in the refusal of a plan at night. It only asks and tells; nothing waits for it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { missingInWords, type Permission, readPermission } from '../src/domain/kubernetes/permission.ts';
import type { Cluster } from '../src/integrations/integration.ts';
import type { Organisation } from '../src/schema/organisation.ts';
import type { Needs } from './roles.ts';

interface Log {
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
}

export interface PermissionCheck {
  organisation: Pick<Organisation, 'services'>;
  cluster(name: string, drill: boolean): Cluster;
  needs: readonly Needs[];
  log: Log;
  /** Ends the check; it then says nothing more. */
  signal: AbortSignal;
  /** Between two looks at a cluster that does not answer. */
  pauseMs?: number;
}

/** What one need lacks in one place. `namespace` null: in the whole cluster. */
export interface Missing {
  need: string;
  namespace: string | null;
  permissions: Permission[];
}

/** Questions that are open at once; each has a connection of its own. */
const lanes = 8;
/** Beyond these the rest of a large catalogue is left to its plans. */
const namespacesMax = 40;
const looks = 4;
const pauseMsDefault = 5_000;

/** Logs what is missing in every cluster of the catalogue. Never throws. */
export const checkPermissions = async (check: PermissionCheck): Promise<void> => {
  const { organisation, log, signal } = check;
  for (const [name, namespaces] of placesOf(organisation)) {
    try {
      const cluster = check.cluster(name, false);
      const missing = await askPatiently(check, () => missingPermissions(cluster, namespaces, check.needs));
      if (signal.aborted) return;
      tell(log, name, namespaces, missing);
    } catch (error) {
      if (signal.aborted) return;
      const because = error instanceof Error ? error.message : String(error);
      log.warn({ cluster: name }, `nobody knows yet what Muster may do in the cluster ${name}: ${because}`);
    }
  }
};

/** Asks the API server about every right. Throws what the cluster throws, or when it refuses to be asked. */
export const missingPermissions = async (
  cluster: Cluster,
  namespaces: readonly string[],
  needs: readonly Needs[],
): Promise<Missing[]> => {
  const wanted = needs.flatMap(({ name, permissions }) => {
    const all = permissions.flatMap(readPermission);
    const inside = all.filter(({ wholeCluster }) => !wholeCluster);
    const whole = all.filter(({ wholeCluster }) => wholeCluster);
    return [
      ...namespaces.map((namespace) => ({ need: name, namespace, permissions: inside })),
      { need: name, namespace: null, permissions: whole },
    ];
  });
  const denied = await deniedOf(cluster, wanted);
  return wanted
    .map((one) => ({
      ...one,
      permissions: one.permissions
        .map((permission) => ({
          ...permission,
          verbs: permission.verbs.filter((verb) => denied.has(keyOf({ ...permission, verb }, one.namespace))),
        }))
        .filter(({ verbs }) => verbs.length > 0),
    }))
    .filter(({ permissions }) => permissions.length > 0);
};

interface Right {
  group: string;
  resource: string;
  verb: string;
}

const keyOf = ({ group, resource, verb }: Right, namespace: string | null): string =>
  [namespace ?? '', group, resource, verb].join(' ');

/** Keys of the rights that the cluster does not give; each right is asked for once, however many need it. */
const deniedOf = async (cluster: Cluster, wanted: readonly Missing[]): Promise<Set<string>> => {
  const questions = new Map<string, { right: Right; namespace: string | null }>();
  for (const { namespace, permissions } of wanted) {
    for (const { group, resource, verbs } of permissions) {
      for (const verb of verbs) {
        const right = { group, resource, verb };
        questions.set(keyOf(right, namespace), { right, namespace });
      }
    }
  }
  const denied = new Set<string>();
  const waiting = [...questions];
  const lane = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [key, { right, namespace }] = next;
      if (!(await isAllowed(cluster, right, namespace))) denied.add(key);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return denied;
};

const Review = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) });

/** https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/ */
const isAllowed = async (cluster: Cluster, right: Right, namespace: string | null): Promise<boolean> => {
  const [resource, subresource] = right.resource.split('/');
  const { status, body } = await cluster.request({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: {
        resourceAttributes: {
          verb: right.verb,
          group: right.group,
          resource,
          ...(subresource === undefined ? {} : { subresource }),
          ...(namespace === null ? {} : { namespace }),
        },
      },
    },
  });
  const review = Review.safeParse(body);
  if (status === 201 && review.success) return review.data.status.allowed;
  throw new Error(`it answered ${status} when asked; give its account the ClusterRole system:basic-user`);
};

/** Cluster and worker may start together, so that the first look comes too early. */
const askPatiently = async (
  { signal, pauseMs = pauseMsDefault }: PermissionCheck,
  ask: () => Promise<Missing[]>,
): Promise<Missing[]> => {
  for (let look = 1; ; look++) {
    try {
      return await ask();
    } catch (error) {
      if (look === looks || signal.aborted) throw error;
    }
    await pause(pauseMs, undefined, { signal }).catch(() => undefined);
  }
};

/** Namespaces of the catalogue's workloads, by cluster. */
const placesOf = ({ services }: PermissionCheck['organisation']): Map<string, string[]> => {
  const places = new Map<string, Set<string>>();
  for (const { workload } of Object.values(services)) {
    if (!workload) continue;
    const known = places.get(workload.cluster) ?? new Set();
    places.set(workload.cluster, known.add(workload.namespace));
  }
  return new Map([...places].map(([cluster, namespaces]) => [cluster, [...namespaces].slice(0, namespacesMax)]));
};

const tell = (log: Log, cluster: string, namespaces: string[], missing: Missing[]): void => {
  for (const { need, namespace, permissions } of missing) {
    const rules = permissions.map((permission) => missingInWords(permission, namespace));
    const where = namespace === null ? 'cluster/' : '';
    const apply = `kubectl apply ${namespace === null ? '' : `-n ${namespace} `}-f deploy/kubernetes/rbac/${where}${need}.yaml`;
    log.warn(
      { cluster, namespace, need },
      `${need} cannot work in the cluster ${cluster}: ${rules.join('; ')} (or: ${apply})`,
    );
  }
  if (missing.length === 0) {
    log.info({ cluster, namespaces }, `Muster may do all that its actions need in the cluster ${cluster}`);
  }
};
