import { packFinder, type Rulebook } from '../intake/rulebook.ts';
import { policyFor, rosterFor, serviceFacts } from '../packs/load.ts';
import type { Organisation } from '../schema/organisation.ts';
import type { PackDocument } from '../schema/policy.ts';

/** Throws InvalidInput when the default pack is not loaded. */
export const rulebookOf = (
  packs: ReadonlyMap<string, PackDocument>,
  organisation: Organisation,
  defaultPack: string,
): Rulebook => {
  const pack = packFinder(packs, defaultPack);
  pack(null);
  return {
    organisation,
    pack,
    policy: policyFor,
    roster: (duties, at, team, overrides) => rosterFor(organisation, duties, at, team, overrides),
    service: (id) => serviceFacts(organisation, id),
  };
};
