/** What databases of the catalogue must satisfy, and what services may say of them. */
import { sandboxConnection, sandboxDatabase } from '../schema/database.ts';
import type { Organisation } from '../schema/organisation.ts';
import { type Fault, unknownName } from './fault.ts';
import type { Sourced } from './read-yaml.ts';

export const databaseFaults = ({ databases, services }: Organisation, fault: Sourced<unknown>['fault']): Fault[] => [
  ...Object.entries(databases).flatMap(([name, { connection, database }]) => {
    if (!/^[\w.-]+$/.test(connection))
      return [
        fault(['databases', name, 'connection'], 'not the name of a line; addresses belong into MUSTER_DATABASES'),
      ];
    return connection === sandboxConnection && database !== sandboxDatabase
      ? [fault(['databases', name, 'database'], `the sandbox's database is called ${sandboxDatabase}`)]
      : [];
  }),
  ...Object.entries(services).flatMap(([id, { database, connectionsPerReplica }]) => {
    if (database !== undefined && !Object.hasOwn(databases, database))
      return [fault(['services', id, 'database'], unknownName('database', database, Object.keys(databases)))];
    return connectionsPerReplica !== undefined && database === undefined
      ? [fault(['services', id, 'connectionsPerReplica'], 'of no database; name it with database')]
      : [];
  }),
];
