import type { CloudWatchClientConfig, CompositeAlarm, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { IamNeeds } from '../../domain/remediation/iam-right.ts';
import type { Alarm, Alarms } from '../integration.ts';
import { asker, bounded } from './ask.ts';

/** The most that one page has; a service with more ringing alarms has enough to look at. */
const pageMax = 100;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
export const alarmsNeeds: IamNeeds = {
  name: 'alarms',
  title: 'Read which alarms ring',
  rights: [
    {
      action: 'cloudwatch:DescribeAlarms',
      resource: '*',
      because: 'composite alarms are told only to whoever may describe all alarms',
    },
  ],
};

/**
 * One page of DescribeAlarms (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html):
 * metric and composite alarms in state ALARM.
 */
export const createAlarms = (options: { region: string; client?: CloudWatchClientConfig }): Alarms => {
  const { region } = options;
  const ask = asker(async () => {
    const sdk = await import('@aws-sdk/client-cloudwatch');
    return { sdk, client: new sdk.CloudWatchClient({ ...bounded(region), ...options.client }) };
  });
  return {
    ringing: async (prefix, alarmsMax) => {
      const input = {
        AlarmNamePrefix: prefix,
        StateValue: 'ALARM' as const,
        AlarmTypes: ['MetricAlarm' as const, 'CompositeAlarm' as const],
        MaxRecords: pageMax,
      };
      const question = { needs: alarmsNeeds, action: 'cloudwatch:DescribeAlarms', region };
      const answer = await ask(question, ({ sdk, client }, within) =>
        client.send(new sdk.DescribeAlarmsCommand(input), within),
      );
      return [...(answer.MetricAlarms ?? []).map(ofMetric), ...(answer.CompositeAlarms ?? []).map(ofComposite)]
        .sort((one, other) => other.since.localeCompare(one.since))
        .slice(0, alarmsMax);
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
