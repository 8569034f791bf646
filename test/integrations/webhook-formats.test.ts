import { describe, expect, test } from 'vitest';
import { alertmanagerWebhook } from '../../src/integrations/alertmanager/webhook.ts';
import { cloudwatchWebhook } from '../../src/integrations/cloudwatch/webhook.ts';
import { genericWebhook } from '../../src/integrations/generic/webhook.ts';
import type { ParsedDelivery, Webhook } from '../../src/integrations/integration.ts';
import { pagerdutyWebhook } from '../../src/integrations/pagerduty/webhook.ts';
import { snsTopic } from '../api/sns-signer.ts';

const parse = (webhook: Webhook, body: unknown, headers: Record<string, string> = {}): Promise<ParsedDelivery> =>
  webhook.parse({ headers, raw: Buffer.from(JSON.stringify(body)), now: Date.now() });

describe('Alertmanager', () => {
  const member = {
    status: 'firing',
    labels: { alertname: 'HighErrorRate', service: 'checkout', severity: 'Critical' },
    annotations: {
      summary: '12% of requests fail',
      description: 'since 09:40',
      signal_errorRate: '0.12',
      signal_dataLoss: 'true',
    },
    startsAt: '2026-03-02T10:41:00.123456789+01:00',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus/graph',
    fingerprint: '36a0d0f37994d190',
  };
  const parsed = async (more: object = {}) =>
    (await parse(alertmanagerWebhook(), { version: '4', status: 'firing', alerts: [{ ...member, ...more }] }))
      .alerts[0];

  test('a firing alert is read with its instants in UTC and its figures', async () => {
    expect(await parsed()).toEqual({
      source: 'alertmanager',
      fingerprint: '36a0d0f37994d190',
      status: 'firing',
      title: '12% of requests fail',
      summary: 'since 09:40',
      service: 'checkout',
      severityLabel: 'critical',
      startsAt: '2026-03-02T09:41:00.123Z',
      endsAt: null,
      signals: { errorRate: 0.12, dataLoss: true },
      labels: member.labels,
      link: 'http://prometheus/graph',
    });
  });
  test('a member that is resolved is resolved, whatever its group says', async () => {
    const alert = await parsed({ status: 'resolved', endsAt: '2026-03-02T09:50:00Z' });
    expect(alert).toMatchObject({ status: 'resolved', endsAt: '2026-03-02T09:50:00.000Z' });
  });
  test('without a fingerprint the labels name the problem, in any order', async () => {
    const one = await parsed({ fingerprint: undefined, labels: { a: '1', b: '2' } });
    const two = await parsed({ fingerprint: '', labels: { b: '2', a: '1' } });
    const other = await parsed({ fingerprint: undefined, labels: { a: '1', b: '3' } });
    expect(one?.fingerprint).toBe(two?.fingerprint);
    expect(one?.fingerprint).not.toBe(other?.fingerprint);
  });
});

describe('any sender', () => {
  test('needs a title and nothing else, and the same title is the same problem', async () => {
    const [one] = (await parse(genericWebhook(), { title: 'Disk full', extra: 1 })).alerts;
    const [two] = (await parse(genericWebhook(), { alerts: [{ title: 'Disk full' }] })).alerts;
    expect(one).toMatchObject({ status: 'firing', service: null, severityLabel: null, startsAt: '' });
    expect(one?.fingerprint).toBe(two?.fingerprint);
  });

  test('may send what a customer says, with a ticket that is a number', async () => {
    const report = { pattern: 'Blank page', ticket: 123, extra: 1 };
    const parsed = await parse(genericWebhook(), { report });
    expect(parsed).toMatchObject({ alerts: [], quarantined: [] });
    expect(parsed.reports).toEqual([
      {
        pattern: 'Blank page',
        ticket: '123',
        service: null,
        customer: null,
        enterprise: false,
        text: null,
        reportedAt: null,
      },
    ]);
  });

  test('is told when the only report cannot be read, and loses no other of several', async () => {
    await expect(parse(genericWebhook(), { report: { ticket: 'T-1' } })).rejects.toThrow('not a report');
    const parsed = await parse(genericWebhook(), { reports: [{ ticket: 'T-1' }, { pattern: 'Blank page' }] });
    expect(parsed.reports).toHaveLength(1);
    expect(parsed.quarantined).toHaveLength(1);
  });
});

