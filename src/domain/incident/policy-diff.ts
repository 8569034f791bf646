/** What a change of policy means for whoever is on duty: one sentence per figure that differs. Pure. */
import type { Policy } from '../../schema/policy.ts';
import { type PolicyPromise, placeOf, promisesOf, severitiesByRank } from './policy-in-words.ts';

export interface PolicyChange {
  /** Name in the new policy (in the old one for a severity that is gone); null for what holds for every severity. */
  severity: string | null;
  /** The policy's own word for the part: ladder, notify, updates, hold ... */
  field: string;
  /** The figure in words; null where there was none. */
  before: string | null;
  after: string | null;
  /** "SEV1 ladder: engineering-manager is paged after 10 min instead of 15 min" */
  text: string;
}

/** A severity of one policy and its counterpart in the other. */
interface SeverityPair {
  before: string | null;
  after: string | null;
}

/**
 * Severities of one pack belong together by name, those of two packs by rank: P1 may be the worst here and the second
 * there. Worst first; those that are gone stand last.
 */
const pairSeverities = (before: Policy, after: Policy): SeverityPair[] => {
  const counterpart = (name: string, rank: number): string | null => {
    if (before.pack === after.pack) return Object.hasOwn(before.severities, name) ? name : null;
    return severityOfRank(before, rank);
  };
  const pairs = severitiesByRank(after).map(([name, { rank }]) => ({ before: counterpart(name, rank), after: name }));
  const gone = severitiesByRank(before)
    .filter(([name]) => !pairs.some((pair) => pair.before === name))
    .map(([name]) => ({ before: name, after: null }));
  return [...pairs, ...gone];
};

/**
 * What an incident of this severity would be under another policy: the same name in the same pack, else the one of the
 * same rank; null when there is neither and a person must say.
 */
export const counterpartOf = (severity: string, before: Policy, after: Policy): string | null => {
  if (before.pack === after.pack && Object.hasOwn(after.severities, severity)) return severity;
  const rank = Object.hasOwn(before.severities, severity) ? before.severities[severity]?.rank : undefined;
  return rank === undefined ? null : severityOfRank(after, rank);
};

const severityOfRank = (policy: Pick<Policy, 'severities'>, rank: number): string | null =>
  severitiesByRank(policy).find(([, severity]) => severity.rank === rank)?.[0] ?? null;

/**
 * The sentences that matter to an incident of this severity of the new policy, and how many speak of others only:
 * enough to judge the change by, short enough for a timeline.
 */
export const changesFor = (severity: string, changes: readonly PolicyChange[]): string[] => {
  const own = changes.filter((change) => change.severity === severity || change.severity === null);
  const others = changes.length - own.length;
  return [
    ...own.map(({ text }) => text),
    ...(others > 0 ? [`${others} ${others === 1 ? 'change' : 'changes'} of other severities`] : []),
  ];
};

/**
 * What differs, worst severity first, general parts last; empty for equal policies and never empty for others: a part
 * that has no words of its own (a field newer than this file, or another order) is shown as it stands.
 */
export const policyDiff = (before: Policy, after: Policy): PolicyChange[] => {
  const old = promisesOf(before);
  const young = promisesOf(after);
  const changes: PolicyChange[] = [];
  for (const pair of pairSeverities(before, after)) {
    if (pair.before === null || pair.after === null) {
      changes.push(wholeSeverity(pair));
      continue;
    }
    if (pair.before !== pair.after) changes.push(renamed(pair.before, pair.after));
    changes.push(
      ...partsThatDiffer(
        { severity: pair.after, value: before.severities[pair.before], promises: ofSeverity(old, pair.before) },
        { severity: pair.after, value: after.severities[pair.after], promises: ofSeverity(young, pair.after) },
      ),
    );
  }
  const { severities: _, ...oldGeneral } = before;
  const { severities: __, ...youngGeneral } = after;
  changes.push(
    ...partsThatDiffer(
      { severity: null, value: oldGeneral, promises: ofSeverity(old, null) },
      { severity: null, value: youngGeneral, promises: ofSeverity(young, null) },
    ),
  );
  return changes;
};

const ofSeverity = (promises: readonly PolicyPromise[], severity: string | null): PolicyPromise[] =>
  promises.filter((promise) => promise.severity === severity);

const wholeSeverity = ({ before, after }: SeverityPair): PolicyChange => ({
  severity: after ?? before,
  field: 'severity',
  before,
  after,
  text: after === null ? `${before} is gone` : `${after} is new`,
});

const renamed = (before: string, after: string): PolicyChange => ({
  severity: after,
  field: 'severity',
  before,
  after,
  text: `${after} stands for what is ${before} now`,
});

interface Side {
  severity: string | null;
  value: object | undefined;
  promises: PolicyPromise[];
}

const partsThatDiffer = (before: Side, after: Side): PolicyChange[] => {
  const [old, young] = [partsOf(before.value), partsOf(after.value)];
  const fields = [...new Set([...Object.keys(young), ...Object.keys(old)])];
  return fields.flatMap((field) => {
    const [was, is] = [sameText(old[field]), sameText(young[field])];
    if (was === is) return [];
    const place = { severity: after.severity, field };
    const inField = (promise: PolicyPromise) => promise.field === field;
    const changes = promisesThatDiffer(place, before.promises.filter(inField), after.promises.filter(inField));
    return changes.length > 0 ? changes : [changeOf(place, '', was, is)];
  });
};

const partsOf = (value: object | undefined): Record<string, unknown> => ({ ...value });

const promisesThatDiffer = (
  place: Pick<PolicyChange, 'severity' | 'field'>,
  before: readonly PolicyPromise[],
  after: readonly PolicyPromise[],
): PolicyChange[] => {
  const kept = after.flatMap((promise) => {
    const old = before.find(({ item }) => item === promise.item);
    if (!old) return [changeOf(place, '', null, promise.text)];
    return promise.figures.flatMap(([lead, value], index) => {
      const was = old.figures[index]?.[1] ?? null;
      return was === value ? [] : [changeOf(place, lead, was, value)];
    });
  });
  const gone = before.filter(({ item }) => !after.some((promise) => promise.item === item));
  return [...kept, ...gone.map((promise) => changeOf(place, '', promise.text, null))];
};

const changeOf = (
  place: Pick<PolicyChange, 'severity' | 'field'>,
  lead: string,
  before: string | null,
  after: string | null,
): PolicyChange => ({ ...place, before, after, text: `${placeOf(place)}: ${inWords(lead, before, after)}` });

const inWords = (lead: string, before: string | null, after: string | null): string => {
  if (before === null) return `new: ${after}`;
  if (after === null) return `gone: ${before}`;
  return `${lead} ${after} instead of ${before}`.trim();
};

/** Equal for equal values, whatever the order of their fields; a field that is undefined is one that is not there. */
const sameText = (value: unknown): string | null => {
  if (value === undefined) return null;
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([left], [right]) => (left < right ? -1 : 1)))
      : each,
  );
};
