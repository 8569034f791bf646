/** Figures that runbooks ask of the cloud: asked of a stand-in over HTTP. */
import { describe, expect, test } from 'vitest';
import { readFigure } from '../../activities/evidence/reads.ts';
import type { RemediationDependencies } from '../../activities/run/context.ts';
import type { EvidenceSources } from '../../src/integrations/integration.ts';
import { RunbookRead } from '../../src/schema/runbook.ts';
import { type AwsReply, anAws, awsRefusal } from '../support/cloudwatch.ts';

/** CloudWatch keeps minutes for some days only, so it is the minute of this run. */
const at = new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString();
const connections = RunbookRead.parse({
  id: 'connections',
  read: 'cloudwatchMetric',
  namespace: 'AWS/RDS',
  metric: 'DatabaseConnections',
  statistic: 'Maximum',
  dimensions: { DBInstanceIdentifier: "orders'1" },
  lookBack: '15m',
});
const refusals = RunbookRead.parse({
  id: 'refusals',
  read: 'cloudwatchLogs',
  group: '/shop/checkout',
  pattern: 'too many clients',
  lookBack: '15m',
});

/** With a Prometheus that answers 7 for everything. */
const figureOf = async (
  read: RunbookRead,
  replies: Record<string, AwsReply[]> = {},
  more: { drill?: boolean; withoutCloud?: boolean } = {},
) => {
  const aws = await anAws(replies);
  const none: EvidenceSources = { alarms: null, logs: null, cloudMetrics: null, health: null };
  const cloud: EvidenceSources = { ...none, logs: aws.logs, cloudMetrics: aws.metrics };
  const dependencies = {
    connect: () => ({ metrics: { query: async () => 7 } }),
    sources: (drill: boolean) => (drill || more.withoutCloud ? none : cloud),
    organisation: { services: {}, endpoints: {} },
  } as unknown as RemediationDependencies;
  const value = readFigure(dependencies, read, { drill: more.drill ?? false, at });
  return { value, questions: aws.questions };
};

describe('a figure of CloudWatch in a runbook', () => {
  /** Newest first, one a minute. */
  const values = (...found: number[]): AwsReply => ({
    body: {
      MetricDataResults: [
        {
          Id: 'symptom',
          Label: 'x',
          StatusCode: 'Complete',
          Timestamps: found.map((_, index) => Date.parse(at) / 1_000 - 60 * (index + 1)),
          Values: found,
        },
      ],
    },
  });

  test('comes from CloudWatch, also where Prometheus answers for symptoms', async () => {
    const { value, questions } = await figureOf(connections, { GetMetricData: [values(412)] });
    expect(await value).toBe(412);
    expect(questions[0]?.body).toMatchObject({
      MetricDataQueries: [
        {
          Expression: `SELECT MAX("DatabaseConnections") FROM "AWS/RDS" WHERE "DBInstanceIdentifier" = 'orders''1'`,
        },
      ],
    });
  });

  test.each([
    ['in a drill', { drill: true }],
    ['where no cloud is configured', { withoutCloud: true }],
  ])('is not known %s, and nobody else is asked in its stead', async (_, more) => {
    const { value, questions } = await figureOf(connections, { GetMetricData: [values(412)] }, more);
    expect(await value).toBeNull();
    expect(questions).toEqual([]);
  });

  test.each([
    ['Maximum', 9],
    ['Minimum', 2],
    ['Average', 5],
    ['Sum', 15],
    ['SampleCount', 15],
  ])('is the %s of all that it looks back on, not of the newest minute', async (statistic, figure) => {
    const read = { ...connections, statistic } as RunbookRead;
    const { value, questions } = await figureOf(read, { GetMetricData: [values(4, 9, 2)] });
    expect(await value).toBe(figure);
    const [{ StartTime, EndTime } = {}] = questions.map(({ body }) => body as { StartTime?: number; EndTime?: number });
    expect(Number(EndTime) - Number(StartTime)).toBe(15 * 60);
  });

  test('is not of what came before that', async () => {
    const read = { ...connections, lookBack: 120_000 } as RunbookRead;
    const { value } = await figureOf(read, { GetMetricData: [values(4, 2, 9)] });
    expect(await value).toBe(4);
  });

  test('is not known without a point', async () => {
    const { value } = await figureOf(connections, { GetMetricData: [values()] });
    expect(await value).toBeNull();
  });

  test('that AWS does not allow names the right and the policy', async () => {
    const denied = awsRefusal('cloudwatch', 'AccessDeniedException', { code: 'AccessDenied' });
    const { value } = await figureOf(connections, { GetMetricData: [denied] });
    await expect(value).rejects.toMatchObject({ message: expect.stringContaining('policies/metrics.json') });
  });
});

describe('lines in a log group in a runbook', () => {
  const started: AwsReply = { body: { queryId: 'q-1' } };
  const found: AwsReply = {
    body: { status: 'Complete', results: [[{ field: '@message', value: 'FATAL: too many clients' }]] },
  };

  test('are counted', async () => {
    const { value } = await figureOf(refusals, { StartQuery: [started], GetQueryResults: [found] });
    expect(await value).toBe(1);
  });

  test('that AWS does not allow name the right, the group and the policy', async () => {
    const { value } = await figureOf(refusals, { StartQuery: [awsRefusal('logs', 'AccessDeniedException')] });
    await expect(value).rejects.toMatchObject({
      message: expect.stringMatching(/logs:StartQuery on arn:.*:log-group:\/shop\/checkout:\*: attach .*logs\.json/),
    });
  });
});
