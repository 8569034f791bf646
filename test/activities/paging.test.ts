import { describe, expect, test } from 'vitest';
import type { PageRequest } from '../../activities/index.ts';
import { Unavailable } from '../../src/domain/errors.ts';
import { holdersOf } from '../../src/domain/on-call/on-call.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import type { Store } from '../../src/store/store.ts';
import { type ActivityWorld, activityWorld, anIncidentContext } from '../support/activity-world.ts';
import { vendorTrouble } from '../support/ports.ts';
import { sandboxOrganisation } from '../support/sandbox-organisation.ts';

const aPage = (more: Partial<PageRequest> = {}): PageRequest => {
  const incident = anIncidentContext();
  return {
    incident,
    key: `${incident.incidentId}/page/SEV1-on-call-lead`,
    duty: 'on-call-lead',
    at: '2026-11-20T10:00:00.000Z',
    summary: 'SEV1 Checkout fails',
    fallback: true,
    ...more,
  };
};
const emptyShift: Organisation = {
  ...sandboxOrganisation,
  duties: { ...sandboxOrganisation.duties, 'on-call': { schedule: 'nobody' } },
  schedules: {
    ...sandboxOrganisation.schedules,
    nobody: { timezone: 'UTC', layers: [{ people: [], start: '2026-01-05T09:00:00', shift: 604_800_000 }] },
  },
};
const phones = (world: ActivityWorld) => world.ports.pages.map((page) => page.dedupKey.split('/').at(-1));
const away = vendorTrouble('pagerduty', { status: 503 });
const refused = vendorTrouble('pagerduty', { status: 400, terminal: true, reason: 'invalid event' });

describe('a page', () => {
  test('rings the phone of whoever holds the duty, with a way to the incident', async () => {
    const world = await activityWorld();
    const request = aPage();
    const outcome = await world.run('page', request);
    expect(outcome).toMatchObject({ failed: [], nobodyOnDuty: false });
    expect(outcome.reached).toMatchObject([
      { person: 'dana', name: 'Dana Whitfield', via: 'pager', dedupKey: `${request.key}/dana` },
    ]);
    expect(world.ports.pages[0]?.link?.href).toBe(`http://muster.example/incidents/${request.incident.incidentId}`);
  });

  test('of the worst severity is critical; every other still rings', async () => {
    const world = await activityWorld();
    await world.run('page', aPage());
    await world.run('page', aPage({ incident: anIncidentContext({ rank: 3 }), key: 'low/page/a' }));
    expect(world.ports.pages.map((page) => page.severity)).toEqual(['critical', 'error']);
  });

  test('is one page however often the activity runs', async () => {
    const world = await activityWorld();
    const request = aPage();
    await world.run('page', request);
    const again = await world.run('page', request, { attempt: 2 });
    expect(again.reached).toMatchObject([{ person: 'dana', via: 'pager' }]);
    expect(world.ports.calls).toEqual(['pager.page']);
  });

  test('whose answer was lost is sent again under the same key: one page', async () => {
    const world = await activityWorld();
    world.ports.fail('pager.page', vendorTrouble('pagerduty'), 1, { after: true });
    const request = aPage();
    await expect(world.run('page', request)).rejects.toThrow(/not paged yet/);
    await world.run('page', request, { attempt: 2 });
    expect(world.ports.pages).toHaveLength(1);
  });

  test('is in the ledger with the person, the key and the address', async () => {
    const world = await activityWorld();
    const request = aPage();
    await world.run('page', request);
    expect(await world.store.effects.effect(`${request.key}/dana/pager`)).toMatchObject({
      status: 'applied',
      detail: { person: 'dana', dedupKey: `${request.key}/dana`, address: world.ports.pages[0]?.address },
    });
  });

  test('may be asked for one person by name', async () => {
    const world = await activityWorld();
    const outcome = await world.run('page', aPage({ duty: 'person:ravi' }));
    expect(outcome.reached).toMatchObject([{ person: 'ravi' }]);
  });
});

