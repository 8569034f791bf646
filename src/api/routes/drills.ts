import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Conflict, InvalidInput } from '../../domain/errors.ts';
import { severityNamed, severityNames } from '../../domain/severity.ts';
import { StartDrill } from '../../schema/api.ts';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { answers, commandProblems, describeOperation } from './operation.ts';

const Drill = z.object({
  id: z.string(),
  scenario: z.string(),
  speed: z.number(),
  /** Null until its alert arrives. */
  incidentId: z.string().nullable(),
});

/** Practice: something breaks in the sandbox, and its real alert comes back through the intake. */
export const drillRoutes = async (app: App, { store, rulebook, sandbox }: ApiDependencies): Promise<void> => {
  app.post(
    '/api/v1/drills',
    {
      schema: {
        ...describeOperation('drills', 'Break something in the sandbox'),
        body: StartDrill,
        response: answers({ 201: Drill }, commandProblems),
      },
    },
    async (request, reply) => {
      if (!sandbox) {
        throw new Conflict('no sandbox runs here; start one and set MUSTER_SANDBOX_URL and MUSTER_SANDBOX_SECRET');
      }
      const { scenario, speed, people, pack: packId, severity: given } = request.body;
      const pack = rulebook.pack(packId ?? null);
      const severity = given === undefined ? null : severityNamed(pack, given);
      if (given !== undefined && severity === null) {
        const known = severityNames(pack).join(', ');
        throw new InvalidInput(`the pack ${pack.pack} has no such severity; give one of ${known}`, [
          { path: 'severity', message: `one of ${known}` },
        ]);
      }
      const id = `drill-${randomUUID()}`;
      const createdAt = new Date().toISOString();
      // First the row: the alert may come back before the sandbox has answered.
      await store.intake.addDrill({
        id,
        scenario,
        pack: packId ?? null,
        severity,
        speed,
        createdAt,
        incidentId: null,
      });
      await sandbox.startScenario(scenario, { drill: id, speed, people, ...(severity ? { severity } : {}) });
      return reply.code(201).send({ id, scenario, speed, incidentId: null });
    },
  );
};
