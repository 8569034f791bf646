/**
 * One look at one place of a cluster for what was changed there. Reads only; what it may not read is named as missing and
 * the rest goes on. What was seen last is in the database, so a worker that restarts, or several that look at once,
 * neither lose a change nor record it twice. The worker asks again and again (worker/change-watcher.ts): watches die
 * silently, lists do not.
 */
import type { z } from 'zod';
import { personNamed } from '../src/domain/changes/author.ts';
import { digestOf } from '../src/domain/changes/digest.ts';
import type { NamespaceState, SeenChange, SeenData, SeenWorkload } from '../src/domain/changes/seen.ts';
import { lookAtNamespace } from '../src/domain/changes/watch.ts';
import { lookAtNodes, type NodesState } from '../src/domain/changes/watch-nodes.ts';
import { releasesOfReplicaSets, releasesOfRevisions } from '../src/domain/kubernetes/releases.ts';
import { ownedBy } from '../src/domain/kubernetes/rollout-history.ts';
import { redactSecrets } from '../src/domain/redaction.ts';
import { sameJson } from '../src/domain/remediation/plan-hash.ts';
import { targetKey } from '../src/domain/remediation/target.ts';
import type { Cluster } from '../src/integrations/integration.ts';
import type { NewChange, RecordedChange } from '../src/schema/change.ts';
import { Autoscaler, ConfigMap, ControllerRevision, Node, ReplicaSet, Workload } from '../src/schema/kubernetes.ts';
import { Secret } from '../src/schema/kubernetes-secret.ts';
import type { Organisation } from '../src/schema/organisation.ts';
import type { ChangeStore, WatchPlace } from '../src/store/store.ts';
import { Refused } from './actions/action.ts';
import { listAll } from './actions/cluster-reads.ts';

/** What the watcher lists. Secrets are left out: whoever wants them watched grants `secrets: list` by hand. */
export const changeWatchPermissions: readonly string[] = [
  'apps/deployments, apps/statefulsets, apps/daemonsets, apps/replicasets, apps/controllerrevisions: list',
  'configmaps, autoscaling/horizontalpodautoscalers: list',
  'nodes: list (ClusterRole)',
];

export interface ChangeWatch {
  store: ChangeStore;
  cluster: Cluster;
  organisation: Pick<Organisation, 'services' | 'people'>;
  place: WatchPlace;
  /** The time of what nothing dates. */
  at: string;
}

export interface Look {
  recorded: RecordedChange[];
  missing: string[];
}

/**
 * Records what changed since anybody looked last. The first look at a place, or at a part of it, only remembers. Null:
 * another worker looked at the same time, and what it saw counts. Throws VendorError or Unavailable when cluster or
 * database do not answer; nothing is recorded then.
 */
export const lookForChanges = async (watch: ChangeWatch): Promise<Look | null> => {
  const { store, place, at } = watch;
  const last = await store.seenLast(place);
  const known = rememberedIn(last?.state);
  const missing: string[] = [];
  const part: Part = async (name, get) => {
    try {
      return await get();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      missing.push(`${name}: ${error.message}`);
      return null;
    }
  };
  const { state, changes } =
    place.namespace === ''
      ? lookAtNodes(place.cluster, known, {
          at,
          nodes: await part('nodes', () => listAll(watch.cluster, '/api/v1/nodes', Node)),
        })
      : lookAtNamespace(place, known, { at, ...(await readNamespace(watch, part)) });
  const isNews = last === null || !sameJson(known, state);
  const recorded = await store.keepLook(
    place,
    { version: last?.version ?? 0, missing, at, ...(isNews ? { state: { ...state, format } } : {}) },
    changes.map((change) => owned(change, watch)),
  );
  return recorded && { recorded, missing };
};

type Part = <Value>(name: string, get: () => Promise<Value>) => Promise<Value | null>;

/** Grows when what is remembered gets another meaning; an older memory is then given up. */
const format = 1;

