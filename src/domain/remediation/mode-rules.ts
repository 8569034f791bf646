/**
 * All that the policies over one remediation say together. Each figure is the strictest of those that policies of your own
 * say; where none says anything, the strictest of the built-in ones. So a policy can loosen what comes with Muster, and no
 * policy can loosen another.
 */
import type {
  ApprovalPolicy,
  ChangingClass,
  FreezeWindow,
  MinAvailable,
  Mode,
  RemediationPolicy,
} from '../../schema/remediation-policy.ts';
import { Bug } from '../errors.ts';
import { policiesOver, type Scope } from './mode-scope.ts';

export interface ApprovalRule {
  roles: readonly ('responder' | 'commander')[];
  /** Whoever holds one of these may approve, too, whatever their role. */
  duties: readonly string[];
  count: number;
  timeoutMs: number;
  notProposer: boolean;
  notAuthorOfChange: boolean;
  startWithinMs: number;
  /** Duty that is asked when the first people did not answer, for as long again; null: nothing is done then. */
  escalateTo: string | null;
}

export interface Limits {
  perTarget: { max: number; windowMs: number; perDay: number };
  perRunbook: { max: number; windowMs: number };
  perCluster: { max: number; windowMs: number; concurrent: number };
  total: { max: number; windowMs: number };
}

export interface FlapRule {
  times: number;
  withinMs: number;
  lookBackMs: number;
  breakerMs: number;
}

export interface StormRule {
  share: number;
  services: number;
  coolDownMs: number;
}

export interface TrustRule {
  promote: { runs: number; bound: number };
  demote: { harmful: number; ineffectiveInARow: number };
}

export interface Rules {
  /** Names of the policies that were asked, those of your own first. */
  policies: string[];
  modes: Record<ChangingClass, { mode: Mode; by: string }>;
  approvals: Record<ChangingClass, ApprovalRule>;
  limits: Limits;
  flap: FlapRule;
  storm: StormRule;
  freeze: FreezeWindow[];
  require: { minAvailable: MinAvailable[]; allowLabels: string[]; nodesReadyAtLeast: number };
  newRunbooks: { mode: Mode; trusted: string[] };
  trust: TrustRule;
}

/** From the strictest; the order of `modes` in src/schema/remediation-policy.ts. */
const order: readonly Mode[] = ['off', 'observe', 'recommend', 'approve', 'auto'];

export const stricterMode = (left: Mode, right: Mode): Mode =>
  order.indexOf(left) <= order.indexOf(right) ? left : right;

