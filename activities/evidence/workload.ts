/** The workload as its cluster shows it: releases, pods, events, ConfigMaps, logs, and what stands around it. */

import { type Seen, timeOf } from '../../src/domain/changes/workload-changes.ts';
import { releasesOfReplicaSets, releasesOfRevisions } from '../../src/domain/kubernetes/releases.ts';
import { troubleOf } from '../../src/domain/kubernetes/rollout.ts';
import { configMapsOf } from '../../src/domain/kubernetes/rollout-history.ts';
import type { Cluster } from '../../src/integrations/integration.ts';
import type { Evidence } from '../../src/schema/evidence.ts';
import { ClusterEvent, ConfigMap, type Meta, type Pod, type Workload } from '../../src/schema/kubernetes.ts';
import type { Target } from '../../src/schema/remediation.ts';
import {
  controllerRevisionsOf,
  listAll,
  namespacedPath,
  podsOf,
  readRaw,
  readWorkload,
  replicaSetsOf,
  understood,
} from '../actions/cluster-reads.ts';
import { logsOf } from './logs.ts';
import { nodesOf } from './nodes.ts';
import type { Part } from './parts.ts';
import { type Surroundings, surroundingsOf } from './surroundings.ts';

const podsMax = 50;
const eventsMax = 50;
const configMapsMax = 10;

/** As `changesOf` and `pictureOf` take it; the pods in trouble come first. */
export interface Looked extends Seen, Surroundings {
  target: Target;
  /** How many pods there are; `pods` are at most fifty of them. */
  podsInAll: number;
  logs: Evidence['logs'];
  nodes: Evidence['nodes'];
}

/** Null when not even the workload can be read; every other part may fail by itself. */
export const lookAt = async (part: Part, reach: () => Cluster, target: Target): Promise<Looked | null> => {
  const found = await part<{ cluster: Cluster; workload: Workload } | null>('the workload', null, async () => {
    const cluster = reach();
    return { cluster, workload: await readWorkload(cluster, target) };
  });
  if (!found) return null;
  const { cluster, workload } = found;
  const isDeployment = target.kind === 'Deployment';
  const surroundings = surroundingsOf(part, cluster, target, workload);
  const [replicaSets, revisions] = await Promise.all([
    part('the rollout history', [], async () => (isDeployment ? replicaSetsOf(cluster, target, workload) : [])),
    part('the rollout history', [], async () => (isDeployment ? [] : controllerRevisionsOf(cluster, target, workload))),
  ]);
  const [pods, events, configMaps] = await Promise.all([
    part('the pods', [], () => podsOf(cluster, target, workload, isDeployment ? replicaSets : [workload])),
    part('the events', [], () => listAll(cluster, namespacedPath(target, '/api/v1', 'events'), ClusterEvent)),
    part('the ConfigMaps', [], () => readConfigMaps(cluster, target, configMapsOf(workload.spec.template))),
  ]);
  const looked = troubledFirst(pods).slice(0, podsMax);
  const { all, current } = isDeployment
    ? releasesOfReplicaSets(workload, replicaSets, pods)
    : releasesOfRevisions(workload, revisions, pods);
  const [logs, nodes] = await Promise.all([logsOf(part, cluster, target, looked), nodesOf(part, cluster, pods)]);
  return {
    target,
    workload,
    releases: all,
    current,
    pods: looked,
    podsInAll: pods.length,
    events: aboutThese(events, [workload, ...replicaSets, ...pods]),
    configMaps,
    logs,
    nodes,
    ...(await surroundings),
  };
};

const troubledFirst = (pods: Pod[]): Pod[] =>
  [...pods].sort((one, other) => Number(troubleOf(other) !== null) - Number(troubleOf(one) !== null));

const readConfigMaps = async (cluster: Cluster, target: Target, names: string[]): Promise<ConfigMap[]> => {
  const raw = await Promise.all(
    names
      .slice(0, configMapsMax)
      .map((name) =>
        readRaw(cluster, `${namespacedPath(target, '/api/v1', 'configmaps')}/${encodeURIComponent(name)}`),
      ),
  );
  return raw.filter((one) => one !== null).map((one) => understood(ConfigMap, one));
};

const aboutThese = (events: ClusterEvent[], objects: { metadata: Meta }[]): ClusterEvent[] => {
  const names = new Set(objects.map((one) => one.metadata.name));
  return events
    .filter((event) => event.involvedObject.name !== undefined && names.has(event.involvedObject.name))
    .sort((one, other) => timeOf(other).localeCompare(timeOf(one)))
    .slice(0, eventsMax);
};
