/** What every activity of a run starts from: the action, the way to its target, and the store's knowledge of both. */
import { InvalidInput } from '../../src/domain/errors.ts';
import { rulesFor } from '../../src/domain/remediation/mode-rules.ts';
import { scopeOf } from '../../src/domain/remediation/mode-scope.ts';
import { targetKey } from '../../src/domain/remediation/target.ts';
import type { Cluster, Connections, Database, Endpoint, EvidenceSources } from '../../src/integrations/integration.ts';
import type { RunbookLibrary } from '../../src/packs/runbook-library.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import { kindsWithoutNamespace, type Target } from '../../src/schema/remediation.ts';
import type { RemediationPolicy } from '../../src/schema/remediation-policy.ts';
import type {
  ChangeStore,
  EffectStore,
  IntakeStore,
  LimitStore,
  OverrideStore,
  RemediationStore,
  TrustStore,
} from '../../src/store/store.ts';
import type { Action, ActionContext } from '../actions/action.ts';
import { actions } from '../actions/index.ts';
import type { ApplyRequest } from '../index.ts';

export interface RemediationDependencies {
  store: {
    effects: EffectStore;
    remediations: RemediationStore;
    limits: LimitStore;
    trust: TrustStore;
    changes: Pick<ChangeStore, 'record' | 'around'>;
    overrides: Pick<OverrideStore, 'inForce'>;
    intake: Pick<IntakeStore, 'alerts'>;
  };
  organisation: Organisation;
  library: RunbookLibrary;
  /** Built-in ones included. */
  policies: readonly RemediationPolicy[];
  /** The clock that freezes, limits and the age of a yes go by, milliseconds. */
  now(): number;
  /** Seals approvals, as the api does; null: none can be checked, so nothing is applied. */
  approvalKey: string | null;
  /** The sandbox's for drills. */
  connect(drill: boolean): Pick<Connections, 'metrics'>;
  /** The cluster of that name; always the sandbox's for drills. Throws InvalidInput for a name it does not know. */
  cluster(name: string, drill: boolean): Cluster;
  /** The database of that name in the catalogue. Throws InvalidInput for a name it does not know, and in drills without a sandbox. */
  database(name: string, drill: boolean): Database;
  /** The HTTP API of that name in the catalogue; always the sandbox's for drills. Throws InvalidInput for a name it does not know. */
  endpoint(name: string, drill: boolean): Endpoint;
  /** What a diagnosis may ask besides; absent: nothing. */
  sources?(drill: boolean): EvidenceSources;
  log: { info(facts: object, text: string): void; warn(facts: object, text: string): void };
  /** How long after a first request was sent it may still land; longer than the client's own patience. */
  lateRequestMs?: number;
  /** The node this worker runs on, which it never takes out of service. */
  ownNode?: string | null;
}

/** Throws InvalidInput for an unknown action and for a target it is not made for. */
export const actionFor = (name: string, target: Target): Action => {
  const action = actions.get(name);
  if (!action) throw new InvalidInput(`there is no action ${name}; there are ${[...actions.keys()].join(', ')}`);
  if (!action.kinds.includes(target.kind))
    throw new InvalidInput(`${name} is for ${action.kinds.join(', ')}, not for a ${target.kind}`);
  if ((target.namespace === '') !== kindsWithoutNamespace.includes(target.kind))
    throw new InvalidInput(
      target.namespace === ''
        ? `a ${target.kind} needs its namespace`
        : `a ${target.kind} has no namespace; leave it empty`,
    );
  return action;
};

export const contextOf = async (
  { store, cluster, database, endpoint, organisation, policies, ownNode }: RemediationDependencies,
  target: Target,
  run: Pick<ApplyRequest, 'incident' | 'runbook'> & { action: string; operationId: string },
): Promise<ActionContext> => {
  const { drill, incidentId } = run.incident;
  return {
    get cluster() {
      return cluster(target.cluster, drill);
    },
    get database() {
      return database(target.cluster, drill);
    },
    get endpoint() {
      return endpoint(target.cluster, drill);
    },
    databaseOf: (name) => database(name, drill),
    organisation,
    action: run.action,
    require: rulesFor(policies, scopeOf(organisation, { ...run, target })).require,
    incidentId,
    target: { cluster: target.cluster, kind: target.kind, namespace: target.namespace, name: target.name },
    operationId: run.operationId,
    ownNode: ownNode ?? null,
    badRevisions: await store.remediations.badRevisions(targetKey(target)),
    timesDone: (action, withinDays) =>
      store.remediations.timesDone({
        targetKey: targetKey(target),
        action,
        withinDays,
        drill,
        exceptOperation: run.operationId,
      }),
  };
};
