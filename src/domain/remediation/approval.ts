/** Who may decide on a plan, and when a plan is allowed: asked by the api before a decision is taken and by the effect before it acts. */
import type { Organisation } from '../../schema/organisation.ts';
import type { BlastClass, Decision, RemediationView } from '../../schema/remediation.ts';

type Role = Organisation['people'][string]['roles'][number];

/** Holder of MUSTER_TOKEN: has every role, and no entry among the people. */
const operator = 'operator';

/** Whose role suffices for a class where nobody says more; null: Muster never makes such a change. */
const decides: Record<BlastClass, readonly Role[] | null> = {
  B0: ['responder', 'commander'],
  B1: ['responder', 'commander'],
  B2: ['commander'],
  B3: ['commander'],
  B4: null,
};
/** No pack and no policy can let other roles decide. */
const mayEverDecide: Record<BlastClass, readonly Role[]> = {
  B0: ['responder', 'commander'],
  B1: ['responder', 'commander'],
  B2: ['responder', 'commander'],
  B3: ['commander'],
  B4: [],
};

/**
 * Roles that may decide on a plan, of what the pack and the remediation policy say: the policy's, of which a pack may
 * leave some out from B2 on, but never all.
 */
export const approversOf = (
  blastClass: BlastClass,
  ofPack: readonly string[],
  ofPolicy: readonly string[],
): string[] => {
  const both = ofPolicy.filter((role) => ofPack.includes(role));
  return blastClass === 'B1' || both.length === 0 ? [...ofPolicy] : both;
};
/** What the class asks for at least, whatever the pack says. */
const yesesAtLeast: Record<BlastClass, number> = { B0: 1, B1: 1, B2: 1, B3: 2, B4: 2 };

/** How many different people must say yes. */
export const quorumOf = (blastClass: BlastClass, askedByPack = 1): number =>
  Math.max(yesesAtLeast[blastClass], askedByPack);

interface Asked {
  blastClass: BlastClass;
  /** Roles that pack and policy let decide; with `approverPeople` empty as well: as the class by itself. */
  approverRoles: readonly string[];
  /** Ids of people whom a duty lets decide, whatever their role. */
  approverPeople: readonly string[];
  notProposer: boolean;
  notAuthorOfChange: boolean;
  /** Person id. */
  changeAuthor: string | null;
  proposedBy: { id: string };
}

/**
 * `null` when the person may decide so, else why not. By a role or duty that pack and policy name within what the blast
 * class allows and, for B3 or where they say so, not a yes of whoever proposed it or made the change it takes back. Saying no is allowed to whom saying yes is.
 */
export const whyMayNotDecide = (
  person: { id: string; name: string; roles: readonly string[] },
  { blastClass, approverRoles, approverPeople, notProposer, notAuthorOfChange, changeAuthor, proposedBy }: Asked,
  verdict: Decision['verdict'],
): string | null => {
  const sufficient = decides[blastClass];
  if (!sufficient) return `a ${blastClass} change is never made by Muster; carry it out by hand after the runbook`;
  const isSaid = approverRoles.length > 0 || approverPeople.length > 0;
  const allowed: readonly string[] = isSaid
    ? mayEverDecide[blastClass].filter((role) => approverRoles.includes(role))
    : sufficient;
  if (!approverPeople.includes(person.id) && !person.roles.some((role) => allowed.includes(role)))
    return `${person.name} may not ${verdict === 'approved' ? 'approve' : 'deny'} a ${blastClass} plan; ask ${allowed.length > 0 ? `a ${allowed.at(-1)}` : 'whoever holds the duty for it'} to look at it`;
  const othersOnly = notProposer || blastClass === 'B3';
  if (verdict === 'approved' && othersOnly && person.id === proposedBy.id)
    return `${person.name} proposed it and does not approve it; ask a second person`;
  if (verdict === 'approved' && notAuthorOfChange && person.id === changeAuthor)
    return `${person.name} made the change that this takes back and does not approve it; ask a second person`;
  return null;
};

/**
 * The last look before production changes: `null` when the plan is allowed, else why it is not. Counts are yeses of
 * different people to exactly this hash, each with a seal that holds and by somebody who may decide. One no to the hash
 * ends it. `missing`: not enough have answered.
 */
export const whyNotApproved = (
  view: Pick<RemediationView, 'id' | 'decisions' | 'quorum'> & Omit<Asked, 'blastClass'>,
  plan: { planHash: string; blastClass: BlastClass },
  people: Organisation['people'],
  isSealed: (decision: Decision) => boolean,
): { because: string; missing: boolean } | null => {
  if (!decides[plan.blastClass])
    return no(`a ${plan.blastClass} change is never made by Muster; carry it out by hand after the runbook`);
  const decisions = view.decisions.filter((decision) => decision.planHash === plan.planHash);
  const denial = decisions.find((decision) => decision.verdict === 'denied');
  if (denial) return no(`${denial.by.name} denied this plan`);
  const objections: string[] = [];
  const yeses = new Set<string>();
  for (const decision of decisions) {
    const { by } = decision;
    const roles = by.id === operator ? ['responder', 'commander'] : (people[by.id]?.roles ?? []);
    const objection =
      by.kind !== 'person'
        ? 'only a person can approve'
        : !isSealed(decision)
          ? `the yes of ${by.name} did not come through the API of Muster`
          : whyMayNotDecide({ id: by.id, name: by.name, roles }, { ...view, blastClass: plan.blastClass }, 'approved');
    if (objection === null) yeses.add(by.id);
    else objections.push(objection);
  }
  const wanted = quorumOf(plan.blastClass, view.quorum);
  if (yeses.size >= wanted) return null;
  if (objections.length > 0) return no(objections.join('; '));
  if (yeses.size === 0) return { because: 'nobody approved this plan', missing: true };
  return { because: `${yeses.size} of ${wanted} people approved this plan`, missing: true };
};

const no = (because: string): { because: string; missing: boolean } => ({ because, missing: false });