describe('a service that the catalogue does not know', () => {
  const about = (service: string | null) => aPage({ incident: { ...anIncidentContext(), service } });

  test('has no owner, so the fallback group is paged beside whoever is on call', async () => {
    const world = await activityWorld();
    await world.run('page', about('a-service-nobody-entered'));
    expect(phones(world)).toEqual(expect.arrayContaining(['dana', ...sandboxOrganisation.fallback]));
  });
  test.each(['checkout', null])('is not %s: the fallback group sleeps on', async (service) => {
    const world = await activityWorld();
    await world.run('page', about(service));
    expect(phones(world)).toEqual(['dana']);
  });
});

describe('a pager that does not work', () => {
  test('gets a second chance before chat is tried', async () => {
    const world = await activityWorld();
    world.ports.fail('pager.page', away, 2);
    const request = aPage();
    await expect(world.run('page', request)).rejects.toMatchObject({ nonRetryable: false });
    expect(world.ports.messages).toEqual([]);
    const outcome = await world.run('page', request, { attempt: 2 });
    expect(outcome.reached).toMatchObject([{ person: 'dana', via: 'chat', dedupKey: null }]);
    expect(world.ports.messages[0]).toMatchObject({ room: '@U0DANA0001' });
  });

  test('that refuses for good is left for chat at once', async () => {
    const world = await activityWorld();
    world.ports.fail('pager.page', refused);
    expect((await world.run('page', aPage())).reached).toMatchObject([{ via: 'chat' }]);
  });

  test('that asks to come back in a minute is left for chat at once', async () => {
    const world = await activityWorld();
    world.ports.fail('pager.page', vendorTrouble('pagerduty', { status: 429, retryAfterMs: 60_000 }));
    expect((await world.run('page', aPage())).reached).toMatchObject([{ via: 'chat' }]);
  });

  test('sends a mail when chat is away too, with a stable Message-ID', async () => {
    const world = await activityWorld();
    world.ports.fail('pager.page', refused);
    world.ports.fail('chat.tell', vendorTrouble('slack', { status: 400, terminal: true }));
    expect((await world.run('page', aPage())).reached).toMatchObject([{ via: 'mail' }]);
    expect(world.ports.mails).toMatchObject([{ to: ['dana@lanternfish.example'] }]);
  });

  test('does not let an alert call everybody in the message that replaces it', async () => {
    const world = await activityWorld();
    world.ports.fail('pager.page', refused);
    await world.run('page', aPage({ summary: 'SEV1 <!channel> & co' }));
    expect(world.ports.messages[0]?.text).toContain('&lt;!channel&gt; &amp; co');
  });

  test('that never answers is given up after seconds, not after the vendor is', async () => {
    const world = await activityWorld();
    let answer: (value: { reference: string }) => void = () => undefined;
    world.ports.connections.pager.page = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const started = performance.now();
    const outcome = await world.run('page', aPage(), { attempt: 2 });
    expect(outcome.reached).toMatchObject([{ via: 'chat' }]);
    expect(performance.now() - started).toBeLessThan(6_000);
    answer({ reference: 'late' });
  });
});

describe('an override', () => {
  const monday = { from: '2026-11-23T00:00:00.000Z', until: '2026-11-24T00:00:00.000Z' };
  const swap = { schedule: 'shop', person: 'hugo', by: 'dana', note: null, idempotencyKey: null };
  const during = '2026-11-23T10:00:00.000Z';

  test('is who is paged, invited and named on the timers while it lasts', async () => {
    const world = await activityWorld();
    const { id } = await world.store.overrides.add({ ...swap, ...monday });
    const request = aPage({ duty: 'on-call', at: during });
    expect((await world.run('page', request)).reached).toMatchObject([{ person: 'hugo' }]);
    const { roster } = await world.run('admit', { title: 'x', service: 'checkout', workflowId: 'swap', at: during });
    expect(roster['on-call']).toBe('Hugo Barreto');
    await world.store.overrides.remove(id, 'dana');
  });

  test('that is over or removed pages whoever the schedule names', async () => {
    const world = await activityWorld();
    const { id } = await world.store.overrides.add({ ...swap, ...monday });
    const after = await world.run('page', aPage({ duty: 'on-call', at: monday.until }));
    await world.store.overrides.remove(id, 'dana');
    const removed = await world.run('page', aPage({ duty: 'on-call', at: during }));
    const named = holdersOf(sandboxOrganisation, 'on-call', { at: during });
    expect(named).not.toEqual(['hugo']);
    expect([after, removed].map(({ reached }) => reached.map(({ person }) => person))).toEqual([named, named]);
  });
});

