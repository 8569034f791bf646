import type { FastifyBaseLogger } from 'fastify';
import { z } from 'zod';
import { InvalidInput, NotFound } from '../../domain/errors.ts';
import type { Organisation } from '../../schema/organisation.ts';
import { AddOverride, Override, OverrideList } from '../../schema/override.ts';
import type { App } from '../app.ts';
import { principalOf } from '../auth.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { checkRemoval, checkTakeOver } from '../permissions.ts';
import { answers, describeOperation, IdempotencyHeaders, usualProblems } from './operation.ts';

const OverrideParams = z.object({ id: z.string().min(1).max(40) });

/** Swaps, illness, holidays: somebody else holds a schedule for a while. */
export const overrideRoutes = async (app: App, { store, rulebook, shifts }: ApiDependencies): Promise<void> => {
  /** Not waited for: a shift that does not hear of it looks at its schedule within the hour. */
  const tellShift = (schedule: string, log: FastifyBaseLogger): void => {
    shifts
      ?.refresh(schedule)
      .catch((error: unknown) => log.warn({ err: error, schedule }, 'the shift hears of it later'));
  };

  app.get(
    '/api/v1/overrides',
    {
      schema: {
        ...describeOperation('people', 'Overrides that count now or later, in the order in which they were made'),
        response: answers({ 200: OverrideList }, usualProblems),
      },
    },
    async () => ({ items: await store.overrides.list({ from: new Date().toISOString(), until: null }) }),
  );

  app.post(
    '/api/v1/overrides',
    {
      schema: {
        ...describeOperation(
          'people',
          'Put somebody on a schedule for a while: yourself, or others as commander or admin',
        ),
        headers: IdempotencyHeaders,
        body: AddOverride,
        response: answers({ 201: Override }, usualProblems),
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { schedule, person, from, until, note } = request.body;
      checkNames(rulebook.organisation, request.body);
      checkSpan(request.body, Date.now());
      checkTakeOver(principal, person);
      const key = request.headers['idempotency-key'];
      const override = await store.overrides.add({
        schedule,
        person,
        from,
        until,
        by: principal.id,
        note: note || null,
        idempotencyKey: key === undefined ? null : `${principal.id}/${key}`,
      });
      tellShift(schedule, request.log);
      return reply.code(201).send(override);
    },
  );

  app.delete(
    '/api/v1/overrides/:id',
    {
      schema: {
        ...describeOperation('people', 'Remove an override; the schedule counts again at once'),
        params: OverrideParams,
        response: answers({ 204: z.null() }, usualProblems),
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const override = await store.overrides.override(request.params.id);
      if (!override) throw new NotFound('there is no such override; GET /api/v1/overrides lists them with their ids');
      checkRemoval(principal, override);
      await store.overrides.remove(override.id, principal.id);
      tellShift(override.schedule, request.log);
      return reply.code(204).send(null);
    },
  );
};

const checkNames = ({ schedules, people }: Organisation, { schedule, person }: AddOverride): void => {
  if (!Object.hasOwn(schedules, schedule)) {
    const known = Object.keys(schedules).join(', ');
    throw new InvalidInput(
      `there is no schedule ${schedule}; use one of ${known || 'organisation.yaml, which has none'}`,
      [{ path: 'schedule', message: `one of ${known}` }],
    );
  }
  if (!Object.hasOwn(people, person)) {
    throw new InvalidInput('the organisation has no such person; GET /api/v1/people lists them', [
      { path: 'person', message: 'the id of a person of the organisation' },
    ]);
  }
};

const checkSpan = ({ from, until }: AddOverride, nowMs: number): void => {
  if (Date.parse(until) <= Date.parse(from)) {
    throw new InvalidInput('the override ends before it begins; give an until after its from', [
      { path: 'until', message: 'later than from' },
    ]);
  }
  if (Date.parse(until) <= nowMs) {
    throw new InvalidInput(
      'the override is over already and would change nothing; give an until that is still to come',
      [{ path: 'until', message: 'in the future' }],
    );
  }
};
