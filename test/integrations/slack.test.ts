import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { VendorError } from '../../src/domain/errors.ts';
import { createChat } from '../../src/integrations/slack/client.ts';
import { toMrkdwn, toRoomName } from '../../src/integrations/slack/format.ts';
import { answering, startVendors, type Vendors } from '../support/vendors.ts';

let vendors: Vendors;
let count = 0;
beforeAll(async () => {
  vendors = await startVendors();
});
afterAll(() => vendors.close());

const aRoom = (more: Partial<{ name: string; declaredAt: string; marker: string }> = {}) => {
  count += 1;
  return {
    name: `incident-2026-11-20-checkout-${count}`,
    marker: `INC-2026-${count}@2026-11-20T10:00:00.000Z`,
    suffix: `inc-2026-${count}`,
    declaredAt: new Date(Date.now() - 60_000).toISOString(),
    ...more,
  };
};
const channels = () => vendors.sandbox.world.state.channels;
const channel = (name: string) => channels().find((one) => one.name === name);
const existing = (name: string, more: { creator: string; createdMs: number; purpose?: string; isArchived?: boolean }) =>
  channels().push({
    id: `C0EXIST${channels().length}`,
    name,
    kind: 'channel',
    isPrivate: false,
    isArchived: false,
    topic: '',
    purpose: '',
    members: [],
    messages: [],
    pins: [],
    ...more,
  });
const bot = 'U0MUSTER01';

describe('the room', () => {
  test('is opened once, however often it is asked for', async () => {
    const wanted = aRoom();
    const first = await vendors.ports.chat.openRoom(wanted);
    const second = await vendors.ports.chat.openRoom(wanted);
    expect(second).toEqual(first);
    expect(first.name).toBe(wanted.name);
    expect(first.url).toContain(first.id);
    expect(channels().filter((one) => one.name.startsWith(wanted.name))).toHaveLength(1);
  });

  test('that we made and died before marking is adopted', async () => {
    const wanted = aRoom();
    existing(wanted.name, { creator: bot, createdMs: Date.now() });
    const room = await vendors.ports.chat.openRoom(wanted);
    expect(room.name).toBe(wanted.name);
    expect(channel(wanted.name)?.purpose).toContain(wanted.marker);
  });

  test('of somebody else with the same name is left alone: ours gets the suffix', async () => {
    const wanted = aRoom();
    existing(wanted.name, { creator: 'U0DANA0001', createdMs: Date.now() });
    const room = await vendors.ports.chat.openRoom(wanted);
    expect(room.name).toBe(`${wanted.name}-${wanted.suffix}`);
    expect(channel(wanted.name)?.purpose).toBe('');
  });

  test('that we made for an earlier incident is not taken over', async () => {
    const wanted = aRoom();
    existing(wanted.name, { creator: bot, createdMs: Date.now(), purpose: 'Incident room. muster:INC-2025-009@x' });
    expect((await vendors.ports.chat.openRoom(wanted)).name).toBe(`${wanted.name}-${wanted.suffix}`);
  });

  test('that we made before this incident was declared is not taken over', async () => {
    const wanted = aRoom();
    existing(wanted.name, { creator: bot, createdMs: Date.now() - 3_600_000 });
    expect((await vendors.ports.chat.openRoom(wanted)).name).toBe(`${wanted.name}-${wanted.suffix}`);
  });

  test('whose number only begins like ours is another room', async () => {
    const long = aRoom({ marker: 'INC-2026-1400@z' });
    const short = aRoom({ marker: 'INC-2026-140@z' });
    const one = await vendors.ports.chat.openRoom(long);
    expect((await vendors.ports.chat.openRoom(short)).id).not.toBe(one.id);
  });

  test('is found again after the answer to its creation was lost', async () => {
    const wanted = aRoom();
    await vendors.fault({ path: '/slack/api/conversations.create', kind: 'dropAfterApply' });
    await expect(vendors.ports.chat.openRoom(wanted)).rejects.toMatchObject({ status: null, terminal: false });
    expect((await vendors.ports.chat.openRoom(wanted)).name).toBe(wanted.name);
    expect(channels().filter((one) => one.name.startsWith(wanted.name))).toHaveLength(1);
  });

  test('takes its topic, and says who could not be invited without keeping the others out', async () => {
    const room = await vendors.ports.chat.openRoom(aRoom());
    await vendors.ports.chat.setTopic(room.id, `SEV1 ${'x'.repeat(400)}`);
    const invited = await vendors.ports.chat.invite(room.id, ['U0DANA0001', 'U0NOBODY99', 'U0RAVI0001']);
    expect(invited.missing).toEqual(['U0NOBODY99']);
    expect(await vendors.ports.chat.invite(room.id, ['U0DANA0001'])).toEqual({ missing: [] });
    expect(channel(room.name)?.members).toEqual(expect.arrayContaining(['U0DANA0001', 'U0RAVI0001']));
    expect(channel(room.name)?.topic).toHaveLength(250);
  });

  test('is archived once, and archiving it again is fine', async () => {
    const room = await vendors.ports.chat.openRoom(aRoom());
    await vendors.ports.chat.archive(room.id);
    await vendors.ports.chat.archive(room.id);
    expect(channel(room.name)?.isArchived).toBe(true);
  });

  test('has a name Slack takes, and the suffix survives the cut', () => {
    expect(toRoomName('#Incident 2026 Ünïcode!')).toBe('incident-2026-unicode');
    const long = toRoomName('a'.repeat(120), 'inc-2026-014');
    expect(long).toHaveLength(80);
    expect(long).toMatch(/-inc-2026-014$/);
  });
});

