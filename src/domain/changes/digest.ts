import { createHmac } from 'node:crypto';
import { canonicalJson } from '../remediation/plan-hash.ts';

/**
 * Says whether the data of a Secret or ConfigMap is the same as before, and nothing else: without the salt of this
 * installation no value can be tried against it, and the same value in two places has two digests.
 */
export const digestOf = (salt: string, place: readonly string[], data: readonly unknown[]): string =>
  createHmac('sha256', salt)
    .update(canonicalJson([place, data]))
    .digest('hex');

/** As much of it as people compare. */
export const shortDigest = (digest: string): string => digest.slice(0, 12);
