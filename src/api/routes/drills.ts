import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Conflict, NotFound } from '../../domain/errors.ts';
import { scoreDrill } from '../../domain/incident/drill-score.ts';
import { calendarOf } from '../../domain/on-call/business-time.ts';
import { checkDrill, startDrill } from '../../intake/start-drill.ts';
import { DrillSchedule, DrillScheduleList, DrillScore, ScheduleDrill, StartDrill } from '../../schema/api.ts';
import type { IncidentView } from '../../schema/incident.ts';
import type { DrillRow, Store } from '../../store/store.ts';
import type { DrillSchedules } from '../../temporal/drill-schedules.ts';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { named } from './find-incident.ts';
import { answers, commandProblems, describeOperation, usualProblems } from './operation.ts';

const Drill = z.object({
  id: z.string(),
  scenario: z.string(),
  pack: z.string().nullable(),
  severity: z.string().nullable(),
  speed: z.number(),
  /** Null until its alert arrives. */
  incidentId: z.string().nullable(),
});
const DrillParams = z.object({ id: z.string().min(1).max(200) });

/** Practice: something breaks in the sandbox, and its real alert comes back through the intake. */
export const drillRoutes = async (app: App, dependencies: ApiDependencies): Promise<void> => {
  const { store, rulebook, sandbox } = dependencies;
  app.addHook('onRequest', async (request) => {
    request.practice = true;
  });

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
      if (!sandbox) throw noSandbox();
      const id = `drill-${randomUUID()}`;
      const at = new Date().toISOString();
      await startDrill({ store, rulebook, sandbox }, request.body, { id, at });
      return reply.code(201).send(shown(await findDrill(store, id)));
    },
  );

  scheduleRoutes(app, dependencies);

  app.get(
    '/api/v1/drills/:id',
    {
      schema: {
        ...describeOperation('drills', 'What a drill plays, and its incident once there is one'),
        params: DrillParams,
        response: answers({ 200: Drill }, usualProblems),
      },
    },
    async (request) => shown(await findDrill(store, request.params.id)),
  );

  app.get(
    '/api/v1/drills/:id/score',
    {
      schema: {
        ...describeOperation('drills', "A drill against its pack's own targets, by its incident or its own id"),
        params: DrillParams,
        response: answers({ 200: DrillScore }, commandProblems),
      },
    },
    async (request) => {
      const incident = await practisedIncident(store, request.params.id);
      const policy = await store.incidents.policy(incident.id);
      const { organisation } = rulebook;
      return scoreDrill({
        incident,
        severity: policy?.severities[incident.severity],
        timeline: await store.incidents.timeline(incident.id),
        followUp: await store.followUps.followUp(incident.id),
        calendar: calendarOf(organisation),
        customerFacing: organisation.services[incident.service ?? '']?.customerFacing ?? null,
        now: new Date().toISOString(),
      });
    },
  );
};

const scheduleRoutes = (app: App, { rulebook, sandbox, drillSchedules }: ApiDependencies): void => {
  const schedules = (): DrillSchedules => {
    if (!drillSchedules) throw new Conflict('this api process has no way to Temporal; set TEMPORAL_ADDRESS');
    return drillSchedules;
  };
  const calendar = calendarOf(rulebook.organisation);

  app.post(
    '/api/v1/drill-schedules',
    {
      schema: {
        ...describeOperation('drills', 'Let a drill start by itself each month, in business hours'),
        body: ScheduleDrill,
        response: answers({ 201: DrillSchedule }, commandProblems),
      },
    },
    async (request, reply) => {
      if (!sandbox) throw noSandbox();
      await checkDrill({ rulebook, sandbox }, request.body);
      return reply.code(201).send(await schedules().create(request.body, calendar));
    },
  );

  app.get(
    '/api/v1/drill-schedules',
    {
      schema: {
        ...describeOperation('drills', 'The drills that start by themselves, and when'),
        response: answers({ 200: DrillScheduleList }, usualProblems),
      },
    },
    async () => ({ items: await schedules().list(calendar) }),
  );

  app.delete(
    '/api/v1/drill-schedules/:id',
    {
      schema: {
        ...describeOperation('drills', 'No longer start this drill by itself'),
        params: DrillParams,
        response: answers({ 204: z.null() }, usualProblems),
      },
    },
    async (request, reply) => {
      await schedules().remove(request.params.id);
      return reply.code(204).send(null);
    },
  );
};

const noSandbox = (): Conflict =>
  new Conflict('no sandbox runs here; start one and set MUSTER_SANDBOX_URL and MUSTER_SANDBOX_SECRET');

const shown = ({ id, scenario, pack, severity, speed, incidentId }: DrillRow): z.infer<typeof Drill> => ({
  id,
  scenario,
  pack,
  severity,
  speed,
  incidentId,
});

const findDrill = async (store: Store, id: string): Promise<DrillRow> => {
  const drill = await named(id, store.intake.drill);
  if (!drill) throw new NotFound(`there is no drill ${id.slice(0, 60)}; POST /api/v1/drills starts one`);
  return drill;
};

const practisedIncident = async (store: Store, id: string): Promise<IncidentView> => {
  const drill = await named(id, store.intake.drill);
  if (drill && drill.incidentId === null) {
    throw new Conflict(`the alert of ${drill.id} has not come yet; ask again in a moment`);
  }
  const incidentId = drill?.incidentId ?? id;
  const incident = await named(incidentId, store.incidents.incident);
  if (!incident)
    throw new NotFound(`there is no drill or incident ${id.slice(0, 60)}; GET /api/v1/incidents lists them`);
  if (!incident.drill) throw new Conflict(`${incident.id} is no drill, and only drills are scored`);
  return incident;
};
