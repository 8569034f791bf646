import { NotFound } from '../../domain/errors.ts';
import type { IncidentView } from '../../schema/incident.ts';
import type { Store } from '../../store/store.ts';

/** The incident as stored; throws NotFound. */
export const findIncident = async (store: Store, id: string): Promise<IncidentView> => {
  // PostgreSQL takes no NUL: such an id is nobody's.
  const view = id.includes('\u0000') ? null : await store.incidents.incident(id);
  if (!view) throw new NotFound(`there is no incident ${id.slice(0, 60)}; GET /api/v1/incidents lists them`);
  return view;
};
