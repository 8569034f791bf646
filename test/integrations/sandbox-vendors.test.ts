import { WebClient } from '@slack/web-api';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sandboxToken } from '../../src/domain/sandbox-token.ts';
import { type Json, organisation, secret, startUnderTest, type UnderTest } from './sandbox-under-test.ts';

let sandbox: UnderTest;
beforeEach(async () => {
  sandbox = await startUnderTest();
});
afterEach(() => sandbox.stop());

const effects = async (): Promise<Json> => (await sandbox.control('GET', '/effects')).body;
const state = async (): Promise<Json> => (await sandbox.control('GET', '/state')).body;

describe('chat', () => {
  const slack = (token = sandboxToken(secret, 'slack')) =>
    new WebClient(token, {
      slackApiUrl: `${sandbox.url}/slack/api/`,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
    });
  const failure = (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'no failure',
      (error: Json) => error.data?.error,
    );

  test('carries a room from its opening to its archive', async () => {
    const client = slack();
    const created = await client.conversations.create({ name: 'incident-2026-06-01-checkout' });
    const channel = created.channel?.id ?? '';
    await client.conversations.setTopic({ channel, topic: 'SEV2 checkout' });
    await client.conversations.invite({ channel, users: 'U0NADIA001,U0DANA0001' });
    const posted = await client.chat.postMessage({
      channel,
      text: 'declared',
      metadata: { event_type: 'm', event_payload: { key: 'k1' } },
    });
    await client.pins.add({ channel, timestamp: posted.ts ?? '' });
    await client.chat.update({ channel, ts: posted.ts ?? '', text: 'declared, SEV2' });
    const history = await client.conversations.history({ channel, include_all_metadata: true });
    expect(history.messages?.[0]).toMatchObject({ text: 'declared, SEV2', metadata: { event_payload: { key: 'k1' } } });
    await client.conversations.archive({ channel });
    expect(await failure(client.conversations.archive({ channel }))).toBe('already_archived');
    expect(await failure(client.chat.postMessage({ channel, text: 'late' }))).toBe('is_archived');
    expect(await effects()).toMatchObject({ rooms: 1, messages: 1 });
  });

  test('refuses a taken name, also of an archived room, and a name Slack would not take', async () => {
    const client = slack();
    const first = await client.conversations.create({ name: 'room' });
    await client.conversations.archive({ channel: first.channel?.id ?? '' });
    expect(await failure(client.conversations.create({ name: 'room' }))).toBe('name_taken');
    expect(await failure(client.conversations.create({ name: 'Room!' }))).toBe('invalid_name_specials');
    expect(await failure(client.conversations.create({ name: 'x'.repeat(81) }))).toBe('invalid_name_maxlength');
  });

  test('invites nobody when one is unknown, unless forced', async () => {
    const client = slack();
    const channel = (await client.conversations.create({ name: 'room' })).channel?.id ?? '';
    expect(await failure(client.conversations.invite({ channel, users: 'U0NADIA001,U0NOBODY' }))).toBe(
      'user_not_found',
    );
    expect((await client.conversations.members({ channel })).members).toHaveLength(1);
    await client.conversations.invite({ channel, users: 'U0NADIA001,U0NOBODY', force: true });
    expect((await client.conversations.members({ channel })).members).toContain('U0NADIA001');
  });

  test('reaches one person by a direct message and a group by its mention', async () => {
    const client = slack();
    const opened = await client.conversations.open({ users: 'U0NADIA001' });
    await client.chat.postMessage({ channel: opened.channel?.id ?? '', text: 'you are on call' });
    expect((await client.conversations.open({ users: 'U0NADIA001' })).channel?.id).toBe(opened.channel?.id);
    const groups = await client.usergroups.list();
    expect(groups.usergroups?.map((group) => group.handle)).toContain('engineering');
    expect((await client.users.lookupByEmail({ email: 'dana@lanternfish.example' })).user?.id).toBe('U0DANA0001');
    expect(await failure(client.users.lookupByEmail({ email: 'x@y.example' }))).toBe('users_not_found');
  });

  test('has the standing channels, and lets nobody in without the token', async () => {
    const list = await slack().conversations.list({ exclude_archived: true, limit: 1_000 });
    expect(list.channels?.map((channel) => channel.name)).toEqual([
      'incidents',
      'deployments',
      'oncall-handoff',
      'support-escalations',
      'incident-response',
      'platform-alerts',
      'all-company',
    ]);
    expect(await failure(slack('xoxb-wrong').auth.test())).toBe('invalid_auth');
  });
});