describe('CloudWatch', () => {
  const topic = snsTopic();
  const alarm = {
    AlarmName: 'cpu',
    AlarmArn: 'arn:aws:cloudwatch:eu-central-1:123456789012:alarm:cpu',
    AlarmDescription: 'runbook in the wiki; service=checkout severity=critical',
    NewStateValue: 'ALARM',
    NewStateReason: 'Threshold crossed',
    StateChangeTime: '2026-03-02T09:41:00.000+0000',
    Region: 'EU (Frankfurt)',
    Trigger: {
      MetricName: 'CPUUtilization',
      Namespace: 'AWS/RDS',
      Dimensions: [{ name: 'DBInstanceIdentifier', value: 'db1' }],
    },
  };
  const parsed = async (more: object = {}) => {
    const webhook = cloudwatchWebhook({ topicArns: [topic.arn], fetchText: topic.fetchText });
    const raw = Buffer.from(topic.sign({ Message: JSON.stringify({ ...alarm, ...more }) }));
    const request = { headers: {}, raw, now: Date.now() };
    await webhook.verify(request);
    return webhook.parse(request);
  };

  test('an alarm is read with the service and severity of its description', async () => {
    const { alerts, deliveryId } = await parsed();
    expect(deliveryId).toBe('message-1');
    expect(alerts).toMatchObject([
      {
        fingerprint: alarm.AlarmArn,
        status: 'firing',
        title: 'cpu',
        service: 'checkout',
        severityLabel: 'critical',
        startsAt: '2026-03-02T09:41:00.000Z',
        labels: { DBInstanceIdentifier: 'db1', metric: 'CPUUtilization' },
      },
    ]);
  });
  test('a recovery names no episode, and no data is a warning', async () => {
    expect((await parsed({ NewStateValue: 'OK' })).alerts).toMatchObject([{ status: 'resolved', startsAt: '' }]);
    expect((await parsed({ NewStateValue: 'INSUFFICIENT_DATA' })).alerts).toMatchObject([
      { status: 'firing', severityLabel: 'warning', title: 'cpu has no data' },
    ]);
  });
  test('the certificate is fetched once for many messages', async () => {
    const fresh = snsTopic();
    const webhook = cloudwatchWebhook({ topicArns: [fresh.arn], fetchText: fresh.fetchText });
    for (let at = 0; at < 3; at += 1) {
      await webhook.verify({ headers: {}, raw: Buffer.from(fresh.sign({})), now: Date.now() });
    }
    expect(fresh.fetched).toEqual([fresh.certificateUrl]);
  });
  test('a certificate that cannot be fetched is our trouble, not the sender’s', async () => {
    const webhook = cloudwatchWebhook({
      topicArns: [topic.arn],
      fetchText: () => Promise.reject(new Error('no route')),
    });
    await expect(
      webhook.verify({ headers: {}, raw: Buffer.from(topic.sign({})), now: Date.now() }),
    ).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});

describe('PagerDuty', () => {
  const event = {
    id: '01ABC',
    event_type: 'incident.acknowledged',
    occurred_at: '2026-03-02T09:45:00Z',
    agent: { id: 'PX', summary: 'Nadia Okafor' },
    data: { id: 'P1', incident_key: 'INC-2026-001/page/0/nadia' },
  };
  test('an acknowledgement on the phone is an answer to the page', async () => {
    expect(await parse(pagerdutyWebhook(['s']), { event })).toMatchObject({
      answers: [
        {
          kind: 'acknowledge',
          dedupKey: 'INC-2026-001/page/0/nadia',
          by: 'Nadia Okafor',
          at: '2026-03-02T09:45:00.000Z',
        },
      ],
      alerts: [],
      deliveryId: '01ABC',
    });
  });
  test('our own triggers come back and open nothing', async () => {
    const parsed = await parse(pagerdutyWebhook(['s']), { event: { ...event, event_type: 'incident.triggered' } });
    expect(parsed).toMatchObject({ answers: [], alerts: [], note: expect.stringContaining('incident.triggered') });
  });
  test('an event without an id is known by the id of its header', async () => {
    const { id: _, ...nameless } = event;
    const parsed = await parse(pagerdutyWebhook(['s']), { event: nameless }, { 'x-webhook-id': 'w-1' });
    expect(parsed.deliveryId).toBe('w-1');
  });
});
