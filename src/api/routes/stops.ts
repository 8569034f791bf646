import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { stoppedWords } from '../../domain/remediation/stop.ts';
import type { TimelineEntry } from '../../schema/incident.ts';
import { LiftStop, OrderedStop, OrderStop, type Stop, StopList, StopScope } from '../../schema/stop.ts';
import type { KeptStop, KeptStopEvent } from '../../store/stops.ts';
import type { App } from '../app.ts';
import { actorOf, type Principal, principalOf } from '../auth.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { answers, describeOperation, usualProblems } from './operation.ts';

const StopParams = z.object({ scope: StopScope });
const eventsShown = 20;

/** The kill switch. Whoever responds may stop changes of production; allowing them again is for commanders and admins. */
export const stopRoutes = async (app: App, { store, rulebook }: ApiDependencies): Promise<void> => {
  const { people, services } = rulebook.organisation;
  const named = (id: string): Stop['by'] => ({ id, name: people[id]?.name ?? id });
  const shown = (stop: KeptStop): Stop => ({ ...stop, by: named(stop.by) });

  app.get(
    '/api/v1/stops',
    {
      schema: {
        ...describeOperation('remediations', 'Stops that are on, and the record of who stopped and lifted what'),
        response: answers({ 200: StopList }, usualProblems),
      },
    },
    async () => {
      const [items, record] = await Promise.all([store.stops.stops(), store.stops.record(eventsShown)]);
      return {
        items: items.map(shown),
        record: record.map(({ id: _, by, ...event }) => ({ ...event, by: named(by) })),
      };
    },
  );

  app.post(
    '/api/v1/stops',
    {
      schema: {
        ...describeOperation(
          'remediations',
          'Stop changes of production: all, of one cluster, of one action, or of one runbook. A scope that is stopped keeps its first stop',
        ),
        body: OrderStop,
        response: answers({ 200: OrderedStop, 201: OrderedStop }, usualProblems),
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { scope, reason } = request.body;
      const { stop, event } = await store.stops.stop({ scope, reason, by: principal.id });
      const [told, doubt] = await Promise.all([
        event ? afterwards(request, [], store.stops.tell(scope, entryOf(event, principal))) : [],
        afterwards(request, null, doubtOf(scope)),
      ]);
      return reply.code(event ? 201 : 200).send({ ...shown(stop), told, doubt });
    },
  );

  app.delete(
    '/api/v1/stops/:scope',
    {
      schema: {
        ...describeOperation('remediations', 'Lift a stop; the scope is one part of the path: cluster%2Fblue'),
        params: StopParams,
        body: LiftStop,
        response: answers({ 204: z.null() }, usualProblems),
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { scope } = request.params;
      const { event, stop } = await store.stops.lift({ scope, reason: request.body.reason, by: principal.id });
      const answers = stop === null ? undefined : keyOf(stop);
      await afterwards(request, [], store.stops.tell(scope, entryOf(event, principal), answers));
      return reply.code(204).send(null);
    },
  );

  /** A misspelt name would stop nothing, and nobody would notice. */
  const doubtOf = async (scope: string): Promise<string | null> => {
    const [kind, name] = scope.split('/');
    if (name === undefined || (await store.stops.isKnown(scope))) return null;
    const clusters = new Set(Object.values(services).flatMap(({ workload }) => workload?.cluster ?? []));
    if (kind === 'cluster' && clusters.has(name)) return null;
    return kind === 'cluster'
      ? `no service is in a cluster ${name}; the catalogue has ${[...clusters].join(', ') || 'none'}. Stop global if you are not sure`
      : `no remediation ${kind === 'runbook' ? 'by the runbook' : 'with the action'} ${name} was ever proposed here; look whether the name is right, or stop global`;
  };
};

/** The switch is set already: what fails from there on is logged, and must not look as if it were not set. */
const afterwards = async <Value>(request: FastifyRequest, otherwise: Value, work: Promise<Value>): Promise<Value> => {
  try {
    return await work;
  } catch (error) {
    request.log.warn({ err: error }, 'the kill switch is set, and its timelines do not all say so');
    return otherwise;
  }
};

const keyOf = (event: string): string => `stop/${event}`;

const entryOf = ({ id, at, event, scope, reason }: KeptStopEvent, principal: Principal): TimelineEntry => ({
  key: keyOf(id),
  at,
  kind: event === 'stopped' ? 'changesStopped' : 'changesAllowed',
  actor: actorOf(principal),
  text: `${principal.name} ${event === 'stopped' ? 'stopped' : 'allowed'} ${stoppedWords(scope)}${event === 'stopped' ? '' : ' again'}: ${reason}`,
  why: null,
  public: false,
});
