/** Sessions of a database: found by process number and start, ended one by one. */
import { VendorError } from '../../src/domain/errors.ts';
import type { PostgresRequest } from '../../src/schema/remediation.ts';
import { Refused } from '../actions/action.ts';
import { reading } from '../actions/database-reads.ts';
import type { System } from './system.ts';

export const postgres: System<PostgresRequest> = {
  /** PostgreSQL has no dry run: what can be asked beforehand is whether the role may. */
  async tryOut(context, { session }) {
    const { role, maySignal } = await reading(context, (database) => database.rights());
    if (!maySignal)
      throw new Refused(
        `role ${role} may not end sessions of others in ${context.target.cluster}: GRANT pg_signal_backend TO ${role}`,
      );
    const found = await reading(context, (database) => database.session(session));
    if (found?.isSuperuser) throw new Refused(`session ${session.pid} belongs to a superuser`);
    return { accepted: true, finding: `simulated: role ${role} may end these sessions` };
  },

  async send({ database }, { statement, session }) {
    try {
      await database.signal(statement, session);
      return null;
    } catch (error) {
      if (!(error instanceof VendorError)) throw error;
      const { status, message } = error;
      // Neither of these comes after a connection was made, so nothing was asked for.
      if (status === 429 || status === 503) return { status, because: message, final: false, waits: true };
      return { status, because: message, final: status !== null && status < 500 };
    }
  },

  look: (context, { session }) => reading(context, (database) => database.session(session)),
};
