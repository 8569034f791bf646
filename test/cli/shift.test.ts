import { describe, expect, test } from 'vitest';
import { type Api, muster, startApi, talkTo } from './api-server.ts';

const nadia = { id: 'nadia', name: 'Nadia' };
const tomas = { id: 'tomas', name: 'Tomás' };
const at = '2026-11-23T08:00:00.000Z';
const accepted = { at, from: tomas, to: nadia, notes: [], acceptedAt: at, acceptedBy: null };
const waiting = {
  schedule: 'shop',
  person: nadia,
  shift: { schedule: 'shop', owner: tomas, last: { ...accepted, acceptedAt: null }, next: null },
};
const quiet = {
  schedule: 'dba',
  person: tomas,
  shift: {
    schedule: 'dba',
    owner: tomas,
    last: null,
    next: { at, from: tomas, to: nadia, notes: [], noteAsked: true },
  },
};
const routes = (me: { id: string }) => ({
  'GET /api/v1/shifts': { body: { items: [waiting, quiet] } },
  'GET /api/v1/me': { body: { ...me, roles: ['responder'] } },
  'POST /api/v1/shifts/shop/accept': { body: { ...waiting.shift, owner: nadia } },
  'POST /api/v1/shifts/dba/note': { body: quiet.shift },
});
const lastOf = ({ requests }: Api) => requests.at(-1);

describe('muster shift', () => {
  test('shows who is on each shift, who owns it and what it waits for', async () => {
    const { out } = await muster(['shift'], talkTo(await startApi(routes(nadia))));
    const rows = out.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows[1]).toEqual(['shop', 'Nadia', 'Tomás', '-', 'Nadia to accept']);
    expect(rows[2]).toEqual(['dba', 'Tomás', 'Tomás', 'Nadia 2026-11-23 08:00:00Z', 'a note of Tomás']);
  });

  test('accept takes the shift that waits for whoever asks', async () => {
    const server = await startApi(routes(nadia));
    expect(await muster(['shift', 'accept'], talkTo(server))).toMatchObject({
      code: 0,
      out: 'Nadia owns the shift shop\n',
    });
    expect(lastOf(server)).toMatchObject({ path: '/api/v1/shifts/shop/accept', body: {} });
  });

  test('accept of somebody whom no shift waits for sends nothing and says which there are', async () => {
    const server = await startApi(routes({ id: 'mei' }));
    const { code, err } = await muster(['shift', 'accept'], talkTo(server));
    expect(code).toBe(2);
    expect(err).toContain('--schedule: shop, dba');
    expect(server.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('note goes to the named shift, with an idempotency key', async () => {
    const server = await startApi(routes(tomas));
    const { code } = await muster(['shift', 'note', 'payouts', 'are', 'slow', '--schedule', 'dba'], talkTo(server));
    expect(code).toBe(0);
    expect(lastOf(server)).toMatchObject({ path: '/api/v1/shifts/dba/note', body: { text: 'payouts are slow' } });
    expect(lastOf(server)?.headers['idempotency-key']).toMatch(/\S{8}/);
  });

  test('note of somebody with two shifts asks which one is meant', async () => {
    const { code, err } = await muster(['shift', 'note', 'hello'], talkTo(await startApi(routes(tomas))));
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('--schedule: shop, dba') });
  });
});

describe('muster role', () => {
  test.each([
    [['offer', '-', 'technical-lead', 'tomas'], 'offer', { role: 'technicalLead', person: 'tomas' }],
    [['accept', '-', 'commander'], 'accept', { role: 'commander' }],
  ])('%j asks before it changes hands', async (parameters, verb, body) => {
    const server = await startApi({
      'GET /api/v1/incidents': { body: { items: [], nextCursor: null } },
      [`POST /api/v1/incidents/INC-1/roles/${verb}`]: { body: {} },
    });
    const [first, , ...others] = parameters;
    await muster(['role', String(first), 'INC-1', ...others], talkTo(server));
    expect(lastOf(server)).toMatchObject({ path: `/api/v1/incidents/INC-1/roles/${verb}`, body });
  });
});
