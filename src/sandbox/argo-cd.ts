/**
 * Argo CD's API for one application (https://argo-cd.readthedocs.io/en/stable/developer-guide/api-docs/), with the traits
 * that make rollbacks hard: none while auto-sync is on, one operation at a time, a rollback that is a sync like any other,
 * and auto-sync that brings back whatever git has as soon as it is on again.
 */
import { applyJsonPatch } from './kubernetes/patch.ts';
import { answer, asFields, asText, type Fields, jsonBody, type SandboxAnswer, type SandboxRequest } from './wire.ts';
import type { World } from './world.ts';

interface Operation {
  revision: string;
  dryRun: boolean;
  by: string;
  startedAtMs: number;
}

export interface ArgoApp {
  name: string;
  project: string;
  uid: string;
  resourceVersion: number;
  annotations: Record<string, string>;
  labels: Record<string, string>;
  ownerReferences: { kind: string; name: string; controller: boolean }[];
  /** What it deploys. */
  resources: { kind: string; name: string }[];
  syncPolicy: Fields;
  /** What git has at the revision that the application follows. */
  head: string;
  history: { id: number; revision: string; deployedAt: string; by: string }[];
  operation: Operation | null;
  last: (Operation & { phase: 'Succeeded' | 'Failed'; finishedAtMs: number }) | null;
  /** Commits whose pods do not become healthy, and those that cannot even be applied. */
  broken: string[];
  refused: string[];
}

const operationMs = 4_000;
const repository = 'https://git.lanternfish.example/shop/storefront.git';
const historyMax = 10;

export const seedApps = (nowMs: number): ArgoApp[] => {
  const day = 86_400_000;
  const revisions = ['0b7c4e1f5a2d', '5d20c98be713', 'c41a7706f9e2'];
  return [
    {
      name: 'storefront',
      project: 'shop',
      uid: '6d7f3e52-0f0e-4c7b-9a53-1f2f5f1f0001',
      resourceVersion: 100,
      annotations: {},
      labels: {},
      ownerReferences: [],
      resources: [{ kind: 'Deployment', name: 'storefront' }],
      syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
      head: 'c41a7706f9e2',
      history: revisions.map((revision, index) => ({
        id: index + 3,
        revision,
        deployedAt: new Date(nowMs - (revisions.length - index) * day).toISOString(),
        by: 'automated',
      })),
      operation: null,
      last: null,
      broken: [],
      refused: [],
    },
  ];
};

export const isArgoPath = (path: string): boolean => /^\/api\/v1\/(applications|account)(\/|$)/.test(path);

export const handleArgo = (world: World, request: SandboxRequest): SandboxAnswer => {
  const [, , , collection, name, verb, ...rest] = request.path.split('/');
  if (collection === 'account')
    return canI(
      world,
      [verb, ...rest].filter((part) => part !== undefined),
    );
  const app = world.state.endpoints.apps.find((one) => one.name === name);
  if (!app) return failed(404, 5, `applications.argoproj.io "${name}" not found`);
  if (mayNot(world, 'get')) return denied(app, 'get');
  runApp(world, app);
  if (request.method === 'GET' && verb === undefined) return answer(200, shown(app));
  const body = asFields(jsonBody(request)) ?? {};
  if (request.method === 'PATCH' && verb === undefined) return patch(world, app, body);
  if (request.method === 'POST' && verb === 'rollback') return rollBack(world, app, body);
  if (request.method === 'POST' && verb === 'sync') return sync(world, app, body);
  return failed(404, 5, 'Not Found');
};

/** A commit arrives in git; auto-sync brings it out, where it is on. */
export const pushCommit = (app: ArgoApp, revision: string, how: { broken?: boolean; refused?: boolean } = {}): void => {
  app.head = revision;
  if (how.broken) app.broken.push(revision);
  if (how.refused) app.refused.push(revision);
};

/** Lets everything happen that is due: operations end, auto-sync begins new ones. */
export const runApp = (world: World, app: ArgoApp): void => {
  const now = world.nowMs();
  for (let due = nextMove(world, app, now); due; due = nextMove(world, app, now)) due();
};

const nextMove = (world: World, app: ArgoApp, now: number): (() => void) | null => {
  const { operation } = app;
  const endsAtMs = operation ? operation.startedAtMs + world.scaledMs(operationMs) : 0;
  if (operation && endsAtMs <= now) return () => finish(app, operation, endsAtMs);
  if (operation || !isAutomated(app) || app.head === deployed(app)) return null;
  // A commit that auto-sync failed with is not tried again by it.
  if (app.last?.by === 'automated' && app.last.revision === app.head && app.last.phase === 'Failed') return null;
  return () => begin(app, { revision: app.head, dryRun: false, by: 'automated', startedAtMs: now });
};

const begin = (app: ArgoApp, operation: Operation): void => {
  app.operation = operation;
  app.resourceVersion += 1;
};

const finish = (app: ArgoApp, operation: Operation, finishedAtMs: number): void => {
  const phase = app.refused.includes(operation.revision) ? 'Failed' : 'Succeeded';
  app.last = { ...operation, phase, finishedAtMs };
  app.operation = null;
  app.resourceVersion += 1;
  if (phase === 'Failed' || operation.dryRun) return;
  app.history.push({
    id: (app.history.at(-1)?.id ?? 0) + 1,
    revision: operation.revision,
    deployedAt: new Date(finishedAtMs).toISOString(),
    by: operation.by,
  });
  app.history = app.history.slice(-historyMax);
};

