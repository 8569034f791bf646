import { describe, expect, test } from 'vitest';
import { changesFromLedger, dependenciesOf, type Seat, scopeOf } from '../../../src/domain/changes/scope.ts';
import { targetKey } from '../../../src/domain/remediation/target.ts';
import type { RecordedChange } from '../../../src/schema/change.ts';
import { aRow, deployment } from './builders.ts';

const seat: Seat = {
  service: 'checkout',
  target: deployment('checkout'),
  dependencies: [
    { service: 'payments', target: deployment('payments') },
    { service: 'database', target: null },
  ],
  nodes: ['node-1'],
  environment: 'production',
  environments: ['production', 'eu-west'],
};
const onNode = (name: string) => ({ cluster: 'blue', kind: 'Node', namespace: '', name });
const configMap = { ...deployment('settings'), kind: 'ConfigMap' };

describe('the scope of a change', () => {
  test.each<[string, Partial<RecordedChange>, string | null]>([
    ['a release of the very workload', { target: deployment('checkout') }, 'workload'],
    ['what is told of the service', { service: 'checkout' }, 'workload'],
    [
      'a ConfigMap that the workload reads',
      { target: configMap, concerns: [targetKey(deployment('checkout'))] },
      'workload',
    ],
    ['a release of what it depends on', { target: deployment('payments') }, 'dependency'],
    ['what is told of a dependency without a workload', { service: 'database' }, 'dependency'],
    ['another workload of the namespace', { target: deployment('cart') }, 'neighbourhood'],
    ['a ConfigMap of the namespace that others read', { target: configMap }, 'neighbourhood'],
    ['a node that its pods run on', { target: onNode('node-1'), weighsAs: 'node' }, 'neighbourhood'],
    ['a node of the cluster without its pods', { target: onNode('node-9'), weighsAs: 'node' }, 'shared'],
    ['a network, of nobody in particular', { weighsAs: 'infrastructure' }, 'shared'],
    [
      'infrastructure of another namespace',
      { target: deployment('dns', 'kube-system'), weighsAs: 'infrastructure' },
      'shared',
    ],
    ['a release in another namespace', { target: deployment('search', 'search') }, null],
    ['a release of that name in another cluster', { target: deployment('checkout', 'shop', 'green') }, null],
    ['a node of another cluster', { target: { ...onNode('node-1'), cluster: 'green' }, weighsAs: 'node' }, null],
    ['a service that it does not depend on', { service: 'search' }, null],
    ['a release of the workload to another environment', { service: 'checkout', environment: 'staging' }, null],
    ['a release of the workload to development', { service: 'checkout', environment: 'dev' }, null],
    ['a release to the same environment by its short name', { service: 'checkout', environment: 'Prod' }, 'workload'],
  ])('of %s', (_, row, scope) => {
    expect(scopeOf(aRow(row), seat)).toBe(scope);
  });
  test('is not left out for a name of its environment that nobody else uses', () => {
    expect(scopeOf(aRow({ service: 'checkout', environment: 'cluster-7' }), seat)).toBe('workload');
    expect(scopeOf(aRow({ service: 'checkout', environment: 'EU-West' }), seat)).toBeNull();
  });
});

test('what a pipeline tells of a service is a change of its workload, with author and link', () => {
  const row = aRow({
    service: 'payments',
    source: 'github',
    author: 'hugo',
    reference: { commit: 'abc', url: 'https://ci.example/1' },
  });
  expect(changesFromLedger([row, aRow({ service: 'search' })], seat)).toMatchObject([
    { scope: 'dependency', target: deployment('payments'), author: 'hugo', link: 'https://ci.example/1' },
  ]);
});

test('a service depends on what its dependencies depend on, and a circle in the catalogue ends', () => {
  const services = {
    checkout: { dependsOn: ['payments'] },
    payments: { dependsOn: ['database', 'checkout'], workload: deployment('payments') },
    database: { dependsOn: ['payments', 'nowhere'] },
  };
  expect(dependenciesOf('checkout', services)).toEqual([
    { service: 'payments', target: deployment('payments') },
    { service: 'database', target: null },
    { service: 'nowhere', target: null },
  ]);
});
