import type { CloudWatchClient, CloudWatchClientConfig, CompositeAlarm, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { Alarm, Alarms } from '../integration.ts';
import { inOurWords } from './trouble.ts';

const timeoutMs = 10_000;
/** The most that one page has; a service with more ringing alarms has enough to look at. */
const pageMax = 100;

/**
 * One page of DescribeAlarms (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html):
 * metric and composite alarms in state ALARM. Needs the IAM action cloudwatch:DescribeAlarms.
 */
export const createAlarms = (options: { region: string; client?: CloudWatchClientConfig }): Alarms => {
  let client: CloudWatchClient | undefined;
  return {
    ringing: async (prefix, alarmsMax) => {
      // Loaded by the first question, as in metrics.ts.
      const sdk = await import('@aws-sdk/client-cloudwatch');
      client ??= new sdk.CloudWatchClient({
        maxAttempts: 1,
        requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
        region: options.region,
        ...options.client,
      });
      const command = new sdk.DescribeAlarmsCommand({
        AlarmNamePrefix: prefix,
        StateValue: 'ALARM',
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        MaxRecords: pageMax,
      });
      try {
        const answer = await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
        return [...(answer.MetricAlarms ?? []).map(ofMetric), ...(answer.CompositeAlarms ?? []).map(ofComposite)]
          .sort((one, other) => other.since.localeCompare(one.since))
          .slice(0, alarmsMax);
      } catch (error) {
        throw inOurWords(error, 'cloudwatch:DescribeAlarms');
      }
    },
  };
};

const ofMetric = (alarm: MetricAlarm): Alarm => ({
  ...ofComposite(alarm),
  metric: alarm.MetricName ? [alarm.Namespace, alarm.MetricName].filter(Boolean).join(' ') : null,
});

/** When it began to ring; StateUpdatedTimestamp also moves while it goes on ringing. */
const ofComposite = (alarm: CompositeAlarm | MetricAlarm): Alarm => ({
  name: alarm.AlarmName ?? '',
  since: (alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp ?? new Date(0)).toISOString(),
  reason: alarm.StateReason ?? '',
  metric: null,
});
