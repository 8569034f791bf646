/** What the remediation policies say together, environment by environment, and which windows are closed. Reckons with zones. */
import type { Organisation, Service } from '../../schema/organisation.ts';
import type { RemediationPolicy } from '../../schema/remediation-policy.ts';
import type { FreezeView, PolicyGround } from '../../schema/runbook-board.ts';
import { isClosed } from './freeze.ts';
import { rulesFor } from './mode-rules.ts';
import { policiesOver, type Scope } from './mode-scope.ts';
import {
  approvalInWords,
  classesInWords,
  limitsInWords,
  modeInWords,
  selectionInWords,
  trustInWords,
  windowInWords,
} from './mode-words.ts';

/** A name that nobody gave: what holds in an environment that neither the catalogue nor a policy knows. */
const anyOther = '\0';

/** Each environment, then its services for which other policies hold than for the rest of it. Live incidents only. */
export const policyGrounds = (
  policies: readonly RemediationPolicy[],
  { services }: Pick<Organisation, 'services'>,
): PolicyGround[] => {
  const rest = [...environmentsOf(policies, services), anyOther].map((environment): Ground => {
    const scope = placeless(environment);
    return { environment, services: null, scope, key: keyOf(policies, scope) };
  });
  const special = Object.entries(services).flatMap(([id, service]): Ground[] => {
    const scope = { ...placeless(service.environment), ...placeOf(service), service: id };
    const ground = { environment: service.environment, services: [service.title], scope, key: keyOf(policies, scope) };
    return rest.some(({ environment, key }) => environment === ground.environment && key === ground.key)
      ? []
      : [ground];
  });
  const together = [...Map.groupBy(special, ({ environment, key }) => `${environment}\n${key}`).values()].flatMap(
    ([first, ...others]): Ground[] =>
      first ? [{ ...first, services: [first, ...others].flatMap((one) => one.services ?? []) }] : [],
  );
  return rest
    .flatMap((ground) => [ground, ...together.filter(({ environment }) => environment === ground.environment)])
    .map((ground) => toldGround(policies, ground));
};

interface Ground {
  environment: string;
  services: string[] | null;
  scope: Scope;
  /** Same where the same policies are asked. */
  key: string;
}

const keyOf = (policies: readonly RemediationPolicy[], scope: Scope): string =>
  policiesOver(policies, scope)
    .map(({ name }) => name)
    .join('\n');

const placeless = (environment: string): Scope => ({
  environment,
  cluster: '',
  namespace: '',
  service: null,
  runbook: null,
  drill: false,
});

const placeOf = ({ workload, database }: Service): Pick<Scope, 'cluster' | 'namespace'> => ({
  cluster: workload?.cluster ?? database ?? '',
  namespace: workload?.namespace ?? '',
});

/** Production first: what is not described is taken for it. */
const environmentsOf = (policies: readonly RemediationPolicy[], services: Organisation['services']): string[] => {
  const named = [
    ...Object.values(services).map(({ environment }) => environment),
    ...policies.flatMap(({ select }) => [...(select.environments ?? []), ...(select.exceptEnvironments ?? [])]),
  ];
  return [...new Set(['production', ...named.toSorted()])];
};

const toldGround = (policies: readonly RemediationPolicy[], { environment, services, scope }: Ground): PolicyGround => {
  const rules = rulesFor(policies, scope);
  return {
    environment: environment === anyOther ? null : environment,
    services,
    policies: rules.policies,
    classes: classesInWords.map(({ blastClass, what }) => {
      const { mode, by } = rules.modes[blastClass];
      const yes = mode === 'off' ? null : approvalInWords(rules.approvals[blastClass]);
      return { blastClass, what, mode, meaning: modeInWords(mode), by, yes };
    }),
    limits: limitsInWords(rules.limits),
    trust: trustInWords(rules),
  };
};

/** Every window of every policy, those that are closed at the moment (ISO 8601) first. */
export const freezesAt = (policies: readonly RemediationPolicy[], at: string): FreezeView[] =>
  policies
    .flatMap(({ name: policy, select, freeze = [] }) =>
      freeze.map((window) => ({
        name: window.name,
        policy,
        reason: window.reason,
        when: windowInWords(window),
        where: selectionInWords({ ...select, ...window.scope }),
        closed: isClosed(window, at),
        capMode: window.capMode,
        meaning: modeInWords(window.capMode),
      })),
    )
    .toSorted((left, right) => Number(right.closed) - Number(left.closed));
