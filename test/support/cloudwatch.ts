/**
 * CloudWatch and CloudWatch Logs as they speak on the wire, on a loopback server: awsJson1.0 and awsJson1.1, which the
 * installed SDK sends (`x-amz-target` tells which operation is meant).
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createAlarms } from '../../src/integrations/cloudwatch/alarms.ts';
import { createLogSearch } from '../../src/integrations/cloudwatch/logs.ts';
import { createMetrics } from '../../src/integrations/cloudwatch/metrics.ts';

export const awsSecretKey = 'a-secret-key-for-tests-only';

export interface AwsQuestion {
  target: string;
  signed: boolean;
  body: Record<string, unknown>;
}
export interface AwsReply {
  status?: number;
  headers?: Record<string, string>;
  /** Text goes out as it is. */
  body?: unknown;
  /** The connection ends without an answer. */
  silent?: true;
  /** It is heard, and nothing ever comes. */
  hangs?: true;
}

/**
 * Answers by the operation that is asked for; of several answers to one, the last serves for all that follow. It is gone
 * with the test.
 */
export const anAws = async (replies: Record<string, AwsReply[]>) => {
  const questions: AwsQuestion[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const target = String(request.headers['x-amz-target']);
      const signed = request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 Credential=AKIDTEST/') ?? false;
      questions.push({ target, signed, body: JSON.parse(text) });
      const [, operation = ''] = target.split('.');
      const known = replies[operation] ?? [];
      const asked = questions.filter((question) => question.target === target).length;
      const reply = known[asked - 1] ?? known.at(-1) ?? { status: 500 };
      if (reply.hangs) return;
      if (reply.silent) return request.socket.destroy();
      const version = target.startsWith('Logs') ? '1.1' : '1.0';
      response.writeHead(reply.status ?? 200, {
        'content-type': `application/x-amz-json-${version}`,
        ...reply.headers,
      });
      response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: awsSecretKey },
  };
  return {
    client,
    metrics: createMetrics({ region: 'eu-west-1', client }),
    alarms: createAlarms({ region: 'eu-west-1', client }),
    logs: createLogSearch({ region: 'eu-west-1', client, pollMs: 5 }),
    questions,
    asked: () => questions.map(({ target }) => target.split('.')[1]),
  };
};

/**
 * A refusal as each service gives it: CloudWatch adds the code of its older protocol, which the SDK then tells as the name;
 * Logs has the name in the body alone.
 */
export const awsRefusal = (
  service: 'cloudwatch' | 'logs',
  type: string,
  more: { status?: number; message?: string; code?: string } = {},
): AwsReply => ({
  status: more.status ?? 400,
  headers: service === 'cloudwatch' ? { 'x-amzn-query-error': `${more.code ?? type};Sender` } : {},
  body: { __type: `com.amazon.coral.service#${type}`, message: more.message ?? 'not you' },
});
