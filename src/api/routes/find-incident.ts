import { NotFound } from '../../domain/errors.ts';
import type { IncidentView } from '../../schema/incident.ts';
import type { Store } from '../../store/store.ts';

/** What a path names. PostgreSQL takes no NUL: an id with one is nobody's. */
export const named = async <Row>(id: string, find: (id: string) => Promise<Row | null>): Promise<Row | null> =>
  id.includes('\u0000') ? null : find(id);

/** The incident as stored; throws NotFound. */
export const findIncident = async (store: Store, id: string): Promise<IncidentView> => {
  const view = await named(id, store.incidents.incident);
  if (!view) throw new NotFound(`there is no incident ${id.slice(0, 60)}; GET /api/v1/incidents lists them`);
  return view;
};
