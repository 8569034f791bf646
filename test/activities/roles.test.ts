import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { needs } from '../../worker/needs.ts';
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

  test('give no wildcard, no secret, no shell in a pod, and no way to more rights', () => {
    expect(rules.length).toBeGreaterThan(10);
    for (const { apiGroups, resources, verbs } of rules) {
      expect([...apiGroups, ...resources, ...verbs].filter((word) => word.includes('*'))).toEqual([]);
      expect(resources).not.toContain('secrets');
      expect(
        resources.filter((name) =>
          /^(pods\/(exec|attach|portforward|ephemeralcontainers)|serviceaccounts.*)$/.test(name),
        ),
      ).toEqual([]);
      expect(apiGroups).not.toContain('rbac.authorization.k8s.io');
    }
  });

  test('let the evidence change nothing', () => {
    const allowed = ['rbac/evidence.yaml', 'rbac/cluster/evidence.yaml']
      .flatMap(manifests)
      .flatMap((one) => one.rules?.flatMap(({ verbs }) => verbs) ?? []);
    expect(new Set(allowed)).toEqual(new Set(['get', 'list']));
  });
});
