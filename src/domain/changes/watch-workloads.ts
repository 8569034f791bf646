/** Releases and sizes between two looks at the workloads of a namespace. Pure. */
import type { Autoscaler } from '../../schema/kubernetes.ts';
import type { Target } from '../../schema/remediation.ts';
import type { Release } from '../kubernetes/releases.ts';
import type { ContainerImage } from '../kubernetes/rollout-history.ts';
import {
  changeOf,
  type InPlace,
  type NamespaceState,
  type Part,
  type SeenChange,
  type SeenWorkload,
  type WorkloadState,
} from './seen.ts';
import { factsOf, latestWrite, type ReleaseFacts, releaseInWords, releaseKey } from './workload-changes.ts';

export const workloadsPart = (
  known: NamespaceState['workloads'],
  seen: SeenWorkload[],
  { at, autoscalers }: { at: string; autoscalers: Autoscaler[] | null },
  inPlace: InPlace,
): Part => {
  const state = Object.fromEntries(seen.map((one) => [nameOf(one), stateOf(one, known?.[nameOf(one)])]));
  if (!known) return { state: { workloads: state }, changes: [] };
  const gone = Object.keys(known).filter((name) => !(name in state));
  return {
    state: { workloads: state },
    changes: [
      ...seen.flatMap((one) => {
        const target = inPlace(one.kind, one.workload.metadata.name);
        const before = known[nameOf(one)];
        if (before?.uid !== one.workload.metadata.uid) return [createdWorkload(one, target)];
        const isScaled = autoscalers?.some(
          ({ spec }) => nameOf(one) === `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
        );
        return [
          ...releasesSince(one, before.release, target, at),
          ...(isScaled ? [] : scaledSince(one, before.replicas, target, at)),
        ];
      }),
      ...gone.map((name) => {
        const [kind = '', ...rest] = name.split('/');
        const target = inPlace(kind, rest.join('/'));
        return changeOf('infrastructure', `${kind} ${target.name} was deleted`, {
          target,
          at,
          stamp: `gone/${known[name]?.uid}`,
        });
      }),
    ],
  };
};

const nameOf = ({ kind, workload }: SeenWorkload): string => `${kind}/${workload.metadata.name}`;

const newest = (releases: Release[]): Release | null =>
  releases.reduce<Release | null>((best, one) => (best && best.revision > one.revision ? best : one), null);

const stateOf = (one: SeenWorkload, before: WorkloadState | undefined): WorkloadState => {
  const latest = newest(one.releases);
  const isSame = before?.uid === one.workload.metadata.uid;
  return {
    uid: one.workload.metadata.uid,
    release: latest ? factsOf(latest) : isSame ? before.release : null,
    replicas: one.kind === 'DaemonSet' ? null : (one.workload.spec.replicas ?? 1),
  };
};

const createdWorkload = (one: SeenWorkload, target: Target): SeenChange => {
  const { metadata } = one.workload;
  const images = newest(one.releases);
  return changeOf('image', `${target.kind} ${target.name} was created`, {
    target,
    at: metadata.creationTimestamp,
    by: images?.cause ?? latestWrite(metadata, () => true)?.by ?? null,
    after: images ? imagesInWords(factsOf(images).images) : null,
    stamp: `created/${metadata.uid}`,
  });
};

/** One change per revision that is newer than the last one known; a revision that came back counts by its new number. */
const releasesSince = (one: SeenWorkload, known: ReleaseFacts | null, target: Target, at: string): SeenChange[] => {
  if (!known) return [];
  const write = latestWrite(one.workload.metadata, (fields) => fields.includes('"f:template"'));
  const fresh = one.releases
    .filter(({ revision }) => revision > known.revision)
    .sort((left, right) => left.revision - right.revision);
  let before = known;
  return fresh.map((release) => {
    const after = factsOf(release);
    const { kind, what } = releaseInWords(target.name, before, after);
    const [from, to] = [imagesInWords(before.images), imagesInWords(after.images)];
    before = after;
    return {
      ...changeOf(kind, what, {
        target,
        at: release.cameBack ? (write?.at ?? at) : release.createdAt,
        by: release.cause ?? write?.by ?? null,
        ...(kind === 'image' ? { before: from, after: to } : {}),
        stamp: '',
      }),
      dedupKey: releaseKey(target, release),
    };
  });
};

const imagesInWords = (images: ContainerImage[]): string =>
  images
    .map(({ image }) => image)
    .join(', ')
    .slice(0, 500);

/** What an autoscaler does all day is no change of anybody. */
const scaledSince = (one: SeenWorkload, known: number | null, target: Target, at: string): SeenChange[] => {
  const { replicas = 1 } = one.workload.spec;
  if (known === null || known === replicas) return [];
  const write = (one.workload.metadata.managedFields ?? [])
    .filter(({ time, subresource, fieldsV1 }) =>
      subresource === undefined || subresource === 'scale'
        ? time !== undefined && JSON.stringify(fieldsV1 ?? {}).includes('"f:replicas"')
        : false,
    )
    .sort((left, right) => (right.time ?? '').localeCompare(left.time ?? ''))[0];
  if (write?.subresource === 'scale' && write.manager === 'kube-controller-manager') return [];
  const when = write?.time ?? at;
  return [
    changeOf('scale', `${target.name} was scaled from ${known} to ${replicas}`, {
      target,
      at: when,
      by: write?.manager ?? null,
      before: String(known),
      after: String(replicas),
      stamp: `${known}-${replicas}/${when}`,
    }),
  ];
};
