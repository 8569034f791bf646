/** The releases of a workload, read from what keeps its history: ReplicaSets or ControllerRevisions. Pure. */
import type { ControllerRevision, Meta, Pod, ReplicaSet, Template, Workload } from '../../schema/kubernetes.ts';
import { cameBack, currentRevision, podHashLabel, revisionsOf } from './controller-revisions.ts';
import { isReady } from './rollout.ts';
import { currentReplicaSet, ownedBy, revisionHistoryAnnotation, revisionOf } from './rollout-history.ts';

/** One pod template that a workload has or had. */
export interface Release {
  /** Of the object that keeps it. */
  name: string;
  revision: number;
  template: Template;
  createdAt: string;
  /** It served before, was replaced, and serves again. */
  cameBack: boolean;
  /** What the pipeline wrote beside it (kubectl's change-cause). */
  cause: string | null;
  pods: Pod[];
  ready: number;
}

export interface Releases {
  all: Release[];
  /** That of the present template; null while the cluster has not recorded it. */
  current: Release | null;
}

export const releasesOfReplicaSets = (deployment: Workload, owned: ReplicaSet[], pods: Pod[]): Releases => {
  const releases = new Map(
    owned
      .filter((one) => !Number.isNaN(revisionOf(one)))
      .map((one): [ReplicaSet, Release] => [
        one,
        {
          name: one.metadata.name,
          revision: revisionOf(one),
          template: one.spec.template,
          createdAt: one.metadata.creationTimestamp,
          cameBack: one.metadata.annotations?.[revisionHistoryAnnotation] !== undefined,
          cause: causeIn(one.metadata),
          pods: ownedBy(one, pods),
          ready: one.status.readyReplicas ?? 0,
        },
      ]),
  );
  const current = currentReplicaSet(deployment, owned);
  return { all: [...releases.values()], current: (current && releases.get(current)) ?? null };
};

/** For StatefulSets and DaemonSets; `pods` are their own. */
export const releasesOfRevisions = (workload: Workload, owned: ControllerRevision[], pods: Pod[]): Releases => {
  const revisions = revisionsOf(workload, owned);
  const current = currentRevision(workload, revisions);
  const all = revisions.map((one): Release => {
    const own = pods.filter((pod) => pod.metadata.labels?.[podHashLabel] === one.podHash);
    const kept = owned.find(({ metadata }) => metadata.name === one.name);
    return {
      name: one.name,
      revision: one.number,
      template: one.template,
      createdAt: one.createdAt,
      cameBack: cameBack(one, revisions),
      cause: kept ? causeIn(kept.metadata) : null,
      pods: own,
      ready: own.filter(isReady).length,
    };
  });
  return { all, current: all.find((one) => one.name === current?.name) ?? null };
};

const causeIn = ({ annotations }: Meta): string | null => annotations?.['kubernetes.io/change-cause'] ?? null;
