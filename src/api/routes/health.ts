import { z } from 'zod';
import { Unavailable } from '../../domain/errors.ts';
import { acceptsAlerts } from '../../domain/incident/correlation.ts';
import { incidentStatuses } from '../../schema/incident.ts';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { answers, describeOperation, usualProblems } from './operation.ts';

const Ok = z.object({ status: z.literal('ok') });
const Check = z.object({ name: z.string(), healthy: z.boolean(), finding: z.string() });
const Summary = z.object({
  checks: z.array(Check),
  oldestUndeliveredAt: z.string().nullable(),
  unknownEffects: z.array(z.object({ incidentId: z.string(), key: z.string() })),
});

/** Older than this, something that should have reached Temporal has not. */
const undeliveredMsMax = 30_000;
const openStatuses = incidentStatuses.filter(acceptsAlerts);

export const healthRoutes = async (app: App, dependencies: ApiDependencies): Promise<void> => {
  const { receiver, metrics, isServing } = dependencies;

  app.get(
    '/healthz',
    { schema: { ...describeOperation('health', 'The process lives'), security: [], response: { 200: Ok } } },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        ...describeOperation('health', 'A delivery can be kept durably: in the database or in the spool'),
        security: [],
        response: answers({ 200: Ok }, [503]),
      },
    },
    async () => {
      if (!isServing()) throw new Unavailable('this process is stopping; ask another one');
      if (!(await receiver.canAccept())) throw new Unavailable('neither database nor spool can take a delivery now');
      return { status: 'ok' as const };
    },
  );

  app.get(
    '/metrics',
    { schema: { ...describeOperation('health', 'Figures for Prometheus'), security: [] } },
    async (_request, reply) => {
      const text = await metrics.registry.metrics();
      return reply
        .type(metrics.registry.contentType)
        .serializer((plain: string) => plain)
        .send(text);
    },
  );

  for (const path of ['/api/v1/health', '/api/v1/health-summary']) {
    app.get(
      path,
      {
        schema: {
          ...describeOperation('health', 'Whether Muster itself can be trusted right now'),
          response: answers({ 200: Summary }, usualProblems),
        },
      },
      async () => summary(dependencies),
    );
  }
};

const summary = async ({ store, remote }: ApiDependencies): Promise<z.infer<typeof Summary>> => {
  const [oldest, unknown, temporal] = await Promise.all([
    store.intake.outboxOldest(),
    unknownEffects(store),
    remote.ready().then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : 'it does not answer'),
    ),
  ]);
  const late = oldest !== null && Date.now() - Date.parse(oldest) > undeliveredMsMax;
  return {
    checks: [
      { name: 'Temporal', healthy: temporal === null, finding: temporal ?? 'answers' },
      {
        name: 'Oldest undelivered',
        healthy: !late,
        finding: oldest === null ? 'everything accepted has reached Temporal' : `waits for Temporal since ${oldest}`,
      },
      {
        name: 'Unknown effects',
        healthy: unknown.length === 0,
        finding:
          unknown.length === 0 ? 'every effect is known' : `${unknown.length} need a person: ${unknown[0]?.key ?? ''}`,
      },
    ],
    oldestUndeliveredAt: oldest,
    unknownEffects: unknown,
  };
};

/** Effects of open incidents whose outcome nobody knows. */
const unknownEffects = async (store: ApiDependencies['store']): Promise<{ incidentId: string; key: string }[]> => {
  const { items } = await store.incidents.incidents({ status: openStatuses, limit: 100 });
  const effects = await Promise.all(items.map(({ id }) => store.effects.effects(id)));
  return effects
    .flat()
    .filter(({ status }) => status === 'unknown')
    .map(({ incidentId, key }) => ({ incidentId, key }));
};