describe('nobody', () => {
  test('on an empty shift: the fallback group is paged at once, and it is said aloud', async () => {
    const world = await activityWorld({ organisation: emptyShift });
    const outcome = await world.run('page', aPage({ duty: 'on-call' }));
    expect(outcome.nobodyOnDuty).toBe(true);
    expect(phones(world).sort()).toEqual(['dana', 'ravi']);
    expect(world.complaints).toContain('nobody holds this duty');
  });

  test('on an empty shift that the next step follows at once: nobody else is paged twice', async () => {
    const world = await activityWorld({ organisation: emptyShift });
    const outcome = await world.run('page', aPage({ duty: 'on-call', fallback: false }));
    expect(outcome).toEqual({ reached: [], failed: [], nobodyOnDuty: true });
    expect(world.ports.calls).toEqual([]);
  });

  test('holds a duty the organisation never heard of: the fallback group is paged', async () => {
    const world = await activityWorld();
    expect((await world.run('page', aPage({ duty: 'chief-gardener' }))).nobodyOnDuty).toBe(true);
    expect(phones(world).sort()).toEqual(['dana', 'ravi']);
  });

  test('reachable on any channel: the fallback group is paged, and the outcome says who was not reached', async () => {
    const world = await activityWorld();
    world.ports.fail('pager.page', refused);
    world.ports.fail('mailer.send', vendorTrouble('smtp', { status: 400, terminal: true, reason: 'eenvelope' }));
    const outcome = await world.run('page', aPage({ duty: 'vp-engineering' }));
    expect(outcome.failed).toMatchObject([
      { person: 'ingrid', because: 'pager: pagerduty: invalid event; mail: smtp: eenvelope' },
    ]);
    expect(outcome.reached.map((one) => one.person).sort()).toEqual(['dana', 'ravi']);
  });

  test('reachable for now: it is tried again, from the third attempt on with the fallback group beside', async () => {
    const world = await activityWorld();
    for (const method of ['pager.page', 'chat.tell', 'mailer.send'] as const) world.ports.fail(method, away, 5);
    const request = aPage({ duty: 'engineering-manager' });
    await expect(world.run('page', request)).rejects.toThrow();
    await expect(world.run('page', request, { attempt: 2 })).rejects.toThrow();
    expect(world.ports.pages).toEqual([]);
    await expect(world.run('page', request, { attempt: 3 })).rejects.toThrow();
    // Ravi in each attempt, Dana of the fallback group in the third.
    expect(world.ports.calls.filter((call) => call === 'pager.page')).toHaveLength(4);
    const outcome = await world.run('page', request, { attempt: 4 });
    expect(outcome.reached).not.toEqual([]);
  });
});

describe('a ledger that is away', () => {
  const withoutLedger = (store: Store): Store => {
    const gone = () => Promise.reject(new Unavailable('PostgreSQL is away'));
    return { ...store, effects: { intend: gone, mark: gone, effect: gone, effects: gone } };
  };
  test('does not hold up a page', async () => {
    const world = await activityWorld({ store: withoutLedger });
    expect((await world.run('page', aPage())).reached).toMatchObject([{ via: 'pager' }]);
  });
  test('that never answers does not hold it up for long either', async () => {
    const never = () => new Promise<never>(() => undefined);
    const world = await activityWorld({
      store: (store) => ({ ...store, effects: { intend: never, mark: never, effect: never, effects: never } }),
    });
    const started = performance.now();
    expect((await world.run('page', aPage(), { attempt: 2 })).reached).toMatchObject([{ via: 'pager' }]);
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
