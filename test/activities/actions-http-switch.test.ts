/** http-switch: one request of the catalogue, sent once, proved by reading back - or by nothing, where nothing can be read. */
import { afterEach, describe, expect, test } from 'vitest';
import { createEndpoint } from '../../src/integrations/endpoint/index.ts';
import { lifeOf } from '../../src/sandbox/switches.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import type { Target } from '../../src/schema/remediation.ts';
import { anEndpointBench, type EndpointBench } from '../support/endpoint-bench.ts';
import { sandboxOrganisation } from '../support/sandbox-organisation.ts';
import { answering } from '../support/vendors.ts';

const action = 'http-switch';
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});
const aBench = async (more?: Parameters<typeof anEndpointBench>[0]): Promise<EndpointBench> => {
  const bench = await anEndpointBench(more);
  open.push(bench);
  return bench;
};

const on = (endpoint: string, name: string): Target => ({ cluster: endpoint, kind: 'Switch', namespace: '', name });
const flag = on('flags', 'recommendations');
const breaker = on('mesh', 'payments-breaker');
const maintenance = on('edge', 'maintenance');
const cache = on('edge', 'clear-catalog-cache');

const life = ({ sandbox, organisation }: EndpointBench, { cluster, name }: Target) => {
  const entry = organisation.switches[name];
  if (!entry) throw new Error(`the sandbox has no switch ${name}`);
  return lifeOf(sandbox.world, `${cluster}/${name}`, entry);
};
/** As somebody else would. */
const turn = (bench: EndpointBench, target: Target, value: unknown): void => {
  const found = life(bench, target);
  found.value = value;
  found.version += 1;
};

/** The sandbox's organisation with one switch changed. */
const withSwitch = (name: string, more: object): Organisation => {
  const entry = sandboxOrganisation.switches[name];
  if (!entry) throw new Error(`the sandbox has no switch ${name}`);
  return { ...sandboxOrganisation, switches: { ...sandboxOrganisation.switches, [name]: { ...entry, ...more } } };
};