describe('a message', () => {
  test('whose answer was lost is found by its key instead of posted again', async () => {
    const room = await vendors.ports.chat.openRoom(aRoom());
    const message = { room: room.id, key: 'INC-1/chat/1', text: 'hello', lookFirst: false };
    await vendors.fault({ path: '/slack/api/chat.postMessage', kind: 'dropAfterApply' });
    await expect(vendors.ports.chat.post(message)).rejects.toBeInstanceOf(VendorError);
    const found = await vendors.ports.chat.post({ ...message, lookFirst: true });
    expect(channel(room.name)?.messages).toHaveLength(1);
    expect(found.id).toBe(channel(room.name)?.messages[0]?.ts);
  });

  test('that never arrived is posted after looking', async () => {
    const room = await vendors.ports.chat.openRoom(aRoom());
    await vendors.ports.chat.post({ room: room.id, key: 'INC-1/chat/2', text: 'hello', lookFirst: true });
    expect(channel(room.name)?.messages).toHaveLength(1);
  });

  test('goes to a standing channel by name, and to one person', async () => {
    await vendors.ports.chat.post({ room: '#incidents', key: 'k1', text: 'for all', lookFirst: true });
    await vendors.ports.chat.tell({ user: 'U0DANA0001', key: 'k2', text: 'for Dana', lookFirst: false });
    await vendors.ports.chat.tell({ user: 'U0DANA0001', key: 'k2', text: 'for Dana', lookFirst: true });
    expect(channel('incidents')?.messages.map((one) => one.text)).toEqual(['for all']);
    expect(
      channels()
        .filter((one) => one.kind === 'im')
        .flatMap((one) => one.messages),
    ).toHaveLength(1);
  });

  test('to a channel that does not exist is refused for good', async () => {
    const post = vendors.ports.chat.post({ room: '#no-such-channel', key: 'k', text: 'x', lookFirst: false });
    await expect(post).rejects.toMatchObject({ terminal: true, reason: 'channel_not_found' });
  });

  test('cannot call everybody, nor hide a link, but may mention a group', () => {
    expect(toMrkdwn('<!channel> <!here> <https://x|bank> & <@U0DANA0001> <!subteam^S0ONCALL01>')).toBe(
      '&lt;!channel&gt; &lt;!here&gt; &lt;https://x|bank&gt; &amp; <@U0DANA0001> <!subteam^S0ONCALL01>',
    );
    expect(toMrkdwn('already &lt;escaped&gt; &amp; fine')).toBe('already &lt;escaped&gt; &amp; fine');
  });
});

describe('what Slack answers on a bad day', () => {
  let server: Awaited<ReturnType<typeof answering>> | undefined;
  afterEach(() => server?.close());
  const cases: [string, number, unknown, Record<string, string>, Partial<VendorError>][] = [
    ['too many requests', 429, '', { 'retry-after': '7' }, { terminal: false, status: 429, retryAfterMs: 7_000 }],
    ['too many requests without a time', 429, '', {}, { terminal: false, status: 429 }],
    [
      'trouble inside',
      200,
      { ok: false, error: 'internal_error' },
      {},
      { terminal: false, status: 500, reason: 'internal_error' },
    ],
    ['a revoked token', 200, { ok: false, error: 'token_revoked' }, {}, { terminal: true, reason: 'token_revoked' }],
    ['a missing scope', 200, { ok: false, error: 'missing_scope' }, {}, { terminal: true, reason: 'missing_scope' }],
    ['a broken gateway', 502, 'Bad gateway', {}, { terminal: false, status: 502 }],
    ["a proxy's page", 200, '<html>Sign in</html>', {}, { terminal: false, status: null }],
  ];
  test.each(cases)('%s', async (_, status, body, headers, expected) => {
    server = await answering(status, body, headers);
    const chat = createChat({ token: 'xoxb-secret-token', url: `${server.url}/` });
    const error = await chat.setTopic('C1', 'x').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(VendorError);
    expect(error).toMatchObject(expected);
    expect(JSON.stringify([error, String(error)])).not.toContain('xoxb-secret-token');
    expect(server.requests, 'one attempt').toHaveLength(1);
  });

  test('a wrong token is refused for good', async () => {
    const chat = createChat({ token: 'wrong', url: `${vendors.sandbox.url}/slack/api/` });
    await expect(chat.post({ room: 'C1', key: 'k', text: 'x', lookFirst: false })).rejects.toMatchObject({
      terminal: true,
      reason: 'invalid_auth',
    });
  });
});
