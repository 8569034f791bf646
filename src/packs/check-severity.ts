/** What one severity of a pack must satisfy: steps in order, promises that can be kept, words for whatever it sends. */
import { Duration, type PackDocument, type SeverityPolicy } from '../schema/policy.ts';
import type { Fault, FieldPath } from './fault.ts';
import type { Sourced } from './read-yaml.ts';

type PlaceFault = Sourced<unknown>['fault'];

/** Every fault of one severity, which stands at `path`. */
export const severityFaults = (
  pack: PackDocument,
  path: FieldPath,
  policy: SeverityPolicy,
  fault: PlaceFault,
): Fault[] => [
  ...ladderFaults([...path, 'ladder'], policy, fault),
  ...noticeFaults(pack, [...path, 'notify'], policy, fault),
  ...roomFaults(pack, path, policy, fault),
  ...cadenceFaults([...path, 'updates'], policy, fault),
  ...holdFaults([...path, 'hold'], policy, fault),
  ...reviewFaults(pack, [...path, 'review'], policy, fault),
  ...twiceFaults([...path, 'roles', 'minimum'], policy.roles.minimum, fault),
];

const ladderFaults = (path: FieldPath, { ladder }: SeverityPolicy, fault: PlaceFault): Fault[] =>
  ladder.flatMap((step, index) => {
    const before = ladder[index - 1];
    const twin = ladder.findIndex(
      (other) => other.page === step.page && other.after === step.after && other.unless === step.unless,
    );
    return [
      ...(before && step.after < before.after
        ? [fault([...path, index, 'after'], 'earlier than the step above it; write the steps in order of time')]
        : []),
      ...(twin < index ? [fault([...path, index], `the same as step ${twin + 1}; keep one of the two`)] : []),
    ];
  });

const noticeFaults = (pack: PackDocument, path: FieldPath, { notify }: SeverityPolicy, fault: PlaceFault): Fault[] =>
  notify.flatMap((notice, index) => {
    const twin = notify.findIndex((other) => other.to === notice.to && other.via === notice.via);
    return [
      ...(twin < index ? [fault([...path, index], `${notice.to} stands twice; remove one`)] : []),
      ...(notice.via === 'ticket' && pack.messages.ticket === undefined
        ? [fault([...path, index], 'a ticket needs words; write messages.ticket')]
        : []),
    ];
  });

const roomFaults = (pack: PackDocument, path: FieldPath, policy: SeverityPolicy, fault: PlaceFault): Fault[] => [
  ...(policy.room === 'shared' && pack.room.shared === undefined
    ? [fault([...path, 'room'], 'no shared room is named; give its channel as room.shared')]
    : []),
  ...policy.drafts.flatMap((draft, index) =>
    draft === 'social' && pack.messages.socialDraft === undefined
      ? [fault([...path, 'drafts', index], 'a draft needs words; write messages.socialDraft')]
      : [],
  ),
  ...twiceFaults([...path, 'drafts'], policy.drafts, fault),
];

const cadenceFaults = (path: FieldPath, { updates }: SeverityPolicy, fault: PlaceFault): Fault[] => {
  const { internal, public: open } = updates;
  const faults: Fault[] = [];
  if (internal && internal.every <= 0)
    faults.push(fault([...path, 'internal', 'every'], 'must be longer than nothing'));
  if (internal && internal.remindBefore >= internal.every) {
    faults.push(fault([...path, 'internal', 'remindBefore'], 'must be shorter than the time between two updates'));
  }
  if (open && open.every <= 0) faults.push(fault([...path, 'public', 'every'], 'must be longer than nothing'));
  return faults;
};

const holdFaults = (path: FieldPath, { hold }: SeverityPolicy, fault: PlaceFault): Fault[] => {
  if (typeof hold.for === 'number') {
    return (['atLeast', 'atMost'] as const).flatMap((bound) =>
      hold[bound] === undefined
        ? []
        : [fault([...path, bound], 'bounds only a hold such as "2x duration"; remove it, the hold is fixed')],
    );
  }
  return [
    ...(hold.for.timesDuration > 0
      ? []
      : [fault([...path, 'for'], 'must be more than nothing, such as "2x duration"')]),
    ...(hold.atLeast !== undefined && hold.atMost !== undefined && hold.atMost < hold.atLeast
      ? [fault([...path, 'atMost'], 'must not be shorter than atLeast')]
      : []),
  ];
};

const reviewFaults = (pack: PackDocument, path: FieldPath, { review }: SeverityPolicy, fault: PlaceFault): Fault[] => {
  const faults: Fault[] = [];
  const order = ['notBefore', 'preferred', 'within'] as const;
  for (const [index, later] of order.entries()) {
    const earlier = order.slice(0, index).findLast((field) => review[field] !== undefined);
    const [first, second] = [earlier && review[earlier], review[later]];
    if (earlier && first !== undefined && second !== undefined && isLater(first, second)) {
      faults.push(fault([...path, later], `comes before ${earlier}; the order is notBefore, preferred, within`));
    }
  }
  const length = pack.reviewFormat?.lengthMinutes;
  if (review.lengthMinutes <= 0) faults.push(fault([...path, 'lengthMinutes'], 'must be longer than nothing'));
  else if (length && (review.lengthMinutes < length.least || review.lengthMinutes > length.most)) {
    faults.push(
      fault(
        [...path, 'lengthMinutes'],
        `reviewFormat.lengthMinutes says ${length.least} to ${length.most} minutes; stay between the two or change them`,
      ),
    );
  }
  return faults;
};

/** Business days and plain time are not compared: which is longer depends on the day. */
const isLater = (left: string, right: string): boolean => {
  const [first, second] = [left, right].map((window) =>
    window.includes('business') ? { kind: 'business', length: Number(window.split(' ')[0]) } : plainTime(window),
  );
  return first !== undefined && second !== undefined && first.kind === second.kind && first.length > second.length;
};

const plainTime = (window: string) => ({ kind: 'plain', length: Duration.parse(window) });

const twiceFaults = (path: FieldPath, names: readonly string[], fault: PlaceFault): Fault[] =>
  names.flatMap((name, index) =>
    names.indexOf(name) < index ? [fault([...path, index], `${name} stands twice; remove one`)] : [],
  );
