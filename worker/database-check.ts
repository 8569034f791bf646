/**
 * What the remediation worker may do in the databases of the catalogue, asked once when it starts: a missing GRANT is then
 * in the log, instead of in the refusal of a plan at night. It only asks and tells; nothing waits for it.
 */
import type { Database } from '../src/integrations/integration.ts';
import { sandboxConnection } from '../src/schema/database.ts';
import type { Organisation } from '../src/schema/organisation.ts';

export interface DatabaseCheck {
  organisation: Pick<Organisation, 'databases'>;
  database(name: string, drill: boolean): Database;
  log: { info(facts: object, text: string): void; warn(facts: object, text: string): void };
}

/** One line per database, that of drills included. Never throws. */
export const checkDatabases = async ({ organisation, database, log }: DatabaseCheck): Promise<void> => {
  for (const [name, { connection }] of Object.entries(organisation.databases)) {
    try {
      const { role, isSuperuser, maySignal } = await database(name, connection === sandboxConnection).rights();
      if (isSuperuser)
        log.warn(
          { database: name },
          `role ${role} of database ${name} is a superuser, and nobody is ended as one; make the role of docs/databases.md`,
        );
      else if (maySignal) log.info({ database: name }, `role ${role} may see and end sessions of database ${name}`);
      else
        log.warn(
          { database: name },
          `role ${role} may see sessions of database ${name} and not end them; to allow it: GRANT pg_signal_backend TO ${role}`,
        );
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error);
      log.warn({ database: name }, `sessions of database ${name} cannot be seen: ${because}`);
    }
  }
};
