import { describe, expect, test } from 'vitest';
import type { Facts, IncidentContext, Telling } from '../../activities/index.ts';
import type { MessageName } from '../../src/schema/policy.ts';
import { activityWorld, anIncidentContext } from '../support/activity-world.ts';
import { vendorTrouble } from '../support/ports.ts';

const chat = (
  incident: IncidentContext,
  number: number,
  more: { room?: string; message?: MessageName | 'plain'; facts?: Facts } = {},
): Telling => ({
  kind: 'chat',
  key: `${incident.incidentId}/chat/${number}`,
  incident,
  room: 'room-1',
  message: 'plain',
  facts: { text: `message ${number}` },
  ...more,
});
const status = (
  incident: IncidentContext,
  number: number,
  more: Partial<Extract<Telling, { kind: 'status' }>> = {},
): Telling => ({
  kind: 'status',
  key: `${incident.incidentId}/public/${number}`,
  incident,
  status: 'investigating',
  message: 'publicUpdate',
  facts: { text: 'Some customers cannot pay.', nextUpdateAt: '2026-11-20T10:30:00.000Z' },
  ...more,
});

describe('news', () => {
  test('reaches every destination, in order within each', async () => {
    const world = await activityWorld();
    const incident = anIncidentContext();
    const told = await world.run('tell', [
      chat(incident, 1),
      status(incident, 2),
      chat(incident, 3, { room: '#incidents' }),
      chat(incident, 4),
    ]);
    expect(told.map((one) => one.ok)).toEqual([true, true, true, true]);
    expect(world.ports.messages.filter((one) => one.room === 'room-1').map((one) => one.text)).toEqual([
      'message 1',
      'message 4',
    ]);
    expect(told[1]?.url).toContain('https://status.example/');
  });

  test('told twice is told once', async () => {
    const world = await activityWorld();
    const incident = anIncidentContext();
    const news = [chat(incident, 1), status(incident, 2)];
    await world.run('tell', news);
    const again = await world.run('tell', news);
    expect(again.every((one) => one.ok)).toBe(true);
    expect(again[1]?.url).toContain('https://status.example/');
    expect([world.ports.messages.length, world.ports.statusPosts.length]).toEqual([1, 1]);
  });

  test('for a chat that is broken does not keep customers waiting, and nothing overtakes in the room', async () => {
    const world = await activityWorld();
    const incident = anIncidentContext();
    world.ports.fail('chat.post', vendorTrouble('slack', { status: 503 }));
    const told = await world.run('tell', [chat(incident, 1), status(incident, 2), chat(incident, 3)]);
    expect(told.map((one) => one.ok)).toEqual([false, true, false]);
    expect(told[0]).toMatchObject({ because: 'slack: answer 503' });
    expect(told[0]?.final).toBeUndefined();
    expect(world.ports.messages).toEqual([]);
  });

  test('that is refused for good says so, and what follows is told', async () => {
    const world = await activityWorld();
    const incident = anIncidentContext();
    world.ports.fail('chat.post', vendorTrouble('slack', { status: 400, terminal: true, reason: 'is_archived' }));
    const told = await world.run('tell', [chat(incident, 1), chat(incident, 2)]);
    expect(told).toMatchObject([{ ok: false, final: true, because: 'slack: is_archived' }, { ok: true }]);
  });

  test('whose answer was lost is looked for before it is told again', async () => {
    const world = await activityWorld();
    const incident = anIncidentContext();
    world.ports.fail('chat.post', vendorTrouble('slack'), 1, { after: true });
    expect(await world.run('tell', [chat(incident, 1)])).toMatchObject([{ ok: false }]);
    expect(await world.run('tellAgain', chat(incident, 1))).toMatchObject({ ok: true });
    expect(world.ports.messages).toHaveLength(1);
  });

  test('answers in time when a vendor does not, and the late call is joined, not raced', async () => {
    const world = await activityWorld();
    const incident = anIncidentContext();
    const post = world.ports.connections.chat.post;
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.ports.connections.chat.post = async (message) => {
      await held;
      return post(message);
    };
    const told = await world.run('tell', [chat(incident, 1)], { startToCloseTimeoutMs: 600 });
    expect(told).toMatchObject([{ ok: false, because: 'destination: no answer yet' }]);
    const again = world.run('tellAgain', chat(incident, 1));
    release();
    expect(await again).toMatchObject({ ok: true });
    expect(world.ports.messages).toHaveLength(1);
  });

  test('told durably throws what Temporal can wait for, or refuses for good', async () => {
    const world = await activityWorld();
    const incident = anIncidentContext();
    world.ports.fail('chat.post', vendorTrouble('slack', { status: 429, retryAfterMs: 7_000 }));
    await expect(world.run('tellAgain', chat(incident, 1))).rejects.toMatchObject({
      type: 'VendorError',
      nonRetryable: false,
      nextRetryDelay: 7_000,
    });
    world.ports.fail('chat.post', vendorTrouble('slack', { status: 400, terminal: true }));
    await expect(world.run('tellAgain', chat(incident, 2))).rejects.toMatchObject({ nonRetryable: true });
  });

  test('stops every phone, also when one of them fails', async () => {
    const world = await activityWorld();
    const incident = anIncidentContext();
    const pages = ['a', 'b'].map((dedupKey) => ({ address: 'key', dedupKey }));
    for (const page of pages) {
      await world.ports.connections.pager.page({
        ...page,
        summary: '',
        severity: 'error',
        source: '',
        link: null,
        details: {},
      });
    }
    world.ports.fail('pager.acknowledge', vendorTrouble('pagerduty', { status: 500 }));
    const quiet: Telling = { kind: 'quiet', key: 'q', incident, how: 'acknowledge', pages };
    expect(await world.run('tell', [quiet])).toMatchObject([{ ok: false }]);
    expect(world.ports.pages.map((page) => page.status)).toEqual(['triggered', 'acknowledged']);
    expect(await world.run('tell', [quiet])).toMatchObject([{ ok: true }]);
    expect(world.ports.pages.map((page) => page.status)).toEqual(['acknowledged', 'acknowledged']);
  });
});

