import { InvalidInput } from '../domain/errors.ts';
import type { Organisation } from '../schema/organisation.ts';
import type { Override } from '../schema/override.ts';
import type { PackDocument, Policy } from '../schema/policy.ts';
import type { IncidentStart } from '../temporal/client.ts';

/** The packs and the organisation as intake and API ask them; made once at the start of the process. */
export interface Rulebook {
  readonly organisation: Organisation;
  /** The installation's default when no id is given. Throws InvalidInput for one that is not loaded. */
  pack(id: string | null): PackDocument;
  /** The part an incident carries for life. */
  policy(pack: PackDocument): Policy;
  /** Names of who holds each duty at an instant. */
  roster(
    duties: readonly string[],
    at: string,
    team: string | undefined,
    overrides: readonly Override[],
  ): Record<string, string>;
  /** Null for a service that the catalogue does not know. */
  service(id: string | null): Exclude<IncidentStart['catalogue'], undefined>;
}

/** Finds packs by id, the default where none is given. Throws InvalidInput with the list of those that are loaded. */
export const packFinder =
  (packs: ReadonlyMap<string, PackDocument>, defaultPack: string): Rulebook['pack'] =>
  (id) => {
    const found = packs.get(id ?? defaultPack);
    if (found) return found;
    const known = [...packs.keys()].join(', ');
    throw new InvalidInput(`there is no pack ${id ?? defaultPack}; use one of ${known}`, [
      { path: 'pack', message: `one of ${known}` },
    ]);
  };
