/** How far each step of a runbook may go by itself, for every service that it could be done to: as the effect decides it. Pure. */
import type { Organisation } from '../schema/organisation.ts';
import type { Target } from '../schema/remediation.ts';
import type { RemediationPolicy } from '../schema/remediation-policy.ts';
import type { RunbookDocument, RunbookStep } from '../schema/runbook.ts';
import type { PossibleClass } from '../schema/runbook-actions.ts';
import type { RunbookStepView, StepMode } from '../schema/runbook-board.ts';
import { approvalDuring, freezeCaps, frozen } from './freeze.ts';
import { flapCap, storm, stormCaps, type Unwell } from './limits.ts';
import { type Cap, downgrade, modeFor } from './mode.ts';
import { blindCaps, unwellIn } from './mode-circumstances.ts';
import { rulesFor } from './mode-rules.ts';
import { type Scope, scopeOf } from './mode-scope.ts';
import { approvalInWords, modeInWords } from './mode-words.ts';
import { actionFor } from './runbook-compile.ts';
import { targetOf, targetsInCatalogue } from './runbook-targets.ts';
import { switchClass } from './switch.ts';
import { targetKey } from './target.ts';
import { standingOf, type TrustEntry } from './trust.ts';

/** All that a mode rests on at one moment. */
export interface ModeGround {
  policies: readonly RemediationPolicy[];
  organisation: Organisation;
  /** Results of live runs, oldest first. */
  results: readonly TrustEntry[];
  unwell: readonly Unwell[];
  /** Breakers that are open. */
  breakers: readonly { runbook: string; targetKey: string; until: string; because: string }[];
  /** Classes that plans of an action can have; empty where the catalogue says it. */
  classesOf(action: string): readonly PossibleClass[];
  /** ISO 8601. */
  at: string;
}

export interface LoadedRunbook {
  document: RunbookDocument;
  builtIn: boolean;
}

/** A service whose target the step could be done to, with the action as it is carried out there. */
interface Seat {
  title: string;
  service: string;
  target: Target;
  action: string;
}

/** Services for which the same holds stand together. */
export const stepModes = (
  ground: ModeGround,
  runbook: LoadedRunbook,
  step: RunbookStep,
): Pick<RunbookStepView, 'modes' | 'nowhere'> => {
  const decided = seatsOf(ground.organisation, runbook.document, step).flatMap((seat) =>
    classesAt(ground, seat).map((possible) => modeAt(ground, runbook, seat, possible)),
  );
  const alike = Map.groupBy(decided, ({ services: _, ...same }) => JSON.stringify(same));
  const modes = [...alike.values()].flatMap(([first, ...others]) =>
    first ? [{ ...first, services: [first, ...others].flatMap(({ services }) => services) }] : [],
  );
  return { modes: modes.toSorted(byPlace), nowhere: modes.length > 0 ? null : nowhere };
};

const byPlace = (left: StepMode, right: StepMode): number =>
  left.environment.localeCompare(right.environment) ||
  left.action.localeCompare(right.action) ||
  left.blastClass.localeCompare(right.blastClass);

const nowhere = 'No service of the catalogue has such a target, so this step is passed over.';

/** One pod or node stands for any: policies do not ask for its name. */
const anyOne = { pods: { suspect: '*' }, nodes: { suspect: '*' } };

const seatsOf = (organisation: Organisation, { spec }: RunbookDocument, step: RunbookStep): Seat[] => {
  const { services: only, kinds } = spec.match;
  return Object.entries(organisation.services).flatMap(([service, { title, workload }]): Seat[] => {
    if (only && !only.includes(service)) return [];
    if (kinds && !(workload && kinds.includes(workload.kind))) return [];
    const targets = targetsInCatalogue(organisation, { service, workload: workload ?? null });
    const target = targetOf(step.target ?? spec.target, targets, anyOne);
    return typeof target === 'string' ? [] : [{ title, service, target, action: actionFor(step.action, target) }];
  });
};

const classesAt = ({ classesOf, organisation }: ModeGround, { target, action }: Seat): PossibleClass[] => {
  const entry = target.kind === 'Switch' ? organisation.switches[target.name] : undefined;
  if (entry) return [{ blastClass: switchClass(entry), when: `the catalogue says so of ${entry.title}` }];
  return classesOf(action).filter(({ kinds }) => kinds?.includes(target.kind) ?? true);
};

const modeAt = (
  ground: ModeGround,
  { document, builtIn }: LoadedRunbook,
  seat: Seat,
  { blastClass, when }: PossibleClass,
): StepMode => {
  const { policies, at } = ground;
  const { name, version } = document.metadata;
  const { target, service, action } = seat;
  const scope = scopeOf(ground.organisation, { incident: { service, drill: false }, target, runbook: { name } });
  const { trust } = rulesFor(policies, scope);
  const outcomes = ground.results.filter(
    (one) =>
      one.runbook === name && one.version === version && one.action === action && one.environment === scope.environment,
  );
  const decided = modeFor(policies, {
    ...scope,
    blastClass,
    runbook: { name, version, builtIn },
    standing: standingOf(
      outcomes.map(({ outcome }) => outcome),
      trust,
    ),
    dataSuspicion: false,
  });
  const windows = frozen(policies, at, scope);
  const lowered = downgrade(decided.mode, [
    ...freezeCaps(windows, { rank: Number.POSITIVE_INFINITY, override: null, takesBackChangeOf: null }),
    ...causeCaps(ground, scope, seat, blastClass),
    ...blindCaps(ground.organisation, target),
  ]);
  const asks = lowered.mode === 'approve' && decided.approval;
  return {
    environment: scope.environment,
    action,
    blastClass,
    when,
    services: [seat.title],
    mode: lowered.mode,
    meaning: modeInWords(lowered.mode),
    because: [...decided.because, ...lowered.because],
    yes: asks ? approvalInWords(approvalDuring(windows, asks)) : null,
  };
};

/** One cause behind many, or a symptom that comes back again and again. */
const causeCaps = (
  { policies, organisation, unwell, breakers, at }: ModeGround,
  scope: Scope,
  { target }: Seat,
  blastClass: string,
): Cap[] => {
  const rules = rulesFor(policies, scope);
  const facts = { unwell, targets: unwellIn(organisation, target.cluster, unwell) };
  const runbook = scope.runbook?.name ?? '';
  const open = breakers.find((one) => one.runbook === runbook && one.targetKey === targetKey(target));
  return [
    ...stormCaps(blastClass, storm(facts, rules.storm, Date.parse(at))),
    ...(open ? [{ ...flapCap(rules.flap, runbook, target.name), because: open.because }] : []),
  ];
};
