import type { Organisation } from '../schema/organisation.ts';
import type { BlastClass, RemediationView } from '../schema/remediation.ts';

type Role = Organisation['people'][string]['roles'][number];

/** Holder of MUSTER_TOKEN: has every role, and no entry among the people. */
const operator = 'operator';

/** Whose role suffices for a class by itself; null: Muster never makes such a change. */
const decides: Record<BlastClass, readonly Role[] | null> = {
  B0: ['responder', 'commander'],
  B1: ['responder', 'commander'],
  B2: ['commander'],
  B3: ['commander'],
  B4: null,
};

/**
 * The last look at a yes before production changes: `null` when it stands, else the reason why it does not.
 * Counts is a person's yes to exactly this hash, given by a role that the blast class - or for B2 the pack - allows, and
 * for B3, or where the pack says so, not by whoever proposed it. One no to the hash ends it. `missing`: nobody answered.
 */
export const whyNotApproved = (
  view: Pick<RemediationView, 'decisions' | 'approverRoles' | 'notProposer' | 'proposedBy'>,
  plan: { planHash: string; blastClass: BlastClass },
  people: Organisation['people'],
): { because: string; missing: boolean } | null => {
  const sufficient = decides[plan.blastClass];
  if (!sufficient) return no(`a ${plan.blastClass} change is never made by Muster; carry it out by hand`);
  const decisions = view.decisions.filter((decision) => decision.planHash === plan.planHash);
  const denial = decisions.find((decision) => decision.verdict === 'denied');
  if (denial) return no(`${denial.by.name} denied this plan`);
  const allowed: readonly string[] = plan.blastClass === 'B2' ? [...sufficient, ...view.approverRoles] : sufficient;
  const twoPeople = view.notProposer || plan.blastClass === 'B3';
  let objection: string | null = null;
  for (const { by } of decisions) {
    const roles: readonly string[] = by.id === operator ? sufficient : (people[by.id]?.roles ?? []);
    if (by.kind !== 'person') objection = 'only a person can approve';
    else if (twoPeople && by.id === view.proposedBy.id)
      objection = `${by.name} proposed it and cannot approve it alone`;
    else if (!roles.some((role) => allowed.includes(role))) objection = `${by.name} may not approve this`;
    else return null;
  }
  return objection ? no(objection) : { because: 'nobody approved this plan', missing: true };
};

const no = (because: string): { because: string; missing: boolean } => ({ because, missing: false });
