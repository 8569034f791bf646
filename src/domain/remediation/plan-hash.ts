import type { Plan } from '../../schema/remediation.ts';
import { sha256 } from '../sha256.ts';

/** JSON with sorted keys: equal values have equal text, whatever order a server or a database returned them in. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value ?? null);
};

export const sameJson = (one: unknown, other: unknown): boolean => canonicalJson(one) === canonicalJson(other);

/**
 * What an approval is bound to: everything the plan will do and everything it says it will do, down to the bytes of
 * the request and the operation id, so that a yes to one run is never a yes to another.
 * Left out are the hash itself and the two measurements of the moment, `guards` and `dryRun`: a pod that becomes ready
 * while somebody reads the plan changes their wording but not the change. They are measured again before the request
 * leaves, and a guard that fails then stops it whatever was approved.
 */
export const planHash = (plan: Omit<Plan, 'planHash'>): string => {
  const { guards: _guards, dryRun: _dryRun, planHash: _planHash, ...lasting } = plan as Plan;
  return sha256(canonicalJson(lasting));
};
