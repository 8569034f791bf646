/** The only place where our errors become HTTP: RFC 9457 problems whose `detail` names the next action. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { type ErrorCode, type FieldFault, InvalidInput, MusterError } from '../domain/errors.ts';
import type { Problem } from '../schema/api.ts';

const statusOf: Record<ErrorCode, number> = {
  invalidInput: 400,
  notAuthenticated: 401,
  notPermitted: 403,
  notFound: 404,
  conflict: 409,
  bug: 500,
  vendor: 502,
  unavailable: 503,
};
const titleOf: Record<ErrorCode, string> = {
  invalidInput: 'The request is not valid',
  notAuthenticated: 'Nobody is known for this request',
  notPermitted: 'Not allowed',
  notFound: 'Not found',
  conflict: 'Not possible in this state',
  bug: 'Something in Muster is broken',
  vendor: 'Another system failed',
  unavailable: 'Not possible right now',
};

const retryAfterSeconds = 5;

export const problemOf = (error: MusterError, status = statusOf[error.code]): z.infer<typeof Problem> => ({
  type: `urn:muster:problem:${error.code}`,
  title: titleOf[error.code],
  status,
  code: error.code,
  detail: error.code === 'bug' ? 'An invariant is broken; report it with the log of this moment' : error.message,
  ...(error instanceof InvalidInput && error.faults.length > 0 ? { errors: error.faults } : {}),
});

export const sendProblem = (reply: FastifyReply, error: MusterError, status = statusOf[error.code]): FastifyReply => {
  if (error.code === 'unavailable') reply.header('retry-after', String(retryAfterSeconds));
  if (error.code === 'notAuthenticated') reply.header('www-authenticate', 'Bearer');
  return reply.code(status).type('application/problem+json').send(problemOf(error, status));
};

/** For setErrorHandler: what the framework found wrong is said in our words, the rest stays in the log. */
export const handleError = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  if (error instanceof MusterError) {
    if (error.code === 'bug') request.log.error({ err: error }, 'invariant broken');
    return sendProblem(reply, error);
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const faults = error.validation.map(({ instancePath, message }) => faultOf(instancePath, message));
    return sendProblem(reply, new InvalidInput(sentence(faults), faults));
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 400 && status < 500) {
    return sendProblem(reply, new InvalidInput(error instanceof Error ? error.message : 'not readable'), status);
  }
  request.log.error({ err: error }, 'a request failed');
  return sendProblem(reply, new MusterError('bug', 'unexpected'));
};

const faultOf = (instancePath: string, message: string | undefined): FieldFault => ({
  path: instancePath.replace(/^\//, '').replaceAll('/', '.').slice(0, 200),
  message: (message ?? 'is not valid').slice(0, 500),
});

const sentence = (faults: FieldFault[]): string =>
  `correct ${faults
    .slice(0, 5)
    .map(({ path, message }) => `${path || 'the body'}: ${message}`)
    .join('; ')}`;
