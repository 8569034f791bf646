/** What was changed about a workload, dated and compared, as its own history in the cluster tells it. Pure. */
import type { ClusterEvent, ConfigMap, Meta, Pod, Workload } from '../schema/kubernetes.ts';
import type { Target } from '../schema/remediation.ts';
import type { Change } from './change-score.ts';
import type { Release } from './releases.ts';
import { troubleOf } from './rollout.ts';
import { imageDifferences, restartAnnotation, tagOf, templateHash } from './rollout-history.ts';

export interface Seen {
  workload: Workload;
  releases: Release[];
  /** That of the present template. */
  current: Release | null;
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
  const { workload, releases, current } = seen;
  if (!current) return [];
  const { revision } = current;
  const previous = releases
    .filter((one) => one.revision < revision)
    .sort((one, other) => other.revision - one.revision)[0];
  if (!previous) return [];
  const write = latestWrite(workload.metadata, (fields) => fields.includes('"f:template"'));
  const at = current.cameBack ? (write?.at ?? firstUse(current, seen)) : current.createdAt;
  const images = imageDifferences(previous.template, current.template);
  const onlyRestarted = templateHash(previous.template) === templateHash(current.template);
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
      by: current.cause ?? write?.by ?? null,
      target,
      differs: onlyRestarted ? null : comparison(current, releases, { at, healthyUntil }),
    },
  ];
};

/** When a release of earlier days came back, as the controller's event tells or its oldest pod. */
const firstUse = (release: Release, { events }: Pick<Seen, 'events'>): string => {
  const cameBack = events.find((event) => event.message?.startsWith(`Scaled up replica set ${release.name} from 0 `));
  const oldest = firstOf(release.pods.map((pod) => pod.metadata.creationTimestamp));
  return (cameBack && timeOf(cameBack)) ?? oldest ?? release.createdAt;
};

const stampedByMuster = ({ template }: Release): boolean => JSON.stringify(template).includes(`"${restartAnnotation}"`);

/** Are the pods of the present template worse than the others, or is the symptom worse than before it? */
const comparison = (
  current: Release,
  releases: Release[],
  time: { at: string; healthyUntil: string | null },
): Change['differs'] => {
  const present = current.pods;
  const earlier = releases.filter((one) => one !== current).flatMap((one) => one.pods);
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
