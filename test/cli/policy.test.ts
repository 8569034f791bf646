import { describe, expect, test } from 'vitest';
import { anIncident, muster, startApi, talkTo } from './api-server.ts';

const one = '/api/v1/incidents/INC-2026-014';

const aDifference = (more: object = {}) => ({
  incidentId: 'INC-2026-014',
  from: 'guide-sev1-sev3',
  to: 'guide-sev1-sev3',
  matchedBy: 'name',
  severity: { before: 'SEV1', after: 'SEV1' },
  changes: [
    {
      severity: 'SEV1',
      field: 'ladder',
      before: '15 min',
      after: '10 min',
      text: 'SEV1 ladder: engineering-manager is paged after 10 min instead of 15 min',
    },
  ],
  ...more,
});

describe('the policy of an incident', () => {
  test('is read aloud, whole or for one severity', async () => {
    const promise = (severity: string | null, place: string, text: string) => ({ severity, place, text });
    const server = await startApi({
      [`GET ${one}/policy`]: {
        body: {
          incidentId: 'INC-2026-014',
          pack: 'guide-sev1-sev3',
          severity: 'SEV1',
          promises: [
            promise('SEV1', 'SEV1 ladder', 'on-call is paged at once unless acknowledged'),
            promise('SEV2', 'SEV2 watch', 'watched closely for 24 h'),
            promise(null, 'remediation', 'a commander may approve'),
          ],
          policy: { pack: 'guide-sev1-sev3' },
        },
      },
    });
    const whole = await muster(['policy', 'show', 'INC-2026-014'], talkTo(server));
    expect(whole.out).toBe(
      [
        'INC-2026-014 runs on guide-sev1-sev3 as SEV1',
        'SEV1 ladder: on-call is paged at once unless acknowledged',
        'SEV2 watch: watched closely for 24 h',
        'remediation: a commander may approve',
        '',
      ].join('\n'),
    );
    const part = await muster(['policy', 'show', 'INC-2026-014', '--severity', 'sev1'], talkTo(server));
    expect(part.out).not.toContain('SEV2');
    expect(part.out).toContain('a commander may approve');
  });

  test('is compared in sentences, and the answer says how to go over', async () => {
    const server = await startApi({ [`GET ${one}/policy/diff`]: { body: aDifference() } });
    const { code, out } = await muster(['policy', 'diff', 'INC-2026-014'], talkTo(server));
    expect(code).toBe(0);
    expect(out).toContain('  SEV1 ladder: engineering-manager is paged after 10 min instead of 15 min\n');
    expect(out).toContain('stays SEV1; "muster policy apply INC-2026-014 --reason ..."');
    expect(out).not.toContain('matched by rank');
  });

  test('is compared with another pack by rank, and says when nobody can tell the severity', async () => {
    const answer = aDifference({ to: 'two-only', matchedBy: 'rank', severity: { before: 'SEV3', after: null } });
    const server = await startApi({ [`GET ${one}/policy/diff`]: { body: answer } });
    const { out } = await muster(['policy', 'diff', 'INC-2026-014', '--pack', 'two-only'], talkTo(server));
    expect(server.requests[0]?.path).toBe(`${one}/policy/diff?pack=two-only`);
    expect(out).toContain('matched by rank');
    expect(out).toContain('"muster policy apply INC-2026-014 --pack two-only --severity ..." says which');
  });

  test('that is the same says so', async () => {
    const server = await startApi({ [`GET ${one}/policy/diff`]: { body: aDifference({ changes: [] }) } });
    const { out } = await muster(['policy', 'diff', 'INC-2026-014'], talkTo(server));
    expect(out).toContain('nothing would change');
  });

  test('is exchanged only with a reason', async () => {
    const server = await startApi({ [`POST ${one}/policy/apply`]: { body: anIncident() } });
    expect((await muster(['policy', 'apply', 'INC-2026-014'], talkTo(server))).code).toBe(2);
    expect(server.requests).toEqual([]);
    const given = ['policy', 'apply', 'INC-2026-014', '--pack', 'playbook-p0-p3', '--severity', 'P1'];
    expect((await muster([...given, '--reason', 'wrong pack'], talkTo(server))).code).toBe(0);
    expect(server.requests[0]?.body).toEqual({ reason: 'wrong pack', pack: 'playbook-p0-p3', severity: 'P1' });
  });

  test('is JSON under --json', async () => {
    const server = await startApi({ [`GET ${one}/policy/diff`]: { body: aDifference() } });
    const { out } = await muster(['policy', 'diff', 'INC-2026-014', '--json'], talkTo(server));
    expect(JSON.parse(out)).toMatchObject({ matchedBy: 'name' });
  });
});

describe('declaring with answers', () => {
  const incidents = 'POST /api/v1/incidents';

  test('sends each answer as what it is', async () => {
    const server = await startApi({ [incidents]: { status: 201, body: anIncident() } });
    const answers = ['users=most', 'dataLoss=yes', 'workaround=no', 'errorRate=0.12'];
    const given = ['declare', 'Search is down', '--category', 'database'];
    const { code } = await muster([...given, ...answers.flatMap((answer) => ['--answer', answer])], talkTo(server));
    expect(code).toBe(0);
    expect(server.requests[0]?.body).toEqual({
      title: 'Search is down',
      category: 'database',
      assessment: { users: 'most', dataLoss: true, workaround: false, errorRate: 0.12 },
    });
  });

  test('refuses what is no answer, and a declaration without a word, before anything is sent', async () => {
    const server = await startApi({ [incidents]: { status: 201, body: anIncident() } });
    const broken = await muster(['declare', 'Down', '--answer', 'users'], talkTo(server));
    expect([broken.code, broken.err]).toEqual([2, expect.stringContaining('--answer signal=value')]);
    expect((await muster(['declare'], talkTo(server))).code).toBe(2);
    expect(server.requests).toEqual([]);
  });

  test('lists what the pack asks without declaring anything', async () => {
    const server = await startApi({
      'GET /api/v1/assessment': {
        body: {
          pack: 'workflow-p1-p4',
          title: 'Workflow',
          severities: [{ name: 'P1', title: 'Critical', meaning: 'Outage' }],
          questions: [
            { signal: 'users', question: 'How many?', answers: ['all', 'few'] },
            { signal: 'dataLoss', question: 'Is data lost?', answers: null },
          ],
          categories: [{ category: 'database', team: 'dba' }],
        },
      },
    });
    const { code, out } = await muster(['declare', '--questions', '--pack', 'workflow-p1-p4'], talkTo(server));
    expect(code).toBe(0);
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v1/assessment?pack=workflow-p1-p4',
    ]);
    expect(out).toMatch(/users +all, few +How many\?/);
    expect(out).toMatch(/dataLoss +yes, no +Is data lost\?/);
    expect(out).toMatch(/database +dba/);
  });
});
