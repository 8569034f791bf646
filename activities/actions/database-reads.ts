import { VendorError } from '../../src/domain/errors.ts';
import type { Database } from '../../src/integrations/integration.ts';
import { type ActionContext, Refused } from './action.ts';

/** What the role may not see, or the server does not have, is a no and not a trouble that passes. */
export const reading = async <Result>(
  { database }: Pick<ActionContext, 'database'>,
  read: (database: Database) => Promise<Result>,
): Promise<Result> => {
  try {
    return await read(database);
  } catch (error) {
    if (error instanceof VendorError && error.terminal) throw new Refused(error.message);
    throw error;
  }
};
