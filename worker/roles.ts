/** Roles of the remediation worker as manifests: one file per action, made from what the action says it needs. */
import { stringify } from 'yaml';
import { type Permission, readPermission, rulesFor } from '../src/domain/kubernetes/permission.ts';

/** The service account that the roles are bound to. */
export const account = { name: 'muster-remediation', namespace: 'muster' };

export interface Needs {
  /** Of the action, and of its file. */
  name: string;
  title: string;
  permissions: readonly string[];
}

/**
 * Text of each file by its path below deploy/kubernetes. Those in `rbac` name no namespace: they are applied to each one
 * that Muster may change. What counts for the whole cluster is in `rbac/cluster`.
 */
export const roleFiles = (needs: readonly Needs[]): Map<string, string> =>
  new Map([
    [
      'service-account.yaml',
      fileOf('The account of the remediation worker, and its namespace', [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: account.namespace } },
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account },
      ]),
    ],
    ...needs.flatMap(({ name, title, permissions }) => {
      const all = permissions.flatMap(readPermission);
      const inside = all.filter(({ wholeCluster }) => !wholeCluster);
      const whole = all.filter(({ wholeCluster }) => wholeCluster);
      return [
        ...(inside.length > 0 ? [filed(`rbac/${name}.yaml`, title, boundRole(name, 'Role', inside))] : []),
        ...(whole.length > 0 ? [filed(`rbac/cluster/${name}.yaml`, title, boundRole(name, 'ClusterRole', whole))] : []),
      ];
    }),
  ]);

const filed = (path: string, title: string, objects: object[]): [string, string] => [path, fileOf(title, objects)];

/** The role and its binding; deleting the binding is the cluster's own kill switch. */
const boundRole = (action: string, kind: 'Role' | 'ClusterRole', permissions: Permission[]): object[] => {
  const metadata = { name: `muster-${action}` };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  return [
    { apiVersion, kind, metadata, rules: rulesFor(permissions) },
    {
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', ...account }],
    },
  ];
};

const fileOf = (title: string, objects: object[]): string =>
  [
    `# ${title}\n# Made by "npm run roles" from what the action says it needs; change it there.\n`,
    ...objects.map((object) => `---\n${stringify(object, { lineWidth: 120 })}`),
  ].join('');
