import { z } from 'zod';
import { Unavailable } from '../../domain/errors.ts';
import { onCallBoard } from '../../domain/on-call/board.ts';
import { OnCall, type Override } from '../../schema/override.ts';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { answers, describeOperation, usualProblems } from './operation.ts';
import { PersonLine, peopleOf } from './people.ts';

export const onCallRoutes = async (app: App, { store, rulebook }: ApiDependencies): Promise<void> => {
  const { organisation } = rulebook;
  const people = peopleOf(organisation);

  /** Who is on call is told also while the database is away. */
  const overridesFrom = (from: string): Promise<Override[] | null> =>
    store.overrides.list({ from, until: null }).catch((error: unknown) => {
      if (error instanceof Unavailable) return null;
      throw error;
    });

  app.get(
    '/api/v1/on-call',
    {
      schema: {
        ...describeOperation('people', 'Who holds each duty and schedule now, until when, and who is next'),
        response: answers({ 200: OnCall.extend({ people: z.array(PersonLine) }) }, usualProblems),
      },
    },
    async () => {
      const at = new Date().toISOString();
      return { ...onCallBoard(organisation, at, await overridesFrom(at)), people };
    },
  );
};
