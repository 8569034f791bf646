/**
 * Proof that a decision came through Muster's API, which knows who speaks: the workflow only carries it, so whoever can
 * send signals to Temporal but does not hold the key cannot approve anything. Uses node:crypto: never in a workflow.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Decision } from '../../schema/remediation.ts';

/** What is sealed: one person's verdict on one plan of one run. Repeating it is the same decision, never another one, and it grows old. */
export type Sealed = Pick<Decision, 'verdict' | 'planHash' | 'sealedAt'> & { remediationId: string; personId: string };

/** HMAC-SHA-256 over the sealed facts, base64url. */
export const sealOf = (key: string, { remediationId, personId, verdict, planHash, sealedAt }: Sealed): string =>
  createHmac('sha256', key)
    .update(JSON.stringify([remediationId, personId, verdict, planHash, sealedAt]))
    .digest('base64url');

/** Compares in constant time. */
export const sealHolds = (key: string, sealed: Sealed, seal: string): boolean => {
  const [wanted, given] = [Buffer.from(sealOf(key, sealed)), Buffer.from(seal)];
  return wanted.length === given.length && timingSafeEqual(wanted, given);
};
