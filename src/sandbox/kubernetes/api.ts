/**
 * The HTTP face of the cluster: lists, reads, writes with the server's preconditions, and its subresources.
 * Answers have the shapes of the real API; every failure is a `Status` object. Watches are not served: poll.
 */
import { answer, asFields, asText, jsonBody, type SandboxAnswer, type SandboxRequest } from '../wire.ts';
import type { Cluster } from './cluster.ts';
import { attemptOf, type Denials, reviewedAttempt } from './denials.ts';
import { derivedObjects, withDerivedStatus } from './derived.ts';
import { podLog } from './logs.ts';
import { canonical, type Deployment, isControlledBy, type KubeObject, type Pod } from './objects.ts';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch } from './patch.ts';
import { deletePod } from './replica-set-controller.ts';
import { apiVersionOf, discovery, parseResourcePath, type ResourcePath, storedAs } from './resources.ts';
import { parseFieldSelector, parseLabelSelector } from './selectors.ts';
import {
  ApiFault,
  alreadyExists,
  badRequest,
  conflict,
  methodNotAllowed,
  notFound,
  staleVersion,
  unauthorized,
  unsupportedMediaType,
} from './status.ts';
import { defaultDeployment, defaultRevised, isKubeObject, validateDeployment } from './validation.ts';

export interface KubernetesContext {
  cluster: Cluster;
  denials: Denials;
  token: string;
  nowMs: () => number;
  /** Called once per write that was applied, dry runs not counted. */
  onWrite: (changed: boolean) => void;
}

const patchTypes = {
  'application/json-patch+json': applyJsonPatch,
  'application/merge-patch+json': applyMergePatch,
  'application/strategic-merge-patch+json': applyStrategicMergePatch,
} as const;

export const handleKubernetes = (context: KubernetesContext, request: SandboxRequest): SandboxAnswer => {
  try {
    return route({ ...context, account: accountOf(context, request) }, request);
  } catch (error) {
    if (error instanceof ApiFault) return answer(error.code, error.status);
    throw error;
  }
};

/** Null: whoever has the token itself. */
const accountOf = ({ token, denials }: KubernetesContext, { headers }: SandboxRequest): string | null => {
  const whole = `Bearer ${token}`;
  const { authorization = '' } = headers;
  if (authorization === whole) return null;
  const account = authorization.startsWith(`${whole}@`) ? authorization.slice(whole.length + 1) : '';
  if (!denials.knows(account)) throw unauthorized();
  return account;
};

type Asked = KubernetesContext & { account: string | null };

const route = (context: Asked, request: SandboxRequest): SandboxAnswer => {
  if (request.path === '/version') {
    return answer(200, { major: '1', minor: '37', gitVersion: 'v1.37.0+sandbox', platform: 'linux/amd64' });
  }
  if (['/healthz', '/livez', '/readyz'].includes(request.path)) return answer(200, 'ok');
  const known = request.method === 'GET' ? discovery(request.path) : null;
  if (known) return answer(200, known);
  const path = parseResourcePath(request.path);
  if (path.type.resource === 'selfsubjectaccessreviews') return review(context, request);
  context.denials.check(attemptOf(request.method, path), path.name ?? '', context.account);
  if (path.name === null) {
    if (request.method === 'GET') return list(context, path, request);
    if (request.method === 'POST') return create(context, path, request);
    throw methodNotAllowed();
  }
  if (path.subresource === null || path.subresource === 'status') {
    if (request.method === 'GET') return answer(200, structuredClone(find(context, path)));
    if (path.subresource === 'status') throw methodNotAllowed();
    if (request.method === 'PATCH' || request.method === 'PUT') return update(context, path, request);
    if (request.method === 'DELETE') return remove(context, path, request);
    throw methodNotAllowed();
  }
  const where = `${path.type.resource}/${path.subresource}`;
  if (where === 'deployments/scale') return scale(context, path, request);
  if (where === 'pods/log' && request.method === 'GET') {
    const text = podLog(find(context, path) as Pod, request.query, context.nowMs());
    return answer(200, text, { 'content-type': 'text/plain' });
  }
  if (where === 'pods/eviction' && request.method === 'POST') return evict(context, path, request);
  throw new ApiFault(404, 'NotFound', 'the server could not find the requested resource');
};

