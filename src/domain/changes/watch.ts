/**
 * What changed in a namespace between two looks at it. Pure: what was seen last and what is seen now go in, the changes
 * and what is to be remembered come out. Of a part that could not be read, what was remembered stays; of one that is
 * read for the first time nothing is a change, because nobody knows what was there before.
 */
import type { Autoscaler } from '../../schema/kubernetes.ts';
import type { Target } from '../../schema/remediation.ts';
import { targetKey } from '../remediation/target.ts';
import {
  changeOf,
  type InPlace,
  type NamespaceState,
  named,
  type Part,
  type SeenChange,
  type SeenData,
  type SeenWorkload,
} from './seen.ts';
import { dataPart } from './watch-data.ts';
import { workloadsPart } from './watch-workloads.ts';
import { latestWrite } from './workload-changes.ts';

/** Null: could not be read. */
export interface NamespaceSeen {
  /** When it was looked at: the time of what nothing dates. */
  at: string;
  workloads: SeenWorkload[] | null;
  autoscalers: Autoscaler[] | null;
  configMaps: SeenData[] | null;
  secrets: SeenData[] | null;
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
    const [before, after] = [named(known, metadata.name), named(state, metadata.name)];
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
        concerns: [targetKey(inPlace(scaled, name))],
        stamp: `${after.min}-${after.max}/${when}`,
      }),
    ];
  });
  const gone = Object.entries(known).filter(([name]) => !Object.hasOwn(state, name));
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
