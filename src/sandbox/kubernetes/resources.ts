/** The resources this API server knows, and how a path names one of them. */
import { noSuchPath } from './status.ts';

export interface ResourceType {
  group: string;
  version: string;
  resource: string;
  kind: string;
  namespaced: boolean;
}

const type = (group: string, version: string, resource: string, kind: string, namespaced = true): ResourceType => ({
  group,
  version,
  resource,
  kind,
  namespaced,
});

export const resourceTypes: ResourceType[] = [
  type('', 'v1', 'namespaces', 'Namespace', false),
  type('', 'v1', 'nodes', 'Node', false),
  type('', 'v1', 'pods', 'Pod'),
  type('', 'v1', 'events', 'Event'),
  type('', 'v1', 'services', 'Service'),
  type('', 'v1', 'configmaps', 'ConfigMap'),
  type('', 'v1', 'secrets', 'Secret'),
  type('', 'v1', 'limitranges', 'LimitRange'),
  type('', 'v1', 'resourcequotas', 'ResourceQuota'),
  type('apps', 'v1', 'deployments', 'Deployment'),
  type('apps', 'v1', 'replicasets', 'ReplicaSet'),
  type('apps', 'v1', 'statefulsets', 'StatefulSet'),
  type('apps', 'v1', 'daemonsets', 'DaemonSet'),
  type('apps', 'v1', 'controllerrevisions', 'ControllerRevision'),
  type('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget'),
  type('autoscaling', 'v1', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler'),
  type('autoscaling', 'v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler'),
  type('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  type('authorization.k8s.io', 'v1', 'selfsubjectaccessreviews', 'SelfSubjectAccessReview', false),
];

export const apiVersionOf = (resource: ResourceType): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;

/** Where the store keeps them; versions of one resource share a place. */
export const storedAs = (resource: ResourceType): string => `${resource.group}/${resource.resource}`;

export interface ResourcePath {
  type: ResourceType;
  /** Empty: cluster-wide resource, or a list over all namespaces. */
  namespace: string;
  name: string | null;
  subresource: string | null;
}

/** Throws 404 for anything that is no resource of ours. */
export const parseResourcePath = (path: string): ResourcePath => {
  const parts = path.split('/').filter((part) => part !== '');
  const root = parts.shift();
  const group = root === 'api' ? '' : root === 'apis' ? parts.shift() : undefined;
  const version = parts.shift();
  if (group === undefined || version === undefined) throw noSuchPath();
  let namespace = '';
  if (parts[0] === 'namespaces' && parts.length >= 3) {
    namespace = parts[1] ?? '';
    parts.splice(0, 2);
  }
  const [resource, name = null, subresource = null, extra] = parts;
  const found = resourceTypes.find(
    (type) => type.group === group && type.version === version && type.resource === resource,
  );
  if (!found || extra !== undefined || (namespace !== '' && !found.namespaced)) throw noSuchPath();
  return { type: found, namespace, name, subresource };
};

/** `/api`, `/apis` and the list of one group version; null when the path is none of these. */
export const discovery = (path: string): unknown => {
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') {
    const groups = [...new Set(resourceTypes.map((type) => type.group))].filter((group) => group !== '');
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: groups.map((name) => {
        const versions = [...new Set(resourceTypes.filter((type) => type.group === name).map((type) => type.version))]
          .sort()
          .reverse()
          .map((version) => ({ groupVersion: `${name}/${version}`, version }));
        return { name, versions, preferredVersion: versions[0] };
      }),
    };
  }
  const groupVersion = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))$/.exec(path);
  if (!groupVersion) return null;
  const wanted = groupVersion[1] ?? groupVersion[2];
  const resources = resourceTypes.filter((type) => apiVersionOf(type) === wanted);
  if (resources.length === 0) return null;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: wanted,
    resources: resources.map(({ resource, kind, namespaced }) => ({
      name: resource,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: ['create', 'delete', 'get', 'list', 'patch', 'update'],
    })),
  };
};