const review = ({ denials, account }: Asked, request: SandboxRequest): SandboxAnswer => {
  if (request.method !== 'POST') throw methodNotAllowed();
  const spec = asFields(jsonBody(request))?.spec ?? {};
  return answer(201, {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec,
    status: { allowed: denials.allows(reviewedAttempt(spec), account) },
  });
};

const objectsOf = (context: KubernetesContext, path: ResourcePath): KubeObject[] =>
  derivedObjects(context.cluster.store, path.type) ??
  context.cluster.store.list(storedAs(path.type)).map((object) => withDerivedStatus(context.cluster.store, object));

const find = (context: KubernetesContext, path: ResourcePath): KubeObject => {
  const name = path.name ?? '';
  const found = objectsOf(context, path).find(
    (object) => object.metadata.name === name && (object.metadata.namespace ?? '') === path.namespace,
  );
  if (!found) throw notFound(path.type.resource, path.type.group, name);
  return { ...found, apiVersion: apiVersionOf(path.type) };
};

const list = (context: KubernetesContext, path: ResourcePath, request: SandboxRequest): SandboxAnswer => {
  const { query } = request;
  if (query.get('watch') === 'true' || query.get('watch') === '1') {
    throw new ApiFault(405, 'MethodNotAllowed', 'the sandbox cluster serves no watches: list again instead');
  }
  const hasLabels = parseLabelSelector(query.get('labelSelector') ?? '');
  const hasFields = parseFieldSelector(query.get('fieldSelector') ?? '');
  const found = objectsOf(context, path).filter(
    (object) =>
      (path.namespace === '' || object.metadata.namespace === path.namespace) &&
      hasLabels(object.metadata.labels ?? {}) &&
      hasFields(object),
  );
  const version = String(context.cluster.store.state.resourceVersion);
  const start = startOf(query.get('continue'));
  const limit = Number(query.get('limit') ?? 0);
  const end = limit > 0 ? start + limit : found.length;
  const rest = found.length - end;
  const next = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', start: end })).toString('base64url');
  return answer(200, {
    kind: `${path.type.kind}List`,
    apiVersion: apiVersionOf(path.type),
    metadata: { resourceVersion: version, ...(rest > 0 ? { continue: next, remainingItemCount: rest } : {}) },
    // Members of a list carry neither kind nor apiVersion in the real API.
    items: found.slice(start, end).map(({ kind: _, apiVersion: __, ...object }) => structuredClone(object)),
  });
};

