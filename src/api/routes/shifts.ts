import { z } from 'zod';
import { Conflict, NotFound } from '../../domain/errors.ts';
import { overridesOf } from '../../domain/on-call/on-call.ts';
import { onDuty } from '../../domain/on-call/schedules.ts';
import { ShiftList, ShiftNoteBody, ShiftView } from '../../schema/shift.ts';
import type { Shifts } from '../../temporal/shifts.ts';
import type { App } from '../app.ts';
import { actorOf, principalOf } from '../auth.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { may } from '../permissions.ts';
import { answers, commandProblems, describeOperation, IdempotencyHeaders, usualProblems } from './operation.ts';
import { updateIdOf } from './send-command.ts';

const ShiftParams = z.object({ schedule: z.string().min(1).max(120) });

/** The change of shifts: who owes a note, who has accepted, and who owns the shift until then. */
export const shiftRoutes = async (app: App, dependencies: ApiDependencies): Promise<void> => {
  const { store, rulebook } = dependencies;
  const { schedules, people } = rulebook.organisation;
  const shifts = (): Shifts => {
    if (!dependencies.shifts) throw new Conflict('this api process has no way to Temporal; set TEMPORAL_ADDRESS');
    return dependencies.shifts;
  };
  const known = (schedule: string): string => {
    if (Object.hasOwn(schedules, schedule)) return schedule;
    throw new NotFound(`there is no such schedule; use one of ${Object.keys(schedules).join(', ') || 'none'}`);
  };

  app.get(
    '/api/v1/shifts',
    {
      schema: {
        ...describeOperation('people', 'Who is on each shift, who owns it, and what the next change waits for'),
        response: answers({ 200: ShiftList }, usualProblems),
      },
    },
    async () => {
      const at = new Date().toISOString();
      const overrides = await store.overrides.inForce(at);
      const items = Object.entries(schedules).map(async ([schedule, shape]) => {
        const id = onDuty(shape, at, overridesOf(rulebook.organisation, schedule, overrides));
        return {
          schedule,
          person: id === null ? null : { id, name: people[id]?.name ?? id },
          shift: (await dependencies.shifts?.view(schedule).catch(() => null)) ?? null,
        };
      });
      return { items: await Promise.all(items) };
    },
  );

  app.post(
    '/api/v1/shifts/:schedule/note',
    {
      schema: {
        ...describeOperation('people', 'Leave a note for the next on this shift, or late for whoever just took over'),
        params: ShiftParams,
        headers: IdempotencyHeaders,
        body: ShiftNoteBody,
        response: answers({ 200: ShiftView }, commandProblems),
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const note = { by: actorOf(principal), text: request.body.text, onBehalf: may(principal, 'commander') };
      const updateId = updateIdOf(principal.id, request.headers['idempotency-key']);
      return shifts().note(known(request.params.schedule), note, updateId);
    },
  );

  app.post(
    '/api/v1/shifts/:schedule/accept',
    {
      schema: {
        ...describeOperation('people', 'Accept the shift you are on, with its incidents; as commander also for others'),
        params: ShiftParams,
        headers: IdempotencyHeaders,
        body: z.strictObject({}),
        response: answers({ 200: ShiftView }, commandProblems),
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const acceptance = { by: actorOf(principal), onBehalf: may(principal, 'commander') };
      const updateId = updateIdOf(principal.id, request.headers['idempotency-key']);
      return shifts().accept(known(request.params.schedule), acceptance, updateId);
    },
  );
};
