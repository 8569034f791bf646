import { createHash, randomUUID } from 'node:crypto';
import { Conflict, NotFound, Unavailable } from '../../domain/errors.ts';
import type { IncidentView } from '../../schema/incident.ts';

/** The same key of the same person is the same command, carried out once; without a key each request is a new one. */
export const updateIdOf = (person: string, key: string | undefined): string =>
  key === undefined
    ? randomUUID()
    : createHash('sha256')
        .update(JSON.stringify([person, key]))
        .digest('hex');

/** A workflow that is not there means: not yet (the outbox still has it) or not any more. Says which. */
export const orWhyNot = async <T>(view: IncidentView, command: Promise<T>): Promise<T> => {
  try {
    return await command;
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    if (['resolved', 'closed', 'cancelled'].includes(view.status)) {
      throw new Conflict(`${view.id} is ${view.status} and takes no commands; declare a new incident if it is back`);
    }
    throw new Unavailable(`${view.id} has not reached Temporal yet; send the command again in some seconds`, error);
  }
};
