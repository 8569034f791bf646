/**
 * Reading the past of a StatefulSet or DaemonSet, which the cluster keeps in ControllerRevisions: which one is the
 * present one, and which one a rollback may go to. Pure.
 *
 * As with ReplicaSets, a number is only good at the moment it is read: a revision that comes back gets the highest one.
 */
import type { ControllerRevision, Pod, Template, Workload } from '../../schema/kubernetes.ts';
import { sameJson } from '../remediation/plan-hash.ts';
import { isReady } from './rollout.ts';
import { chooseEarlier } from './rollout-history.ts';

export interface Revision {
  name: string;
  number: number;
  createdAt: string;
  /** As the workload itself would carry it. */
  template: Template;
  /** What its pods carry in label controller-revision-hash. */
  podHash: string;
}

export const podHashLabel = 'controller-revision-hash';

export type RevisionChoice =
  | { kind: 'found'; current: Revision; revision: Revision; why: string }
  | { kind: 'none'; because: string }
  /** The controller has not caught up with the present template: ask again in a moment. */
  | { kind: 'wait'; because: string };

/** By the same rule as for Deployments. `pods` are the workload's own; a revision with a ready pod still serves. */
export const chooseRevision = (facts: {
  workload: Workload;
  owned: ControllerRevision[];
  pods: Pod[];
  bad: string[];
  revision: number | null;
}): RevisionChoice => {
  const revisions = revisionsOf(facts.workload, facts.owned);
  const current = currentRevision(facts.workload, revisions);
  if (!current)
    return { kind: 'wait', because: 'the cluster has not yet recorded a revision for the present template' };
  const others = revisions.filter((one) => one !== current);
  const serving = new Set(facts.pods.filter(isReady).map((pod) => pod.metadata.labels?.[podHashLabel]));
  const chosen = chooseEarlier({
    current,
    others,
    read: ({ template, number, podHash }) => ({ template, revision: number, serving: serving.has(podHash) }),
    cameBack: cameBack(current, others),
    bad: facts.bad,
    revision: facts.revision,
  });
  if (chosen.kind === 'none') return chosen;
  return { kind: 'found', current, revision: chosen.earlier, why: chosen.why };
};

/** Nothing marks a revision that came back, but it is older than one with a lower number. */
export const cameBack = (revision: Revision, others: Revision[]): boolean =>
  others.some((one) => one.number < revision.number && one.createdAt > revision.createdAt);

export const revisionsOf = (workload: Workload, owned: ControllerRevision[]): Revision[] =>
  owned.flatMap((one) => {
    const template = one.data?.spec?.template;
    if (!template) return [];
    const { name, labels, creationTimestamp } = one.metadata;
    return [
      {
        name,
        number: one.revision,
        createdAt: creationTimestamp,
        template: asWritten(template, workload.spec.template),
        // A DaemonSet's revision carries the label itself; a StatefulSet's pods carry the revision's name.
        podHash: labels?.[podHashLabel] ?? name,
      },
    ];
  });

/**
 * The revision of the present template. A cluster that was upgraded may write a template otherwise than it did then
 * (https://github.com/kubernetes/kubernetes/issues/55072); once the controller has seen the workload, its own is the
 * one with the highest number. Null while it has not.
 */
export const currentRevision = (workload: Workload, revisions: Revision[]): Revision | null => {
  const newestFirst = [...revisions].sort((one, other) => other.number - one.number);
  const same = newestFirst.find((one) => sameJson(one.template, workload.spec.template));
  const seen = (workload.status.observedGeneration ?? 0) >= (workload.metadata.generation ?? 0);
  return same ?? (seen ? newestFirst[0] : undefined) ?? null;
};

/** Without the patch directive it is stored with, and with or without the empty creation time that servers once wrote, as this one does. */
const asWritten = (stored: Template, present: Template): Template => {
  const { $patch: _directive, ...template } = stored;
  const { creationTimestamp: _empty, ...metadata } = (template.metadata ?? {}) as Record<string, unknown>;
  const writesEmpty = 'creationTimestamp' in ((present.metadata ?? {}) as Record<string, unknown>);
  return { ...template, metadata: writesEmpty ? { creationTimestamp: null, ...metadata } : metadata };
};
