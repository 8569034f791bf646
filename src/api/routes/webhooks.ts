import { z } from 'zod';
import { InvalidInput } from '../../domain/errors.ts';
import { failpoint } from '../../domain/failpoint.ts';
import { payloadBytesMax } from '../../intake/payload.ts';
import { Receipt } from '../../schema/api.ts';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { sendProblem } from '../problem.ts';
import { answers, describeOperation } from './operation.ts';

/**
 * Deliveries of monitors and vendors. Their bytes are kept as they came, whatever their content type says: signatures
 * are over bytes, and SNS sends JSON as text/plain.
 */
export const webhookRoutes = async (app: App, { receiver }: ApiDependencies): Promise<void> => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, stream, done) => {
    collect(stream).then(
      (raw) => done(null, raw),
      (error: Error) => done(error),
    );
  });

  app.post(
    '/webhooks/:source',
    {
      schema: {
        ...describeOperation(
          'intake',
          'Take a delivery of a monitor or vendor: alertmanager, generic, cloudwatch, pagerduty or github',
        ),
        params: z.object({ source: z.string().max(60) }),
        response: answers({ 200: Receipt, 202: Receipt }, [400, 401, 413, 503]),
      },
    },
    async (request, reply) => {
      const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const answer = await receiver.receive({
        source: request.params.source,
        headers: headersOf(request.headers),
        raw,
        now: Date.now(),
      });
      failpoint('intake:before-answer');
      request.practice = answer.kind !== 'refused' && answer.practice;
      switch (answer.kind) {
        case 'accepted':
          return reply.code(202).send(answer.receipt);
        case 'repeat':
          return reply.code(200).send(answer.receipt);
        case 'refused':
          return sendProblem(reply, new InvalidInput(answer.reason), answer.tooLarge ? 413 : 400);
      }
    },
  );
};

/** Keeps one byte more than allowed, which says that there was more; reads the rest away so that an answer can be sent. */
const collect = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
  const kept: Buffer[] = [];
  let keptBytes = 0;
  for await (const chunk of stream) {
    if (keptBytes > payloadBytesMax) continue;
    kept.push(chunk);
    keptBytes += chunk.length;
  }
  return Buffer.concat(kept).subarray(0, payloadBytesMax + 1);
};

const headersOf = (headers: Record<string, string | string[] | undefined>): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  );
