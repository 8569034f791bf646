/**
 * The history that StatefulSets and DaemonSets keep, as the real controllers do: one ControllerRevision per template,
 * found again when the template comes back and then renumbered max+1.
 * Source: https://github.com/kubernetes/kubernetes/tree/master/pkg/controller/history
 */
import { isSameTemplate, templateHash } from './names.ts';
import {
  type ControllerRevision,
  controlledBy,
  isControlledBy,
  type PodTemplate,
  type RevisedWorkload,
  revisionHashLabel,
} from './objects.ts';
import type { ClusterStore } from './store.ts';

const resource = 'apps/controllerrevisions';

export const revisionsOf = (store: ClusterStore, owner: RevisedWorkload): ControllerRevision[] =>
  store
    .revisions()
    .filter((one) => isControlledBy(one, owner))
    .sort((one, other) => one.revision - other.revision);

export const templateOf = (revision: ControllerRevision): PodTemplate => {
  const { $patch: _, ...template } = revision.data.spec.template;
  return template;
};

/** The revision of the present template, made or renumbered as need be. */
export const adoptRevision = (store: ClusterStore, owner: RevisedWorkload, atMs: number): ControllerRevision => {
  const known = revisionsOf(store, owner);
  const same = known.findLast((one) => isSameTemplate(templateOf(one), owner.spec.template));
  const highest = known.at(-1)?.revision ?? 0;
  if (!same) return createRevision(store, owner, highest + 1, atMs);
  if (same.revision < highest) {
    same.revision = highest + 1;
    store.put(resource, same);
  }
  return same;
};

const createRevision = (
  store: ClusterStore,
  owner: RevisedWorkload,
  revision: number,
  atMs: number,
): ControllerRevision => {
  const template = structuredClone(owner.spec.template);
  const hash = templateHash(template);
  return store.create<ControllerRevision>(
    resource,
    {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `${owner.metadata.name}-${hash}`,
        namespace: owner.metadata.namespace ?? 'default',
        labels: {
          ...template.metadata.labels,
          [owner.kind === 'DaemonSet' ? revisionHashLabel : 'controller.kubernetes.io/hash']: hash,
        },
        ownerReferences: [controlledBy(owner)],
      },
      revision,
      data: { spec: { template: { ...template, $patch: 'replace' } } },
    },
    atMs,
  );
};

/** Drops the oldest that nothing uses any more; `used` are names. */
export const forgetRevisions = (store: ClusterStore, owner: RevisedWorkload, used: Set<string>): void => {
  const idle = revisionsOf(store, owner).filter((one) => !used.has(one.metadata.name));
  const kept = owner.spec.revisionHistoryLimit ?? 10;
  for (const one of idle.slice(0, Math.max(0, idle.length - kept))) store.remove(resource, one);
};
