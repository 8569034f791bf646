import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/cli/program.ts';
import { sandboxFile } from '../support/sandbox-organisation.ts';
import { type Api, anIncident, aProblem, aRemediation, muster, musterProcess, startApi, talkTo } from './api-server.ts';

const incidents = '/api/v1/incidents';
const one = `${incidents}/INC-2026-014`;
const open = (...items: ReturnType<typeof anIncident>[]) => ({ body: { items, nextCursor: null } });

describe('looking', () => {
  test('lists open incidents worst first, following every page', async () => {
    const server = await startApi({
      [`GET ${incidents}`]: ({ path }) =>
        path.includes('cursor=p2')
          ? open(anIncident({ id: 'INC-2026-015', title: 'Worst of all' }))
          : { body: { items: [anIncident({ severity: 'SEV3', rank: 3, title: 'Small' })], nextCursor: 'p2' } },
    });
    const { code, out } = await musterProcess(['list'], talkTo(server));
    expect(code).toBe(0);
    expect(out.indexOf('Worst of all')).toBeLessThan(out.indexOf('Small'));
    expect(server.requests[0]?.path).toContain('status=declared%2Cinvestigating');
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${'t'.repeat(20)}`);
  });

  test('says how to make something happen when nothing is open', async () => {
    const server = await startApi({ [`GET ${incidents}`]: open() });
    expect((await muster(['list'], talkTo(server))).out).toContain('muster drill bad-release');
  });

  test('shows the one open incident without its id, and that nobody has acknowledged', async () => {
    const server = await startApi({ [`GET ${incidents}`]: open(anIncident()), [`GET ${one}`]: { body: anIncident() } });
    const { code, out } = await muster(['show'], talkTo(server));
    expect(code).toBe(0);
    expect(out).toContain('by nobody yet; "muster ack INC-2026-014" stops the paging');
    expect(out).toContain('page Dana (on-call-lead) unless acknowledged');
  });

  test('asks which one when several are open', async () => {
    const server = await startApi({ [`GET ${incidents}`]: open(anIncident(), anIncident({ id: 'INC-2026-015' })) });
    const { code, err } = await musterProcess(['show'], talkTo(server));
    expect(code).toBe(2);
    expect(err).toContain('INC-2026-014');
    expect(err).toContain('INC-2026-015');
  });

  test('gives JSON as the API wrote it, fields it does not know included', async () => {
    const server = await startApi({ [`GET ${one}`]: { body: { ...anIncident(), later: 'field' } } });
    const { out } = await musterProcess(['show', 'INC-2026-014', '--json'], talkTo(server));
    expect(JSON.parse(out)).toMatchObject({ id: 'INC-2026-014', later: 'field' });
    const before = await muster(['--json', 'show', 'INC-2026-014'], talkTo(server));
    expect(JSON.parse(before.out)).toMatchObject({ later: 'field' });
  });

  test('tells what comes next, why, and what happened', async () => {
    const item = { name: 'x', dueAt: '2026-11-18T10:05:00Z', action: 'page Dana', who: 'Dana', why: 'ladder, step 2' };
    const entry = { key: 'incident/1', at: '2026-11-18T10:00:00Z', kind: 'paged', actor: anIncident().declaredBy };
    const server = await startApi({
      [`GET ${one}/next`]: { body: { items: [item] } },
      [`GET ${one}/why`]: { body: { items: [{ at: item.dueAt, text: 'Paged Nadia.', why: 'SEV1 ladder, step 1' }] } },
      [`GET ${one}/timeline`]: {
        body: { items: [{ ...entry, text: 'Paged Nadia.', why: null, public: false, seq: 1 }] },
      },
      [`GET ${one}/postmortem`]: { text: '# Incident report\n' },
    });
    expect((await muster(['next', 'INC-2026-014'], talkTo(server))).out).toMatch(
      /overdue .*10:05:00Z .*page Dana.*step 2/,
    );
    expect((await muster(['why', 'INC-2026-014'], talkTo(server))).out).toContain('because SEV1 ladder, step 1');
    expect((await muster(['timeline', 'INC-2026-014'], talkTo(server))).out).toBe('10:00:00Z  Paged Nadia.\n');
    expect((await muster(['postmortem', 'INC-2026-014'], talkTo(server))).out).toBe('# Incident report\n');
  });

  test('lets no text from outside steer the terminal', async () => {
    const server = await startApi({
      [`GET ${one}`]: { body: anIncident({ title: 'evil\u001b[2Jtitle\u0007\nsecond line' }) },
    });
    const { out } = await muster(['show', 'INC-2026-014'], talkTo(server));
    expect(out).toContain('evil[2Jtitle second line');
    expect(out).not.toContain('\u001b');
  });
});

describe('answering', () => {
  test.each([
    [['ack', 'INC-2026-014', '--note', 'on it'], 'acknowledge', { note: 'on it' }],
    [
      ['escalate', 'INC-2026-014', 'unable', 'to', 'resolve', '--to', 'vp-engineering'],
      'escalate',
      { reason: 'unable to resolve', to: 'vp-engineering' },
    ],
    [
      ['severity', 'INC-2026-014', 'SEV2', '--reason', 'one region'],
      'severity',
      { severity: 'SEV2', reason: 'one region' },
    ],
    [['role', 'INC-2026-014', 'technical-lead', 'tomas'], 'roles', { role: 'technicalLead', person: 'tomas' }],
    [
      ['update', 'INC-2026-014', 'we know', '--status', 'identified'],
      'updates',
      { text: 'we know', audience: 'internal', status: 'identified' },
    ],
    [['update', 'INC-2026-014', '--public', 'we know'], 'updates', { text: 'we know', audience: 'public' }],
    [['note', 'INC-2026-014', 'switched', 'off'], 'notes', { text: 'switched off' }],
    [['mitigate', 'INC-2026-014', '--cause', 'release'], 'mitigate', { cause: 'release' }],
    [['resolve', 'INC-2026-014'], 'resolve', {}],
    [['reopen', 'INC-2026-014', 'errors', 'again'], 'reopen', { reason: 'errors again' }],
    [['cancel', 'INC-2026-014', 'false alarm'], 'cancel', { reason: 'false alarm' }],
  ])('%j', async (parameters, verb, body) => {
    const server = await startApi({ [`POST ${one}/${verb}`]: { body: anIncident() } });
    const { code, err } = await muster(parameters, talkTo(server));
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.body).toEqual(body);
  });

  test('a declaration carries a key, so that a repeat is the same incident', async () => {
    const server = await startApi({ [`POST ${incidents}`]: { status: 201, body: anIncident() } });
    await muster(['declare', 'Login', 'is', 'slow', '-s', 'SEV2', '--key', 'once'], talkTo(server));
    await muster(['declare', 'Login is slow'], talkTo(server));
    expect(server.requests[0]?.body).toEqual({ title: 'Login is slow', severity: 'SEV2' });
    expect(server.requests[0]?.headers['idempotency-key']).toBe('once');
    expect(server.requests[1]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a drill says where its incident is, or that it follows', async () => {
    const server = await startApi({ 'POST /api/v1/drills': { body: { id: 'd1', incidentId: null } } });
    const { out } = await muster(['drill', 'bad-release', '--speed', '10', '--people'], talkTo(server));
    expect(server.requests[0]?.body).toEqual({ scenario: 'bad-release', speed: 10, people: true });
    expect(out).toContain('muster list');
  });

  test('a proposal names its target in full', async () => {
    const server = await startApi({
      [`POST ${one}/remediations`]: { status: 201, body: aRemediation({ status: 'planning' }) },
    });
    const given = ['propose', 'INC-2026-014', 'scale-workload', '--param', 'replicas=6', '--target'];
    expect((await muster([...given, 'sandbox/Deployment/shop/checkout'], talkTo(server))).code).toBe(0);
    expect(server.requests[0]?.body).toEqual({
      action: 'scale-workload',
      target: { cluster: 'sandbox', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
      params: { replicas: 6 },
    });
    const wrong = await muster([...given, 'checkout'], talkTo(server));
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('sandbox/Deployment/shop/checkout');
  });

  test('a node is named without a namespace, and nothing else is', async () => {
    const server = await startApi({
      [`POST ${one}/remediations`]: { status: 201, body: aRemediation({ status: 'planning' }) },
    });
    const given = ['propose', 'INC-2026-014', 'cordon-node', '--target'];
    expect((await muster([...given, 'sandbox/Node//node-2'], talkTo(server))).code).toBe(0);
    expect(server.requests[0]?.body).toMatchObject({
      target: { cluster: 'sandbox', kind: 'Node', namespace: '', name: 'node-2' },
    });
    expect((await muster([...given, 'sandbox/Node/shop/node-2'], talkTo(server))).err).toContain(
      'sandbox/Node//node-2',
    );
    expect((await muster([...given, 'sandbox/Deployment//checkout'], talkTo(server))).err).toContain(
      'sandbox/Deployment/NAMESPACE/checkout',
    );
    expect(server.requests).toHaveLength(1);
  });
});

describe('deciding on a plan', () => {
  const waiting = (...items: unknown[]) =>
    startApi({
      [`GET ${one}/remediations`]: { body: { items } },
      [`POST ${one}/remediations/rem-1/approve`]: { body: aRemediation({ status: 'applying' }) },
      [`POST ${one}/remediations/rem-1/deny`]: { body: aRemediation({ status: 'rejected' }) },
    });
  const decisions = ({ requests }: Api) => requests.filter(({ method }) => method === 'POST');

  test('approving sends the hash of the plan that was shown', async () => {
    const server = await waiting(aRemediation());
    const { code, out } = await musterProcess(
      ['approve', 'INC-2026-014', '--yes', '--reason', 'agreed'],
      talkTo(server),
    );
    expect(code).toBe(0);
    expect(out).toContain('- checkout:2.4.0-bad');
    expect(out).toContain('+ checkout:2.3.1');
    expect(out).toContain('risk: sessions of the new release are lost');
    expect(decisions(server)[0]?.body).toEqual({ planHash: 'hash-1', reason: 'agreed' });
  });

  test('without a terminal and without --yes nothing is approved', async () => {
    const server = await waiting(aRemediation());
    const { code, err } = await musterProcess(['approve', 'INC-2026-014'], talkTo(server));
    expect(code).toBe(2);
    expect(err).toContain('--yes');
    expect(decisions(server)).toEqual([]);
  });

  test('a person is asked, and only yes is yes', async () => {
    const server = await waiting(aRemediation());
    const asked: string[] = [];
    const answerWith = (answer: string) =>
      run(['approve', 'INC-2026-014'], {
        environment: talkTo(server),
        workingDir: tmpdir(),
        streams: { out: { write: () => true }, err: { write: () => true } },
        now: () => Date.parse('2026-11-18T10:00:00Z'),
        ask: async (question) => {
          asked.push(question);
          return answer;
        },
      });
    expect(await answerWith('')).toBe(1);
    expect(await answerWith('n')).toBe(1);
    expect(decisions(server)).toEqual([]);
    expect(await answerWith('y')).toBe(0);
    expect(decisions(server)).toHaveLength(1);
    expect(asked[0]).toContain('[y/N]');
  });

  test('a plan that changed since is not approved', async () => {
    const server = await waiting(aRemediation());
    const { code, err } = await muster(['approve', 'INC-2026-014', '-y', '--plan-hash', 'older'], talkTo(server));
    expect(code).toBe(1);
    expect(err).toContain('changed');
    expect(decisions(server)).toEqual([]);
  });

  test('several plans need a name, none says so, and denying is its own verb', async () => {
    const both = await waiting(aRemediation(), aRemediation({ id: 'rem-2' }));
    expect((await muster(['deny', 'INC-2026-014', '-y'], talkTo(both))).err).toContain('rem-2');
    expect((await muster(['deny', 'INC-2026-014', 'rem-1', '-y'], talkTo(both))).code).toBe(0);
    expect(decisions(both)[0]?.path).toContain('/deny');
    const none = await waiting(aRemediation({ status: 'recovered' }));
    const { code, err } = await muster(['approve', 'INC-2026-014', '-y'], talkTo(none));
    expect(code).toBe(1);
    expect(err).toContain('nothing waits for approval');
  });
});

describe('what goes wrong says what to do', () => {
  test('a refusal shows the detail and the faults, and is JSON under --json', async () => {
    const problem = aProblem({
      status: 400,
      detail: 'correct the fields',
      errors: [{ path: 'severity', message: 'one of SEV1' }],
    });
    const server = await startApi({ [`POST ${one}/severity`]: { status: 400, body: problem } });
    const { code, err } = await musterProcess(['severity', 'INC-2026-014', 'P9'], talkTo(server));
    expect(code).toBe(1);
    expect(err).toBe('muster: correct the fields\n  severity: one of SEV1\n');
    const { out } = await muster(['severity', 'INC-2026-014', 'P9', '--json'], talkTo(server));
    expect(JSON.parse(out)).toEqual(problem);
  });

  test('an API that is not there', async () => {
    const server = await startApi({});
    await server.stop();
    const { code, err } = await muster(['list'], talkTo(server));
    expect(code).toBe(1);
    expect(err).toContain('npm start');
    const declared = await muster(['declare', 'x'], talkTo(server));
    expect(declared.err).toMatch(/may have arrived.*\n.*--key [0-9a-f-]{36}/);
  });

  test('no token, and a token that is not accepted', async () => {
    const server = await startApi({
      [`GET ${incidents}`]: { status: 401, body: aProblem({ status: 401, detail: 'log in' }) },
    });
    expect((await muster(['list'], { MUSTER_API: server.url })).err).toContain('set MUSTER_TOKEN');
    const { err } = await muster(['list'], talkTo(server));
    expect(err).toContain('was not accepted');
    expect(err).not.toContain('tttt');
  });

  test('words that are no command, an argument too few, an address that is none', async () => {
    const known = await musterProcess(['lits']);
    expect(known.code).toBe(2);
    expect(known.err).toContain('list');
    expect((await muster(['severity', 'INC-2026-014'])).code).toBe(2);
    expect((await muster(['role', 'INC-2026-014', 'boss', 'ada'])).err).toContain('commander');
    const address = await muster(['list'], { MUSTER_API: 'here' });
    expect(address.code).toBe(2);
    expect(address.err).toContain('http://127.0.0.1:8080');
  });

  test('an answer that is not the API', async () => {
    const server = await startApi({ [`GET ${one}`]: { body: { hello: 'world' } } });
    expect((await muster(['show', 'INC-2026-014'], talkTo(server))).err).toContain('openapi.json');
  });
});

describe('the token', () => {
  const home = () => mkdtempSync(join(tmpdir(), 'muster-cli-'));

  test('comes from the file of the person, or of this machine when the API is here', async () => {
    const server = await startApi({ [`GET ${incidents}`]: open() });
    const dir = home();
    mkdirSync(join(dir, '.config', 'muster'), { recursive: true });
    writeFileSync(join(dir, '.config', 'muster', 'token'), 'from-the-person\n');
    mkdirSync(join(dir, '.muster'));
    writeFileSync(join(dir, '.muster', 'secrets.json'), JSON.stringify({ MUSTER_TOKEN: 'from-this-machine' }));
    await musterProcess(['list'], { MUSTER_API: server.url, HOME: dir }, dir);
    await muster(['list'], { MUSTER_API: server.url }, dir);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer from-the-person',
      'Bearer from-this-machine',
    ]);
  });
});
describe('without the API', () => {
  test('on-call asks the API when it is there', async () => {
    const people = [{ id: 'ada', name: 'Ada', until: null }];
    const server = await startApi({
      'GET /api/v1/on-call': {
        body: {
          duties: [
            { duty: 'on-call', people, note: null },
            { duty: 'lead', people: [] },
          ],
        },
      },
    });
    const { out } = await muster(['on-call'], talkTo(server));
    expect(out).toMatch(/on-call +Ada/);
    expect(out).toMatch(/lead +NOBODY/);
  });

  test('on-call reads the file when the API is away or another time is asked for', async () => {
    const { code, out } = await muster(['on-call', '--at', '2026-01-06T12:00:00Z']);
    expect(code).toBe(0);
    expect(out).toMatch(/on-call +Nadia Okafor +2026-01-12 08:00:00Z/);
    const away = await muster(['on-call'], { MUSTER_API: 'http://127.0.0.1:9' });
    expect(away).toMatchObject({ code: 0, err: expect.stringContaining('Reading the file instead') });
    expect((await muster(['on-call', '--at', 'yesterday'])).code).toBe(2);
  });
});

describe('a token for a person', () => {
  const organisation = sandboxFile;

  test('is new each time, and the line holds its digest, not the token', async () => {
    const made = async () => JSON.parse((await muster(['token', 'dana', '--json'])).out);
    const [one, other] = [await made(), await made()];
    expect(one.token).toMatch(/^mst_[\w-]{43}$/);
    expect(one.token).not.toBe(other.token);
    expect(one.line).toBe(`dana: ${createHash('sha256').update(one.token).digest('hex')}`);
    const { code, out } = await muster(['token', 'dana', '--organisation', organisation]);
    expect(code).toBe(0);
    expect(out).toMatch(/mst_[\s\S]*MUSTER_PEOPLE_TOKENS[\s\S]*dana: [0-9a-f]{64}\n/);
  });

  test("is made for nobody the organisation does not know, and for no line of one's own making", async () => {
    const unknown = await muster(['token', 'nobody', '--organisation', organisation]);
    expect(unknown).toMatchObject({ code: 2, out: '', err: expect.stringContaining('nobody') });
    expect(await muster(['token', 'dana: x\neve'])).toMatchObject({ code: 2, out: '' });
    expect((await muster(['token'])).code).toBe(2);
  });
});

describe('help and colour', () => {
  test('every command explains itself with an example', async () => {
    const { code, out } = await muster(['--help']);
    expect(code).toBe(0);
    const names = [...out.matchAll(/^ {2}([a-z-]+)(?:\|[a-z]+)? /gm)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(20);
    let helped = '';
    for (const name of names.filter((each) => !['help', 'check', 'muster'].includes(each)).slice(0, 24)) {
      helped = '';
      const exit = await run([name, '--help'], {
        environment: {},
        workingDir: tmpdir(),
        streams: { out: { write: (text) => (helped += text) }, err: { write: () => true } },
        now: () => 0,
        ask: async () => null,
      });
      expect(exit, name).toBe(0);
      expect(helped, name).toContain('Example');
    }
  });

  test.each([
    [true, {}, true],
    [true, { NO_COLOR: '1' }, false],
    [false, {}, false],
  ])('colour on a terminal only (%j, %j)', async (isTTY, environment, coloured) => {
    const server = await startApi({ [`GET ${one}`]: { body: anIncident() } });
    let out = '';
    await run(['show', 'INC-2026-014'], {
      environment: talkTo(server, environment),
      workingDir: tmpdir(),
      streams: { out: { write: (text) => (out += text), isTTY }, err: { write: () => true } },
      now: () => Date.parse('2026-11-18T10:01:00Z'),
      ask: async () => null,
    });
    expect(out.includes('\u001b[31m')).toBe(coloured);
    expect(out).toContain('in 4 min');
  });
});
