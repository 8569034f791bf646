/** What a stop forbids, in scopes and in words. */
import type { Target } from '../../schema/remediation.ts';

export const everything = 'global';

/** Every scope of the kill switch that covers an action on a target; `runbook`: whose step it is. */
export const scopesOver = (
  target: Pick<Target, 'cluster'>,
  action: string,
  runbook: string | null = null,
): string[] => [
  everything,
  `cluster/${target.cluster}`,
  `action/${action}`,
  ...(runbook === null ? [] : [`runbook/${runbook}`]),
];

/** "every change", "changes in the cluster blue", "the action scale-workload", "the runbook bad-release". */
export const stoppedWords = (scope: string): string => {
  const [kind, name] = scope.split('/');
  if (kind === 'cluster') return `changes in the cluster ${name}`;
  if (kind === 'action') return `the action ${name}`;
  if (kind === 'runbook') return `the runbook ${name}`;
  return 'every change';
};
