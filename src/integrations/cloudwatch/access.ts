import type { CloudWatchClientConfig } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogsClientConfig } from '@aws-sdk/client-cloudwatch-logs';
import { VendorError } from '../../domain/errors.ts';
import { rightInWords, rightOf } from '../../domain/remediation/iam-right.ts';
import type { CloudAccess, CloudRight } from '../integration.ts';
import { alarmsNeeds } from './alarms.ts';
import { asker, bounded, type Question } from './ask.ts';
import { logsNeeds } from './logs.ts';
import { metricsNeeds } from './metrics.ts';

/** Of the form that AWS gives queries, and nobody's. */
const nobodysQuery = '00000000-0000-4000-8000-000000000000';
/** Of a right that is held: the query was looked for. */
const looksForQuery = ['ResourceNotFoundException', 'InvalidParameterException'];

/**
 * One read per right, and each needs exactly that one: five minutes of a metric that nobody sends, one alarm, and a query
 * that is not there. A search cannot be asked for without beginning it, and AWS bills searches, so that right is not checked.
 */
export const createCloudAccess = (options: {
  region: string;
  answersSymptoms: boolean;
  client?: CloudWatchClientConfig & CloudWatchLogsClientConfig;
  now?(): number;
}): CloudAccess => {
  const { region, answersSymptoms, now = Date.now } = options;
  const askCloudwatch = asker(async () => {
    const sdk = await import('@aws-sdk/client-cloudwatch');
    return { sdk, client: new sdk.CloudWatchClient({ ...bounded(region), ...options.client }) };
  });
  const askLogs = asker(async () => {
    const sdk = await import('@aws-sdk/client-cloudwatch-logs');
    return { sdk, client: new sdk.CloudWatchLogsClient({ ...bounded(region), ...options.client }) };
  });

  const metrics = (): Promise<CloudRight> => {
    const question = { needs: metricsNeeds, action: 'cloudwatch:GetMetricData', region };
    const EndTime = new Date(now());
    const input = {
      MetricDataQueries: [
        {
          Id: 'access',
          MetricStat: { Metric: { Namespace: 'Muster', MetricName: 'AccessCheck' }, Period: 300, Stat: 'Sum' },
        },
      ],
      StartTime: new Date(now() - 300_000),
      EndTime,
    };
    return rightFrom(question, () =>
      askCloudwatch(question, ({ sdk, client }, within) => client.send(new sdk.GetMetricDataCommand(input), within)),
    );
  };
  const alarms = (): Promise<CloudRight> => {
    const question = { needs: alarmsNeeds, action: 'cloudwatch:DescribeAlarms', region };
    const input = { AlarmTypes: ['MetricAlarm' as const, 'CompositeAlarm' as const], MaxRecords: 1 };
    return rightFrom(question, () =>
      askCloudwatch(question, ({ sdk, client }, within) => client.send(new sdk.DescribeAlarmsCommand(input), within)),
    );
  };
  const results = (): Promise<CloudRight> => {
    const question = { needs: logsNeeds, action: 'logs:GetQueryResults', region };
    const input = { queryId: nobodysQuery };
    return rightFrom(question, () =>
      askLogs(question, ({ sdk, client }, within) => client.send(new sdk.GetQueryResultsCommand(input), within)),
    );
  };
  const stopping = (): Promise<CloudRight> => {
    const question = { needs: logsNeeds, action: 'logs:StopQuery', region };
    const input = { queryId: nobodysQuery };
    return rightFrom(question, () =>
      askLogs(question, ({ sdk, client }, within) => client.send(new sdk.StopQueryCommand(input), within)),
    );
  };
  const searching = (group: string): CloudRight => ({
    state: 'notChecked',
    right: rightInWords(rightOf(logsNeeds, 'logs:StartQuery'), { region, group }),
    words: 'to ask is to search, which AWS bills',
  });

  return {
    place: `CloudWatch in ${region}`,
    answersSymptoms,
    ask: async (capability, groups) => {
      switch (capability) {
        case 'metrics':
          return [await metrics()];
        case 'alarms':
          return [await alarms()];
        case 'logs':
          return [...(await Promise.all([results(), stopping()])), ...groups.map(searching)];
      }
    },
  };
};

/** An answer, or that the query is not there, is the right. */
const rightFrom = async (question: Question, ask: () => Promise<unknown>): Promise<CloudRight> => {
  const right = rightInWords(rightOf(question.needs, question.action), question);
  try {
    await ask();
    return { state: 'held', right };
  } catch (error) {
    if (!(error instanceof VendorError)) throw error;
    if (looksForQuery.includes(error.reason ?? '')) return { state: 'held', right };
    if (error.status === 403) return { state: 'missing', right, words: error.message };
    return { state: 'unknown', right, words: error.message, final: error.terminal };
  }
};
