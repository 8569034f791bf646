/** What was changed about a workload, dated and compared, as its own history in the cluster tells it. Pure. */
import type { WeighedKind } from '../../schema/change.ts';
import type { ClusterEvent, ConfigMap, Meta, Pod, Template, Workload } from '../../schema/kubernetes.ts';
import type { Target } from '../../schema/remediation.ts';
import type { Release } from '../kubernetes/releases.ts';
import { troubleOf } from '../kubernetes/rollout.ts';
import {
  type ContainerImage,
  imagesOf,
  restartAnnotation,
  tagOf,
  templateHash,
} from '../kubernetes/rollout-history.ts';
import type { Change } from './score.ts';

export interface Seen {
  workload: Workload;
  releases: Release[];
  /** That of the present template. */
  current: Release | null;
  pods: Pod[];
  events: ClusterEvent[];
  configMaps: ConfigMap[];
}

const fromCluster = {
  scope: 'workload',
  source: 'cluster',
  author: null,
  link: null,
  differs: null,
  key: null,
} as const;

/** Every change in the workload's own history that can be dated. `healthyUntil`: last healthy point of the symptom. */
export const changesOf = (seen: Seen, target: Target, healthyUntil: string | null): Change[] => [
  ...releaseOf(seen, target, healthyUntil),
  ...scalingOf(seen, target),
  ...seen.configMaps.flatMap((map): Change[] => {
    const last = latestWrite(map.metadata, () => true);
    return last && last.at > map.metadata.creationTimestamp
      ? [
          {
            ...fromCluster,
            kind: 'config',
            weighsAs: 'config',
            what: `ConfigMap ${map.metadata.name} was changed`,
            at: last.at,
            by: last.by,
            target: { ...target, kind: 'ConfigMap', name: map.metadata.name },
          },
        ]
      : [];
  }),
];

/**
 * The change to the present template. Earlier ones are no suspects of their own: what has been replaced since is not
 * running any more. A ReplicaSet that was used before is as old as its first use, so then the last write of the
 * template counts. A restart brings what was there before: the release that it restarted is running still, and stays a
 * suspect beside it.
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
  const { kind, what, isRestart } = releaseInWords(target.name, factsOf(previous), factsOf(current));
  return [
    changeTo(current, target, {
      kind,
      what,
      at,
      by: current.cause ?? write?.by ?? null,
      differs: isRestart ? null : comparison(current, releases, { at, healthyUntil }),
    }),
    ...(isRestart ? restartedBy(current, seen, target, healthyUntil) : []),
  ];
};

const changeTo = (
  release: Release,
  target: Target,
  told: Pick<Change, 'what' | 'at' | 'by' | 'differs'> & { kind: WeighedKind },
): Change => ({ ...fromCluster, ...told, weighsAs: told.kind, target, key: releaseKey(target, release) });

/** Restarts of one release have its template but for their stamp, so their pods count as its own. */
const restartedBy = (current: Release, seen: Seen, target: Target, healthyUntil: string | null): Change[] => {
  const { hash } = factsOf(current);
  const downwards = [...seen.releases].sort((one, other) => other.revision - one.revision);
  const same = downwards.filter((one) => one.revision <= current.revision && factsOf(one).hash === hash);
  const previous = downwards.find((one) => one.revision < current.revision && !same.includes(one));
  const first = same.filter((one) => one.revision > (previous?.revision ?? 0)).at(-1);
  if (!first || !previous) return [];
  const { kind, what } = releaseInWords(target.name, factsOf(previous), factsOf(first));
  const at = first.cameBack ? firstUse(first, seen) : first.createdAt;
  const others = seen.releases.filter((one) => !same.includes(one));
  const whole = { ...first, pods: same.flatMap((one) => one.pods) };
  const differs = comparison(whole, others, { at, healthyUntil });
  return [changeTo(first, target, { kind, what, at, by: first.cause, differs })];
};

/** What of a release is compared with the one before it. */
export interface ReleaseFacts {
  revision: number;
  images: ContainerImage[];
  /** Names the release, not the restart. */
  hash: string;
  stampedByMuster: boolean;
}

export const factsOf = (release: { revision: number; template: Template }): ReleaseFacts => ({
  revision: release.revision,
  images: imagesOf(release.template),
  hash: templateHash(release.template),
  stampedByMuster: JSON.stringify(release.template).includes(`"${restartAnnotation}"`),
});

/** What a release of a workload was, against the one before it. */
export const releaseInWords = (
  name: string,
  before: ReleaseFacts,
  after: ReleaseFacts,
): { kind: WeighedKind; what: string; isRestart: boolean } => {
  const images = imagesChanged(before.images, after.images);
  if (images.length > 0) {
    const each = images.map((one) => `${shortOf(one.before)} to ${shortOf(one.after)}`).join(', ');
    return { kind: 'image', what: `revision ${after.revision} of ${name} (${each})`, isRestart: false };
  }
  if (before.hash === after.hash) {
    const what = `a restart of ${name}${after.stampedByMuster ? ' by Muster' : ''}`;
    return { kind: 'scale', what, isRestart: true };
  }
  const what = `revision ${after.revision} of ${name} (same images, other settings)`;
  return { kind: 'config', what, isRestart: false };
};

/** One use of one kept revision: the same, whoever reads it and whenever. */
export const releaseKey = (target: Target, release: { name: string; revision: number }): string =>
  ['release', target.cluster, target.namespace, target.kind, release.name, release.revision].join('/');

/** By container; null where it was not there before, or is not any more. */
const imagesChanged = (
  before: ContainerImage[],
  after: ContainerImage[],
): { before: string | null; after: string | null }[] => {
  const [earlier, later] = [before, after].map((images) => new Map(images.map((one) => [one.container, one.image])));
  return [...new Set([...before, ...after].map((one) => one.container))]
    .map((container) => ({ before: earlier?.get(container) ?? null, after: later?.get(container) ?? null }))
    .filter((one) => one.before !== one.after);
};

const shortOf = (image: string | null): string => (image === null ? 'none' : (tagOf(image) ?? image));

/** When a release of earlier days came back, as the controller's event tells or its oldest pod. */
const firstUse = (release: Release, { events }: Pick<Seen, 'events'>): string => {
  const cameBack = events.find((event) => event.message?.startsWith(`Scaled up replica set ${release.name} from 0 `));
  const oldest = firstOf(release.pods.map((pod) => pod.metadata.creationTimestamp));
  return (cameBack && timeOf(cameBack)) ?? oldest ?? release.createdAt;
};

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
    // What an autoscaler does all day is no change of anybody.
    .filter((one) => one.subresource === 'scale' && one.time && one.manager !== 'kube-controller-manager')
    .sort((one, other) => (other.time ?? '').localeCompare(one.time ?? ''))[0];
  return last?.time
    ? [
        {
          ...fromCluster,
          kind: 'scale',
          weighsAs: 'scale',
          what: `${target.name} was scaled to ${workload.spec.replicas ?? 1}`,
          at: last.time,
          by: last.manager ?? null,
          target,
        },
      ]
    : [];
};

/** Who last wrote fields that match, by the API server's own record (managedFields). */
export const latestWrite = (
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
