/** From rows of the ledger to the changes that one service may suffer from. Pure. */
import type { RecordedChange } from '../../schema/change.ts';
import type { Target } from '../../schema/remediation.ts';
import { targetKey } from '../remediation/target.ts';
import type { Change, ChangeScope } from './score.ts';

/** A service and where it runs, as the catalogue says. */
export interface Placed {
  service: string;
  target: Target | null;
}

/** The service that suffers, and all around it. */
export interface Seat extends Placed {
  /** What it depends on, directly or not. */
  dependencies: readonly Placed[];
  /** Nodes that its pods run on. */
  nodes: readonly string[];
  /** Where it runs. */
  environment: string;
  /** Every environment that the catalogue names. */
  environments: readonly string[];
}

/** Those that can have to do with the service. A change told of a service alone is one of its workload. */
export const changesFromLedger = (rows: readonly RecordedChange[], seat: Seat): Change[] =>
  rows.flatMap((row) => {
    const scope = scopeOf(row, seat);
    if (scope === null) return [];
    return [
      {
        kind: row.kind,
        weighsAs: row.weighsAs,
        scope,
        what: row.what,
        at: row.at,
        by: row.by,
        author: row.author,
        source: row.source,
        link: row.reference.url,
        target: row.target ?? placeOf(row.service, seat),
        differs: null,
        key: row.dedupKey,
      },
    ];
  });

/** The nearest of all that fit; null: it has nothing to do with the service. */
export const scopeOf = (
  row: Pick<RecordedChange, 'target' | 'service' | 'environment' | 'concerns' | 'weighsAs'>,
  seat: Seat,
): ChangeScope | null => {
  if (isElsewhere(row.environment, seat)) return null;
  if (reaches(row, seat)) return 'workload';
  if (seat.dependencies.some((one) => reaches(row, one))) return 'dependency';
  const { target } = row;
  if (target && seat.target && target.cluster === seat.target.cluster) {
    if (target.kind === 'Node') return seat.nodes.includes(target.name) ? 'neighbourhood' : 'shared';
    if (target.namespace !== '' && target.namespace === seat.target.namespace) return 'neighbourhood';
    if (target.namespace === '' || isShared(row.weighsAs)) return 'shared';
    return null;
  }
  // Nobody's in particular: a network, an account, a flag for all.
  return target === null && row.service === null ? 'shared' : null;
};

const reaches = (
  row: Pick<RecordedChange, 'target' | 'service' | 'concerns'>,
  { service, target }: Placed,
): boolean => {
  if (row.service === service) return true;
  if (!target) return false;
  const key = targetKey(target);
  return (row.target !== null && targetKey(row.target) === key) || row.concerns.includes(key);
};

const isShared = (kind: RecordedChange['weighsAs']): boolean => kind === 'infrastructure' || kind === 'node';

/** A name that neither the catalogue nor anybody's habit gives to another place may be this one under a name of the pipeline's own. */
const isElsewhere = (told: string | null, { environment, environments }: Seat): boolean =>
  told !== null &&
  folded(told) !== folded(environment) &&
  [...usualEnvironments, ...environments].some((one) => folded(one) === folded(told));

const usualEnvironments = ['production', 'staging', 'test', 'development', 'preview', 'qa', 'demo', 'sandbox', 'ci'];
const shortNames: Readonly<Record<string, string>> = {
  prod: 'production',
  live: 'production',
  stage: 'staging',
  testing: 'test',
  dev: 'development',
};

/** `Production` and `prod` are the same place to whoever deploys. */
const folded = (environment: string): string => {
  const word = environment.trim().toLowerCase();
  return (Object.hasOwn(shortNames, word) && shortNames[word]) || word;
};

const placeOf = (service: string | null, seat: Seat): Target | null =>
  [seat, ...seat.dependencies].find((one) => one.service === service)?.target ?? null;

/** All that a service depends on, each once, nearest first; circles of the catalogue end. */
export const dependenciesOf = (
  service: string,
  services: Readonly<Record<string, { dependsOn: readonly string[]; workload?: Target | undefined }>>,
): Placed[] => {
  const found = new Map<string, Placed>();
  const waiting = [...(services[service]?.dependsOn ?? [])];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (next === service || found.has(next)) continue;
    found.set(next, { service: next, target: services[next]?.workload ?? null });
    waiting.push(...(services[next]?.dependsOn ?? []));
  }
  return [...found.values()];
};
