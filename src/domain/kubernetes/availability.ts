/** What a change takes away from what serves, and whether enough stays. Pure arithmetic; figures are replicas or nodes. */
import type { MinAvailable } from '../../schema/remediation-policy.ts';

/** How a change takes replicas away. */
export type Change =
  /** Pods are replaced while at least `wanted - maxUnavailable` are kept available. */
  | { how: 'rolling'; maxUnavailable: number }
  /** All pods stop before new ones start. */
  | { how: 'recreate' }
  /** Healthy pods that go before others have come: evictions, deletions, a drained node. */
  | { how: 'remove'; healthy: number };

export interface Replicas {
  wanted: number;
  available: number;
}

/** Replicas that the change may leave unavailable at its worst, of those that are available now. */
export const expectedLoss = ({ wanted, available }: Replicas, change: Change): number => {
  switch (change.how) {
    case 'rolling':
      return Math.max(0, available - Math.max(0, wanted - change.maxUnavailable));
    case 'recreate':
      return available;
    case 'remove':
      return Math.min(available, change.healthy);
  }
};

/** The largest of several wishes, in replicas; shares are rounded up. */
export const minAvailableOf = (wishes: readonly MinAvailable[], wanted: number): number =>
  Math.max(
    0,
    ...wishes.map((wish) => (typeof wish === 'number' ? wish : Math.ceil((Number(wish.slice(0, -1)) * wanted) / 100))),
  );

export interface AvailabilityFacts extends Replicas {
  change: Change;
  /** The most that a disruption budget (desiredHealthy) or a policy (minAvailableOf) wants healthy; 0 where none says anything. */
  wantedHealthy: number;
}

export interface Availability {
  passed: boolean;
  /** What was looked at, with values. */
  said: string;
  /** The same, with what speaks against it. */
  finding: string;
}

/**
 * `available - expected loss >= wanted healthy`, and never the last healthy replica. A change that takes nothing away passes
 * whatever is available now: it cannot make things worse, and may be what mends them.
 */
export const staysAvailableAfter = (facts: AvailabilityFacts): Availability => {
  const { wanted, available, change, wantedHealthy } = facts;
  const loss = expectedLoss(facts, change);
  const worst = available - loss;
  const said = `${available} of ${wanted} replicas are available and at least ${worst} stay so meanwhile`;
  if (loss === 0 || worst >= Math.max(1, wantedHealthy)) return { passed: true, said, finding: said };
  const against =
    wantedHealthy > 1
      ? `the disruption budget or a policy wants ${wantedHealthy}`
      : 'that would take the last healthy replica';
  return { passed: false, said, finding: `${said}, but ${against}` };
};

/**
 * Whether enough nodes stay that are ready and take pods: `rest` of `all`, at least the share `atLeast` (0 to 1) and one in any
 * case. Nodes that are not ready now are not counted among the rest, so they make it stricter for the others.
 */
export const nodesStayReady = (
  { rest, all }: { rest: number; all: number },
  atLeast: number,
): { passed: boolean; finding: string } => {
  const said = `${rest} of ${all} nodes would still be ready and take pods`;
  if (rest === 0) return { passed: false, finding: `${said}: one must in any case` };
  return rest / all >= atLeast
    ? { passed: true, finding: said }
    : { passed: false, finding: `${said}: at least ${Math.round(atLeast * 100)} % must` };
};
