/** Reading a cluster: every refusal in words that name the missing permission, every object checked but kept whole. */
import type { z } from 'zod';
import { Unavailable, VendorError } from '../../src/domain/errors.ts';
import { minAvailableOf } from '../../src/domain/kubernetes/availability.ts';
import { missingInWords } from '../../src/domain/kubernetes/permission.ts';
import { figuresOf } from '../../src/domain/kubernetes/rollout.ts';
import { ownedBy } from '../../src/domain/kubernetes/rollout-history.ts';
import type { Cluster, ClusterRequest } from '../../src/integrations/integration.ts';
import {
  ControllerRevision,
  DisruptionBudget,
  List,
  Pod,
  ReplicaSet,
  type Selector,
  Status,
  Workload,
} from '../../src/schema/kubernetes.ts';
import type { Target } from '../../src/schema/remediation.ts';
import { type ActionContext, Refused } from './action.ts';

const plurals: Record<string, string> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
};
const pageSize = '250';
const pagesMax = 20;

export const workloadPath = (target: Target): string => {
  const plural = plurals[target.kind];
  if (!plural) throw new Refused(`nothing here knows how to change a ${target.kind}`);
  return `/apis/apps/v1/namespaces/${encodeURIComponent(target.namespace)}/${plural}/${encodeURIComponent(target.name)}`;
};

export const namespacedPath = (target: Pick<Target, 'namespace'>, group: string, plural: string): string =>
  `${group}/namespaces/${encodeURIComponent(target.namespace)}/${plural}`;

/** The object as raw JSON, null when there is none. Throws Refused when it may not be read, VendorError to ask again. */
export const readRaw = async (cluster: Cluster, path: string): Promise<unknown> => {
  const answer = await cluster.request({ method: 'GET', path });
  if (answer.status === 404) return null;
  if (answer.status === 200) return answer.body;
  throw trouble({ method: 'GET', path }, answer);
};

/** Throws Refused when it is not there. */
export const readObject = async <Shape>(
  cluster: Cluster,
  target: Target,
  path: string,
  schema: z.ZodType<Shape>,
): Promise<Shape> => {
  const raw = await readRaw(cluster, path);
  if (raw === null)
    throw new Refused(
      `there is no ${target.kind} ${target.name}${target.namespace === '' ? '' : ` in ${target.namespace}`}`,
    );
  return understood(schema, raw);
};

/** Throws Refused when it is not there. */
export const readWorkload = async (cluster: Cluster, target: Target): Promise<Workload> =>
  readObject(cluster, target, workloadPath(target), Workload);

/** All members, page by page. A kind of object the server does not serve has no members. */
export const listAll = async <Item>(
  cluster: Cluster,
  path: string,
  schema: z.ZodType<Item>,
  query: Record<string, string> = {},
): Promise<Item[]> => {
  const items: Item[] = [];
  let next: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const request = {
      method: 'GET' as const,
      path,
      query: { ...query, limit: pageSize, ...(next ? { continue: next } : {}) },
    };
    const answer = await cluster.request(request);
    if (answer.status === 404) return items;
    if (answer.status !== 200) throw trouble(request, answer);
    const list = understood(List, answer.body);
    for (const item of list.items ?? []) items.push(understood(schema, item));
    next = list.metadata.continue;
    if (!next) return items;
  }
  throw new Unavailable(`${path} has more members than can be taken in`);
};

const underSelector = <Item>(
  cluster: Cluster,
  path: string,
  schema: z.ZodType<Item>,
  workload: Workload,
): Promise<Item[]> => listAll(cluster, path, schema, { labelSelector: selectorText(workload.spec.selector) });

export const replicaSetsOf = async (cluster: Cluster, target: Target, workload: Workload): Promise<ReplicaSet[]> => {
  const path = namespacedPath(target, '/apis/apps/v1', 'replicasets');
  return ownedBy(workload, await underSelector(cluster, path, ReplicaSet, workload));
};

/** The history of a StatefulSet or DaemonSet. */
export const controllerRevisionsOf = async (
  cluster: Cluster,
  target: Target,
  workload: Workload,
): Promise<ControllerRevision[]> => {
  const path = namespacedPath(target, '/apis/apps/v1', 'controllerrevisions');
  return ownedBy(workload, await underSelector(cluster, path, ControllerRevision, workload));
};

/** Pods under the workload's selector whose controller is one of the given owners. */
export const podsOf = async (
  cluster: Cluster,
  target: Target,
  workload: Workload,
  owners: { metadata: Workload['metadata'] }[],
): Promise<Pod[]> => {
  const pods = await underSelector(cluster, namespacedPath(target, '/api/v1', 'pods'), Pod, workload);
  return owners.flatMap((owner) => ownedBy(owner, pods));
};

/** Pods of every revision of the workload. */
export const allPodsOf = async (cluster: Cluster, target: Target, workload: Workload): Promise<Pod[]> => {
  const owners = target.kind === 'Deployment' ? await replicaSetsOf(cluster, target, workload) : [workload];
  return podsOf(cluster, target, workload, owners);
};

