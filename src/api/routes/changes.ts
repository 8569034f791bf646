import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { InvalidInput } from '../../domain/errors.ts';
import { targetKey } from '../../domain/remediation/target.ts';
import { takeChange } from '../../intake/changes.ts';
import { ChangeKind, ChangeList, TakenChange, TellChange } from '../../schema/change.ts';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { answers, describeOperation, IdempotencyHeaders, usualProblems } from './operation.ts';

const Query = z.object({
  /** Id from the catalogue. */
  service: z.string().min(1).max(120).optional(),
  kind: ChangeKind.optional(),
  since: z.iso
    .datetime({ offset: true, error: 'an instant such as 2026-11-18T08:00:00Z' })
    .transform((since) => new Date(since).toISOString())
    .optional(),
  /** `true`: those of drills, instead of the real ones. */
  drill: z
    .enum(['true', 'false'])
    .default('false')
    .transform((drill) => drill === 'true'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** The ledger of changes: what pipelines and people tell goes in, and everybody may read it. */
export const changeRoutes = async (app: App, { store, rulebook }: ApiDependencies): Promise<void> => {
  const { services } = rulebook.organisation;

  app.post(
    '/api/v1/changes',
    {
      schema: {
        ...describeOperation(
          'changes',
          'Tell of a deployment, a flag or another change; the same key or Idempotency-Key again is the same change, answered 200',
        ),
        headers: IdempotencyHeaders,
        body: TellChange,
        response: answers({ 200: TakenChange, 201: TakenChange }, [...usualProblems, 409, 413]),
      },
    },
    async (request, reply) => {
      const { principal, body } = request;
      // What a person mistypes they can correct; what a machine says is better kept as it is than lost.
      if (principal !== null) checkService(body.service, Object.keys(services));
      const key = body.key ?? request.headers['idempotency-key'];
      const taken = await takeChange({ store, rulebook }, key === undefined ? body : { ...body, key }, {
        source: principal === null ? 'generic' : 'person',
        person: principal?.id ?? null,
        key: randomUUID(),
        receivedAt: new Date().toISOString(),
      });
      return reply.code(taken.repeat ? 200 : 201).send(taken);
    },
  );

  app.get(
    '/api/v1/changes',
    {
      schema: {
        ...describeOperation('changes', 'Changes, newest first, and which places of which clusters are watched'),
        querystring: Query,
        response: answers({ 200: ChangeList }, usualProblems),
      },
    },
    async (request): Promise<ChangeList> => {
      const { service, kind, since, drill, limit } = request.query;
      checkService(service, Object.keys(services));
      const workload = service === undefined ? undefined : services[service]?.workload;
      const [items, watched] = await Promise.all([
        store.changes.list({
          drill,
          limit,
          ...(service === undefined ? {} : { service, workloads: workload ? [targetKey(workload)] : [] }),
          ...(kind === undefined ? {} : { kind }),
          ...(since === undefined ? {} : { since }),
        }),
        store.changes.watched(),
      ]);
      return { items, watched: watched.filter((place) => place.drill === drill) };
    },
  );
};

const checkService = (given: string | undefined, known: string[]): void => {
  if (given === undefined || known.includes(given)) return;
  throw new InvalidInput(`the catalogue has no such service; give one of ${known.join(', ')}, or none`, [
    { path: 'service', message: `one of ${known.join(', ')}` },
  ]);
};
