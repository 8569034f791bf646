/**
 * Whether a change is made without a question, after a yes, or not at all - and why, in words. What speaks against it lowers
 * the mode and is shown: a change is never dropped in silence, and never made on less than the policy asks.
 */

import type { BlastClass } from '../../schema/remediation.ts';
import type { ChangingClass, Mode, RemediationPolicy } from '../../schema/remediation-policy.ts';
import { type ApprovalRule, type Rules, rulesFor, stricterMode } from './mode-rules.ts';
import type { Scope } from './mode-scope.ts';
import type { Standing } from './trust.ts';

export interface ModeQuestion extends Scope {
  /** Of the plan, as the server computed it. */
  blastClass: BlastClass;
  runbook: { name: string; version: number; builtIn: boolean } | null;
  /** How this version did with this action in this environment so far (standingOf); null: it was never tried. */
  standing: Standing | null;
  /** Somebody or something suspects that data is lost or corrupt. */
  dataSuspicion: boolean;
}

export interface ModeDecision {
  mode: Mode;
  /** The policy that says so first, then each reason that lowered it. */
  because: string[];
  /** How a yes must look; null for B0, which changes nothing. */
  approval: ApprovalRule | null;
  rules: Rules;
}

/** The most that something allows, and why. */
export interface Cap {
  mode: Mode;
  because: string;
}

/** The lowest of the mode and its caps; only caps that lower it are told. */
export const downgrade = (mode: Mode, caps: readonly Cap[]): { mode: Mode; because: string[] } =>
  caps.reduce<{ mode: Mode; because: string[] }>(
    (decided, cap) =>
      stricterMode(decided.mode, cap.mode) === decided.mode
        ? decided
        : { mode: cap.mode, because: [...decided.because, cap.because] },
    { mode, because: [] },
  );

/** What the policies say, lowered by data at risk, by missing history and by bad results. Limits, freezes and guards come on top. */
export const modeFor = (policies: readonly RemediationPolicy[], question: ModeQuestion): ModeDecision => {
  const rules = rulesFor(policies, question);
  const { blastClass } = question;
  if (blastClass === 'B0')
    return { mode: 'auto', because: ['it only reads and changes nothing'], approval: null, rules };
  const { mode, by } = rules.modes[blastClass];
  const approval = rules.approvals[blastClass];
  const first = `policy ${by} says ${mode} for ${blastClass} in ${question.environment}`;
  const lowered = downgrade(mode, capsOf(question, blastClass, rules));
  return { mode: lowered.mode, because: [first, ...lowered.because], approval, rules };
};

const capsOf = (question: ModeQuestion, blastClass: ChangingClass, rules: Rules): Cap[] => [
  ...hardCaps[blastClass],
  ...(question.dataSuspicion
    ? [cap('recommend', 'data may be lost or corrupt: nothing is changed before a person has looked')]
    : []),
  ...runbookCaps(question, rules),
];

/** Not for a policy to say: approval.ts asks the same of every yes. */
const hardCaps: Record<ChangingClass, Cap[]> = {
  B1: [],
  B2: [],
  B3: [{ mode: 'approve', because: 'a B3 change needs the yes of two people' }],
  B4: [{ mode: 'recommend', because: 'a B4 change cannot be taken back and is never made by Muster' }],
};

const runbookCaps = ({ runbook, standing }: ModeQuestion, { newRunbooks }: Rules): Cap[] => {
  if (runbook === null) return [cap('approve', 'a person proposed it by hand; only runbooks act without a question')];
  const name = `${runbook.name} version ${runbook.version}`;
  if (standing?.demotedBecause) return [cap('approve', `${name} is not trusted any more: ${standing.demotedBecause}`)];
  const isTrusted =
    newRunbooks.trusted.includes(`${runbook.name}@${runbook.version}`) ||
    (runbook.builtIn && newRunbooks.trusted.includes('built-in'));
  if (isTrusted || (standing !== null && standing.runs > 0)) return [];
  return [
    cap(
      newRunbooks.mode,
      `${name} has no history yet; a policy may vouch for it with newRunbooks.trusted: [${runbook.name}@${runbook.version}]`,
    ),
  ];
};

const cap = (mode: Mode, because: string): Cap => ({ mode, because });
