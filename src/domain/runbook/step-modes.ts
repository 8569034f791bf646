/** How far each step of a runbook may go by itself, for every service that it could be done to: as the effect decides it. Pure. */
import type { RunbookDocument, RunbookStep } from '../../schema/runbook.ts';
import type { PossibleClass } from '../../schema/runbook-actions.ts';
import type { RunbookStepView, StepMode } from '../../schema/runbook-board.ts';
import { approvalDuring, freezeCaps } from '../remediation/freeze.ts';
import { flapCap, storm, stormCaps } from '../remediation/limits.ts';
import { type Cap, downgrade, modeFor } from '../remediation/mode.ts';
import { blindCaps, unwellIn } from '../remediation/mode-circumstances.ts';
import { type Rules, rulesFor } from '../remediation/mode-rules.ts';
import { approvalInWords, modeInWords } from '../remediation/mode-words.ts';
import { switchClass } from '../remediation/switch.ts';
import { standingOf } from '../remediation/trust.ts';
import { type ModeGround, type Seat, seatsOf } from './step-seats.ts';

export interface LoadedRunbook {
  document: RunbookDocument;
  builtIn: boolean;
}

/** Services for which the same holds stand together. */
export const stepModes = (
  ground: ModeGround,
  runbook: LoadedRunbook,
  step: RunbookStep,
): Pick<RunbookStepView, 'modes' | 'nowhere'> => {
  const decided = seatsOf(ground, runbook.document, step).flatMap((seat) =>
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
  const { name, version } = document.metadata;
  const { action, scope, windows, services } = seat;
  const { environment } = scope;
  const { trust } = rulesFor(ground.policies, scope);
  const decided = modeFor(ground.policies, {
    ...scope,
    blastClass,
    runbook: { name, version, builtIn },
    standing: standingOf(ground.outcomesOf({ runbook: name, version, action, environment }), trust),
    dataSuspicion: false,
  });
  const lowered = downgrade(decided.mode, [
    ...freezeCaps(windows, { rank: Number.POSITIVE_INFINITY, override: null, takesBackChangeOf: null }),
    ...causeCaps(ground, decided.rules, seat, blastClass),
    ...blindCaps(ground.organisation, seat.target),
  ]);
  const asks = lowered.mode === 'approve' && decided.approval;
  return {
    environment,
    action,
    blastClass,
    when,
    services,
    mode: lowered.mode,
    meaning: modeInWords(lowered.mode),
    because: [...decided.because, ...lowered.because],
    yes: asks ? approvalInWords(approvalDuring(windows, asks)) : null,
  };
};

/** One cause behind many, or a symptom that comes back again and again. */
const causeCaps = (
  { organisation, unwell, at }: ModeGround,
  rules: Rules,
  { target, breaker }: Seat,
  blastClass: string,
): Cap[] => {
  const facts = { unwell, targets: unwellIn(organisation, target.cluster, unwell) };
  return [
    ...stormCaps(blastClass, storm(facts, rules.storm, Date.parse(at))),
    ...(breaker ? [{ ...flapCap(rules.flap, breaker.runbook, target.name), because: breaker.because }] : []),
  ];
};
