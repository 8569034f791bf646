import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { needs } from '../../worker/needs.ts';
import { faultsOfRoles, type RoleManifest, roleFaults } from '../../worker/role-lint.ts';
import { roleFiles } from '../../worker/roles.ts';

const folder = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url));
const committed = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
  statSync(join(folder, path)).isFile(),
);
const made = roleFiles(needs);

interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
  rules?: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
  roleRef?: { kind: string; name: string };
}
const manifests = (path: string): Manifest[] =>
  parseAllDocuments(made.get(path) ?? '').map((document) => document.toJS() as Manifest);
const rules = [...made.keys()].flatMap((path) => manifests(path).flatMap((one) => one.rules ?? []));

describe('the roles under deploy/kubernetes', () => {
  test('are what the actions say they need: run "npm run roles" after a change of permissions', () => {
    expect(committed.toSorted()).toEqual([...made.keys()].toSorted());
    for (const path of committed) expect(readFileSync(join(folder, path), 'utf8'), path).toBe(made.get(path));
  });

  test('are one per action, bound to the account of the remediation worker', () => {
    for (const { name } of needs) {
      const own = [`rbac/${name}.yaml`, `rbac/cluster/${name}.yaml`].flatMap(manifests);
      expect(own.length, name).toBeGreaterThanOrEqual(2);
      expect(own.every(({ metadata }) => metadata.name === `muster-${name}` && !metadata.namespace)).toBe(true);
      expect(own.filter(({ roleRef }) => roleRef?.name === `muster-${name}`)).toHaveLength(own.length / 2);
    }
  });

  test('keep rights over the whole cluster apart from those over one namespace', () => {
    for (const path of made.keys()) {
      const kinds = manifests(path).map(({ kind }) => kind);
      if (path.startsWith('rbac/cluster/')) expect(kinds).toEqual(['ClusterRole', 'ClusterRoleBinding']);
      else if (path.startsWith('rbac/')) expect(kinds).toEqual(['Role', 'RoleBinding']);
    }
  });

  test('have no fault', () => {
    expect(rules.length).toBeGreaterThan(10);
    expect(faultsOfRoles(made, needs)).toEqual([]);
  });

  test('let the evidence change nothing', () => {
    const allowed = ['rbac/evidence.yaml', 'rbac/cluster/evidence.yaml']
      .flatMap(manifests)
      .flatMap((one) => one.rules?.flatMap(({ verbs }) => verbs) ?? []);
    expect(new Set(allowed)).toEqual(new Set(['get', 'list']));
  });
});

describe('a Role has a fault', () => {
  const declared = ['apps/deployments: get, patch', 'pods/log: get'];
  const rule = (resources: string[], verbs: string[], apiGroups = ['apps']) => ({
    rules: [{ apiGroups, resources, verbs }],
  });

  test('and none, when it gives what the action declares, or less', () => {
    expect(roleFaults(rule(['deployments'], ['get', 'patch']), declared)).toEqual([]);
    expect(roleFaults(rule(['deployments'], ['get']), declared)).toEqual([]);
    expect(roleFaults(rule(['pods/log'], ['get'], ['']), declared)).toEqual([]);
  });

  test.each<[string, RoleManifest, string]>([
    ['a verb that is a wildcard', rule(['deployments'], ['*']), '* is a wildcard'],
    ['a resource that is a wildcard', rule(['*'], ['get']), '* is a wildcard'],
    ['parts of a resource by wildcard', rule(['pods/*'], ['get'], ['']), 'pods/* is a wildcard'],
    ['a group that is a wildcard', rule(['deployments'], ['get'], ['*']), '* is a wildcard'],
    ['secrets to read', rule(['secrets'], ['get', 'list', 'watch'], ['']), 'secrets hold credentials'],
    ['a shell in a pod', rule(['pods/exec'], ['create'], ['']), 'pods/exec is a way into a pod'],
    ['a way through a pod', rule(['pods/portforward'], ['create'], ['']), 'pods/portforward is a way into a pod'],
    ['a token of another account', rule(['serviceaccounts/token'], ['create'], ['']), 'a way to more rights'],
    ['roles', rule(['roles'], ['get'], ['rbac.authorization.k8s.io']), 'roles are a way to more rights'],
    ['escalate', rule(['deployments'], ['escalate']), 'escalate is a way to more rights'],
    ['bind', rule(['deployments'], ['bind']), 'bind is a way to more rights'],
    ['impersonate', rule(['users'], ['impersonate'], ['']), 'impersonate is a way to more rights'],
    [
      'addresses that are no resource',
      { rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }] },
      '/metrics is no',
    ],
    [
      'a verb the action does not declare',
      rule(['deployments'], ['get', 'delete']),
      'delete apps/deployments is not declared',
    ],
    [
      'a resource the action does not declare',
      rule(['statefulsets'], ['get']),
      'get apps/statefulsets is not declared',
    ],
    ['its verb in another group', rule(['deployments'], ['get'], ['']), 'get deployments is not declared'],
  ])('for %s', (_, manifest, fault) => {
    expect(roleFaults(manifest, declared)).toContainEqual(expect.stringContaining(fault));
  });

  test('that is told with its file, even where an action declares it', () => {
    const greedy = [{ name: 'greedy', title: 'Too much', permissions: ['secrets: list'] }];
    expect(faultsOfRoles(roleFiles(greedy), greedy)).toEqual(['rbac/greedy.yaml: secrets hold credentials']);
  });
});