describe('setting a switch', () => {
  test('sets it, proves it by reading back, and says who asked', async () => {
    const bench = await aBench();
    const plan = await bench.plan(action, flag, { to: 'off' });
    expect(plan).toMatchObject({
      blastClass: 'B1',
      sentence:
        'Set Recommendations on product pages to off instead of on, so that product pages do without recommendations',
      differences: [{ before: 'on', after: 'off' }],
    });
    expect(await bench.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
    expect(await bench.look(plan)).toMatchObject({ state: 'settled', observed: 'applied' });
    expect(life(bench, flag)).toMatchObject({ value: false, changes: 1, log: [{ reason: 'Muster for INC-2026-014' }] });
  });

  test('a plan changes nothing, and the same look gives the same plan', async () => {
    const bench = await aBench();
    const plan = await bench.plan(action, flag, { to: 'off' });
    const again = await bench.plan(action, flag, { to: 'off' });
    const sameRun = JSON.parse(JSON.stringify(again).replaceAll(again.operationId, plan.operationId));
    expect({ ...sameRun, planHash: '' }).toEqual({ ...plan, planHash: '' });
    expect(bench.writes).toEqual([]);
  });

  test('no plan carries a host or a credential', async () => {
    const bench = await aBench();
    for (const target of [flag, breaker, maintenance]) {
      const to = target === breaker ? 'open' : target === flag ? 'off' : 'on';
      const text = JSON.stringify(await bench.plan(action, target, { to }));
      expect(text).not.toMatch(/http:|https:|bearer|api-key/i);
    }
  });

  test('twice in a row is one effect', async () => {
    const bench = await aBench();
    const plan = await bench.plan(action, flag, { to: 'off' });
    await bench.apply(plan);
    expect(await bench.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: true });
    expect(life(bench, flag).changes).toBe(1);
    expect(bench.writes).toHaveLength(1);
  });

  test('an answer that gets lost is one effect, and it is known that it happened', async () => {
    const bench = await aBench();
    const plan = await bench.plan(action, flag, { to: 'off' });
    await bench.fault({ path: '/flags/flags', method: 'PUT', kind: 'dropAfterApply' });
    expect(await bench.apply(plan)).toMatchObject({ outcome: 'applied', foundDone: false });
    expect(life(bench, flag).changes).toBe(1);
  });

  test('a request that gets lost is sent again by the next attempt, under the same key', async () => {
    const bench = await aBench();
    const plan = await bench.plan(action, flag, { to: 'off' });
    await bench.fault({ path: '/flags/flags', method: 'PUT', kind: 'dropBeforeApply' });
    await expect(bench.apply(plan)).rejects.toThrow(/looked at again/);
    expect(life(bench, flag).changes).toBe(0);
    expect(await bench.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied' });
    expect(life(bench, flag).changes).toBe(1);
    expect(new Set(bench.writes.map(({ headers }) => headers?.['idempotency-key']))).toEqual(
      new Set([plan.operationId]),
    );
  });

  test('what somebody changed after the plan is left alone', async () => {
    const bench = await aBench();
    const plan = await bench.plan(action, flag, { to: 'off' });
    turn(bench, flag, 'half');
    expect(await bench.apply(plan)).toMatchObject({ outcome: 'superseded' });
    expect(bench.writes).toEqual([]);
  });

  test('what somebody turned away and back after the plan is left alone as well', async () => {
    const bench = await aBench();
    const plan = await bench.plan(action, flag, { to: 'off' });
    turn(bench, flag, true);
    expect(await bench.apply(plan)).toMatchObject({ outcome: 'superseded' });
    expect(bench.writes).toEqual([]);
  });

  for (const [target, to, theirs] of [
    [flag, 'off', 'half'],
    [breaker, 'open', 'forced'],
    [maintenance, 'on', 'reduced'],
  ] as const)
    test(`what somebody changes between our look and our request to ${target.cluster} is refused there`, async () => {
      const bench = await aBench();
      const plan = await bench.plan(action, target, { to });
      bench.beforeNextWrite(() => turn(bench, target, theirs));
      expect(await bench.apply(plan)).toMatchObject({ outcome: 'superseded' });
      expect(life(bench, target)).toMatchObject({ value: theirs, changes: 0 });
    });

  test('is refused where it is so already, for a state it does not have, and for a switch nobody wrote down', async () => {
    const bench = await aBench();
    expect(await bench.refusal(action, flag, { to: 'on' })).toMatch(/is on already; nothing to change/);
    expect(await bench.refusal(action, flag, { to: 'half' })).toMatch(/has no state half; it has on, off/);
    expect(await bench.refusal(action, flag, { to: 'constructor' })).toMatch(/has no state constructor/);
    expect(await bench.refusal(action, on('flags', 'other'), { to: 'on' })).toMatch(/no switch other; it has/);
    expect(await bench.refusal(action, on('mesh', 'recommendations'), { to: 'off' })).toMatch(/behind flags, not/);
    expect(await bench.refusal(action, flag, { to: 'off', path: '/admin' })).toMatch(/cannot take these params/);
    expect(bench.writes).toEqual([]);
  });

  test('a host that the catalogue does not have is never called', async () => {
    const bench = await aBench();
    expect(await bench.refusal(action, on('evil.example', 'recommendations'), { to: 'off' })).toMatch(
      /behind flags, not behind evil\.example/,
    );
    const organisation = withSwitch('recommendations', { endpoint: 'evil.example' });
    const other = await aBench({ organisation });
    expect(await other.refusal(action, on('evil.example', 'recommendations'), { to: 'off' })).toMatch(
      /has no endpoint evil\.example/,
    );
  });
});

describe('taking a switch back', () => {
  for (const [target, to, was] of [
    [flag, 'off', true],
    [breaker, 'open', 'closed'],
    [maintenance, 'on', 'off'],
  ] as const)
    test(`restores the old state of ${target.name}, once`, async () => {
      const bench = await aBench();
      const plan = await bench.plan(action, target, { to });
      await bench.apply(plan);
      expect(await bench.apply(plan, { revert: true })).toMatchObject({ outcome: 'applied', foundDone: false });
      expect(await bench.apply(plan, { revert: true, attempt: 2 })).toMatchObject({ foundDone: true });
      expect(await bench.look(plan, { revert: true })).toMatchObject({ state: 'settled' });
      expect(life(bench, target)).toMatchObject({ value: was, changes: 2, until: null });
    });

  test('restores a state that the catalogue does not name', async () => {
    const bench = await aBench();
    turn(bench, maintenance, 'reduced');
    const plan = await bench.plan(action, maintenance, { to: 'on' });
    expect(plan.inverse?.sentence).toBe('Set Maintenance page of the shop back to "reduced"');
    await bench.apply(plan);
    await bench.apply(plan, { revert: true });
    expect(life(bench, maintenance).value).toBe('reduced');
  });

  test('leaves alone what somebody changed since, also in the last moment', async () => {
    const bench = await aBench();
    const plan = await bench.plan(action, flag, { to: 'off' });
    await bench.apply(plan);
    bench.beforeNextWrite(() => turn(bench, flag, 'theirs'));
    expect(await bench.apply(plan, { revert: true })).toMatchObject({ outcome: 'superseded' });
    expect(life(bench, flag).value).toBe('theirs');
    expect(await bench.apply(plan, { revert: true, attempt: 2 })).toMatchObject({ outcome: 'superseded' });
    expect(life(bench, flag).value).toBe('theirs');
  });
});

describe('a switch without a version', () => {
  const { read } = sandboxOrganisation.switches.maintenance ?? {};
  const unversioned = withSwitch('maintenance', { read: { path: read?.path, at: read?.at } });

  test('is set and taken back by its value alone', async () => {
    const bench = await aBench({ organisation: unversioned });
    const plan = await bench.plan(action, maintenance, { to: 'on' });
    await bench.apply(plan);
    expect(await bench.apply(plan, { revert: true })).toMatchObject({ outcome: 'applied' });
    expect(life(bench, maintenance).value).toBe('off');
  });

  test('is compared once more just before it is taken back', async () => {
    const bench = await aBench({ organisation: unversioned });
    const plan = await bench.plan(action, maintenance, { to: 'on' });
    await bench.apply(plan);
    bench.beforeRead(2, () => turn(bench, maintenance, 'reduced'));
    expect(await bench.apply(plan, { revert: true })).toMatchObject({ outcome: 'superseded' });
    expect(life(bench, maintenance).value).toBe('reduced');
    expect(bench.writes).toHaveLength(1);
  });
});

describe('a switch that goes back by itself', () => {
  test('gets its time in the request, and the plan says when it ends and that nothing renews it', async () => {
    const bench = await aBench();
    const plan = await bench.plan(action, breaker, { to: 'open', ttl: '30m' });
    expect(plan.requests[0]).toMatchObject({ body: { state: 'open', ttlSeconds: 1_800 } });
    expect(plan.risks[0]).toBe(
      'It ends by itself after 30 min and is not renewed: propose it again if it is needed for longer.',
    );
    await bench.apply(plan);
    bench.pass(29 * 60_000);
    expect(life(bench, breaker).value).toBe('open');
    bench.pass(2 * 60_000);
    expect(life(bench, breaker).value).toBe('closed');
  });

  test('has its preset time where nobody says one, and no more than its longest', async () => {
    const bench = await aBench();
    expect((await bench.plan(action, breaker, { to: 'open' })).requests[0]).toMatchObject({
      body: { ttlSeconds: 900 },
    });
    expect(await bench.refusal(action, breaker, { to: 'open', ttl: '2h' })).toMatch(/for 1 h at most/);
    expect(await bench.refusal(action, maintenance, { to: 'on', ttl: '10m' })).toMatch(/does not go back by itself/);
  });

  test('that ended needs no taking back', async () => {
    const bench = await aBench();
    const plan = await bench.plan(action, breaker, { to: 'open' });
    await bench.apply(plan);
    bench.pass(16 * 60_000);
    expect(await bench.apply(plan, { revert: true })).toMatchObject({ outcome: 'applied', foundDone: true });
    expect(life(bench, breaker).changes).toBe(1);
  });
});

describe('how much is at stake', () => {
  test('maintenance is B3, can be taken back, and says when it is an alarm', async () => {
    const bench = await aBench();
    const plan = await bench.plan(action, maintenance, { to: 'on' });
    expect(plan.blastClass).toBe('B3');
    expect(plan.inverse).not.toBeNull();
    expect(plan.risks.join(' ')).toContain('on-call is paged when that is longer than 30 min');
    expect(plan.tasks[0]).toContain('Set Maintenance page of the shop back to off');
  });

  test('a flag that nothing turns back is B2, and the catalogue raises a class but never lowers it', async () => {
    const { set } = sandboxOrganisation.switches.recommendations ?? {};
    const forGood = { ttl: undefined, set: { ...set, body: { enabled: '{state}' } } };
    const bench = await aBench({ organisation: withSwitch('recommendations', forGood) });
    expect((await bench.plan(action, flag, { to: 'off' })).blastClass).toBe('B2');
    const raised = await aBench({ organisation: withSwitch('payments-breaker', { blastClass: 'B3' }) });
    expect((await raised.plan(action, breaker, { to: 'open' })).blastClass).toBe('B3');
    const lowered = await aBench({ organisation: withSwitch('maintenance', { blastClass: 'B1' }) });
    expect((await lowered.plan(action, maintenance, { to: 'on' })).blastClass).toBe('B3');
  });
});

describe('a hook that nothing can be read of', () => {
  test('is asked once, and its plain answer is all there is', async () => {
    const bench = await aBench();
    const plan = await bench.plan(action, cache, { to: 'cleared' });
    expect(plan).toMatchObject({ blastClass: 'B1', inverse: null, undo: 'Nothing takes it back.' });
    expect(plan.risks[0]).toMatch(/never repeated/);
    expect(await bench.apply(plan)).toMatchObject({ outcome: 'applied' });
    expect(await bench.look(plan)).toMatchObject({ state: 'settled' });
    expect(await bench.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'applied', foundDone: true });
    expect(life(bench, cache).changes).toBe(1);
  });

  for (const kind of ['dropAfterApply', 'dropBeforeApply'] as const)
    test(`goes to a person when its answer is lost (${kind}), and is not asked again`, async () => {
      const bench = await aBench();
      const plan = await bench.plan(action, cache, { to: 'cleared' });
      await bench.fault({ path: '/edge/cache', kind });
      expect(await bench.apply(plan)).toMatchObject({ outcome: 'unknown' });
      expect(await bench.apply(plan, { attempt: 2 })).toMatchObject({ outcome: 'unknown' });
      expect(bench.writes).toHaveLength(1);
    });

  test('asks a person each time, also where Muster sets other switches by itself', async () => {
    // A switch is as precious as the service it belongs to, whoever wants it.
    const services = Object.entries(sandboxOrganisation.services).map(([id, service]) => [
      id,
      { ...service, environment: 'staging' },
    ]);
    const organisation: Organisation = { ...sandboxOrganisation, services: Object.fromEntries(services) };
    const bench = await aBench({ organisation });
    expect(await bench.modeOf(action, breaker, { to: 'open' })).toMatchObject({ mode: 'auto' });
    expect(await bench.modeOf(action, cache, { to: 'cleared' })).toMatchObject({
      mode: 'approve',
      because: expect.arrayContaining([
        'Cache of product pages cannot be read back, so a person approves it each time',
      ]),
    });
  });

  test("is production where it is nobody's, whatever service the incident speaks of", async () => {
    const services = Object.entries(sandboxOrganisation.services).map(([id, service]) => [
      id,
      { ...service, environment: 'staging' },
    ]);
    const { service: _, ...nobodys } = sandboxOrganisation.switches['payments-breaker'] ?? {};
    const switches = { ...sandboxOrganisation.switches, 'payments-breaker': nobodys } as Organisation['switches'];
    const bench = await aBench({
      organisation: { ...sandboxOrganisation, services: Object.fromEntries(services), switches },
    });
    expect(await bench.modeOf(action, breaker, { to: 'open' })).toMatchObject({ mode: 'approve' });
  });

  test('cannot be taken back', async () => {
    const bench = await aBench();
    const plan = await bench.plan(action, cache, { to: 'cleared' });
    await bench.apply(plan);
    expect(await bench.apply(plan, { revert: true })).toMatchObject({ outcome: 'refused' });
    expect(life(bench, cache).changes).toBe(1);
  });
});

