import { describe, expect, test } from 'vitest';
import { missingInWords, readPermission, rulesFor } from '../../../src/domain/kubernetes/permission.ts';

describe('a permission as an action writes it', () => {
  test.each([
    ['pods: list', '', 'pods'],
    ['pods/eviction: create', '', 'pods/eviction'],
    ['apps/deployments: get', 'apps', 'deployments'],
    ['apps/deployments/scale: get', 'apps', 'deployments/scale'],
    ['discovery.k8s.io/endpointslices: list', 'discovery.k8s.io', 'endpointslices'],
  ])('"%s" is group "%s", resource "%s"', (text, group, resource) => {
    expect(readPermission(text)).toMatchObject([{ group, resource, wholeCluster: false }]);
  });

  test('may name several resources with the same verbs', () => {
    expect(readPermission('apps/deployments, pods: get, patch')).toEqual([
      { group: 'apps', resource: 'deployments', verbs: ['get', 'patch'], wholeCluster: false },
      { group: '', resource: 'pods', verbs: ['get', 'patch'], wholeCluster: false },
    ]);
  });

  test('may count for the whole cluster', () => {
    expect(readPermission('nodes: get (ClusterRole)')).toMatchObject([{ resource: 'nodes', wholeCluster: true }]);
  });

  test.each(['pods', 'pods:', '*: get', 'pods: *', 'pods: get,list', 'pods: escalate', 'apps/Deployments: get', ''])(
    '"%s" is refused with an example',
    (text) => {
      expect(() => readPermission(text)).toThrow('write "pods/log: get"');
    },
  );
});

describe('the rules of a role', () => {
  const rules = (...texts: string[]) => rulesFor(texts.flatMap(readPermission));

  test('share a line where group and verbs are the same, and only there', () => {
    expect(rules('apps/deployments, apps/statefulsets: get', 'pods: get', 'apps/replicasets: list')).toEqual([
      { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: ['get'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
      { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['list'] },
    ]);
  });
  test('name a resource once, with all its verbs in one order', () => {
    expect(rules('pods: patch', 'pods: get, list', 'pods: get')).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'patch'] },
    ]);
  });
});

test('what is missing reads like the rule to grant, as Role or as ClusterRole', () => {
  const missing = { group: 'apps', resource: 'deployments', verbs: ['get', 'patch'] };
  expect(missingInWords(missing, 'shop')).toBe(
    'Muster may not get, patch deployments in shop: grant its Role apiGroups ["apps"], resources ["deployments"], verbs ["get", "patch"]',
  );
  expect(missingInWords({ ...missing, group: '', resource: 'nodes' }, null)).toContain(
    'in the cluster: grant its ClusterRole',
  );
});
