/** What a stop forbids, in scopes and in words. */
import type { Target } from '../schema/remediation.ts';

export const everything = 'global';

/** Every scope of the kill switch that covers an action on a target. */
export const scopesOver = (target: Pick<Target, 'cluster'>, action: string): string[] => [
  everything,
  `cluster/${target.cluster}`,
  `action/${action}`,
];

/** "every change", "changes in the cluster blue", "the action scale-workload". */
export const stoppedWords = (scope: string): string => {
  const [kind, name] = scope.split('/');
  if (kind === 'cluster') return `changes in the cluster ${name}`;
  if (kind === 'action') return `the action ${name}`;
  return 'every change';
};
