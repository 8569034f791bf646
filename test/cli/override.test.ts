import { describe, expect, test } from 'vitest';
import { sandboxFile } from '../support/sandbox-organisation.ts';
import { aProblem, muster, startApi, talkTo } from './api-server.ts';

const path = '/api/v1/overrides';
const swap = {
  id: '14',
  schedule: 'shop',
  person: 'mei',
  from: '2026-12-24T08:00:00.000Z',
  until: '2026-12-27T08:00:00.000Z',
  by: 'dana',
  note: 'Nadia is ill',
};

describe('override', () => {
  test('add sends the span in UTC and says who holds what until when', async () => {
    const server = await startApi({ [`POST ${path}`]: { status: 201, body: swap } });
    const span = ['--from', '2026-12-24T09:00:00+01:00', '--until', swap.until];
    const { code, out } = await muster(['override', 'add', 'shop', 'mei', ...span, '--note', 'ill'], talkTo(server));
    expect(code).toBe(0);
    expect(out).toContain('override 14: mei holds shop from 2026-12-24 08:00:00Z until 2026-12-27 08:00:00Z');
    expect(server.requests[0]?.body).toEqual({
      schedule: 'shop',
      person: 'mei',
      from: swap.from,
      until: swap.until,
      note: 'ill',
    });
    expect(server.requests[0]?.headers['idempotency-key']).toMatch(/\S{8}/);
  });

  test('add without its end, or with a time that means another on each machine, is not understood', async () => {
    const server = await startApi({});
    expect((await muster(['override', 'add', 'shop', 'mei'], talkTo(server))).code).toBe(2);
    const local = ['override', 'add', 'shop', 'mei', '--until', '2026-12-27T08:00'];
    expect(await muster(local, talkTo(server))).toMatchObject({ code: 2, err: expect.stringContaining('its zone') });
    expect(server.requests).toEqual([]);
  });

  test('add that is refused says what to do instead', async () => {
    const detail = 'you may put yourself on call, not mei; ask a commander or admin, or them to do it';
    const server = await startApi({ [`POST ${path}`]: { status: 403, body: aProblem({ status: 403, detail }) } });
    const { code, err } = await muster(['override', 'add', 'shop', 'mei', '--until', swap.until], talkTo(server));
    expect(code).toBe(1);
    expect(err).toContain('ask a commander');
  });

  test('list shows who, when, by whom and why, also as JSON', async () => {
    const server = await startApi({ [`GET ${path}`]: { body: { items: [swap] } } });
    const { out } = await muster(['override', 'list'], talkTo(server));
    expect(out).toMatch(/14 +shop +mei +2026-12-24 08:00:00Z +2026-12-27 08:00:00Z +dana +Nadia is ill/);
    const json = await muster(['override', 'list', '--json'], talkTo(server));
    expect(JSON.parse(json.out)).toEqual({ items: [swap] });
    const none = await startApi({ [`GET ${path}`]: { body: { items: [] } } });
    expect((await muster(['override', 'list'], talkTo(none))).out).toContain('no overrides');
  });

  test('remove takes the number from the list', async () => {
    const server = await startApi({ [`DELETE ${path}/14`]: { status: 200, body: null } });
    expect(await muster(['override', 'remove', '14'], talkTo(server))).toMatchObject({
      code: 0,
      out: 'override 14 is removed\n',
    });
    expect((await muster(['override', 'remove', '15'], talkTo(server))).code).toBe(1);
  });
});

describe('on-call', () => {
  const ada = { id: 'ada', name: 'Ada' };
  const mei = { id: 'mei', name: 'Mei' };
  const duties = [{ duty: 'on-call', people: [{ ...mei, until: swap.until }], note: null }];
  const board = (more: object) => ({ 'GET /api/v1/on-call': { body: { at: swap.from, duties, people: [], ...more } } });

  test('shows schedules, overrides, the next hand-overs and where nobody is', async () => {
    const handOvers = [
      { at: swap.until, from: mei, to: ada },
      { at: '2026-12-28T08:00:00.000Z', from: ada, to: null },
    ];
    const server = await startApi(
      board({
        schedules: [{ schedule: 'shop', person: mei, override: '14', handOvers }],
        overrides: [swap],
        gaps: [{ duty: 'on-call', from: '2026-12-28T08:00:00.000Z', until: null }],
      }),
    );
    const { out } = await muster(['on-call'], talkTo(server));
    expect(out).toMatch(/shop +Mei +now, by override 14/);
    expect(out).toMatch(/ +Ada +from 2026-12-27 08:00:00Z/);
    expect(out).toMatch(/ +NOBODY +from 2026-12-28 08:00:00Z/);
    expect(out).toMatch(/14 +shop +mei/);
    expect(out).toContain('GAP: nobody is on-call from 2026-12-28 08:00:00Z on');
  });

  test('says when overrides are not known: from the API without its database, and from the file', async () => {
    const server = await startApi(board({ schedules: [], overrides: null, gaps: [] }));
    expect((await muster(['on-call'], talkTo(server))).out).toContain('overrides are not known');
    const organisation = sandboxFile;
    const { out } = await muster(['on-call', '--organisation', organisation, '--at', '2026-01-06T12:00:00Z']);
    expect(out).toContain('overrides are not known');
    expect(out).toMatch(/shop +Nadia Okafor +now\n +Tomas Lindqvist +from 2026-01-12 08:00:00Z/);
    const none = await startApi(board({ schedules: [], overrides: [], gaps: [] }));
    expect((await muster(['on-call'], talkTo(none))).out).not.toContain('override');
  });
});
