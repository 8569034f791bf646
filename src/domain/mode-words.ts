/** Modes, approvals and limits in sentences, for whoever asks what would happen. */
import type { Mode } from '../schema/remediation-policy.ts';
import { spanInWords } from './duration.ts';
import type { ApprovalRule, Limits } from './mode-rules.ts';

const meanings: Record<Mode, string> = {
  off: 'nothing happens',
  observe: 'the timeline says what would be done',
  recommend: 'people are shown what could be done, and may propose it',
  approve: 'a plan waits for the yes of people',
  auto: 'it is done without a question, within all limits and guards',
};

export const modeInWords = (mode: Mode): string => meanings[mode];

export const approvalInWords = (rule: ApprovalRule): string => {
  const { roles, duties, count, timeoutMs, notProposer, notAuthorOfChange, startWithinMs, escalateTo } = rule;
  const who = [...roles.map((role) => `a ${role}`), ...duties.map((duty) => `whoever holds ${duty}`)].join(' or ');
  const people = count === 1 ? `one yes of ${who}` : `${count} people say yes, each ${who}`;
  const without = [
    ...(notProposer ? ['who proposed it'] : []),
    ...(notAuthorOfChange ? ['whose change is taken back'] : []),
  ];
  const except = without.length > 0 ? `, but nobody ${without.join(' or ')}` : '';
  const late =
    escalateTo === null ? 'nothing is done' : `${escalateTo} is asked for as long again, then nothing is done`;
  return `${people}${except}; without an answer in ${spanInWords(timeoutMs)} ${late}; a yes is good for ${spanInWords(startWithinMs)}`;
};

export const limitsInWords = ({ perTarget, perRunbook, perCluster, total }: Limits): string[] => [
  `${perTarget.max} of one target within ${spanInWords(perTarget.windowMs)}, ${perTarget.perDay} within a day`,
  `${perRunbook.max} by one runbook within ${spanInWords(perRunbook.windowMs)}`,
  `${perCluster.max} in one cluster within ${spanInWords(perCluster.windowMs)}, ${perCluster.concurrent} at once`,
  `${total.max} everywhere within ${spanInWords(total.windowMs)}`,
];