const deployed = (app: ArgoApp): string => app.history.at(-1)?.revision ?? '';
const isAutomated = ({ syncPolicy }: ArgoApp): boolean => {
  const automated = asFields(syncPolicy.automated);
  return automated !== null && automated.enabled !== false;
};

const rollBack = (world: World, app: ArgoApp, body: Fields): SandboxAnswer => {
  if (mayNot(world, 'sync')) return denied(app, 'sync');
  if (isAutomated(app)) return failed(400, 9, 'rollback cannot be initiated when auto-sync is enabled');
  const id = Number(body.id ?? 0);
  const entry = app.history.find((one) => one.id === id);
  if (!entry) return failed(400, 3, `application argocd/${app.name} does not have deployment with id ${id}`);
  if (app.operation) return failed(400, 9, 'another operation is already in progress');
  begin(app, { revision: entry.revision, dryRun: body.dryRun === true, by: 'muster', startedAtMs: world.nowMs() });
  world.state.effects.applications += 1;
  return answer(200, shown(app));
};

const sync = (world: World, app: ArgoApp, body: Fields): SandboxAnswer => {
  if (mayNot(world, 'sync')) return denied(app, 'sync');
  if (app.operation) return failed(400, 9, 'another operation is already in progress');
  begin(app, { revision: asText(body.revision) ?? app.head, dryRun: false, by: 'admin', startedAtMs: world.nowMs() });
  return answer(200, shown(app));
};

const patch = (world: World, app: ArgoApp, body: Fields): SandboxAnswer => {
  if (mayNot(world, 'update')) return denied(app, 'update');
  if (body.patchType !== 'json') return failed(400, 3, `Patch type '${body.patchType}' is not supported`);
  let patched: Fields | null;
  try {
    patched = asFields(applyJsonPatch(shown(app), JSON.parse(asText(body.patch) ?? '')));
  } catch {
    return failed(500, 2, 'error applying patch: testing value failed');
  }
  app.syncPolicy = asFields(asFields(patched?.spec)?.syncPolicy) ?? {};
  app.annotations = (asFields(asFields(patched?.metadata)?.annotations) ?? {}) as Record<string, string>;
  app.resourceVersion += 1;
  world.state.effects.applications += 1;
  return answer(200, shown(app));
};

const canI = (world: World, [resource, action]: string[]): SandboxAnswer =>
  answer(200, { value: resource === 'applications' && action && !mayNot(world, action) ? 'yes' : 'no' });

const mayNot = (world: World, action: string): boolean => world.state.endpoints.denied.includes(action);
const denied = (app: ArgoApp, action: string): SandboxAnswer =>
  failed(403, 7, `permission denied: applications, ${action}, ${app.project}/${app.name}, sub: muster`);
const failed = (status: number, code: number, message: string): SandboxAnswer =>
  answer(status, { error: message, code, message });

const source = (revision = 'HEAD') => ({ repoURL: repository, path: 'deploy', targetRevision: revision });

const shown = (app: ArgoApp) => {
  const { operation, last, annotations, labels, ownerReferences } = app;
  const health = operation ? 'Progressing' : app.broken.includes(deployed(app)) ? 'Degraded' : 'Healthy';
  return {
    metadata: {
      name: app.name,
      namespace: 'argocd',
      uid: app.uid,
      resourceVersion: String(app.resourceVersion),
      annotations,
      labels,
      ...(ownerReferences.length > 0 ? { ownerReferences } : {}),
    },
    spec: {
      project: app.project,
      source: source(),
      destination: { server: 'https://kubernetes.default.svc', namespace: 'storefront' },
      // An empty one is not kept.
      ...(Object.keys(app.syncPolicy).length > 0 ? { syncPolicy: app.syncPolicy } : {}),
    },
    ...(operation ? { operation: operationShown(operation) } : {}),
    status: {
      // What it was compared with: git's newest, also after a rollback.
      sync: { status: deployed(app) === app.head ? 'Synced' : 'OutOfSync', revision: app.head },
      health: { status: health },
      resources: app.resources,
      reconciledAt: new Date(last?.finishedAtMs ?? 0).toISOString(),
      history: app.history.map(({ id, revision, deployedAt, by }) => ({
        id,
        revision,
        deployedAt,
        deployStartedAt: deployedAt,
        source: source(),
        initiatedBy: by === 'automated' ? { automated: true } : { username: by },
      })),
      ...operationState(operation, last),
    },
  };
};

const operationShown = ({ revision, dryRun, by }: Operation) => ({
  sync: { revision, source: source(), prune: false, ...(dryRun ? { dryRun } : {}) },
  initiatedBy: by === 'automated' ? { automated: true } : { username: by },
});

const operationState = (operation: Operation | null, last: ArgoApp['last']) => {
  const one = operation ?? last;
  if (!one) return {};
  const phase = operation ? 'Running' : last?.phase;
  return {
    operationState: {
      operation: operationShown(one),
      phase,
      message: phase === 'Failed' ? 'one or more objects failed to apply' : 'successfully synced',
      startedAt: new Date(one.startedAtMs).toISOString(),
      ...(operation ? {} : { finishedAt: new Date(last?.finishedAtMs ?? 0).toISOString() }),
      syncResult: { revision: one.revision, source: source() },
    },
  };
};
