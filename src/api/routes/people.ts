import { z } from 'zod';
import type { Organisation } from '../../schema/organisation.ts';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { answers, describeOperation, usualProblems } from './operation.ts';

export const PersonLine = z.object({ id: z.string(), name: z.string(), roles: z.array(z.string()) });

export const peopleOf = ({ people }: Organisation): z.infer<typeof PersonLine>[] =>
  Object.entries(people).map(([id, { name, roles }]) => ({ id, name, roles }));

export const peopleRoutes = async (app: App, { rulebook }: ApiDependencies): Promise<void> => {
  app.get(
    '/api/v1/people',
    {
      schema: {
        ...describeOperation('people', 'Everybody who can be given a role'),
        response: answers({ 200: z.object({ items: z.array(PersonLine) }) }, usualProblems),
      },
    },
    async () => ({ items: peopleOf(rulebook.organisation) }),
  );
};
