import { describe, expect, test } from 'vitest';
import { aProblem, muster, startApi, talkTo } from './api-server.ts';

const path = '/api/v1/stops';
const stop = {
  scope: 'global',
  reason: 'it gets worse',
  by: { id: 'hugo', name: 'Hugo Barreto' },
  since: '2026-12-24T08:00:00.000Z',
};
const ordered = { status: 201, body: { ...stop, told: ['INC-2026-014'], doubt: null } };

describe('stop', () => {
  test('without a scope stops every change, and says who can lift it and how', async () => {
    const server = await startApi({ [`POST ${path}`]: ordered });
    const { code, out } = await muster(['stop', '--reason', 'it gets worse'], talkTo(server));
    expect(code).toBe(0);
    expect(server.requests[0]?.body).toEqual({ scope: 'global', reason: 'it gets worse' });
    expect(out).toContain('global is stopped since 2026-12-24 08:00:00Z by Hugo Barreto: it gets worse');
    expect(out).toContain('on the timeline of INC-2026-014');
    expect(out).toContain('muster stop --lift global');
  });

  test('of one cluster or action names it, and passes on what the API doubts', async () => {
    const doubt = 'no service is in a cluster blu';
    const server = await startApi({ [`POST ${path}`]: { status: 201, body: { ...ordered.body, doubt } } });
    const { out } = await muster(['stop', 'cluster/blu', '--reason', 'upgrade'], talkTo(server));
    expect(server.requests[0]?.body).toEqual({ scope: 'cluster/blu', reason: 'upgrade' });
    expect(out).toContain(doubt);
  });

  test.each([
    ['without a reason', ['stop'], '--reason'],
    ['with an empty reason', ['stop', '--reason', ' '], '--reason'],
    ['of something that cannot be stopped', ['stop', 'blue', '--reason', 'x'], 'cluster/<name>'],
    ['and lift at once', ['stop', 'global', '--lift', 'global', '--reason', 'x'], 'give one of'],
    ['lifted without a reason', ['stop', '--lift', 'global'], '--reason'],
  ])('%s is not understood, and nothing is asked', async (_, words, remedy) => {
    const server = await startApi({ [`POST ${path}`]: ordered });
    expect(await muster(words, talkTo(server))).toMatchObject({ code: 2, err: expect.stringContaining(remedy) });
    expect(server.requests).toEqual([]);
  });

  test('--list shows what is stopped, and the record of who stopped and lifted what', async () => {
    const { since: at, ...what } = stop;
    const record = [{ at, event: 'stopped', ...what }];
    const server = await startApi({ [`GET ${path}`]: { body: { items: [stop], record } } });
    const { out } = await muster(['stop', '--list'], talkTo(server));
    expect(out).toMatch(/global +2026-12-24 08:00:00Z +Hugo Barreto +it gets worse/);
    expect(out).toMatch(/2026-12-24 08:00:00Z +stopped +global +Hugo Barreto +it gets worse/);
    const none = await startApi({ [`GET ${path}`]: { body: { items: [], record: [] } } });
    expect((await muster(['stop', '--list'], talkTo(none))).out).toBe('nothing is stopped\n');
  });

  test('--lift sends the scope as one part of the path, with the reason', async () => {
    const server = await startApi({ [`DELETE ${path}/cluster%2Fblue`]: { status: 200, body: null } });
    const { code, out } = await muster(['stop', '--lift', 'cluster/blue', '--reason', 'done'], talkTo(server));
    expect(code).toBe(0);
    expect(server.requests[0]?.body).toEqual({ reason: 'done' });
    expect(out).toContain('cluster/blue is not stopped any more');
  });

  test('--lift by somebody who may not says whom to ask', async () => {
    const detail = 'this needs the role commander or admin; ask somebody who has it';
    const server = await startApi({
      [`DELETE ${path}/global`]: { status: 403, body: aProblem({ status: 403, detail }) },
    });
    const { code, err } = await muster(['stop', '--lift', 'global', '--reason', 'done'], talkTo(server));
    expect(code).toBe(1);
    expect(err).toContain('commander or admin');
  });
});
