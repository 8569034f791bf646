/** Promises of a pack that contradict each other although each is well formed. */
import type { PackDocument, SeverityPolicy } from '../schema/policy.ts';
import type { FieldPath } from './fault.ts';
import { type Finding, type Judge, judgeOf } from './finding.ts';
import type { Sourced } from './read-yaml.ts';

/** Every gap of one pack. */
export const promiseGaps = (pack: Sourced<PackDocument>): Finding[] =>
  Object.entries(pack.value.severities).flatMap(([name, policy]) => [
    ...ladderGaps(['severities', name], policy, judgeOf(pack)),
    ...cadenceGaps(['severities', name], policy, judgeOf(pack)),
  ]);

const isWorst = ({ rank }: SeverityPolicy): boolean => rank === 1;

const ladderGaps = (path: FieldPath, policy: SeverityPolicy, judge: Judge): Finding[] => {
  const { ladder, notify, respondWithin } = policy;
  const last = ladder.at(-1);
  if (!last) {
    if (isWorst(policy)) {
      return [judge.failing([...path, 'ladder'], 'nobody is paged for the worst severity; write at least one step')];
    }
    return notify.length === 0
      ? [judge.warning([...path, 'notify'], 'nobody hears of such an incident; write a step of the ladder or a notice')]
      : [];
  }
  const pagesAtTheEnd = notify.some(({ otherwisePage }) => otherwisePage !== null);
  return typeof respondWithin === 'number' && last.after < respondWithin && !pagesAtTheEnd
    ? [
        judge.warning(
          [...path, 'ladder', ladder.length - 1, 'after'],
          'the ladder ends before the time to respond is over; add a step at respondWithin or later',
        ),
      ]
    : [];
};

const cadenceGaps = (path: FieldPath, policy: SeverityPolicy, judge: Judge): Finding[] => {
  const { internal, public: open } = policy.updates;
  return [
    ...(internal === null && isWorst(policy)
      ? [
          judge.failing(
            [...path, 'updates', 'internal'],
            'the worst severity promises no updates; give every, remindBefore and onMissed',
          ),
        ]
      : []),
    ...(open && open.firstWithin > open.every
      ? [
          judge.warning(
            [...path, 'updates', 'public', 'firstWithin'],
            'the first public update may come later than the second would; make it no longer than "every"',
          ),
        ]
      : []),
  ];
};
