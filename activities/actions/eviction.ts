/** Asking the cluster to end a pod: an eviction, and never a deletion, as it honours disruption budgets. */
import { isReady } from '../../src/domain/kubernetes/rollout.ts';
import type { DisruptionBudget, Pod } from '../../src/schema/kubernetes.ts';
import type { Guard, KubernetesRequest } from '../../src/schema/remediation.ts';
import { namespacedPath } from './cluster-reads.ts';
import { guard } from './guards.ts';

/** The uid in it spares a namesake that has come since. */
export const evictionOf = (pod: { namespace: string; name: string; uid: string }): KubernetesRequest => {
  const { namespace, name, uid } = pod;
  const path = `${namespacedPath(pod, '/api/v1', 'pods')}/${encodeURIComponent(name)}`;
  return {
    system: 'kubernetes',
    method: 'POST',
    path: `${path}/eviction`,
    contentType: 'application/json',
    body: {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace },
      deleteOptions: { preconditions: { uid } },
    },
    reads: path,
    uid,
  };
};

/** Whether a budget allows it now is for the server to say, and is waited for; here only what it can never allow. */
export const budgetCanAllow = (budgets: DisruptionBudget[], pod: Pod): Guard => {
  const names = budgets.map((budget) => budget.metadata.name).sort();
  if (names.length > 1)
    return guard(
      'budget',
      false,
      `disruption budgets ${names.join(' and ')} both cover it: the cluster evicts no such pod`,
    );
  const [budget] = budgets;
  if (!budget) return guard('budget', true, 'no disruption budget covers it');
  const { desiredHealthy = 0, expectedPods = 0 } = budget.status;
  return isReady(pod) && expectedPods > 0 && desiredHealthy >= expectedPods
    ? guard(
        'budget',
        false,
        `disruption budget ${names[0]} wants all ${expectedPods} pods healthy, so it allows no eviction`,
      )
    : guard('budget', true, `disruption budget ${names[0]} wants ${desiredHealthy} healthy pods`);
};
