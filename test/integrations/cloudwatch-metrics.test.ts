/** CloudWatch as it speaks on the wire (awsJson1.0), on a loopback server. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { createMetrics } from '../../src/integrations/cloudwatch/metrics.ts';
import { connect } from '../../src/integrations/registry.ts';

/** 12:00:30: half a minute is under way. */
const now = Date.parse('2026-03-02T12:00:30Z');
const at = (clock: string): number => Date.parse(`2026-03-02T${clock}Z`) / 1_000;
const secretKey = 'a-secret-key-for-tests-only';

interface Question {
  target: string | undefined;
  signed: boolean;
  MetricDataQueries: { Expression: string; Period: number }[];
  StartTime: number;
  EndTime: number;
  NextToken?: string;
}
type Reply = { status?: number; body?: unknown; silent?: true };

const servers: { close(): void; closeAllConnections(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Answers the questions in turn; the last answer serves for all that follow. */
const cloudwatch = async (...replies: Reply[]) => {
  const questions: Question[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      const { 'x-amz-target': target, authorization } = request.headers;
      questions.push({
        ...JSON.parse(text),
        target: String(target),
        signed: authorization?.startsWith('AWS4-HMAC-SHA256 Credential=AKIDTEST/') ?? false,
      });
      const reply = replies[questions.length - 1] ?? replies.at(-1) ?? {};
      if (reply.silent) return request.socket.destroy();
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(reply.body ?? {}));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const metrics = createMetrics({
    region: 'eu-west-1',
    now: () => now,
    client: {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: secretKey },
    },
  });
  return { metrics, questions };
};

type Points = Record<string, number | string>;
const series = (points: Points, more: object = {}) => ({
  Id: 'symptom',
  Label: 'checkout',
  StatusCode: 'Complete',
  Timestamps: Object.keys(points).map(at),
  Values: Object.values(points),
  ...more,
});
const data = (...results: object[]): Reply => ({ body: { MetricDataResults: results } });
const refusal = (status: number, type: string, message = 'no'): Reply => ({
  status,
  body: { __type: `com.amazonaws.cloudwatch#${type}`, message },
});

describe('the value now', () => {
  test.each<[string, Reply, number | null]>([
    ['is the newest', data(series({ '11:59:00': 0.25, '11:58:00': 9 })), 0.25],
    ['is the newest, in whatever order it comes', data(series({ '11:58:00': 9, '11:59:00': 0.25 })), 0.25],
    ['is zero when CloudWatch says zero', data(series({ '11:59:00': 0 })), 0],
    ['of several series is the worst', data(series({ '11:59:00': 1 }), series({ '11:58:00': 4 }, { Label: 'b' })), 4],
    ['of series with one name is the worst', data(series({ '11:59:00': 1 }), series({ '11:59:00': 4 })), 4],
    ['is unknown when the newest is NaN', data(series({ '11:59:00': 'NaN', '11:58:00': 0.1 })), null],
    ['is unknown when it is infinite', data(series({ '11:59:00': 'Infinity' })), null],
    ['is unknown without a point', data(series({})), null],
    ['is unknown without a series', data(), null],
  ])('%s', async (_, reply, expected) => {
    const { metrics } = await cloudwatch(reply);
    expect(await metrics.query('SELECT AVG(x) FROM y')).toBe(expected);
  });

  test('is asked of the last 15 whole minutes, signed, with the expression as it stands', async () => {
    const { metrics, questions } = await cloudwatch(data());
    await metrics.query('SELECT AVG(x) FROM y');
    expect(questions).toMatchObject([
      {
        target: 'GraniteServiceVersion20100801.GetMetricData',
        signed: true,
        MetricDataQueries: [{ Expression: 'SELECT AVG(x) FROM y', Period: 60 }],
        StartTime: at('11:45:00'),
        EndTime: at('12:00:00'),
      },
    ]);
  });

  test('comes from all pages, and from no more than ten', async () => {
    const page = (value: number) => ({
      body: { MetricDataResults: [series({ '11:59:00': value }, { Label: `${value}` })], NextToken: 'more' },
    });
    const two = await cloudwatch(page(1), data(series({ '11:59:00': 7 })));
    expect(await two.metrics.query('x')).toBe(7);
    expect(two.questions.map(({ NextToken }) => NextToken)).toEqual([undefined, 'more']);
    const endless = await cloudwatch(page(1));
    await expect(endless.metrics.query('x')).rejects.toMatchObject({ terminal: true, reason: 'MaxMetricsExceeded' });
    expect(endless.questions).toHaveLength(10);
  });
});

describe('the curve', () => {
  test('has whole-minute periods, a gap where there is no data, and no half minute at its end', async () => {
    const { metrics, questions } = await cloudwatch(
      data(series({ '11:50:00': 1, '11:54:00': 'NaN', '11:56:00': 4, '11:57:00': 3 })),
    );
    const points = await metrics.queryRange('x', {
      from: '2026-03-02T11:50:00Z',
      to: '2026-03-02T12:00:30Z',
      points: 6,
    });
    expect(questions).toMatchObject([
      { MetricDataQueries: [{ Period: 120 }], StartTime: at('11:50:00'), EndTime: at('12:00:00') },
    ]);
    expect(points.map(({ value }) => value)).toEqual([1, null, null, 4, null]);
    expect(points[3]?.at).toBe('2026-03-02T11:56:00.000Z');
  });

  test.each([
    ['a day', '2026-03-01T12:00:00Z', 10_000, 180],
    ['an hour, asked for in two points', '2026-03-02T11:00:00Z', 2, 1_860],
    ['three weeks, in minutes no longer kept', '2026-02-09T12:00:00Z', 500, 3_900],
    ['three months, in hours', '2025-12-02T12:00:00Z', 500, 18_000],
  ])('over %s stays within the points asked for and 500', async (_, from, points, periodSeconds) => {
    const { metrics, questions } = await cloudwatch(data());
    const curve = await metrics.queryRange('x', { from, to: '2026-03-02T12:00:30Z', points });
    expect(questions[0]?.MetricDataQueries[0]?.Period).toBe(periodSeconds);
    expect(curve.length).toBeGreaterThan(0);
    expect(curve.length).toBeLessThanOrEqual(Math.min(points, 500));
  });
});

describe('a refusal is never a value, and each is asked once', () => {
  test.each<[string, Reply, object]>([
    ['throttling', refusal(400, 'ThrottlingException'), { terminal: false, status: 429 }],
    ['a limit of requests', refusal(400, 'LimitExceededException'), { terminal: false, status: 429 }],
    ['trouble at AWS', refusal(500, 'InternalServiceFault'), { terminal: false, status: 500 }],
    ['no answer', { silent: true }, { terminal: false, status: null }],
    ['credentials that have just expired', refusal(403, 'ExpiredTokenException'), { terminal: false, status: 401 }],
    [
      'a role that may not',
      refusal(400, 'AccessDeniedException'),
      { terminal: true, message: expect.stringContaining('cloudwatch:GetMetricData') },
    ],
    [
      'an account that may not be read',
      data(series({}, { StatusCode: 'Forbidden' })),
      { terminal: true, message: expect.stringContaining('cloudwatch:GetMetricData') },
    ],
    [
      'credentials nobody knows',
      refusal(403, 'UnrecognizedClientException', 'x-amz-security-token:private'),
      { terminal: true, message: expect.not.stringMatching(/private|GetMetricData/) },
    ],
    [
      'an expression that is none',
      refusal(400, 'InvalidParameterValueException', "Error in expression 'symptom'"),
      { terminal: true, message: expect.stringContaining("Error in expression 'symptom'") },
    ],
    ['a series that could not be computed', data(series({}, { StatusCode: 'InternalError' })), { terminal: false }],
    [
      'an answer cut short',
      { body: { MetricDataResults: [series({ '11:59:00': 0 })], Messages: [{ Code: 'MaxMetricsExceeded' }] } },
      { terminal: true, reason: 'MaxMetricsExceeded' },
    ],
  ])('%s', async (_, reply, expected) => {
    const { metrics, questions } = await cloudwatch(reply);
    const asked = metrics.query('x');
    await expect(asked).rejects.toMatchObject({ vendor: 'cloudwatch', ...expected });
    await expect(asked).rejects.not.toMatchObject({ message: expect.stringContaining(secretKey) });
    expect(questions).toHaveLength(1);
  });
});

describe('who answers for symptoms', () => {
  const region = { MUSTER_CLOUDWATCH_REGION: 'eu-west-1' };
  test('is CloudWatch, a real system, when its region is set', () => {
    expect(connect(readConfig(region)).live).not.toBeNull();
    expect(connect(readConfig({})).live).toBeNull();
  });
  test('is Prometheus when both are set', async () => {
    const { choose } = connect(readConfig({ ...region, MUSTER_PROMETHEUS_URL: 'http://127.0.0.1:9' }));
    await expect(choose(false).metrics.query('up')).rejects.toMatchObject({ vendor: 'prometheus' });
  });
  test('is nobody when neither is set, and both variables are named', async () => {
    const { choose } = connect(readConfig({ SLACK_TOKEN: 'xoxb-1' }));
    await expect(choose(false).metrics.query('up')).rejects.toMatchObject({
      message: expect.stringContaining('MUSTER_PROMETHEUS_URL or MUSTER_CLOUDWATCH_REGION'),
    });
  });
});
