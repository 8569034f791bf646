/**
 * What changed in a namespace between two looks at it. Pure: what was seen last and what is seen now go in, the changes
 * and what is to be remembered come out. Of a part that could not be read, what was remembered stays; of one that is
 * read for the first time nothing is a change, because nobody knows what was there before.
 */
import type { NewChange, WeighedKind } from '../schema/change.ts';
import type { Autoscaler, Meta, Workload } from '../schema/kubernetes.ts';
import type { Target } from '../schema/remediation.ts';
import { shortDigest } from './change-digest.ts';
import { workloadKey } from './change-scope.ts';
import { secretsOf } from './config-readers.ts';
import type { Release } from './releases.ts';
import { type ContainerImage, configMapsOf } from './rollout-history.ts';
import { factsOf, latestWrite, type ReleaseFacts, releaseInWords, releaseKey } from './workload-changes.ts';

/** What a change has when the cluster tells it; whose service it is, and by whom, the caller adds. */
export type SeenChange = Omit<NewChange, 'author' | 'service' | 'environment' | 'drill'>;

export interface SeenWorkload {
  kind: string;
  workload: Workload;
  releases: Release[];
}

/** A ConfigMap or Secret, of whose data only the digest is known here. */
export interface SeenData {
  metadata: Meta;
  digest: string;
}

/** Null: could not be read. */
export interface NamespaceSeen {
  /** When it was looked at: the time of what nothing dates. */
  at: string;
  workloads: SeenWorkload[] | null;
  autoscalers: Autoscaler[] | null;
  configMaps: SeenData[] | null;
  secrets: SeenData[] | null;
}

interface WorkloadState {
  uid: string;
  release: ReleaseFacts | null;
  replicas: number | null;
}

/** By name; kept in the database between two looks. */
export interface NamespaceState {
  workloads?: Record<string, WorkloadState>;
  autoscalers?: Record<string, { uid: string; min: number; max: number }>;
  configMaps?: Record<string, string>;
  secrets?: Record<string, string>;
}

export const lookAtNamespace = (
  { cluster, namespace }: { cluster: string; namespace: string },
  known: NamespaceState,
  seen: NamespaceSeen,
): { state: NamespaceState; changes: SeenChange[] } => {
  const inPlace = (kind: string, name: string): Target => ({ cluster, kind, namespace, name });
  const workloads = seen.workloads ?? [];
  const parts = [
    seen.workloads && workloadsPart(known.workloads, seen.workloads, seen, inPlace),
    seen.autoscalers && autoscalersPart(known.autoscalers, seen.autoscalers, seen.at, inPlace),
    seen.configMaps && dataPart('ConfigMap', known.configMaps, seen.configMaps, { at: seen.at, inPlace, workloads }),
    seen.secrets && dataPart('Secret', known.secrets, seen.secrets, { at: seen.at, inPlace, workloads }),
  ].filter((part) => part !== null);
  return {
    state: Object.assign({}, known, ...parts.map(({ state }) => state)),
    changes: parts.flatMap(({ changes }) => changes),
  };
};

interface Part {
  state: NamespaceState;
  changes: SeenChange[];
}

type InPlace = (kind: string, name: string) => Target;

// --- releases and sizes ----------------------------------------------------------------------------------------------

