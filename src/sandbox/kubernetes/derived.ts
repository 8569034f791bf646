/** Objects that follow from others and are computed when read: EndpointSlices, and the status of disruption budgets, quotas and autoscalers. */

import { bytesOf, mebibytes } from '../../domain/kubernetes/quantity.ts';
import { isReady, type KubeObject, type Pod } from './objects.ts';
import type { ResourceType } from './resources.ts';
import { matchesSelector } from './selectors.ts';
import type { ClusterStore } from './store.ts';

interface Service extends KubeObject {
  spec: { selector?: Record<string, string>; ports: { name?: string; port: number; targetPort?: number | string }[] };
}

interface Budget extends KubeObject {
  spec: { minAvailable?: number; selector: { matchLabels?: Record<string, string> } };
  status: Record<string, unknown>;
}

interface Autoscaler extends KubeObject {
  spec: { scaleTargetRef: { kind: string; name: string }; minReplicas?: number; maxReplicas: number };
}

interface Quota extends KubeObject {
  spec: { hard?: Record<string, string> };
}

/** Null: the resource is stored, not derived. */
export const derivedObjects = (store: ClusterStore, type: ResourceType): KubeObject[] | null =>
  type.resource === 'endpointslices'
    ? (store.list('/services') as Service[]).map((service) => slice(store, service))
    : null;

const slice = (store: ClusterStore, service: Service): KubeObject => {
  const { name, namespace = 'default', uid, creationTimestamp } = service.metadata;
  const pods = selected(store, namespace, service.spec.selector ?? {}).filter((pod) => pod.status.podIP);
  const object = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${uid.slice(0, 5)}`,
      namespace,
      uid: `${uid.slice(0, -4)}e9d5`,
      resourceVersion: String(store.state.resourceVersion),
      creationTimestamp,
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: 'IPv4',
    endpoints: pods.map((pod) => ({
      addresses: [pod.status.podIP],
      conditions: { ready: isReady(pod), serving: isReady(pod), terminating: Boolean(pod.metadata.deletionTimestamp) },
      nodeName: pod.spec.nodeName,
      targetRef: { kind: 'Pod', namespace, name: pod.metadata.name, uid: pod.metadata.uid },
    })),
    ports: service.spec.ports.map((port) => ({
      name: port.name ?? '',
      port: port.targetPort ?? port.port,
      protocol: 'TCP',
    })),
  };
  return object;
};

const selected = (store: ClusterStore, namespace: string, labels: Record<string, string>): Pod[] =>
  Object.keys(labels).length === 0
    ? []
    : store
        .pods()
        .filter(
          (pod) =>
            pod.metadata.namespace === namespace && matchesSelector({ matchLabels: labels }, pod.metadata.labels),
        );

export const withDerivedStatus = (store: ClusterStore, object: KubeObject): KubeObject => {
  if (object.kind === 'ResourceQuota') return withUse(store, object as Quota);
  if (object.kind === 'HorizontalPodAutoscaler') return withScale(store, object as Autoscaler);
  if (object.kind !== 'PodDisruptionBudget') return object;
  // Only budgets are stored under this kind.
  const budget = object as Budget;
  const pods = selected(store, budget.metadata.namespace ?? 'default', budget.spec.selector.matchLabels ?? {});
  const currentHealthy = pods.filter(isReady).length;
  const desiredHealthy = budget.spec.minAvailable ?? 0;
  const status = {
    observedGeneration: 1,
    expectedPods: pods.length,
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed: Math.max(0, currentHealthy - desiredHealthy),
  };
  return { ...budget, status } as KubeObject;
};

/** It finds the replicas as they are and wants no others: nothing here measures load. */
const withScale = (store: ClusterStore, autoscaler: Autoscaler): KubeObject => {
  const { scaleTargetRef, minReplicas = 1, maxReplicas } = autoscaler.spec;
  const target = [...store.deployments(), ...store.statefulSets()].find(
    ({ kind, metadata }) =>
      kind === scaleTargetRef.kind &&
      metadata.name === scaleTargetRef.name &&
      metadata.namespace === autoscaler.metadata.namespace,
  );
  if (!target) return autoscaler;
  const currentReplicas = target.spec.replicas;
  const desiredReplicas = Math.min(Math.max(currentReplicas, minReplicas), maxReplicas);
  return { ...autoscaler, status: { currentReplicas, desiredReplicas } } as KubeObject;
};

/** Counts pods and their memory; a quota is shown here, and not enforced when pods are made. */
const withUse = (store: ClusterStore, quota: Quota): KubeObject => {
  const pods = store.pods().filter((pod) => pod.metadata.namespace === quota.metadata.namespace);
  const memory = (what: 'limits' | 'requests'): string =>
    mebibytes(
      pods
        .flatMap((pod) => pod.spec.containers)
        .reduce((sum, { resources }) => sum + (bytesOf((resources?.[what] ?? resources?.limits)?.memory) ?? 0), 0),
      Math.ceil,
    );
  const known: Record<string, string> = {
    pods: String(pods.length),
    'count/pods': String(pods.length),
    memory: memory('requests'),
    'requests.memory': memory('requests'),
    'limits.memory': memory('limits'),
  };
  const { hard = {} } = quota.spec;
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, known[name] ?? '0']));
  return { ...quota, status: { hard, used } } as KubeObject;
};
