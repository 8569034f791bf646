/**
 * Whom a step of a runbook could be done to, service by service, with services of which the same has to hold put together:
 * a catalogue of hundreds comes to a handful of decisions. Pure.
 */
import type { Organisation } from '../../schema/organisation.ts';
import type { Target } from '../../schema/remediation.ts';
import type { FreezeWindow, RemediationPolicy } from '../../schema/remediation-policy.ts';
import type { RunbookDocument, RunbookStep } from '../../schema/runbook.ts';
import type { PossibleClass } from '../../schema/runbook-actions.ts';
import { frozen, isClosed } from '../remediation/freeze.ts';
import type { Unwell } from '../remediation/limits.ts';
import { policiesOver, type Scope, scopeOf } from '../remediation/mode-scope.ts';
import { targetKey } from '../remediation/target.ts';
import type { TrustEntry, TrustOutcome } from '../remediation/trust.ts';
import { actionFor } from './compile.ts';
import { type RunbookTargets, targetOf, targetsInCatalogue } from './targets.ts';

/** All that a mode rests on at one moment. */
export interface ModeFacts {
  policies: readonly RemediationPolicy[];
  organisation: Organisation;
  /** Results of live runs, oldest first. */
  results: readonly TrustEntry[];
  unwell: readonly Unwell[];
  /** Breakers that are open. */
  breakers: readonly OpenBreaker[];
  /** Classes that plans of an action can have; empty where the catalogue says it. */
  classesOf(action: string): readonly PossibleClass[];
  /** ISO 8601. */
  at: string;
}

export interface OpenBreaker {
  runbook: string;
  targetKey: string;
  until: string;
  because: string;
}

type Version = Pick<TrustEntry, 'runbook' | 'version' | 'action' | 'environment'>;

/** The facts, looked through once for all runbooks. */
export interface ModeGround extends ModeFacts {
  catalogue: readonly { service: string; title: string; targets: RunbookTargets }[];
  outcomesOf(version: Version): readonly TrustOutcome[];
  scopeAt(service: string, target: Target, runbook: string): Scope;
}

export const modeGround = (facts: ModeFacts): ModeGround => {
  const { organisation, at } = facts;
  const outcomes = Map.groupBy(facts.results, keyOfVersion);
  const environments = new Map<string, string>();
  return {
    ...facts,
    // Windows that are open now matter to nobody.
    policies: facts.policies.map((policy) =>
      policy.freeze ? { ...policy, freeze: policy.freeze.filter((window) => isClosed(window, at)) } : policy,
    ),
    catalogue: Object.entries(organisation.services).map(([service, { title, workload }]) => ({
      service,
      title,
      targets: targetsInCatalogue(organisation, { service, workload: workload ?? null }),
    })),
    outcomesOf: (version) => (outcomes.get(keyOfVersion(version)) ?? []).map(({ outcome }) => outcome),
    scopeAt: (service, target, runbook) => {
      const about = { incident: { service, drill: false }, target, runbook: { name: runbook } };
      const key = `${organisation.services[service]?.environment}\n${targetKey(target)}`;
      const environment = environments.get(key) ?? scopeOf(organisation, about).environment;
      environments.set(key, environment);
      const { cluster, namespace } = target;
      return { environment, cluster, namespace, service, runbook: about.runbook, drill: false };
    },
  };
};

const keyOfVersion = ({ runbook, version, action, environment }: Version): string =>
  [runbook, version, action, environment].join('\n');

/** Services for which the same is decided, by the example of one of them. */
export interface Seat {
  /** Titles of the services. */
  services: string[];
  target: Target;
  /** As it is carried out there: `roll-back` is the rollback of the kind of workload. */
  action: string;
  scope: Scope;
  /** Closed now. */
  windows: readonly FreezeWindow[];
  breaker: OpenBreaker | null;
}

/** One pod or node stands for any: policies do not ask for its name. */
const anyOne = { pods: { suspect: '*' }, nodes: { suspect: '*' } };

export const seatsOf = (ground: ModeGround, { metadata, spec }: RunbookDocument, step: RunbookStep): Seat[] => {
  const { name } = metadata;
  const { services: only, kinds } = spec.match;
  const seats = ground.catalogue.flatMap(({ service, title, targets }): Seat[] => {
    if (only && !only.includes(service)) return [];
    if (kinds && !kinds.some((kind) => kind === targets.workload?.kind)) return [];
    const target = targetOf(step.target ?? spec.target, targets, anyOne);
    if (typeof target === 'string') return [];
    const scope = ground.scopeAt(service, target, name);
    const key = targetKey(target);
    return [
      {
        services: [title],
        target,
        action: actionFor(step.action, target),
        scope,
        windows: frozen(ground.policies, ground.at, scope),
        breaker: ground.breakers.find((one) => one.runbook === name && one.targetKey === key) ?? null,
      },
    ];
  });
  const alike = Map.groupBy(seats, (seat) => keyOfSeat(ground, seat));
  return [...alike.values()].flatMap(([first, ...others]) =>
    first ? [{ ...first, services: [first, ...others].flatMap(({ services }) => services) }] : [],
  );
};

/** Everything of a seat that a decision can rest on. */
const keyOfSeat = ({ policies }: ModeGround, { target, action, scope, windows, breaker }: Seat): string =>
  JSON.stringify([
    action,
    scope.environment,
    target.cluster,
    target.kind,
    target.kind === 'Switch' ? target.name : null,
    policiesOver(policies, scope).map(({ name }) => name),
    windows,
    breaker?.because ?? null,
  ]);
