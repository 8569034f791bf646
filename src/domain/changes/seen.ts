/** What the watcher sees of a cluster, what it remembers between two looks, and how a change is told. */
import type { NewChange, WeighedKind } from '../../schema/change.ts';
import type { Meta, Workload } from '../../schema/kubernetes.ts';
import type { Target } from '../../schema/remediation.ts';
import type { Release } from '../kubernetes/releases.ts';
import { targetKey } from '../remediation/target.ts';
import type { ReleaseFacts } from './workload-changes.ts';

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

export interface WorkloadState {
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

/** One part of a look. */
export interface Part {
  state: NamespaceState;
  changes: SeenChange[];
}

export type InPlace = (kind: string, name: string) => Target;

/** Objects may be called `constructor`. */
export const named = <Value>(known: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(known, name) ? known[name] : undefined;

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
    dedupKey: `${kind}/${targetKey(facts.target)}/${stamp}`,
    ...told,
  };
};