const startOf = (token: string | null): number => {
  if (!token) return 0;
  try {
    const { start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { start: number };
    if (Number.isInteger(start)) return start;
  } catch {
    // answered below like any other unreadable token
  }
  throw badRequest('continue key is not valid: unable to decode');
};

const isDryRun = (request: SandboxRequest): boolean => {
  const value = request.query.get('dryRun');
  if (value !== null && value !== 'All') throw badRequest(`Invalid value: "${value}": supported values: "All"`);
  return value === 'All';
};

const create = (context: KubernetesContext, path: ResourcePath, request: SandboxRequest): SandboxAnswer => {
  const body = jsonBody(request);
  if (!isKubeObject(body) || typeof body.metadata.name !== 'string')
    throw badRequest('the object provided is unrecognized');
  const { store } = context.cluster;
  const namespaced = path.type.namespaced;
  if (namespaced && !store.get('/namespaces', '', path.namespace)) throw notFound('namespaces', '', path.namespace);
  if (store.get(storedAs(path.type), namespaced ? path.namespace : '', body.metadata.name)) {
    throw alreadyExists(path.type.resource, path.type.group, body.metadata.name);
  }
  const { uid: _, resourceVersion: __, ...metadata } = body.metadata;
  const object = {
    ...defaulted(path.type.resource, body),
    metadata: { ...metadata, ...(namespaced ? { namespace: path.namespace } : {}) },
  };
  if (path.type.resource === 'deployments') validateDeployment(object as KubeObject, null);
  if (isDryRun(request)) return answer(201, object);
  const created = structuredClone(store.create<KubeObject>(storedAs(path.type), object, context.nowMs()));
  written(context, true);
  return answer(201, created);
};

const defaulted = (resource: string, object: KubeObject): KubeObject => {
  if (resource === 'deployments') return defaultDeployment(object);
  return resource === 'statefulsets' || resource === 'daemonsets' ? defaultRevised(object) : object;
};

const written = (context: KubernetesContext, changed: boolean): void => {
  context.onWrite(changed);
  if (changed) context.cluster.settle(context.nowMs());
};

const patched = (request: SandboxRequest, before: unknown): unknown => {
  const body = jsonBody(request);
  if (request.method === 'PUT') return body;
  const contentType = request.headers['content-type']?.split(';')[0]?.trim() ?? '';
  const apply = patchTypes[contentType as keyof typeof patchTypes];
  if (!apply) throw unsupportedMediaType(Object.keys(patchTypes));
  if (body === null) throw badRequest('the patch is not JSON');
  return apply(before, body);
};

const update = (context: KubernetesContext, path: ResourcePath, request: SandboxRequest): SandboxAnswer => {
  const before = find(context, path);
  const after = patched(request, before);
  const dryRun = isDryRun(request);
  if (!isKubeObject(after)) throw badRequest('the object provided is unrecognized');
  const { resource, group } = path.type;
  const name = before.metadata.name;
  if (after.metadata.name !== name) {
    throw badRequest(`the name of the object (${after.metadata.name}) does not match the name on the URL (${name})`);
  }
  if (after.metadata.uid && after.metadata.uid !== before.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${after.metadata.uid}, UID in object meta: ${before.metadata.uid}`;
    throw conflict(resource, group, name, why);
  }
  const version = after.metadata.resourceVersion;
  if (version && version !== before.metadata.resourceVersion) throw staleVersion(resource, group, name);
  const stored = merged(path, before, after);
  if (resource === 'deployments') validateDeployment(stored, before as Deployment);
  const changed = canonical(stored) !== canonical(before);
  if (changed && isSpecChange(path, before, stored)) {
    stored.metadata.generation = (before.metadata.generation ?? 1) + 1;
  }
  if (dryRun) return answer(200, stored);
  if (changed) context.cluster.store.put(storedAs(path.type), stored);
  const shown = structuredClone(stored);
  written(context, changed);
  return answer(200, shown);
};

/** Status and what the system owns stay as they are, whatever a client sends. */
const merged = (path: ResourcePath, before: KubeObject, after: KubeObject): KubeObject => {
  const { uid, resourceVersion, creationTimestamp, generation, namespace, ownerReferences } = before.metadata;
  const kept = { uid, resourceVersion, creationTimestamp };
  const result = {
    ...after,
    apiVersion: apiVersionOf(path.type),
    kind: path.type.kind,
    metadata: {
      ...structuredClone(after.metadata),
      ...kept,
      ...(generation === undefined ? {} : { generation }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(ownerReferences && !after.metadata.ownerReferences ? { ownerReferences } : {}),
    },
  };
  return structuredClone('status' in before ? { ...result, status: before.status } : result) as KubeObject;
};

/** On a Deployment an annotation counts as a change of the wish (strategy.go); elsewhere only the spec does. */
const isSpecChange = (path: ResourcePath, before: KubeObject, after: KubeObject): boolean => {
  if (before.metadata.generation === undefined) return false;
  const wish = (object: KubeObject) => [
    'spec' in object ? object.spec : null,
    path.type.resource === 'deployments' ? (object.metadata.annotations ?? {}) : null,
  ];
  return canonical(wish(before)) !== canonical(wish(after));
};

const checkPreconditions = (path: ResourcePath, object: KubeObject, options: unknown): void => {
  const wanted = asFields(asFields(options)?.preconditions);
  const { resource, group } = path.type;
  const { name, uid, resourceVersion } = object.metadata;
  const wantedUid = asText(wanted?.uid);
  if (wantedUid && wantedUid !== uid) {
    const why = `the UID in the precondition (${wantedUid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(resource, group, name, why);
  }
  const wantedVersion = asText(wanted?.resourceVersion);
  if (wantedVersion && wantedVersion !== resourceVersion) throw staleVersion(resource, group, name);
};

const remove = (context: KubernetesContext, path: ResourcePath, request: SandboxRequest): SandboxAnswer => {
  const object = find(context, path);
  checkPreconditions(path, object, jsonBody(request));
  const { name, uid } = object.metadata;
  const details = { name, ...(path.type.group ? { group: path.type.group } : {}), kind: path.type.resource, uid };
  const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
  const isPod = path.type.resource === 'pods';
  if (isDryRun(request)) return answer(200, isPod ? object : success);
  const { store } = context.cluster;
  if (isPod) deletePod(store, object as Pod, context.nowMs());
  else {
    removeOwned(context.cluster.store, object);
    store.remove(storedAs(path.type), object);
  }
  written(context, true);
  return answer(200, isPod ? object : success);
};

/** What the garbage collector takes away with its owner. */
const removeOwned = (store: Cluster['store'], owner: KubeObject): void => {
  for (const resource of ['apps/replicasets', 'apps/controllerrevisions', '/pods']) {
    for (const owned of store.list(resource).filter((one) => isControlledBy(one, owner))) {
      removeOwned(store, owned);
      store.remove(resource, owned);
    }
  }
};

const scale = (context: KubernetesContext, path: ResourcePath, request: SandboxRequest): SandboxAnswer => {
  const deployment = find(context, path) as Deployment;
  const before = asScale(deployment);
  if (request.method === 'GET') return answer(200, before);
  if (request.method !== 'PATCH' && request.method !== 'PUT') throw methodNotAllowed();
  const after = asFields(patched(request, before));
  const metadata = asFields(after?.metadata) ?? {};
  const { resource, group } = path.type;
  const { name, uid, resourceVersion } = deployment.metadata;
  if (metadata.uid && metadata.uid !== uid)
    throw conflict(resource, group, name, 'Precondition failed: UID in precondition');
  if (metadata.resourceVersion && metadata.resourceVersion !== resourceVersion)
    throw staleVersion(resource, group, name);
  const replicas = asFields(after?.spec)?.replicas ?? 0;
  const wish = structuredClone(deployment);
  wish.spec.replicas = replicas as number;
  validateDeployment(wish, deployment);
  const changed = wish.spec.replicas !== deployment.spec.replicas;
  if (changed) wish.metadata.generation = (deployment.metadata.generation ?? 1) + 1;
  if (isDryRun(request)) return answer(200, asScale(wish));
  if (changed) context.cluster.store.put('apps/deployments', wish);
  const shown = asScale(wish);
  written(context, changed);
  return answer(200, shown);
};

const asScale = (deployment: Deployment) => {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = deployment.metadata;
  const selector = Object.entries(deployment.spec.selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: deployment.spec.replicas },
    status: { replicas: deployment.status.replicas ?? 0, selector: selector.join(',') },
  };
};

const evict = (context: KubernetesContext, path: ResourcePath, request: SandboxRequest): SandboxAnswer => {
  const pod = find(context, path) as Pod;
  checkPreconditions(path, pod, asFields(jsonBody(request))?.deleteOptions);
  const { store } = context.cluster;
  const budgets = store
    .list('policy/poddisruptionbudgets')
    .filter((budget) => budget.metadata.namespace === pod.metadata.namespace)
    .map((budget) => withDerivedStatus(store, budget))
    .filter((budget) => coversPod(budget, pod));
  const ready = pod.status.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  for (const budget of budgets) {
    const status = asFields((budget as { status?: unknown }).status) ?? {};
    if (
      Number(status.disruptionsAllowed) > 0 ||
      (!ready && Number(status.currentHealthy) >= Number(status.desiredHealthy))
    ) {
      continue;
    }
    const needs = `The disruption budget ${budget.metadata.name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`;
    throw new ApiFault(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [{ reason: 'DisruptionBudget', message: needs }],
    });
  }
  if (!isDryRun(request)) {
    deletePod(store, pod, context.nowMs());
    written(context, true);
  }
  return answer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
};

const coversPod = (budget: KubeObject, pod: Pod): boolean => {
  const labels = asFields(asFields(asFields((budget as { spec?: unknown }).spec)?.selector)?.matchLabels) ?? {};
  return Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value);
};
