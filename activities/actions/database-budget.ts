/** Whether the database of a workload can bear the connections of more replicas. */

import { InvalidInput, VendorError } from '../../src/domain/errors.ts';
import { connectionBudget } from '../../src/domain/remediation/connection-budget.ts';
import { targetKey } from '../../src/domain/remediation/target.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import type { Guard, Target } from '../../src/schema/remediation.ts';
import type { ActionContext } from './action.ts';
import { guard } from './guards.ts';

/**
 * Passes where the catalogue does not say how many connections a replica opens: then it is a risk for people to judge
 * (`databaseBudgetRisks`). Where it does say, a database that cannot be looked at is one that cannot bear more. Throws
 * VendorError only for what passes by itself.
 */
export const databaseBudgetGuard = async (
  context: Pick<ActionContext, 'organisation' | 'target' | 'databaseOf'>,
  replicas: { now: number; after: number },
): Promise<Guard> => {
  const known = budgetOf(context.organisation, context.target);
  if (!known) return guard('database', true, 'not known whether a database can bear it: the catalogue does not say');
  const { name, database, connectionsPerReplica } = known;
  if (replicas.after <= replicas.now)
    return guard('database', true, 'no more replicas, so no more database connections');
  try {
    const { connections } = await context.databaseOf(name).activity(database);
    const { fits, finding } = connectionBudget({
      ...connections,
      poolPerReplica: connectionsPerReplica,
      replicasNow: replicas.now,
      replicasAfter: replicas.after,
    });
    return guard('database', fits, `${name}: ${finding}`);
  } catch (error) {
    if (error instanceof InvalidInput) return guard('database', true, `not known: ${error.message}`);
    if (error instanceof VendorError && (error.terminal || error.status === 429))
      return guard('database', false, `whether ${name} can bear more connections cannot be seen: ${error.message}`);
    throw error;
  }
};

/** What people should know before more replicas are made; nothing where the guard can tell. */
export const databaseBudgetRisks = (organisation: Organisation, target: Target): string[] =>
  budgetOf(organisation, target)
    ? []
    : [
        'Every replica opens its own database connections, and whether the database can bear them is not known: give the service `database` and `connectionsPerReplica`.',
      ];

interface Budget {
  name: string;
  database: string;
  connectionsPerReplica: number;
}

const budgetOf = ({ services, databases }: Organisation, target: Target): Budget | null => {
  const service = Object.values(services).find(
    ({ workload, database, connectionsPerReplica }) =>
      workload !== undefined &&
      targetKey(workload) === targetKey(target) &&
      database !== undefined &&
      connectionsPerReplica !== undefined,
  );
  const entry = service?.database === undefined ? undefined : databases[service.database];
  if (!service?.database || !service.connectionsPerReplica || !entry) return null;
  return {
    name: service.database,
    database: entry.database,
    connectionsPerReplica: service.connectionsPerReplica,
  };
};