const workloadsPart = (
  known: NamespaceState['workloads'],
  seen: SeenWorkload[],
  { at, autoscalers }: NamespaceSeen,
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

// --- autoscalers -----------------------------------------------------------------------------------------------------

const autoscalersPart = (
  known: NamespaceState['autoscalers'],
  seen: Autoscaler[],
  at: string,
  inPlace: InPlace,
): Part => {
  const state = Object.fromEntries(
    seen.map(({ metadata, spec }) => [
      metadata.name,
      { uid: metadata.uid, min: spec.minReplicas ?? 1, max: spec.maxReplicas },
    ]),
  );
  if (!known) return { state: { autoscalers: state }, changes: [] };
  const kind = 'HorizontalPodAutoscaler';
  const changes = seen.flatMap(({ metadata, spec }) => {
    const [before, after] = [known[metadata.name], state[metadata.name]];
    if (!after || (before && before.min === after.min && before.max === after.max)) return [];
    const write = latestWrite(metadata, (fields) => /"f:(min|max)Replicas"/.test(fields));
    const when = before ? (write?.at ?? at) : metadata.creationTimestamp;
    const [from, to] = [before ? rangeOf(before) : null, rangeOf(after)];
    const { kind: scaled, name } = spec.scaleTargetRef;
    return [
      changeOf('scale', `the autoscaler ${metadata.name} of ${name} allows ${to}${from ? ` (before: ${from})` : ''}`, {
        target: inPlace(kind, metadata.name),
        at: when,
        by: write?.by ?? null,
        before: from,
        after: to,
        concerns: [workloadKey(inPlace(scaled, name))],
        stamp: `${after.min}-${after.max}/${when}`,
      }),
    ];
  });
  const gone = Object.entries(known).filter(([name]) => !(name in state));
  return {
    state: { autoscalers: state },
    changes: [
      ...changes,
      ...gone.map(([name, { uid, ...before }]) =>
        changeOf('scale', `the autoscaler ${name} was deleted`, {
          target: inPlace(kind, name),
          at,
          before: rangeOf(before),
          stamp: `gone/${uid}`,
        }),
      ),
    ],
  };
};

const rangeOf = ({ min, max }: { min: number; max: number }): string => `${min} to ${max} replicas`;

// --- ConfigMaps and Secrets ------------------------------------------------------------------------------------------

const dataPart = (
  kind: 'ConfigMap' | 'Secret',
  known: Record<string, string> | undefined,
  seen: SeenData[],
  { at, inPlace, workloads }: { at: string; inPlace: InPlace; workloads: SeenWorkload[] },
): Part => {
  const state = Object.fromEntries(seen.map(({ metadata, digest }) => [metadata.name, digest]));
  const kept = kind === 'Secret' ? { secrets: state } : { configMaps: state };
  if (!known) return { state: kept, changes: [] };
  const weighed: WeighedKind = kind === 'Secret' ? 'secret' : 'config';
  const readersOf = (name: string): string[] =>
    workloads
      .filter(({ workload }) => (kind === 'Secret' ? secretsOf : configMapsOf)(workload.spec.template).includes(name))
      .map((one) => workloadKey(inPlace(one.kind, one.workload.metadata.name)));
  const changes = seen.flatMap(({ metadata, digest }) => {
    const before = known[metadata.name];
    if (before === digest) return [];
    const write = latestWrite(metadata, () => true);
    const when = before === undefined ? metadata.creationTimestamp : (write?.at ?? at);
    return [
      changeOf(weighed, `${kind} ${metadata.name} was ${before === undefined ? 'created' : 'changed'}`, {
        target: inPlace(kind, metadata.name),
        at: when,
        by: write?.by ?? null,
        before: before === undefined ? null : shortDigest(before),
        after: shortDigest(digest),
        concerns: readersOf(metadata.name),
        stamp: `${shortDigest(digest)}/${when}`,
      }),
    ];
  });
  const gone = Object.entries(known).filter(([name]) => !(name in state));
  return {
    state: kept,
    changes: [
      ...changes,
      ...gone.map(([name, digest]) =>
        changeOf(weighed, `${kind} ${name} was deleted`, {
          target: inPlace(kind, name),
          at,
          before: shortDigest(digest),
          concerns: readersOf(name),
          stamp: `gone/${shortDigest(digest)}/${at}`,
        }),
      ),
    ],
  };
};

/** `stamp` tells this change of the object from all others of it. */
export const changeOf = (
  kind: WeighedKind,
  what: string,
  facts: { target: Target; at: string; stamp: string } & Partial<SeenChange>,
): SeenChange => {
  const { stamp, ...told } = facts;
  return {
    kind,
    weighsAs: kind,
    what,
    by: null,
    source: 'cluster',
    reference: { commit: null, url: null },
    before: null,
    after: null,
    concerns: [],
    dedupKey: `${kind}/${workloadKey(facts.target)}/${stamp}`,
    ...told,
  };
};
