import { z } from 'zod';
import { NotFound } from '../../domain/errors.ts';
import { ActionItem, AddActionItem, FollowUpView } from '../../schema/api.ts';
import type { App } from '../app.ts';
import { actorOf, principalOf } from '../auth.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { findIncident } from './find-incident.ts';
import {
  answers,
  commandProblems,
  describeOperation,
  IdempotencyHeaders,
  IncidentParams,
  reading,
} from './operation.ts';
import { updateIdOf } from './send-command.ts';

/** Review, postmortem and action items: what is kept after an incident, for weeks. */
export const followUpRoutes = async (app: App, { store, remote }: ApiDependencies): Promise<void> => {
  app.get(
    '/api/v1/incidents/:id/postmortem',
    reading('after', 'The postmortem as Markdown', z.string()),
    async (request, reply) => {
      const { id } = await findIncident(store, request.params.id);
      const postmortem = await store.followUps.postmortem(id);
      if (!postmortem) throw new NotFound(`the postmortem of ${id} is drafted after it is resolved; look again then`);
      return reply
        .type('text/markdown; charset=utf-8')
        .serializer((text: string) => text)
        .send(postmortem.markdown);
    },
  );

  app.get(
    '/api/v1/incidents/:id/follow-up',
    reading('after', 'Review, document and action items', FollowUpView),
    async (request) => {
      const { id } = await findIncident(store, request.params.id);
      const followUp = await store.followUps.followUp(id);
      if (!followUp) throw new NotFound(`${id} is followed up once it is resolved; look again then`);
      return followUp;
    },
  );

  app.post(
    '/api/v1/incidents/:id/action-items',
    {
      schema: {
        ...describeOperation('after', 'Promise an improvement'),
        params: IncidentParams,
        headers: IdempotencyHeaders,
        body: AddActionItem,
        response: answers({ 201: ActionItem }, commandProblems),
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { id } = await findIncident(store, request.params.id);
      const item = { ...request.body, by: actorOf(principal) };
      const updateId = updateIdOf(principal.id, request.headers['idempotency-key']);
      return reply.code(201).send(await onceFollowed(id, remote.addActionItem(id, item, updateId)));
    },
  );

  app.post(
    '/api/v1/incidents/:id/action-items/:item/complete',
    {
      schema: {
        ...describeOperation('after', 'Say that an improvement is made'),
        params: IncidentParams.extend({ item: z.string().min(1).max(200) }),
        headers: IdempotencyHeaders,
        body: z.strictObject({}),
        response: answers({ 200: ActionItem }, commandProblems),
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const { id } = await findIncident(store, request.params.id);
      const item = { by: actorOf(principal), id: request.params.item };
      const updateId = updateIdOf(principal.id, request.headers['idempotency-key']);
      return onceFollowed(id, remote.completeActionItem(id, item, updateId));
    },
  );
};

const onceFollowed = async <T>(incidentId: string, answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    throw new NotFound(
      `${incidentId} has no such action item or is not followed up now: action items belong to resolved incidents whose follow-up is open`,
    );
  }
};
