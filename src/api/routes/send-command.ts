import { randomUUID } from 'node:crypto';
import { Conflict, NotFound, Unavailable } from '../../domain/errors.ts';
import { sha256 } from '../../domain/sha256.ts';
import type { IncidentView } from '../../schema/incident.ts';

/** Of an Idempotency-Key: two people never share one. */
export const keyOf = (person: string, given: string): string => sha256(JSON.stringify([person, given]));

/** The same key of the same person is the same command, carried out once; without a key each request is a new one. */
export const updateIdOf = (person: string, key: string | undefined): string =>
  key === undefined ? randomUUID() : keyOf(person, key);

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
