/** Alarms and Logs Insights as they speak on the wire (awsJson1.0 and 1.1), on a loopback server. */
import { describe, expect, test } from 'vitest';
import { type AwsReply, anAws } from '../support/cloudwatch.ts';

const seconds = (clock: string): number => Date.parse(`2026-03-02T${clock}Z`) / 1_000;
const refusal = (type: string): AwsReply => ({ status: 400, body: { __type: type, message: 'not you' } });

describe('the alarms of a service', () => {
  const metricAlarm = (name: string, clock: string) => ({
    AlarmName: name,
    StateValue: 'ALARM',
    StateReason: 'Threshold Crossed: 1 datapoint [97.2] was greater than the threshold (90.0).',
    StateUpdatedTimestamp: seconds('11:58:00'),
    StateTransitionedTimestamp: seconds(clock),
    Namespace: 'AWS/RDS',
    MetricName: 'CPUUtilization',
  });

  test('are those that ring and begin with its prefix, the latest first, composite ones too', async () => {
    const { alarms, questions } = await anAws({
      DescribeAlarms: [
        {
          body: {
            MetricAlarms: [metricAlarm('checkout-cpu', '11:40:00'), metricAlarm('checkout-disk', '11:50:00')],
            CompositeAlarms: [{ AlarmName: 'checkout-all', StateTransitionedTimestamp: seconds('11:45:00') }],
          },
        },
      ],
    });
    const ringing = await alarms.ringing('checkout-', 2);
    expect(ringing.map(({ name, since }) => [name, since])).toEqual([
      ['checkout-disk', '2026-03-02T11:50:00.000Z'],
      ['checkout-all', '2026-03-02T11:45:00.000Z'],
    ]);
    expect(ringing.map(({ metric }) => metric)).toEqual(['AWS/RDS CPUUtilization', null]);
    expect(ringing[0]?.reason).toContain('Threshold Crossed');
    expect(questions).toMatchObject([
      {
        target: 'GraniteServiceVersion20100801.DescribeAlarms',
        signed: true,
        body: { AlarmNamePrefix: 'checkout-', StateValue: 'ALARM', AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
      },
    ]);
  });

  test('are none when none ring', async () => {
    const { alarms } = await anAws({ DescribeAlarms: [{ body: { MetricAlarms: [], CompositeAlarms: [] } }] });
    expect(await alarms.ringing('checkout-', 20)).toEqual([]);
  });

  test('that may not be read name the IAM action to allow', async () => {
    const { alarms } = await anAws({ DescribeAlarms: [refusal('AccessDeniedException')] });
    await expect(alarms.ringing('checkout-', 20)).rejects.toMatchObject({
      reason:
        "AWS does not allow cloudwatch:DescribeAlarms on * in eu-west-1: attach deploy/aws/policies/alarms.json to the worker's role",
      status: 403,
      terminal: true,
    });
  });

  test('of a cloud that does not answer may be asked for again', async () => {
    const { alarms } = await anAws({ DescribeAlarms: [{ silent: true }] });
    await expect(alarms.ringing('checkout-', 20)).rejects.toMatchObject({ status: null, terminal: false });
  });
});

describe('a search over a log group', () => {
  const query = {
    group: '/shop/checkout',
    query: 'fields @timestamp, @message',
    from: '2026-03-02T11:30:00Z',
    to: '2026-03-02T12:00:00Z',
    rowsMax: 2,
    withinMs: 10_000,
  };
  const row = (clock: string, message: string) => [
    { field: '@timestamp', value: `2026-03-02 ${clock}.000` },
    { field: '@message', value: message },
    { field: '@ptr', value: 'CmAKJgoiMTIz' },
  ];
  const started: AwsReply = { body: { queryId: 'q-1' } };
  const state = (status: string, ...results: object[]): AwsReply => ({ body: { status, results } });

  test('waits until it is done and gives the lines with their moments, no more than were asked for', async () => {
    const { logs, questions, asked } = await anAws({
      StartQuery: [started],
      GetQueryResults: [
        state('Scheduled'),
        state('Running', row('11:59:01', 'early')),
        state('Complete', row('11:59:02', 'FATAL: too many clients'), row('11:59:01', 'retry'), row('11:59:00', 'x')),
      ],
    });
    expect(await logs.search(query)).toEqual({
      rows: [
        { at: '2026-03-02T11:59:02.000Z', text: 'FATAL: too many clients' },
        { at: '2026-03-02T11:59:01.000Z', text: 'retry' },
      ],
      complete: true,
    });
    expect(asked()).toEqual(['StartQuery', 'GetQueryResults', 'GetQueryResults', 'GetQueryResults']);
    expect(questions[0]).toMatchObject({
      target: 'Logs_20140328.StartQuery',
      signed: true,
      body: {
        logGroupName: '/shop/checkout',
        queryString: 'fields @timestamp, @message',
        startTime: seconds('11:30:00'),
        endTime: seconds('12:00:00'),
        limit: 2,
      },
    });
    expect(questions[1]?.body).toEqual({ queryId: 'q-1' });
  });

  test('that takes too long is stopped, and what was found so far counts', async () => {
    const { logs, asked } = await anAws({
      StartQuery: [started],
      GetQueryResults: [state('Running', row('11:59:01', 'early'))],
      StopQuery: [{ body: { success: true } }],
    });
    const found = await logs.search({ ...query, withinMs: 60 });
    expect(found).toMatchObject({ rows: [{ text: 'early' }], complete: false });
    expect(asked().at(-1)).toBe('StopQuery');
  });

  test('is stopped as well when it can no longer be looked at', async () => {
    const { logs, asked } = await anAws({
      StartQuery: [started],
      GetQueryResults: [state('Running'), { silent: true }],
      StopQuery: [{ silent: true }],
    });
    await expect(logs.search(query)).rejects.toMatchObject({ status: null, terminal: false });
    expect(asked().at(-1)).toBe('StopQuery');
  });

  test('tells rows without a message by all their fields, and without a moment', async () => {
    const { logs } = await anAws({
      StartQuery: [started],
      GetQueryResults: [
        state('Complete', [
          { field: 'level', value: 'error' },
          { field: 'count', value: '7' },
        ]),
      ],
    });
    expect((await logs.search(query)).rows).toEqual([{ at: null, text: 'level=error count=7' }]);
  });

  test('that CloudWatch cannot run is an error, not an empty log', async () => {
    const { logs } = await anAws({ StartQuery: [started], GetQueryResults: [state('Failed')] });
    await expect(logs.search(query)).rejects.toMatchObject({ terminal: true, reason: 'Failed' });
  });

  test.each([
    ['StartQuery', { StartQuery: [refusal('AccessDeniedException')] }],
    ['GetQueryResults', { StartQuery: [started], GetQueryResults: [refusal('AccessDeniedException')] }],
  ])('that is not allowed names logs:%s', async (operation, replies) => {
    const { logs } = await anAws(replies);
    await expect(logs.search(query)).rejects.toMatchObject({
      message: expect.stringContaining(`logs:${operation}`),
      terminal: true,
    });
  });

  test('over a group that is not there says so', async () => {
    const { logs } = await anAws({
      StartQuery: [{ status: 400, body: { __type: 'ResourceNotFoundException', message: 'Log group does not exist' } }],
    });
    await expect(logs.search(query)).rejects.toMatchObject({ message: expect.stringContaining('does not exist') });
  });
});
