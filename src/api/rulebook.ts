import { InvalidInput } from '../domain/errors.ts';
import type { Rulebook } from '../intake/rulebook.ts';
import { policyFor, rosterFor, serviceFacts } from '../packs/load.ts';
import type { Organisation } from '../schema/organisation.ts';
import type { PackDocument } from '../schema/policy.ts';

/** Throws InvalidInput when the default pack is not loaded. */
export const rulebookOf = (
  packs: ReadonlyMap<string, PackDocument>,
  organisation: Organisation,
  defaultPack: string,
): Rulebook => {
  const pack = (id: string | null): PackDocument => {
    const found = packs.get(id ?? defaultPack);
    if (found) return found;
    const known = [...packs.keys()].join(', ');
    throw new InvalidInput(`there is no pack ${id ?? defaultPack}; use one of ${known}`, [
      { path: 'pack', message: `one of ${known}` },
    ]);
  };
  pack(null);
  return {
    organisation,
    pack,
    policy: policyFor,
    roster: (duties, at, team) => rosterFor(organisation, duties, at, team),
    service: (id) => serviceFacts(organisation, id),
  };
};
