/** What stands around a workload in its namespace: autoscalers, disruption budgets, quotas, and the Services before it. */
import { bytesOf as amountOf } from '../../src/domain/kubernetes/quantity.ts';
import type { Cluster } from '../../src/integrations/integration.ts';
import type { Evidence } from '../../src/schema/evidence.ts';
import { Autoscaler, EndpointSlice, ResourceQuota, Service, type Workload } from '../../src/schema/kubernetes.ts';
import type { Target } from '../../src/schema/remediation.ts';
import { budgetsOver, labelsOf, listAll, namespacedPath } from '../actions/cluster-reads.ts';
import type { Part } from './parts.ts';

/** Of each kind. */
const shownMax = 10;
const quotaLinesMax = 40;

export type Surroundings = Pick<Evidence, 'autoscalers' | 'budgets' | 'quotas' | 'endpoints'>;

export const surroundingsOf = async (
  part: Part,
  cluster: Cluster,
  target: Target,
  workload: Workload,
): Promise<Surroundings> => {
  const labels = labelsOf(workload.spec.template);
  const [autoscalers, budgets, quotas, endpoints] = await Promise.all([
    part('the autoscalers', [], () => autoscalersOf(cluster, target)),
    part('the disruption budgets', [], async () => (await budgetsOver(cluster, target, labels)).map(budgetSeen)),
    part('the quotas', [], async () => {
      const path = namespacedPath(target, '/api/v1', 'resourcequotas');
      return (await listAll(cluster, path, ResourceQuota)).flatMap(quotaSeen);
    }),
    part('the Services', [], () => endpointsOf(cluster, target, labels)),
  ]);
  return {
    autoscalers: autoscalers.slice(0, shownMax),
    budgets: budgets.slice(0, shownMax),
    quotas: quotas.sort((one, other) => other.share - one.share).slice(0, quotaLinesMax),
    endpoints: endpoints.slice(0, shownMax),
  };
};

const autoscalersOf = async (cluster: Cluster, target: Target): Promise<Evidence['autoscalers']> => {
  const path = namespacedPath(target, '/apis/autoscaling/v2', 'horizontalpodautoscalers');
  const all = await listAll(cluster, path, Autoscaler);
  return all
    .filter(({ spec }) => spec.scaleTargetRef.kind === target.kind && spec.scaleTargetRef.name === target.name)
    .map(({ metadata, spec, status }) => {
      const desired = status.desiredReplicas ?? 0;
      const limited = status.conditions?.some(
        (one) => one.type === 'ScalingLimited' && one.status === 'True' && one.reason === 'TooManyReplicas',
      );
      return {
        name: metadata.name,
        min: spec.minReplicas ?? 1,
        max: spec.maxReplicas,
        current: status.currentReplicas ?? 0,
        desired,
        atMaximum: limited === true || desired >= spec.maxReplicas,
      };
    });
};

const budgetSeen = ({
  metadata,
  status,
}: Awaited<ReturnType<typeof budgetsOver>>[number]): Evidence['budgets'][number] => ({
  name: metadata.name,
  allowed: status.disruptionsAllowed ?? 0,
  healthy: status.currentHealthy ?? 0,
  wanted: status.desiredHealthy ?? 0,
  pods: status.expectedPods ?? 0,
});

const quotaSeen = ({ metadata, status }: ResourceQuota): Evidence['quotas'] =>
  Object.entries(status.hard ?? {}).map(([resource, hard]) => {
    const used = status.used?.[resource] ?? '0';
    const limit = amountOf(hard) ?? 0;
    const share = limit > 0 ? (amountOf(used) ?? 0) / limit : 1;
    return { name: metadata.name, resource, used, hard, share: Math.round(share * 1_000) / 1_000 };
  });

/** Services whose selector the pods' labels meet. Those without one have endpoints that somebody else writes. */
const endpointsOf = async (
  cluster: Cluster,
  target: Target,
  labels: Record<string, string>,
): Promise<Evidence['endpoints']> => {
  const services = await listAll(cluster, namespacedPath(target, '/api/v1', 'services'), Service);
  const names = services
    .filter(({ spec }) => {
      const wanted = Object.entries(spec.selector ?? {});
      return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
    })
    .map(({ metadata }) => metadata.name);
  if (names.length === 0) return [];
  const path = namespacedPath(target, '/apis/discovery.k8s.io/v1', 'endpointslices');
  const slices = await listAll(cluster, path, EndpointSlice, {
    labelSelector: `kubernetes.io/service-name in (${names.join(',')})`,
  });
  return names.map((service) => {
    const all = slices
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
      .flatMap(({ endpoints }) => endpoints ?? []);
    // Absent means ready: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions
    const ready = all.filter(({ conditions }) => conditions?.ready !== false).length;
    return { service, ready, notReady: all.length - ready };
  });
};
