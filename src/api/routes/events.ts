import { PassThrough } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { findIncident } from './find-incident.ts';
import { describeOperation, IncidentParams } from './operation.ts';

const heartbeatMsDefault = 15_000;
/** A reader this far behind is gone; its page connects again and reads anew. */
const backlogBytesMax = 256 * 1024;

/**
 * Server-sent events that say which incident changed, nothing more: readers fetch what they need. A reader that
 * connects again reads everything once, so nothing has to be replayed.
 */
export const eventRoutes = async (app: App, dependencies: ApiDependencies): Promise<void> => {
  app.get(
    '/api/v1/events',
    { schema: describeOperation('events', 'Stream: `changed` with the id of each incident that changed') },
    async (request, reply) => stream(dependencies, request, reply, () => true),
  );

  app.get(
    '/api/v1/incidents/:id/events',
    {
      schema: {
        ...describeOperation('events', 'Stream: `changed` whenever this incident changes'),
        params: IncidentParams,
      },
    },
    async (request, reply) => {
      const { id } = await findIncident(dependencies.store, request.params.id);
      return stream(dependencies, request, reply, (changed) => changed === id);
    },
  );
};

const stream = (
  { feed, heartbeatMs }: ApiDependencies,
  request: FastifyRequest,
  reply: FastifyReply,
  concerns: (incidentId: string) => boolean,
): FastifyReply => {
  const out = new PassThrough();
  const send = (text: string): void => {
    if (out.writableLength > backlogBytesMax) end();
    else if (!out.writableEnded) out.write(text);
  };
  const heartbeat = setInterval(() => send(': alive\n\n'), heartbeatMs ?? heartbeatMsDefault);
  const stop = feed.subscribe(
    (incidentId) => {
      if (concerns(incidentId)) send(`event: changed\ndata: ${JSON.stringify({ incidentId })}\n\n`);
    },
    () => end(),
  );
  const end = (): void => {
    clearInterval(heartbeat);
    stop();
    out.end();
  };
  request.raw.on('close', end);
  send('retry: 2000\n: connected\n\n');
  return reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('cache-control', 'no-cache, no-transform')
    .header('x-accel-buffering', 'no')
    .send(out);
};