/** Only this file writes it. */
const rememberedIn = (state: unknown): NamespaceState & NodesState => {
  const { format: written, ...known } = (state ?? {}) as { format?: number } & NamespaceState & NodesState;
  return written === format ? known : {};
};

const readNamespace = async ({ cluster, store, place }: ChangeWatch, part: Part) => {
  const { namespace } = place;
  const list = <Item>(group: string, plural: string, schema: z.ZodType<Item>): Promise<Item[]> =>
    listAll(cluster, `${group}/namespaces/${encodeURIComponent(namespace)}/${plural}`, schema);
  const salt = await store.salt();
  const seenData = (kind: string, { metadata }: SeenDataOf, ...data: unknown[]): SeenData => ({
    metadata,
    digest: digestOf(salt, [place.cluster, namespace, kind, metadata.name], data),
  });
  const [workloads, autoscalers, configMaps, secrets] = await Promise.all([
    part('workloads', async () => {
      const [deployments, statefulSets, daemonSets, replicaSets, revisions] = await Promise.all([
        list('/apis/apps/v1', 'deployments', Workload),
        list('/apis/apps/v1', 'statefulsets', Workload),
        list('/apis/apps/v1', 'daemonsets', Workload),
        list('/apis/apps/v1', 'replicasets', ReplicaSet),
        list('/apis/apps/v1', 'controllerrevisions', ControllerRevision),
      ]);
      return [
        ...deployments.map((workload) => ofDeployment(workload, replicaSets)),
        ...statefulSets.map((workload) => ofRevisions('StatefulSet', workload, revisions)),
        ...daemonSets.map((workload) => ofRevisions('DaemonSet', workload, revisions)),
      ];
    }),
    part('autoscalers', () => list('/apis/autoscaling/v2', 'horizontalpodautoscalers', Autoscaler)),
    part('ConfigMaps', async () =>
      (await list('/api/v1', 'configmaps', ConfigMap))
        .filter(({ metadata }) => !madeByCluster.includes(metadata.name))
        .map((one) => seenData('ConfigMap', one, one.data ?? {}, one.binaryData ?? {})),
    ),
    part('Secrets', async () =>
      (await list('/api/v1', 'secrets', Secret))
        .filter(({ type }) => !bookkeeping.includes(type ?? ''))
        .map((one) => seenData('Secret', one, one.data ?? {})),
    ),
  ]);
  return { workloads, autoscalers, configMaps, secrets };
};

type SeenDataOf = Pick<ConfigMap, 'metadata'>;

/** In every namespace, and nobody's to change. */
const madeByCluster = ['kube-root-ca.crt', 'openshift-service-ca.crt'];
/** What tools write down for themselves with each release. */
const bookkeeping = ['helm.sh/release.v1', 'kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token'];

const ofDeployment = (workload: Workload, replicaSets: ReplicaSet[]): SeenWorkload => ({
  kind: 'Deployment',
  workload,
  releases: releasesOfReplicaSets(workload, ownedBy(workload, replicaSets), []).all,
});

const ofRevisions = (kind: string, workload: Workload, revisions: ControllerRevision[]): SeenWorkload => ({
  kind,
  workload,
  releases: releasesOfRevisions(workload, ownedBy(workload, revisions), []).all,
});

/** Whose service it is, when it is one's alone, and whose hand. */
const owned = (change: SeenChange, { organisation, place }: ChangeWatch): NewChange => {
  const reached = new Set([...(change.target ? [targetKey(change.target)] : []), ...change.concerns]);
  const [service, ...others] = Object.entries(organisation.services).filter(
    ([, { workload }]) => workload && reached.has(targetKey(workload)),
  );
  return {
    ...change,
    what: redactSecrets(change.what),
    by: change.by === null ? null : redactSecrets(change.by).slice(0, 200),
    author: personNamed(change.by, organisation.people),
    service: service && others.length === 0 ? service[0] : null,
    environment: null,
    drill: place.drill,
  };
};