describe('what an endpoint may answer', () => {
  test('a missing right is named, and where it is to be given', async () => {
    const bench = await aBench();
    const plan = await bench.plan(action, flag, { to: 'off' });
    bench.sandbox.world.state.endpoints.denied = ['PUT'];
    const result = await bench.apply(plan);
    expect(result).toMatchObject({ outcome: 'refused' });
    expect(result.finding).toContain('Muster may not PUT /flags/recommendations at flags: grant that right');
    expect(result.finding).toContain('this token may not PUT');
    bench.sandbox.world.state.endpoints.denied = ['GET'];
    expect(await bench.refusal(action, flag, { to: 'off' })).toContain('may not GET /flags/recommendations at flags');
  });

  test('a token that is not accepted is told by its name, and not repeated', async () => {
    const organisation = {
      ...sandboxOrganisation,
      endpoints: {
        ...sandboxOrganisation.endpoints,
        flags: { ...sandboxOrganisation.endpoints.flags, token: 'flags' },
      },
    } as Organisation;
    const url = (bench: EndpointBench) => `${bench.sandbox.url}/endpoints/flags`;
    let address = '';
    const bench = await aBench({
      organisation,
      instead: () => createEndpoint({ name: 'flags', url: address, token: 'an-old-token', header: 'authorization' }),
    });
    address = url(bench);
    const because = await bench.refusal(action, flag, { to: 'off' });
    expect(because).toContain('its token is "flags" of MUSTER_ENDPOINT_TOKENS: renew it');
    expect(because).not.toContain('an-old-token');
  });

  const answered = async (status: number, body: unknown, headers: Record<string, string> = {}) => {
    const api = await answering(status, body, headers);
    open.push(api);
    const endpoint = createEndpoint({ name: 'flags', url: api.url, token: null, header: 'authorization' });
    return { api, bench: await aBench({ instead: () => endpoint }) };
  };

  test('a redirect, an endless answer and one that is not JSON are refused in words', async () => {
    for (const [status, body, headers, words] of [
      [302, {}, { location: 'http://127.0.0.1:9/' }, /redirect/],
      [200, { enabled: 'x'.repeat(300_000) }, {}, /more than can be taken/],
      [200, '<html>', {}, /not JSON/],
      [200, { other: true }, { etag: '"1"' }, /nothing at \/flags\/recommendations \/enabled: correct the catalogue/],
      [200, { enabled: { nested: true } }, { etag: '"1"' }, /is not one value/],
      [200, { enabled: true }, {}, /gave no version \(etag\)/],
      [404, {}, {}, /nothing at \/flags\/recommendations/],
    ] as const) {
      const { bench } = await answered(status, body, headers);
      expect(await bench.refusal(action, flag, { to: 'off' })).toMatch(words);
      expect(bench.writes).toEqual([]);
    }
  });

  test('trouble of its own is asked about again and is no refusal', async () => {
    const { bench } = await answered(503, {});
    await expect(bench.plan(action, flag, { to: 'off' })).rejects.toThrow(/answered 503/);
  });

  test('a state that tries to be more than a value stays one value', async () => {
    const nasty = 'open","admin":true,"x":"{version}';
    const states = { nasty: { value: nasty, words: 'it is tried' } };
    const bench = await aBench({ organisation: withSwitch('payments-breaker', { states }) });
    turn(bench, breaker, 'closed');
    const plan = await bench.plan(action, breaker, { to: 'nasty' });
    await bench.apply(plan);
    expect(life(bench, breaker).value).toBe(nasty);
    expect(Object.keys((bench.writes[0]?.body ?? {}) as object).sort()).toEqual(['revision', 'state', 'ttlSeconds']);
  });

  test('a state that tries to climb out of its path is refused', async () => {
    for (const value of ['../admin', '..', 'on/../../admin']) {
      const states = { nasty: { value, words: 'it is tried' } };
      const bench = await aBench({ organisation: withSwitch('maintenance', { states }) });
      turn(bench, maintenance, 'off');
      expect(await bench.refusal(action, maintenance, { to: 'nasty' })).toMatch(/cannot be a part of \/maintenance/);
    }
  });
});
