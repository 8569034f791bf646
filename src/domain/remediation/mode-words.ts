/** Modes, approvals and limits in sentences, for whoever asks what would happen. */
import type { ChangingClass, FreezeWindow, Mode, Selection } from '../../schema/remediation-policy.ts';
import { spanInWords } from '../duration.ts';
import type { ApprovalRule, Limits, Rules } from './mode-rules.ts';

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

/** What promotes and what lowers a runbook: results, no history, a symptom that comes back, trouble everywhere. */
export const trustInWords = ({ trust: { promote, demote }, newRunbooks, flap, storm }: Rules): string[] => [
  `From ${promote.runs} runs and a bound of ${promote.bound} on a policy is advised to let a runbook act without a question.`,
  `A person is asked each time after ${times(demote.harmful)} that it made things worse, or ${times(demote.ineffectiveInARow)} in a row that it did not help.`,
  `A version without history: ${newRunbooks.mode}, ${modeInWords(newRunbooks.mode)}; vouched for: ${newRunbooks.trusted.join(', ') || 'none'}.`,
  `Only recommended for ${spanInWords(flap.breakerMs)} where the alert came back within ${spanInWords(flap.withinMs)}, ${times(flap.times)} in ${spanInWords(flap.lookBackMs)}.`,
  `Only recommended while more than ${storm.services} services are unwell at once, or more than ${Math.round(storm.share * 100)} % of a cluster, and for ${spanInWords(storm.coolDownMs)} afterwards.`,
];

const times = (count: number): string => (count === 1 ? 'one time' : `${count} times`);

/** Each class with what a change of it amounts to, the smallest first. */
export const classesInWords: readonly { blastClass: ChangingClass; what: string }[] = [
  { blastClass: 'B1', what: 'one pod, one session, a switch that returns by itself' },
  { blastClass: 'B2', what: 'one workload, rolling and reversible' },
  { blastClass: 'B3', what: 'a node, all traffic of a service, a restart of a database' },
  { blastClass: 'B4', what: 'what cannot be taken back' },
];

/** "in production, of service checkout"; "everywhere" where nothing is left out. */
export const selectionInWords = (selection: Selection): string => {
  const { environments, exceptEnvironments, clusters, namespaces, services, runbooks, drills } = selection;
  const said = [
    ...(environments ? [`in ${environments.join(' and ')}`] : []),
    ...(exceptEnvironments ? [`outside of ${exceptEnvironments.join(' and ')}`] : []),
    ...named('cluster', clusters),
    ...named('namespace', namespaces),
    ...named('service', services),
    ...named('runbook', runbooks),
    ...(drills === undefined ? [] : [drills ? 'drills alone' : 'live incidents alone']),
  ];
  return said.length > 0 ? said.join(', ') : 'everywhere';
};

const named = (kind: string, names: readonly string[] | undefined): string[] =>
  names ? [`${kind}${names.length > 1 ? 's' : ''} ${names.join(', ')}`] : [];

/** When the window is closed: "each week fri 16:00 to 24:00; sat, sun 00:00 to 24:00, by the clock of Europe/Berlin". */
export const windowInWords = ({ from, to, weekly, timezone }: FreezeWindow): string => {
  const hours = weekly?.map((one) => `${one.days?.join(', ') ?? 'every day'} ${one.from} to ${one.to}`).join('; ');
  const said = [
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(to === undefined ? [] : [`until ${to}`]),
    ...(hours === undefined ? [] : [`each week ${hours}, by the clock of ${timezone ?? 'UTC'}`]),
  ];
  return said.length > 0 ? said.join(' ') : 'always';
};