describe('a message', () => {
  test("speaks the pack's words with the incident's facts, and says what is not known", async () => {
    const world = await activityWorld();
    const incident = anIncidentContext();
    await world.run('tell', [
      chat(incident, 1, { message: 'declared', facts: { statusWord: 'Investigating', detection: 'alert' } }),
    ]);
    const text = world.ports.messages[0]?.text ?? '';
    expect(text).toContain(`*SEV1 declared* · ${incident.incidentId}`);
    expect(text).toContain('*Impact:* not known yet');
  });

  test('cannot call everybody or fake a field through a title', async () => {
    const world = await activityWorld();
    const incident = anIncidentContext({ title: 'Down <!channel>\n*Status:* Resolved' });
    await world.run('tell', [chat(incident, 1, { message: 'declared', facts: { statusWord: 'Investigating' } })]);
    const text = world.ports.messages[0]?.text ?? '';
    expect(text).toContain('Down &lt;!channel&gt; *Status:* Resolved');
    expect(text.split('\n').filter((line) => line.startsWith('*Status:*'))).toEqual(['*Status:* Investigating']);
  });

  test('to stakeholders mentions their groups', async () => {
    const world = await activityWorld();
    const facts = {
      groups: ['engineering', 'support-lead', 'incident-notify', 'unheard-of'],
      statusWord: 'Investigating',
    };
    await world.run('tell', [chat(anIncidentContext(), 1, { message: 'stakeholders', facts })]);
    expect(world.ports.messages[0]?.text).toMatch(/\ncc <!subteam\^S0ENGINEER> <@U0LEILA001> #incidents unheard-of$/);
  });

  test('whose template is broken still says what matters', async () => {
    const { guide } = await import('../support/builders.ts');
    const broken = { ...guide, messages: { ...guide.messages, declared: '{{ title | nonsense }}' } };
    const world = await activityWorld({ dependencies: { packs: new Map([[guide.pack, broken]]) } });
    const incident = anIncidentContext();
    expect(await world.run('tell', [chat(incident, 1, { message: 'declared', facts: {} })])).toMatchObject([
      { ok: true },
    ]);
    expect(world.ports.messages[0]?.text).toBe(`SEV1 ${incident.incidentId}: Checkout fails`);
  });
});

describe('a public post', () => {
  test('says what a person wrote, on the component customers know', async () => {
    const world = await activityWorld();
    const [told] = await world.run('tell', [status(anIncidentContext(), 1)]);
    expect(told?.replaced).toBeUndefined();
    expect(world.ports.statusPosts[0]).toMatchObject({
      name: 'Problem with Checkout',
      body: 'Some customers cannot pay. Next update by 10:30 UTC.',
      component: 'cmp-checkout',
      componentStatus: 'major_outage',
    });
  });

  test('that says too much is replaced by safe words, with the reason', async () => {
    const world = await activityWorld();
    const facts = {
      text: 'The database on db-prod-3 is down, fixed in 20 minutes.',
      nextUpdateAt: '2026-11-20T10:30:00.000Z',
    };
    const [told] = await world.run('tell', [status(anIncidentContext(), 1, { facts })]);
    const body = 'We are still working on the problem with Checkout. Next update by 10:30 UTC.';
    expect(told).toMatchObject({ ok: true, replaced: body, because: expect.stringContaining('host name "db-prod-3"') });
    expect(world.ports.statusPosts[0]?.body).toBe(body);
  });

  test('that resolves but says too much still says resolved, and sets the component back', async () => {
    const world = await activityWorld();
    const post = status(anIncidentContext(), 1, {
      status: 'resolved',
      message: 'plain',
      facts: { text: 'We rolled back.', duration: '42 min' },
    });
    await world.run('tell', [post]);
    expect(world.ports.statusPosts[0]).toMatchObject({ status: 'resolved', componentStatus: 'operational' });
    expect(world.ports.statusPosts[0]?.body).toMatch(
      /^This is resolved: Checkout works as usual again. It was affected for 42 min/,
    );
  });

  test('about a service the catalogue does not know names none', async () => {
    const world = await activityWorld();
    const incident = anIncidentContext({ service: 'ghost-writer', rank: 3 });
    await world.run('tell', [status(incident, 1, { message: 'publicFirst', facts: {} })]);
    expect(world.ports.statusPosts[0]).toMatchObject({ component: null, componentStatus: 'degraded_performance' });
    expect(JSON.stringify(world.ports.statusPosts[0])).not.toContain('Problem with ghost');
  });

  test.each([
    ['goes out where the pack allows estimates', ['estimate' as const], /within 20 minutes/],
    ['is held back where it does not', [], /^We are still working on the problem with Checkout/],
  ])("a person's estimate %s", async (_, publicMay, body) => {
    const { guide } = await import('../support/builders.ts');
    const world = await activityWorld({ dependencies: { packs: new Map([[guide.pack, { ...guide, publicMay }]]) } });
    const text = 'We expect it to be resolved within 20 minutes.';
    const [told] = await world.run('tell', [
      status(anIncidentContext(), 1, { message: 'publicUpdate', status: 'identified', facts: { text } }),
    ]);
    expect(world.ports.statusPosts[0]?.body).toMatch(body);
    expect(told?.replaced !== undefined).toBe(publicMay.length === 0);
  });

  test("goes out in the last resort's words when even the pack leaks", async () => {
    const { guide } = await import('../support/builders.ts');
    const leaky = { ...guide, messages: { ...guide.messages, publicHolding: 'db-prod-3 is down' } };
    const world = await activityWorld({ dependencies: { packs: new Map([[guide.pack, leaky]]) } });
    await world.run('tell', [status(anIncidentContext(), 1, { message: 'publicHolding', facts: {} })]);
    expect(world.ports.statusPosts[0]?.body).toMatch(/^We are aware of a problem with part of our service/);
  });
});
