import { changesFromLedger, dependenciesOf } from '../../src/domain/changes/scope.ts';
import { type Change, scoredWindow } from '../../src/domain/changes/score.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import type { Target } from '../../src/schema/remediation.ts';
import type { ChangeStore } from '../../src/store/store.ts';

export interface Sufferer {
  /** Id in the catalogue. */
  service: string;
  target: Target | null;
  /** Nodes that its pods run on. */
  nodes: readonly string[];
  drill: boolean;
  /** First breach. */
  onset: string;
  lookBackMs: number;
}

/**
 * What the ledger knows of changes that the service may suffer from: its own, those of what it depends on, of its
 * surroundings, and of what everybody shares. A drill sees the changes of drills, and nobody else does.
 */
export const ledgerChanges = async (
  store: Pick<ChangeStore, 'around'>,
  { services }: Pick<Organisation, 'services'>,
  { service, target, nodes, drill, onset, lookBackMs }: Sufferer,
): Promise<Change[]> => {
  const dependencies = dependenciesOf(service, services);
  const targets = [target, ...dependencies.map((one) => one.target)].filter((one) => one !== null);
  const rows = await store.around({
    ...scoredWindow(onset, lookBackMs),
    drill,
    services: [service, ...dependencies.map((one) => one.service)],
    clusters: [...new Set(targets.map(({ cluster }) => cluster))],
  });
  const all = Object.values(services);
  return changesFromLedger(rows, {
    service,
    target,
    dependencies,
    nodes,
    environment: services[service]?.environment ?? 'production',
    environments: [...new Set(all.map(({ environment }) => environment))],
  });
};
