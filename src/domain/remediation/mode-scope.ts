/** What a remediation is about, and which policies speak of it. Pure; may be asked anywhere. */
import type { Organisation } from '../../schema/organisation.ts';
import type { Target } from '../../schema/remediation.ts';
import type { RemediationPolicy, Selection } from '../../schema/remediation-policy.ts';
import { targetKey } from './target.ts';

export interface Scope {
  /** Of the service; production for a service that the catalogue does not know. Drills have that of the service they practise on. */
  environment: string;
  cluster: string;
  /** Empty for what belongs to the whole cluster. */
  namespace: string;
  service: string | null;
  /** Null: a person proposed an action by hand. */
  runbook: { name: string } | null;
  drill: boolean;
}

/** A service that nobody described is taken for the most precious one. */
export const environmentOf = (service: { environment: string } | null | undefined): string =>
  service?.environment ?? 'production';

type Catalogue = Pick<Organisation, 'services' | 'switches'>;

/** What the policies are asked about a change of this target. */
export const scopeOf = (
  organisation: Catalogue,
  {
    incident,
    target,
    runbook,
  }: { incident: { service: string | null; drill: boolean }; target: Target; runbook: Scope['runbook'] },
): Scope => ({
  environment: environmentAt(organisation, incident.service, target),
  cluster: target.cluster,
  namespace: target.namespace,
  service: incident.service,
  runbook,
  drill: incident.drill,
});

const mostPrecious = 'production';

/** What nobody owns, a node or a ConfigMap, is as precious as the services that stand on it or beside it. */
const isBeside = (workload: Target, target: Target): boolean =>
  workload.cluster === target.cluster && (target.namespace === '' || workload.namespace === target.namespace);

/**
 * The target's, where the catalogue says whose it is; whoever wants it from elsewhere cannot make it less precious.
 * What is nobody's is taken for the most precious: no incident's word makes it less.
 */
const environmentAt = ({ services, switches }: Catalogue, service: string | null, target: Target): string => {
  const key = targetKey(target);
  const ofSwitch = target.kind === 'Switch' ? switches[target.name]?.service : undefined;
  const owners = Object.entries(services)
    .filter(
      ([id, { workload, database }]) =>
        id === ofSwitch ||
        (workload !== undefined && targetKey(workload) === key) ||
        (target.kind === 'Database' && database === target.cluster) ||
        (workload !== undefined && isBeside(workload, target)),
    )
    .map(([, one]) => one.environment);
  const asked = environmentOf(service === null ? null : services[service]);
  return [asked, ...owners].includes(mostPrecious) ? mostPrecious : (owners[0] ?? mostPrecious);
};

/** A part that names things leaves out whatever has no name: a policy for namespaces says nothing of nodes. */
export const selects = (selection: Selection, scope: Scope): boolean => {
  const { environments, exceptEnvironments, clusters, namespaces, services, runbooks, drills } = selection;
  return (
    (environments?.includes(scope.environment) ?? true) &&
    !(exceptEnvironments?.includes(scope.environment) ?? false) &&
    (clusters?.includes(scope.cluster) ?? true) &&
    (namespaces?.includes(scope.namespace) ?? true) &&
    (services === undefined || (scope.service !== null && services.includes(scope.service))) &&
    (runbooks === undefined || (scope.runbook !== null && runbooks.includes(scope.runbook.name))) &&
    (drills === undefined || drills === scope.drill)
  );
};

export const policiesOver = (policies: readonly RemediationPolicy[], scope: Scope): RemediationPolicy[] =>
  policies.filter(({ select }) => selects(select, scope));

/**
 * Whether an object lets the action be done to it: its label or annotation `allowLabel` is `all` or lists the action.
 * Names are parted by commas in an annotation and by dots in a label, which takes no commas.
 */
export const allowedByLabel = (
  { labels = {}, annotations = {} }: { labels?: Record<string, string>; annotations?: Record<string, string> },
  allowLabel: string,
  action: string,
): { passed: boolean; finding: string } => {
  const said = [labels[allowLabel]?.split('.'), annotations[allowLabel]?.split(',')].flatMap((list) => list ?? []);
  const names = said.map((name) => name.trim());
  if (names.includes('all') || names.includes(action))
    return { passed: true, finding: `its ${allowLabel} allows ${action}` };
  const found = names.length === 0 ? `it has no ${allowLabel}` : `its ${allowLabel} allows only ${names.join(', ')}`;
  return { passed: false, finding: `${found}; add ${action} to it where this may be done` };
};
