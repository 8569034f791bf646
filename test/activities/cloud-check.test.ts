/** What a worker says at its start of its rights in AWS: asked of a stand-in over HTTP. */
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { createCloudAccess } from '../../src/integrations/cloudwatch/access.ts';
import type { CloudAccess, CloudCapability } from '../../src/integrations/integration.ts';
import { connectCloudAccess } from '../../src/integrations/registry.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import type { RunbookDocument } from '../../src/schema/runbook.ts';
import { type CloudUse, checkCloud, cloudUsesOf } from '../../worker/cloud-check.ts';
import { type AwsReply, anAws, awsRefusal, awsSecretKey } from '../support/cloudwatch.ts';

const everything: CloudUse[] = [
  { capability: 'metrics', groups: [] },
  { capability: 'alarms', groups: [] },
  { capability: 'logs', groups: ['/shop/checkout'] },
];
/** As AWS answers a role that may do it all. */
const allowed: Record<string, AwsReply[]> = {
  GetMetricData: [{ body: { MetricDataResults: [{ Id: 'access', Label: 'AccessCheck', Values: [] }] } }],
  DescribeAlarms: [{ body: { MetricAlarms: [], CompositeAlarms: [] } }],
  GetQueryResults: [awsRefusal('logs', 'ResourceNotFoundException')],
  StopQuery: [awsRefusal('logs', 'InvalidParameterException')],
};
const searchRight = 'logs:StartQuery on arn:aws:logs:eu-west-1:ACCOUNT_ID:log-group:/shop/checkout:*';

/** Runs the check of a start, and returns what is in the log. */
const logOf = async (given: {
  replies?: Record<string, AwsReply[]>;
  uses?: CloudUse[];
  access?: CloudAccess | null;
  signal?: AbortSignal;
}) => {
  const aws = await anAws({ ...allowed, ...given.replies });
  const [warned, informed]: [string[], string[]] = [[], []];
  await checkCloud({
    access:
      given.access === undefined
        ? createCloudAccess({ region: 'eu-west-1', answersSymptoms: true, client: aws.client })
        : given.access,
    uses: given.uses ?? everything,
    log: { info: (_, text) => void informed.push(text), warn: (_, text) => void warned.push(text) },
    signal: given.signal ?? new AbortController().signal,
    pauseMs: 5,
  });
  expect([...warned, ...informed].join()).not.toContain(awsSecretKey);
  return { warned, informed, asked: aws.asked(), questions: aws.questions };
};