/** All pods of the target's namespace that carry the labels. */
export const podsUnder = (cluster: Cluster, target: Target, labels: Record<string, string>): Promise<Pod[]> =>
  listAll(cluster, namespacedPath(target, '/api/v1', 'pods'), Pod, {
    labelSelector: selectorText({ matchLabels: labels }),
  });

/** What the workload's disruption budgets and the policies want to stay healthy; the strictest, 0 where nobody says more than one. */
export const healthyWanted = async (
  { cluster, target, require }: Pick<ActionContext, 'cluster' | 'target' | 'require'>,
  workload: Workload,
): Promise<number> => {
  const budgets = await budgetsOver(cluster, target, labelsOf(workload.spec.template));
  const byPolicy = minAvailableOf(require.minAvailable, figuresOf(workload, target.kind).wanted);
  // One is what guards ask for anyway, and a workload that stops before it starts anew has a class of its own.
  return Math.max(byPolicy > 1 ? byPolicy : 0, ...budgets.map((budget) => budget.status.desiredHealthy ?? 0));
};

/** The disruption budgets of the target's namespace that cover pods with these labels. */
export const budgetsOver = async (
  cluster: Cluster,
  target: Pick<Target, 'namespace'>,
  labels: Record<string, string>,
): Promise<DisruptionBudget[]> => (await budgetsIn(cluster, target)).filter((budget) => covers(budget, labels));

/** All disruption budgets of the target's namespace. */
export const budgetsIn = (cluster: Cluster, target: Pick<Target, 'namespace'>): Promise<DisruptionBudget[]> =>
  listAll(cluster, namespacedPath(target, '/apis/policy/v1', 'poddisruptionbudgets'), DisruptionBudget);

export const covers = ({ spec }: DisruptionBudget, labels: Record<string, string>): boolean =>
  spec.selector ? matches(spec.selector, labels) : false;

/** Turns an answer that is not success into the error it means. */
export const trouble = (request: ClusterRequest, answer: { status: number; body: unknown }): Error => {
  const { status } = answer;
  if (status === 401)
    return new Refused('the cluster does not accept the credentials of the remediation worker; renew them');
  if (status === 403) return new Refused(`${permissionMissing(request)} (the cluster says: ${messageOf(answer.body)})`);
  return new VendorError(
    `kubernetes answered ${status} for ${request.method} ${request.path}: ${messageOf(answer.body)}`,
    {
      vendor: 'kubernetes',
      status,
      terminal: status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 429,
    },
  );
};

/** The Role that would have allowed it, spelled so that it can be granted. */
export const permissionMissing = (request: ClusterRequest): string => {
  const [, api, namespace, resource, name, sub] =
    /^\/(?:apis\/([^/]+)\/[^/]+|api\/v1)\/(?:namespaces\/([^/]+)\/)?([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
      request.path,
    ) ?? [];
  const verb = { GET: name ? 'get' : 'list', PATCH: 'patch', PUT: 'update', POST: 'create', DELETE: 'delete' }[
    request.method
  ];
  const what = sub ? `${resource}/${sub}` : (resource ?? 'this');
  return missingInWords({ group: api ?? '', resource: what, verbs: [verb] }, namespace ?? null);
};

/** In the server's words; where a disruption budget refused, in those that name the budget. */
export const messageOf = (body: unknown): string => {
  const status = Status.safeParse(body);
  if (!status.success) return 'no reason given';
  const { message, reason, details } = status.data;
  const cause = details?.causes?.find((one) => one.reason === budgetCause)?.message;
  return (cause ?? message ?? reason ?? 'no reason given').slice(0, 300);
};

const budgetCause = 'DisruptionBudget';

/** A no for now: a disruption budget has nothing to give away. Throttling by the server has the same code, not the same cause. */
export const waitsForBudget = ({ status, body }: { status: number; body: unknown }): boolean =>
  status === 429 && (Status.safeParse(body).data?.details?.causes ?? []).some((one) => one.reason === budgetCause);

/** An eviction that fails on two budgets comes with 201 and says no in its body only; that is what counts. */
export const verdictOf = (answer: { status: number; body: unknown }): { status: number; body: unknown } => {
  const status = Status.safeParse(answer.body);
  return status.success && status.data.status === 'Failure' && answer.status < 300
    ? { status: status.data.code ?? 500, body: answer.body }
    : answer;
};

export const understood = <Shape>(schema: z.ZodType<Shape>, raw: unknown): Shape => {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Refused(
    `the cluster's answer is not understood at ${issue?.path.join('.') ?? 'its root'}: ${issue?.message ?? ''}`,
  );
};

const selectorText = (selector: Selector): string =>
  [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`),
    ...(selector.matchExpressions ?? []).map(({ key, operator, values }) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${(values ?? []).join(',')})`;
    }),
  ].join(',');

const matches = (selector: Selector, labels: Record<string, string>): boolean =>
  Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
    const value = labels[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const listed = value !== undefined && (values ?? []).includes(value);
    return operator === 'In' ? listed : !listed;
  });

export const labelsOf = (template: Workload['spec']['template']): Record<string, string> => {
  const labels = (template.metadata as { labels?: unknown } | undefined)?.labels;
  return typeof labels === 'object' && labels !== null ? (labels as Record<string, string>) : {};
};