describe('phones', () => {
  const key = (person: string): string => {
    const contact = organisation.people[person]?.contact.find((method) => method.via === 'pager');
    return contact?.via === 'pager' ? contact.key : '';
  };
  const trigger = (
    dedupKey: string,
    routingKey = key('nadia'),
    action = 'trigger',
  ): Promise<{ status: number; body: Json }> =>
    sandbox.control('POST', '/pagerduty/v2/enqueue', {
      routing_key: routingKey,
      event_action: action,
      dedup_key: dedupKey,
      payload: { summary: 'Checkout fails', source: 'muster', severity: 'critical' },
    });

  test('every person with a phone has a routing key of 32 characters of their own', () => {
    const keys = Object.keys(organisation.people)
      .map(key)
      .filter((value) => value !== '');
    expect(new Set(keys).size).toBe(keys.length);
    for (const value of keys) expect(value).toHaveLength(32);
  });

  test('rings once for one key however often it is sent, and again after it was resolved', async () => {
    expect(await trigger('INC-1/page/0/nadia')).toMatchObject({ status: 202, body: { status: 'success' } });
    await trigger('INC-1/page/0/nadia');
    expect(await effects()).toMatchObject({ pages: 1 });
    await trigger('INC-1/page/0/nadia', key('nadia'), 'resolve');
    await trigger('INC-1/page/0/nadia');
    expect(await effects()).toMatchObject({ pages: 2 });
    expect((await state()).pages[0]).toMatchObject({
      to: 'Nadia Okafor',
      dedupKey: 'INC-1/page/0/nadia',
      status: 'resolved',
    });
  });

  test('one key on two phones is two pages', async () => {
    await trigger('same', key('nadia'));
    await trigger('same', key('dana'));
    expect(await effects()).toMatchObject({ pages: 2 });
  });

  test('refuses an event that PagerDuty would refuse', async () => {
    expect((await trigger('k', 'x'.repeat(32))).status).toBe(400);
    expect((await trigger('x'.repeat(256))).status).toBe(400);
    const bad = {
      routing_key: key('nadia'),
      event_action: 'trigger',
      payload: { summary: 's', source: 'm', severity: 'bad' },
    };
    const { status, body } = await sandbox.control('POST', '/pagerduty/v2/enqueue', bad);
    expect(status).toBe(400);
    expect(body.errors[0]).toContain('severity');
    expect(await effects()).toMatchObject({ pages: 0 });
  });
});

describe('status page', () => {
  const call = async (method: string, path: string, incident?: Json): Promise<{ status: number; body: Json }> => {
    const response = await fetch(`${sandbox.url}/statuspage/v1/pages/sandbox${path}`, {
      method,
      headers: { authorization: `OAuth ${sandboxToken(secret, 'statuspage')}` },
      ...(incident ? { body: JSON.stringify({ incident }) } : {}),
    });
    return { status: response.status, body: await response.json() };
  };

  test('keeps an incident with its metadata until it is resolved', async () => {
    const created = await call('POST', '/incidents', {
      name: 'Checkout fails for some',
      status: 'investigating',
      body: 'We know and are looking.',
      components: { 'cmp-checkout': 'partial_outage' },
      metadata: { muster: { incident: 'INC-1' } },
    });
    expect(created.status).toBe(201);
    expect((await call('GET', '/incidents/unresolved')).body[0].metadata).toEqual({ muster: { incident: 'INC-1' } });
    expect((await state()).components.find((component: Json) => component.id === 'cmp-checkout').status).toBe(
      'partial_outage',
    );
    const resolved = await call('PATCH', `/incidents/${created.body.id}`, {
      status: 'resolved',
      body: 'It is over.',
      components: { 'cmp-checkout': 'operational' },
    });
    expect(resolved.body.incident_updates.map((update: Json) => update.status)).toEqual(['resolved', 'investigating']);
    expect((await call('GET', '/incidents/unresolved')).body).toEqual([]);
    expect((await state()).statusPosts.map((post: Json) => post.body)).toEqual([
      'We know and are looking.',
      'It is over.',
    ]);
    expect(await effects()).toMatchObject({ statusPosts: 2 });
  });

  test('refuses an incident without a name, an unknown status and a wrong key', async () => {
    expect((await call('POST', '/incidents', { status: 'investigating' })).status).toBe(422);
    expect((await call('POST', '/incidents', { name: 'x', status: 'burning' })).status).toBe(422);
    const response = await fetch(`${sandbox.url}/statuspage/v1/pages/sandbox/incidents`, {
      headers: { authorization: 'OAuth no' },
    });
    expect(response.status).toBe(401);
    expect(await effects()).toMatchObject({ statusPosts: 0 });
  });
});

describe('mail', () => {
  test('keeps an invitation with its calendar part', async () => {
    const transport = createTransport(sandbox.smtpUrl);
    await transport.sendMail({
      from: 'muster@localhost',
      to: ['dana@lanternfish.example', 'ravi@lanternfish.example'],
      subject: 'Review of INC-2026-001: Prüfung',
      text: 'We look at what happened.',
      messageId: '<review-1@muster>',
      icalEvent: { method: 'REQUEST', content: 'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n' },
    });
    transport.close();
    const { mails } = await state();
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({
      to: ['dana@lanternfish.example', 'ravi@lanternfish.example'],
      subject: 'Review of INC-2026-001: Prüfung',
    });
    expect(mails[0].calendar).toContain('METHOD:REQUEST');
    expect(mails[0].text).toContain('We look at what happened.');
  });
});

describe('health pages', () => {
  const ask = async (host: string): Promise<{ status: number; body: Json }> => {
    const answer = await fetch(`${sandbox.url}/health-pages/${host}/health`);
    return { status: answer.status, body: await answer.json() };
  };

  test('are well while the pods of the service are', async () => {
    expect(await ask('checkout.lanternfish.example')).toEqual({
      status: 200,
      body: { status: 'ok', ready: 4, wanted: 4 },
    });
    expect((await ask('nobody.lanternfish.example')).status).toBe(404);
  });

  test('fail with the pods', async () => {
    const path = '/apis/apps/v1/namespaces/shop/deployments/checkout';
    const patch = {
      spec: {
        strategy: { type: 'Recreate', rollingUpdate: null },
        template: { spec: { containers: [{ name: 'checkout', image: 'shop/checkout:9-stuck' }] } },
      },
    };
    await sandbox.kube('PATCH', path, patch, 'application/strategic-merge-patch+json');
    sandbox.pass(5_000);
    expect((await ask('checkout.lanternfish.example')).status).toBe(503);
  });
});