describe('at its start a worker', () => {
  test('says in one line what it may read of AWS, and what was not checked because it would be a search', async () => {
    const { warned, informed, asked } = await logOf({});
    expect(warned).toEqual([]);
    expect(informed).toEqual([
      `Muster may read metrics, alarms, logs of CloudWatch in eu-west-1; not checked: ${searchRight} (to ask is to search, which AWS bills)`,
    ]);
    expect(asked.toSorted()).toEqual(['DescribeAlarms', 'GetMetricData', 'GetQueryResults', 'StopQuery']);
  });

  test('asks for next to nothing: one alarm, one figure of five minutes, a query that is not there', async () => {
    const { questions } = await logOf({});
    const bodyOf = (operation: string) => questions.find(({ target }) => target.endsWith(`.${operation}`))?.body;
    expect(bodyOf('DescribeAlarms')).toMatchObject({ MaxRecords: 1, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] });
    const figure = bodyOf('GetMetricData') as { MetricDataQueries: unknown[]; StartTime: number; EndTime: number };
    expect(figure.MetricDataQueries).toHaveLength(1);
    expect(figure.EndTime - figure.StartTime).toBe(300);
    expect(bodyOf('StopQuery')).toEqual({ queryId: '00000000-0000-4000-8000-000000000000' });
  });

  test.each<[CloudCapability, string, AwsReply, string]>([
    [
      'metrics',
      'GetMetricData',
      awsRefusal('cloudwatch', 'AccessDeniedException', { code: 'AccessDenied' }),
      'cloudwatch:GetMetricData on * in eu-west-1',
    ],
    [
      'alarms',
      'DescribeAlarms',
      awsRefusal('cloudwatch', 'AccessDeniedException', { code: 'AccessDenied' }),
      'cloudwatch:DescribeAlarms on * in eu-west-1',
    ],
    ['logs', 'GetQueryResults', awsRefusal('logs', 'AccessDeniedException'), 'logs:GetQueryResults on * in eu-west-1'],
    ['logs', 'StopQuery', awsRefusal('logs', 'AccessDeniedException'), 'logs:StopQuery on * in eu-west-1'],
  ])(
    'that may not read %s (%s) names the right and the policy, once, and what else is in order',
    async (capability, operation, reply, right) => {
      const { warned, informed } = await logOf({ replies: { [operation]: [reply] } });
      expect(warned).toEqual([
        `${capability} of CloudWatch in eu-west-1 cannot be read: AWS does not allow ${right}: attach deploy/aws/policies/${capability}.json to the worker's role`,
      ]);
      expect(informed).toHaveLength(1);
      expect(informed[0]?.split(' of CloudWatch')[0]).not.toContain(capability);
    },
  );

  test('that could not ask says that nobody knows, and not that a right is missing', async () => {
    const expired = awsRefusal('cloudwatch', 'ExpiredTokenException', { code: 'ExpiredToken', status: 403 });
    const { warned } = await logOf({ replies: { DescribeAlarms: [expired] } });
    expect(warned).toEqual([
      expect.stringMatching(
        /^nobody knows yet whether Muster may cloudwatch:DescribeAlarms on \* in eu-west-1: the AWS credentials have expired/,
      ),
    ]);
    expect(warned[0]).not.toContain('policies');
  });

  test('looks again where AWS does not answer yet, and no more than three times', async () => {
    const late = await logOf({ replies: { DescribeAlarms: [{ silent: true }, { body: {} }] } });
    expect(late.warned).toEqual([]);
    const never = await logOf({ replies: { DescribeAlarms: [{ silent: true }] } });
    expect(never.warned).toEqual([expect.stringContaining('no answer from AWS')]);
    expect(never.asked.filter((operation) => operation === 'DescribeAlarms')).toHaveLength(3);
  });

  test('does not ask again for a right that AWS refuses', async () => {
    const refusal = awsRefusal('cloudwatch', 'AccessDeniedException', { code: 'AccessDenied' });
    const { asked } = await logOf({ replies: { DescribeAlarms: [refusal] } });
    expect(asked.filter((operation) => operation === 'DescribeAlarms')).toHaveLength(1);
  });

  test('asks only for what it uses', async () => {
    const alone = await logOf({ uses: [{ capability: 'metrics', groups: [] }] });
    expect(alone.asked).toEqual(['GetMetricData']);
    expect(await logOf({ uses: [] })).toMatchObject({ asked: [], warned: [], informed: [] });
  });

  test('says nothing where no cloud is configured, nor when it is stopped meanwhile', async () => {
    expect(await logOf({ access: null })).toMatchObject({ asked: [], warned: [], informed: [] });
    expect(await logOf({ signal: AbortSignal.abort() })).toMatchObject({ warned: [], informed: [] });
  });

  test('goes on when the check itself fails', async () => {
    const broken: CloudAccess = {
      place: 'CloudWatch in eu-west-1',
      answersSymptoms: true,
      ask: () => Promise.reject(new Error('unforeseen')),
    };
    expect((await logOf({ access: broken })).warned).toEqual([
      'nobody knows yet what Muster may read of CloudWatch in eu-west-1: unforeseen',
    ]);
  });
});

test('a cloud answers for symptoms only where no Prometheus is configured', () => {
  const region = { MUSTER_CLOUDWATCH_REGION: 'eu-west-1' };
  expect(connectCloudAccess(readConfig(region))?.answersSymptoms).toBe(true);
  const both = readConfig({ ...region, MUSTER_PROMETHEUS_URL: 'http://127.0.0.1:9' });
  expect(connectCloudAccess(both)?.answersSymptoms).toBe(false);
  expect(connectCloudAccess(readConfig({}))).toBeNull();
});

describe('what is used of a cloud', () => {
  const usesOf = (given: { services?: object[]; reads?: object[]; answersSymptoms?: boolean }) => {
    const organisation = { services: { ...given.services } } as unknown as Organisation;
    const document = { spec: { diagnose: given.reads ?? [] } } as unknown as RunbookDocument;
    return cloudUsesOf({ organisation, library: { runbooks: [{ document }] } }, given.answersSymptoms ?? false);
  };
  const search = (group: string) => ({ read: 'cloudwatchLogs', group, pattern: 'refused' });

  test('is nothing where nobody names it', () => {
    expect(usesOf({ services: [{}], reads: [{ read: 'prometheus', query: 'up' }] })).toEqual([]);
  });

  test('is metrics, for symptoms, and for a runbook that asks the cloud itself', () => {
    const metrics = [{ capability: 'metrics', groups: [] }];
    expect(usesOf({ answersSymptoms: true })).toEqual(metrics);
    expect(usesOf({ reads: [{ read: 'cloudwatchMetric' }] })).toEqual(metrics);
  });

  test('is alarms and logs that services and runbooks name, each log group once', () => {
    const services = [{ alarms: { prefix: 'a' }, logs: { group: '/shop' } }, { logs: { group: '/shop' } }];
    expect(usesOf({ services, reads: [search('/search'), search('/pods/$target.name')] })).toEqual([
      { capability: 'alarms', groups: [] },
      { capability: 'logs', groups: ['/shop', '/search'] },
    ]);
  });

  test('is logs, too, where the group is known only in an incident', () => {
    expect(usesOf({ reads: [search('/pods/$target.name')] })).toEqual([{ capability: 'logs', groups: [] }]);
  });
});
