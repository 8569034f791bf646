import { databaseSeenIn } from '../../src/domain/diagnosis/database-seen.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import type { DatabaseSeen } from '../../src/schema/evidence.ts';
import type { RemediationDependencies } from '../run/context.ts';
import type { Part } from './parts.ts';

const patienceMs = 12_000;

/** The sessions of the service's database, statements without their literals; null where the catalogue names none. */
export const databaseSeen = (
  part: Part,
  { database, organisation }: Pick<RemediationDependencies, 'database' | 'organisation'>,
  name: string | undefined,
  drill: boolean,
): Promise<DatabaseSeen | null> =>
  part(
    'the database',
    null,
    async () => {
      if (name === undefined) return null;
      const entry = organisation.databases[name];
      if (!entry) throw new InvalidInput(`the catalogue has no database ${name}`);
      return databaseSeenIn(name, entry.database, await database(name, drill).activity(entry.database));
    },
    patienceMs,
  );
