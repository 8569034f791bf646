/**
 * Rollbacks of Argo CD, decided from one reading of the application. What is deployed is told by the history: the
 * revision under `status.sync` is what git was last compared with, which after a rollback is still the bad one.
 */
import type { ArgoApplication, ArgoDeployment } from '../../schema/argo-cd.ts';
import { sha256 } from '../sha256.ts';
import { canonicalJson, sameJson } from './plan-hash.ts';

/** A deployment by what it deployed: the same commit with other parameters is another release. */
export interface Release {
  /** In the history; null for one that never got there because its sync failed. */
  id: number | null;
  /** Commits, joined where there are several sources. */
  revision: string;
  hash: string;
}

export const releaseOf = ({ id, revision, revisions, source, sources }: ArgoDeployment): Release => {
  const all = revisions ?? [revision ?? ''];
  return { id, revision: all.join('+'), hash: sha256(canonicalJson({ all, from: sources ?? source ?? null })) };
};

/** Oldest first. */
export const historyOf = ({ status }: ArgoApplication): Release[] =>
  [...(status.history ?? [])].sort((one, other) => one.id - other.id).map(releaseOf);

/** Whatever phase it is in, an operation keeps others from beginning. */
export const isBusy = ({ operation, status }: ArgoApplication): boolean =>
  (operation !== null && operation !== undefined) ||
  ['Running', 'Terminating'].includes(status.operationState?.phase ?? '');

/** What the present operation deploys, or the last one did; a dry run deploys nothing. */
const revisionAsked = (app: ArgoApplication): string | null => {
  const sync = (app.operation ?? app.status.operationState?.operation)?.sync;
  return sync && !sync.dryRun ? (sync.revisions ?? [sync.revision ?? '']).join('+') : null;
};

const hasFailed = ({ status }: ArgoApplication): boolean =>
  ['Failed', 'Error'].includes(status.operationState?.phase ?? '');

/** Null: off, so that nothing but people and we deploy. The raw value, so that it can be restored to the letter. */
export const automatedOf = ({ spec }: ArgoApplication): unknown => {
  const automated = spec.syncPolicy?.automated;
  return automated === undefined || automated.enabled === false ? null : automated;
};

/** Who would put the application back as it was: the reason in words, null when nothing here says so. */
export const keeperOf = (app: ArgoApplication): string | null => {
  const { metadata } = app;
  const [owner] = metadata.ownerReferences ?? [];
  if (owner) return `${owner.kind} ${owner.name}`;
  const [parent, what = ''] = (metadata.annotations?.['argocd.argoproj.io/tracking-id'] ?? '').split(':');
  if (parent && what.startsWith('argoproj.io/Application')) return `application ${parent}`;
  return deploys(app, metadata.name) ? `application ${metadata.name} itself` : null;
};

/** Labels by which Argo CD recognises what it deployed; Helm sets the first one too, to the name of a release. */
const instanceLabels = ['app.kubernetes.io/instance', 'argocd.argoproj.io/instance'];

/** Another application that may manage this one: whether it does, only it can tell (`deploys`). */
export const possibleKeeperOf = ({ metadata }: ArgoApplication): string | null =>
  instanceLabels
    .map((label) => metadata.labels?.[label])
    .find((name) => name !== undefined && name !== '' && name !== metadata.name) ?? null;

/** Whether that application is among what this one deploys. */
export const deploys = ({ status }: ArgoApplication, name: string): boolean =>
  (status.resources ?? []).some((one) => one.kind === 'Application' && one.name === name);

export type Choice = { from: Release; to: Release } | { because: string };

/**
 * The last deployment before the one that runs now, by its id and never by its place: releases that were rolled back
 * from are passed over, so that a second rollback goes further back instead of to and fro. A sync that failed counts as
 * what runs now, as it left a mixture. `id` is a person's own choice, and overrides everything but those passed over.
 */