/** Throws Bug where the policies leave something open: the built-in ones, which say everything, are missing. */
export const rulesFor = (policies: readonly RemediationPolicy[], scope: Scope): Rules => {
  const over = policiesOver(policies, scope);
  const own = over.filter(({ builtIn }) => !builtIn);
  const builtIn = over.filter((policy) => policy.builtIn);

  /** What the policies say of one thing: those of your own, else the built-in ones. */
  const all = <Value>(read: (policy: RemediationPolicy) => Value | undefined): { value: Value; by: string }[] => {
    const said = (from: RemediationPolicy[]) =>
      from.flatMap((policy) => {
        const value = read(policy);
        return value === undefined ? [] : [{ value, by: policy.name }];
      });
    const found = said(own);
    return found.length > 0 ? found : said(builtIn);
  };
  const one = <Value>(
    what: string,
    read: (policy: RemediationPolicy) => Value | undefined,
    stricter: (left: Value, right: Value) => Value,
  ): Value => {
    const [first, ...others] = all(read);
    if (!first) throw new Bug(`no remediation policy says ${what}; load the built-in ones as well`);
    return others.reduce((value, other) => stricter(value, other.value), first.value);
  };
  const least = (what: string, read: (policy: RemediationPolicy) => number | undefined) => one(what, read, Math.min);
  const most = (what: string, read: (policy: RemediationPolicy) => number | undefined) => one(what, read, Math.max);

  const modeOf = (blastClass: ChangingClass): { mode: Mode; by: string } => {
    const mode = one(`the mode of ${blastClass}`, ({ modes }) => modes?.[blastClass], stricterMode);
    return { mode, by: all(({ modes }) => modes?.[blastClass]).find(({ value }) => value === mode)?.by ?? '' };
  };
  const approvalOf = (blastClass: ChangingClass): ApprovalRule => {
    const said =
      <Key extends keyof ApprovalPolicy>(key: Key) =>
      (policy: RemediationPolicy): ApprovalPolicy[Key] | undefined =>
        policy.approvals?.[blastClass]?.[key];
    const what = (key: string) => `${key} of approvals of ${blastClass}`;
    const onTimeout = one(what('onTimeout'), said('onTimeout'), (left, right) => (right === 'nothing' ? right : left));
    return {
      ...one(what('roles'), (policy) => approversOf(policy.approvals?.[blastClass]), both),
      count: most(what('count'), said('count')),
      timeoutMs: least(what('timeout'), said('timeout')),
      notProposer: one(what('notProposer'), said('notProposer'), either),
      notAuthorOfChange: one(what('notAuthorOfChange'), said('notAuthorOfChange'), either),
      startWithinMs: least(what('startWithin'), said('startWithin')),
      escalateTo: onTimeout === 'nothing' ? null : onTimeout.escalateTo,
    };
  };
  const bounds = (key: 'perTarget' | 'perRunbook' | 'perCluster' | 'total') => ({
    max: least(`limits.${key}.max`, ({ limits }) => limits?.[key]?.max),
    windowMs: most(`limits.${key}.window`, ({ limits }) => limits?.[key]?.window),
  });
  return {
    policies: [...own, ...builtIn].map(({ name }) => name),
    modes: { B1: modeOf('B1'), B2: modeOf('B2'), B3: modeOf('B3'), B4: modeOf('B4') },
    approvals: { B1: approvalOf('B1'), B2: approvalOf('B2'), B3: approvalOf('B3'), B4: approvalOf('B4') },
    limits: {
      perTarget: {
        ...bounds('perTarget'),
        perDay: least('limits.perTarget.perDay', ({ limits }) => limits?.perTarget?.perDay),
      },
      perRunbook: bounds('perRunbook'),
      perCluster: {
        ...bounds('perCluster'),
        concurrent: least('limits.perCluster.concurrent', ({ limits }) => limits?.perCluster?.concurrent),
      },
      total: bounds('total'),
    },
    flap: {
      times: least('flap.times', ({ flap }) => flap?.times),
      withinMs: most('flap.within', ({ flap }) => flap?.within),
      lookBackMs: most('flap.lookBack', ({ flap }) => flap?.lookBack),
      breakerMs: most('flap.breaker', ({ flap }) => flap?.breaker),
    },
    storm: {
      share: least('storm.share', ({ storm }) => storm?.share),
      services: least('storm.services', ({ storm }) => storm?.services),
      coolDownMs: most('storm.coolDown', ({ storm }) => storm?.coolDown),
    },
    freeze: over.flatMap(({ freeze }) => freeze ?? []),
    require: {
      minAvailable: all((policy) => policy.require?.minAvailable).map(({ value }) => value),
      allowLabels: [...new Set(all((policy) => policy.require?.allowLabel).map(({ value }) => value))],
      nodesReadyAtLeast: most('require.nodesReadyAtLeast', (policy) => policy.require?.nodesReadyAtLeast),
    },
    newRunbooks: {
      mode: one<Mode>('newRunbooks.mode', ({ newRunbooks }) => newRunbooks?.mode, stricterMode),
      // Vouching for a version is an exception by name: the one thing that is added up.
      trusted: [...new Set(over.flatMap(({ newRunbooks }) => newRunbooks?.trusted ?? []))],
    },
    trust: {
      promote: {
        runs: most('trust.promote.runs', ({ trust }) => trust?.promote?.runs),
        bound: most('trust.promote.bound', ({ trust }) => trust?.promote?.bound),
      },
      demote: {
        harmful: least('trust.demote.harmful', ({ trust }) => trust?.demote?.harmful),
        ineffectiveInARow: least('trust.demote.ineffectiveInARow', ({ trust }) => trust?.demote?.ineffectiveInARow),
      },
    },
  };
};

type Approvers = Pick<ApprovalRule, 'roles' | 'duties'>;

const approversOf = (said: Pick<ApprovalPolicy, 'roles' | 'duties'> | undefined): Approvers | undefined =>
  said?.roles || said?.duties ? { roles: said.roles ?? [], duties: said.duties ?? [] } : undefined;

/** Whom both policies let approve; where that is nobody, a commander. */
const both = (left: Approvers, right: Approvers): Approvers => {
  const roles = left.roles.filter((role) => right.roles.includes(role));
  const duties = left.duties.filter((duty) => right.duties.includes(duty));
  return roles.length + duties.length > 0 ? { roles, duties } : { roles: ['commander'], duties: [] };
};

const either = (left: boolean, right: boolean): boolean => left || right;
