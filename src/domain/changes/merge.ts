import { canonicalJson } from '../remediation/plan-hash.ts';
import { targetKey } from '../remediation/target.ts';
import type { Change } from './score.ts';

/** Kubernetes dates in whole seconds, and what we recorded and what we read later are of the same clock. */
const sameSecondMs = 2_000;
/** A pipeline says so before or after the cluster moves; a rollout may take a while. */
const sameDeployMs = 10 * 60_000;

/**
 * Each change once, though several may have told of it: the cluster as it is read now, the watcher when it happened, the
 * pipeline that made it, and Muster itself. They are one when they share a key; when both come from the cluster, are about one
 * object and date from the same second; or when one comes from elsewhere, they are about one object, weigh alike and
 * lie within ten minutes. Two changes that each carry a key of the cluster are two. The order of the input does not matter.
 */
export const mergeChanges = (changes: readonly Change[]): Change[] => {
  const merged: Change[] = [];
  for (const change of [...changes].sort(byWitness)) {
    const place = merged.findIndex((known) => areOne(known, change));
    const known = merged[place];
    if (known) merged[place] = joined(known, change);
    else merged.push(change);
  }
  // Two that were two may both be one with a third.
  return merged.length === changes.length ? merged : mergeChanges(merged);
};

/** What compared the pods comes first, then what the cluster says, then the others; each in the order of time. */
const byWitness = (one: Change, other: Change): number =>
  rank(one) - rank(other) ||
  one.at.localeCompare(other.at) ||
  canonicalJson(one as unknown).localeCompare(canonicalJson(other as unknown));

const rank = (change: Change): number => (change.differs ? 0 : change.source === 'cluster' ? 1 : 2);

const areOne = (one: Change, other: Change): boolean => {
  if (one.key !== null && one.key === other.key) return true;
  if (!one.target || !other.target || targetKey(one.target) !== targetKey(other.target)) return false;
  if (one.weighsAs !== other.weighsAs) return false;
  const apartMs = Math.abs(Date.parse(one.at) - Date.parse(other.at));
  if (one.source !== other.source) return apartMs <= sameDeployMs;
  return one.source === 'cluster' && (one.key === null || other.key === null) && apartMs <= sameSecondMs;
};

/** The first keeps its words and its time; what it does not know the other one adds. */
const joined = (known: Change, change: Change): Change => ({
  ...known,
  // An action of Muster is told as one, whoever saw it first.
  ...(change.kind === 'action' ? { kind: change.kind, what: change.what, source: change.source } : {}),
  by: change.kind === 'action' ? change.by : (known.by ?? change.by),
  author: known.author ?? change.author,
  link: known.link ?? change.link,
  differs: known.differs ?? change.differs,
  key: known.key ?? change.key,
});