export const chooseDeployment = (app: ArgoApplication, bad: readonly string[], id: number | null): Choice => {
  const history = historyOf(app);
  const last = history.at(-1);
  if (!last) return { because: 'it has no deployment that succeeded, so there is nothing to return to' };
  const from = failedRelease(app, last) ?? last;
  if (id !== null) {
    const to = history.find((one) => one.id === id);
    if (!to) return { because: `it has no deployment ${id}; it has ${history.map((one) => one.id).join(', ')}` };
    if (bad.includes(to.hash)) return { because: `deployment ${id} was itself rolled back from before` };
    return to.hash === from.hash ? { because: `deployment ${id} is what runs now` } : { from, to };
  }
  if (from === last && bad.length === 0 && cameBack(history))
    return {
      because:
        'what runs now is itself the result of a rollback that Muster did not make, so the one before it may be the bad one; name a deployment by its id',
    };
  const to = history.findLast((one) => one.hash !== from.hash && !bad.includes(one.hash));
  return to ? { from, to } : { because: 'there is no earlier deployment that was not rolled back from before' };
};

/** What a failed sync tried to deploy, where that is not what was there already. */
const failedRelease = (app: ArgoApplication, last: Release): Release | null => {
  const tried = app.status.operationState?.syncResult;
  if (!hasFailed(app) || !tried) return null;
  const release = { ...releaseOf({ ...tried, id: 0 }), id: null };
  return release.hash === last.hash ? null : release;
};

/** The newest deployment has been there before, with another one in between. */
const cameBack = (history: Release[]): boolean => {
  const now = history.at(-1)?.hash;
  const between = history.findLastIndex((one) => one.hash !== now);
  return history.slice(0, Math.max(0, between)).some((one) => one.hash === now);
};

export interface RollBackState {
  release: Release;
  /** `spec.syncPolicy.automated`, null where it is off. */
  automated: unknown;
  /** Start of the last operation that the plan saw; null: there was none, or none is told from ours. */
  operationAt: string | null;
}
type Steps = { before: RollBackState; desired: RollBackState };

/** Auto-sync: as wanted, as before, or as somebody else wants it. */
export const observeAutomated = (app: ArgoApplication, { before, desired }: Steps) => {
  const now = automatedOf(app);
  if (sameJson(now, desired.automated)) return 'applied';
  return sameJson(now, before.automated) ? 'pending' : 'superseded';
};

/**
 * An operation towards the wanted release that began after the plan is ours or as good as ours, even when it failed.
 * Over a sync that failed the history cannot tell, as the wanted release may be its newest all along: there only
 * operations count.
 */
export const observeRelease = (app: ArgoApplication, { before, desired }: Steps) => {
  const startedAt = app.status.operationState?.startedAt ?? null;
  const isNew = isBusy(app) || startedAt !== before.operationAt;
  if (revisionAsked(app) === desired.release.revision && isNew) return 'applied';
  if (before.release.id === null) return isBusy(app) || !isNew ? 'pending' : 'superseded';
  const now = historyOf(app).at(-1)?.hash;
  if (now === desired.release.hash) return isBusy(app) ? 'superseded' : 'applied';
  return now === before.release.hash ? 'pending' : 'superseded';
};

/** `Degraded` from before the operation ended says nothing about what it deployed. */
export const settlementOf = (
  app: ArgoApplication,
  wanted: Release,
): { state: 'settled' | 'moving' | 'failed'; finding: string } => {
  const { health, operationState, reconciledAt } = app.status;
  const what = `${app.metadata.name} at ${wanted.revision.slice(0, 12)}`;
  if (isBusy(app)) return { state: 'moving', finding: `${what} is being synced` };
  if (hasFailed(app))
    return {
      state: 'failed',
      finding: `the sync failed: ${(operationState?.message ?? 'no reason given').slice(0, 200)}`,
    };
  const seen = health?.status ?? 'Unknown';
  if (seen === 'Healthy') return { state: 'settled', finding: `${what} is synced and healthy` };
  const looked = Date.parse(reconciledAt ?? '') >= Date.parse(operationState?.finishedAt ?? '');
  if (seen === 'Degraded' && looked) return { state: 'failed', finding: `${what} is synced and degraded` };
  return { state: 'moving', finding: `${what} is synced, its health is ${seen}` };
};
