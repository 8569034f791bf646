/** What was changed about a workload, dated and compared, as its own history in the cluster tells it. Pure. */
import type { ClusterEvent, ConfigMap, Meta, Pod, ReplicaSet, Workload } from '../schema/kubernetes.ts';
import type { Target } from '../schema/remediation.ts';
import type { Change } from './change-score.ts';
import { troubleOf } from './rollout.ts';
import { imageDifferences, ownedBy, restartAnnotation, revisionOf, tagOf, templateHash } from './rollout-history.ts';

export interface Seen {
  workload: Workload;
  replicaSets: ReplicaSet[];
  /** The ReplicaSet of the present template. */
  current: ReplicaSet | null;
  pods: Pod[];
  events: ClusterEvent[];
  configMaps: ConfigMap[];
}

/** Every change in the workload's own history that can be dated. `healthyUntil`: last healthy point of the symptom. */
export const changesOf = (seen: Seen, target: Target, healthyUntil: string | null): Change[] => [
  ...releaseOf(seen, target, healthyUntil),
  ...scalingOf(seen, target),
  ...seen.configMaps.flatMap((map): Change[] => {
    const last = latestWrite(map.metadata, () => true);
    return last && last.at > map.metadata.creationTimestamp
      ? [
          {
            kind: 'config',
            scope: 'workload',
            what: `ConfigMap ${map.metadata.name} was changed`,
            at: last.at,
            by: last.by,
            target: null,
            differs: null,
          },
        ]
      : [];
  }),
];

/**
 * The change to the present template. Earlier ones are no suspects of their own: what has been replaced since is not
 * running any more. A ReplicaSet that was used before is as old as its first use, so then the last write of the
 * template counts.
 */
const releaseOf = (seen: Seen, target: Target, healthyUntil: string | null): Change[] => {
  const { workload, replicaSets, current, pods } = seen;
  const revision = current ? revisionOf(current) : Number.NaN;
  const previous = replicaSets
    .filter((one) => one !== current && revisionOf(one) < revision)
    .sort((one, other) => revisionOf(other) - revisionOf(one))[0];
  if (!current || !previous) return [];
  const reused = current.metadata.annotations?.['deployment.kubernetes.io/revision-history'] !== undefined;
  const write = latestWrite(workload.metadata, (fields) => fields.includes('"f:template"'));
  const at = reused ? (write?.at ?? firstUse(current, seen)) : current.metadata.creationTimestamp;
  const images = imageDifferences(previous.spec.template, current.spec.template);
  const onlyRestarted = templateHash(previous.spec.template) === templateHash(current.spec.template);
  const what =
    images.length > 0
      ? `revision ${revision} of ${target.name} (${images.map((one) => `${tagOf(one.before ?? '') ?? one.before ?? 'none'} to ${tagOf(one.after ?? '') ?? one.after ?? 'none'}`).join(', ')})`
      : onlyRestarted
        ? `a restart of ${target.name}${stampedByMuster(current) ? ' by Muster' : ''}`
        : `revision ${revision} of ${target.name} (same images, other settings)`;
  return [
    {
      kind: images.length > 0 ? 'image' : onlyRestarted ? 'scale' : 'config',
      scope: 'workload',
      what,
      at,
      by: causeOf(current) ?? write?.by ?? null,
      target,
      differs: onlyRestarted ? null : comparison(current, replicaSets, pods, { at, healthyUntil }),
    },
  ];
};

/** What the pipeline wrote beside the release (kubectl's change-cause). */
const causeOf = (replicaSet: ReplicaSet): string | null =>
  replicaSet.metadata.annotations?.['kubernetes.io/change-cause'] ?? null;

/** When a ReplicaSet of earlier days came back, as the controller's event tells or its oldest pod. */
const firstUse = (replicaSet: ReplicaSet, { events, pods }: Pick<Seen, 'events' | 'pods'>): string => {
  const cameBack = events.find((event) =>
    event.message?.startsWith(`Scaled up replica set ${replicaSet.metadata.name} from 0 `),
  );
  const oldest = firstOf(ownedBy(replicaSet, pods).map((pod) => pod.metadata.creationTimestamp));
  return (cameBack && timeOf(cameBack)) ?? oldest ?? replicaSet.metadata.creationTimestamp;
};

const stampedByMuster = (replicaSet: ReplicaSet): boolean =>
  JSON.stringify(replicaSet.spec.template).includes(`"${restartAnnotation}"`);

/** Are the pods of the present template worse than the others, or is the symptom worse than before it? */
const comparison = (
  current: ReplicaSet,
  replicaSets: ReplicaSet[],
  pods: Pod[],
  time: { at: string; healthyUntil: string | null },
): Change['differs'] => {
  const present = ownedBy(current, pods);
  const earlier = replicaSets.filter((one) => one !== current).flatMap((one) => ownedBy(one, pods));
  const bad = present.filter((pod) => troubleOf(pod) !== null);
  if (bad.length > 0 && earlier.length > 0) {
    const value = earlier.every((pod) => troubleOf(pod) === null);
    return {
      value,
      how: value ? 'its pods fail while those of the revision before are well' : 'pods of both revisions fail',
    };
  }
  if (time.healthyUntil && endedWith(time.healthyUntil, time.at))
    return { value: true, how: 'the symptom was in its healthy range until about this change' };
  if (bad.length > 0 && bad.length === present.length) return { value: true, how: 'every pod of it fails' };
  return null;
};

const scalingOf = ({ workload }: Seen, target: Target): Change[] => {
  const last = (workload.metadata.managedFields ?? [])
    .filter((one) => one.subresource === 'scale' && one.time)
    .sort((one, other) => (other.time ?? '').localeCompare(one.time ?? ''))[0];
  return last?.time
    ? [
        {
          kind: 'scale',
          scope: 'workload',
          what: `${target.name} was scaled to ${workload.spec.replicas ?? 1}`,
          at: last.time,
          by: last.manager ?? null,
          target,
          differs: null,
        },
      ]
    : [];
};

/** Who last wrote fields that match, by the API server's own record (managedFields). */
const latestWrite = (
  metadata: Meta,
  matches: (fields: string) => boolean,
): { at: string; by: string | null } | null => {
  const last = (metadata.managedFields ?? [])
    .filter((one) => one.time && !one.subresource && matches(JSON.stringify(one.fieldsV1 ?? {})))
    .sort((one, other) => (other.time ?? '').localeCompare(one.time ?? ''))[0];
  return last?.time ? { at: last.time, by: last.manager ?? null } : null;
};

/** The healthy stretch ended with the change: figures over a window follow minutes later, and samples are rare. */
const endedWith = (healthyUntil: string, changedAt: string): boolean => {
  const afterMs = Date.parse(healthyUntil) - Date.parse(changedAt);
  return afterMs > -10 * 60_000 && afterMs < 5 * 60_000;
};

export const timeOf = (event: ClusterEvent): string =>
  event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp ?? event.metadata.creationTimestamp ?? '';

/** The earliest of some instants. */
export const firstOf = (instants: string[]): string | null => [...instants].sort()[0] ?? null;
